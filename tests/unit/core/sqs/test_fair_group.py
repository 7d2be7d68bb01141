"""The streams of one group."""

from headrace.core.sqs.backlog import NO_NUMBER
from headrace.core.sqs.fair_group import RETURNED, FairGroup, Returned
from headrace.core.sqs.touched import STALE_MAX, Slot


def slot(number, *, is_in_flight):
    return Slot(number, 1, 1, number, 0, 0, 0, 1, 1, 0, is_in_flight=is_in_flight)


def test_each_delay_is_a_stream_and_an_empty_one_is_gone():
    group = FairGroup("a", 5, {})
    group.append(0, 5, 2)
    group.append(3_000, 7, 3)
    assert (group.first_of(0), group.first_of(3_000), group.first_of(9)) == (5, 7, NO_NUMBER)
    group.take(3_000, 8)
    group.take(0, 5)
    group.take(0, 6)
    assert group.stream_keys() == (RETURNED, 3_000)
    group.count = 2
    group.drop_below(3_000, 99)
    assert (group.stream_keys(), group.count) == ((RETURNED,), 0)


def test_a_returned_message_is_first_only_while_it_is_returned():
    slots = {1: slot(1, is_in_flight=False), 2: slot(2, is_in_flight=False)}
    returned = Returned(slots)
    returned.add(2, 2)
    returned.add(1, 2)
    assert returned.first() == 1
    slots[1].is_in_flight = True
    assert returned.first() == 2
    del slots[2]
    assert returned.first() == NO_NUMBER


def test_returning_again_and_again_keeps_no_heap_of_it():
    returned = Returned({1: slot(1, is_in_flight=False)})
    for _ in range(10 * STALE_MAX):
        returned.add(1, 1)
    assert returned.first() == 1
    assert len(returned._numbers) <= STALE_MAX + 2


def test_a_group_lapses_after_its_idle_time_but_not_while_something_is_in_flight():
    """Spec/sqs.md 6: nothing in flight for five consecutive minutes."""
    group = FairGroup("a", 5, {})
    group.idle_since = 100
    assert not group.has_lapsed(399, 300)
    assert group.has_lapsed(400, 300)
    group.in_flight = 1
    assert not group.has_lapsed(400, 300)
