"""Who gets the place of a batch that ended: fewest running first, then who waits longest."""

from headrace.core.mapping.commands import Limit
from headrace.core.mapping.turns import Turns, limit_of

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:handle"


def none_runs(_mapping):
    return 0


def test_a_limit_is_an_accounts_in_a_region_or_a_functions_whatever_the_qualifier():
    assert limit_of(ARN, Limit.ACCOUNT) == "arn:aws:lambda:eu-central-1:123456789012"
    assert limit_of(ARN + ":live", Limit.FUNCTION) == limit_of(ARN, Limit.FUNCTION) == ARN
    assert limit_of(ARN, Limit.NONE) == ""


def test_nobody_is_next_where_nobody_waits_or_only_who_gives():
    turns = Turns()
    assert turns.next("limit", 1, none_runs, is_wanted=False) is None
    turns.wait(1, "limit", 5)
    assert turns.next("limit", 1, none_runs, is_wanted=False) is None
    assert turns.next("limit", 2, none_runs, is_wanted=False) == 1
    assert turns.next("other", 2, none_runs, is_wanted=False) is None


def test_the_fewest_running_is_next_and_of_equals_who_waits_longest():
    turns = Turns()
    for mapping, since in ((1, 30), (2, 10), (3, 20)):
        turns.wait(mapping, "limit", since)
    assert turns.next("limit", 1, none_runs, is_wanted=False) == 2
    assert turns.next("limit", 2, none_runs, is_wanted=False) == 3  # 2 has just had its turn
    assert turns.next("limit", 1, {1: 1, 2: 1, 3: 0}.get, is_wanted=False) == 3
    assert (
        turns.next("limit", 1, {1: 0, 2: 1, 3: 1}.get, is_wanted=False) == 1
    )  # it needs its place itself


def test_a_giver_that_has_still_less_keeps_its_place_if_it_has_more_to_do():
    turns = Turns()
    turns.wait(2, "limit", 5)
    busy = {1: 3, 2: 4}.get
    assert turns.next("limit", 1, busy, is_wanted=True) is None
    assert turns.next("limit", 1, busy, is_wanted=False) == 2
    assert turns.next("limit", 1, {1: 4, 2: 4}.get, is_wanted=True) == 2


def test_who_left_or_waits_elsewhere_is_not_next():
    turns = Turns()
    turns.wait(1, "limit", 1)
    turns.wait(2, "limit", 2)
    turns.leave(1)
    turns.leave(1)
    assert turns.next("limit", 9, none_runs, is_wanted=False) == 2
    turns.wait(2, "other", 2)
    assert turns.next("limit", 9, none_runs, is_wanted=False) is None
    assert turns.next("other", 9, none_runs, is_wanted=False) == 2
    turns.leave(2)
    assert turns._waiting == {}
    assert turns._limits == {}
