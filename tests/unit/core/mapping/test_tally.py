"""What a mapping counts."""

from headrace.core.mapping.filters.misfit import ASKS_FOR_FIELDS
from headrace.core.mapping.tally import Tally
from tests.unit.core.mapping.story import message


def test_a_filtered_message_is_a_deleted_one_too_and_a_body_of_the_other_form_a_mismatch():
    tally = Tally(deleted=1)
    tally.count_filtered(["filter 1: body is 'x'", f"filter 1: {ASKS_FOR_FIELDS}"])
    assert (tally.filtered, tally.deleted, tally.failed, tally.mismatched) == (2, 3, 0, 1)


def test_receives_attempts_and_oddities_add_up():
    tally = Tally()
    tally.count_polled([message("a"), message("b")])
    assert (tally.polled, tally.again, tally.body_length) == (2, 0, 10)
    tally.count_attempt(2)
    tally.count_attempt(2)
    assert (tally.invoked, tally.attempts) == (4, 2)
    for kind in ("gap", "", "gap"):
        tally.count_oddity(kind)
    assert tally.oddities == {"gap": 2}
    assert Tally().oddities == {}
