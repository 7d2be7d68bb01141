"""When events are looked at next, and whose turn it is when room comes free."""

from headrace.core.functions import limits
from headrace.core.functions.eventhand import Hand
from headrace.core.functions.eventwaits import Waits, next_wait_ms


def test_a_wait_for_room_doubles_only_when_it_is_over():
    waits, hand = Waits(), Hand(0)
    waits.wait(16, hand, 100)
    waits.wait(16, hand, 600)
    assert (waits.has(16), hand.waits_until, waits.alarms.next()) == (True, 1_100, 1_100)
    waits.wait(16, hand, 1_100)
    assert hand.waits_until == 3_100
    waits.stop(16, hand)
    assert not waits.has(16)
    assert next_wait_ms(hand) == limits.BACKOFF_MS_MIN


def test_who_waits_longest_is_asked_first_and_some_at_a_time(monkeypatch):
    monkeypatch.setattr(limits, "WAITING_LOOKED_AT", 2)
    waits = Waits()
    for function in (18, 16, 17):
        waits.wait(function, Hand(0), 0)
    assert waits.take_some() == [18, 16]
    waits.wait(18, Hand(0), 0)
    assert waits.take_some() == [17, 18]


def test_the_alarm_is_for_what_may_change_first():
    waits, hand = Waits(), Hand(0)
    waits.set_alarm(16, hand)
    assert waits.alarms.next() is None
    hand.due.put(5, 900)
    waits.set_alarm(16, hand)
    assert waits.alarms.next() == 900
    hand.held_until = 400
    waits.set_alarm(16, hand)
    assert waits.alarms.next() == 400
    hand.running.update(range(limits.EVENTS_IN_HAND_MAX))
    waits.set_alarm(16, hand)
    assert waits.alarms.next() is None, "the end of one is the next moment"


def test_a_function_that_is_gone_is_forgotten():
    waits = Waits()
    waits.wait(16, Hand(0), 0)
    waits.drop(16)
    assert (waits.has(16), waits.alarms.next(), waits.take_some()) == (False, None, [])
