"""Slots: in flight or returned, with heaps that do not grow beyond the living."""

from headrace.core.sqs.touched import STALE_MAX, Slot, Touched

RETENTION = 1_000


def slot(number, visible_at=50, sent_at=0, is_in_flight=True):
    return Slot(number, 7, 16, number, sent_at, 1, 1, 1, 1, visible_at, is_in_flight)


def filled(*slots):
    touched = Touched(RETENTION)
    for each in slots:
        touched.add(each)
    return touched


def test_a_slot_becomes_visible_at_its_instant():
    touched = filled(slot(2), slot(1, 60))
    assert (touched.in_flight, touched.first_returned(), touched.next_event()) == (2, None, 50)
    assert touched.settle(50, 99) == ([], 1)
    assert touched.first_returned().number == 2
    touched.settle(60, 99)
    assert touched.first_returned().number == 1
    assert touched.in_flight == 0


def test_retention_ends_in_flight_and_returned():
    touched = filled(slot(1, 2_000), slot(2, 10), slot(3, 10, sent_at=5))
    expired, _ = touched.settle(1_000, 99)
    assert sorted(each.number for each in expired) == [1, 2]
    assert list(touched.slots) == [3]
    assert touched.next_event() == 1_005
    assert touched.is_expired(touched.slots[3], 1_005)


def test_another_retention_holds_for_those_who_are_here():
    touched = filled(slot(1, 10))
    touched.settle(10, 99)
    touched.retain(500)
    assert touched.next_event() == 500


def test_settling_stops_after_so_many():
    touched = filled(*[slot(number) for number in range(1, 6)])
    assert touched.settle(50, 2) == ([], 2)
    assert touched.in_flight == 3
    assert touched.next_event() == 50


def test_a_slot_that_returned_twice_is_taken_once():
    touched = filled(slot(1))
    (one,) = touched.slots.values()
    touched.show(one, 2)
    touched.hide(one, 9)
    touched.show(one, 3)
    assert touched.first_returned() is one
    touched.take_returned()
    assert touched.first_returned() is None


def test_dropped_and_hidden_slots_are_not_returned():
    touched = filled(slot(1, is_in_flight=False), slot(2, is_in_flight=False), slot(3))
    touched.drop(1)
    touched.hide(touched.slots[2], 70)
    assert touched.first_returned() is None
    assert touched.drop(3).number == 3
    assert touched.drop(3) is None
    assert touched.in_flight == 1
    assert touched.next_event() == 70


def test_heaps_follow_the_number_of_the_living():
    touched = filled(slot(1))
    (one,) = touched.slots.values()
    for instant in range(2, 2_000):
        touched.hide(one, instant + 100)
        touched.show(one, instant)
    assert len(touched._events) <= STALE_MAX + 3
    assert len(touched._returned) <= STALE_MAX + 3
    touched.add_received([slot(number) for number in range(2, 300)])
    for number in range(2, 300):
        touched.drop(number)
    touched.add_received([slot(300)])
    assert len(touched._events) <= STALE_MAX + 5


def test_clear_gives_all_slots():
    touched = filled(slot(1), slot(2, is_in_flight=False))
    assert sorted(touched.clear()) == [1, 2]
    assert (touched.in_flight, touched.next_event(), touched.first_returned()) == (0, None, None)


def test_what_was_received_often_comes_last_as_long_as_that_is_asked_for():
    touched = filled(slot(1, 10), slot(2, 10))
    touched.slots[1].queue_receives = 3
    touched.put_last(3)
    touched.settle(10, 99)
    assert [touched.is_last(touched.slots[number]) for number in (1, 2)] == [True, False]
    assert touched.first_returned().number == 2
    touched.put_last(0)
    assert touched.first_returned().number == 1
    touched.put_last(3)
    touched.drop(2)
    assert touched.first_returned().number == 1


def test_a_place_among_the_last_is_lost_with_the_receive_that_gave_it():
    touched = filled(slot(1, 10), slot(2, 10))
    touched.put_last(2)
    touched.slots[1].queue_receives = 2
    touched.settle(10, 99)
    touched.slots[1].queue_receives = 1
    touched.show(touched.slots[1], 10)
    assert touched.first_returned().number == 1
    touched.take_returned()
    assert touched.first_returned().number == 2
