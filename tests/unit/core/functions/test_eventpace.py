"""How many events of a function may be under way."""

from headrace.core.functions import limits
from headrace.core.functions.eventpace import Pace
from tests.unit.core.functions.bench import EPOCH


def test_a_hundred_more_may_be_under_way_each_second_while_none_ends():
    pace = Pace()
    assert pace.hold(1_000, EPOCH) == EPOCH + 1_000
    pace.hold(1_000, EPOCH + 999)
    assert pace.allowed == limits.EVENTS_AT_FIRST
    assert pace.hold(1_000, EPOCH + 1_000) == EPOCH + 2_000
    assert pace.allowed == limits.EVENTS_AT_FIRST + 100
    for second in range(2, 20):
        pace.hold(1_000, EPOCH + 1_000 * second)
    assert pace.allowed == limits.EVENTS_IN_HAND_MAX


def test_no_more_are_needed_while_those_that_wait_are_worked_off_within_ten_seconds():
    pace = Pace()
    pace.hold(1_000, EPOCH)
    pace.ended = 100
    pace.hold(1_000, EPOCH + 1_000)
    assert pace.allowed == limits.EVENTS_AT_FIRST
    pace.ended = 99
    pace.hold(1_000, EPOCH + 2_000)
    assert pace.allowed == limits.EVENTS_AT_FIRST + 100


def test_the_pace_of_a_longer_time_counts_by_the_second():
    pace = Pace()
    pace.hold(1_000, EPOCH)
    pace.ended = 400
    pace.hold(1_000, EPOCH + 4_000)
    assert pace.allowed == limits.EVENTS_AT_FIRST
