"""Whose turn it is, by streams and noisy groups (spec/sqs.md 6)."""

from headrace.core.sqs.fair_group import FairGroup
from headrace.core.sqs.fair_order import FairOrder
from headrace.core.sqs.limits import Noise
from headrace.core.sqs.touched import STALE_MAX


def make(*groups):
    """Return groups by name with (name, first number, delay) each, and their order."""
    made = {}
    for name, first, delay_ms in groups:
        made[name] = FairGroup(name, first, {})
        made[name].append(delay_ms, first, 3)
        made[name].count = 3
    by_birth = {group.birth: group for group in made.values()}
    order = FairOrder(by_birth, Noise(), lambda delay_ms, number: 1_000)
    for name, _, delay_ms in groups:
        order.place(made[name], delay_ms)
    return made, order


def first(order, now=1_000):
    turn = order.first(now)
    return None if turn is None else (turn.group.name, turn.number)


def test_quiet_groups_come_by_number_and_before_noisy_ones():
    groups, order = make(("a", 1, 0), ("b", 10, 0), ("c", 20, 0))
    assert first(order) == ("a", 1)
    order.judge(groups["a"], is_noisy=True)
    assert first(order) == ("b", 10)
    order.judge(groups["b"], is_noisy=True)
    assert first(order) == ("c", 20)
    order.judge(groups["a"], is_noisy=False)
    assert first(order) == ("a", 1)


def test_of_noisy_groups_that_with_fewest_in_flight_comes_first():
    groups, order = make(("a", 1, 0), ("b", 10, 0))
    for name, in_flight in (("a", 3), ("b", 2)):
        groups[name].in_flight = in_flight
        order.judge(groups[name], is_noisy=True)
    assert first(order) == ("b", 10)
    groups["b"].in_flight = 3
    order.place(groups["b"], 0)
    assert first(order) == ("a", 1), "as many: the older message"


def test_a_delayed_stream_stands_nowhere_until_it_falls_due():
    groups, order = make(("a", 1, 500))
    assert (first(order, 1_499), order.next_due()) == (None, 1_500)
    order.judge(groups["a"], is_noisy=True)
    assert (first(order, 1_499), order.next_due()) == (None, 1_500)
    assert first(order, 1_500) == ("a", 1)
    assert order.next_due() is None


def test_five_minutes_idle_make_it_quiet_but_not_if_it_was_busy_in_between():
    groups, order = make(("a", 1, 0), ("b", 10, 0))
    group = groups["a"]
    order.judge(group, is_noisy=True)
    group.idle_since = 1_000
    order.note_lapse(group)
    group.idle_since = 2_000
    assert first(order, 301_000) == ("b", 10)
    assert first(order, 301_999) == ("b", 10)
    assert first(order, 302_000) == ("a", 1)


def test_heaps_follow_the_number_of_streams():
    groups, order = make(("a", 1, 0), ("b", 10, 0))
    for turn in range(10 * STALE_MAX):
        order.judge(groups["b"], is_noisy=bool(turn % 2))
        groups["b"].in_flight = turn
        order.place(groups["b"], 0)
    assert len(order._quiet) <= STALE_MAX + 2 * 2
    assert len(order._ranks) <= STALE_MAX + 2 * 2
    order.forget(groups["b"])
    assert order._streams == 1
