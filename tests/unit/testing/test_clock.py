"""Time that stands still until it is moved."""

import asyncio

import pytest

from headrace.testing.clock import START, VirtualClock


def test_time_stands_still_until_it_is_moved():
    clock = VirtualClock()
    assert clock.now() == clock.now() == START
    clock.move_by(1_500)
    assert clock.now() == START + 1_500


def test_alarms_ring_in_order_when_time_has_reached_them():
    clock = VirtualClock()
    rung = []
    clock.call_at(START + 200, lambda: rung.append("b"))
    clock.call_at(START + 100, lambda: rung.append("a"))
    clock.call_at(START + 200, lambda: rung.append("c"))
    clock.call_at(START + 201, lambda: rung.append("d"))
    clock.move_by(200)
    assert rung == ["a", "b", "c"]
    assert clock.next_alarm() == START + 201


def test_an_alarm_that_was_called_off_does_not_ring():
    clock = VirtualClock()
    rung = []
    clock.call_at(START + 1, lambda: rung.append("a")).cancel()
    assert clock.next_alarm() is None
    clock.move_by(5)
    assert rung == []


def test_an_alarm_that_is_moved_rings_once_where_it_was_moved_to():
    async def scenario():
        clock, rung = VirtualClock(), []
        began = clock.now()
        alarm = clock.call_at(began + 10, lambda: rung.append(clock.now() - began))
        alarm.move(began + 30)
        assert clock.next_alarm() == began + 30
        alarm.move(began)  # it is there now, so soon
        alarm.move(began + 20)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for at in (10, 20, 30):
            clock.move(began + at)
        assert rung == [20]
        alarm.move(began + 40)
        clock.move(began + 40)
        assert rung == [20]

    asyncio.run(scenario())


def test_an_alarm_for_now_rings_in_the_next_turn_of_the_loop():
    async def story():
        clock = VirtualClock()
        rung = []
        clock.call_at(START, lambda: rung.append("now"))
        clock.call_at(START - 5, lambda: rung.append("late"))
        clock.call_at(START, lambda: rung.append("not")).cancel()
        assert rung == []
        await asyncio.sleep(0)
        assert rung == ["now", "late"]
        assert clock.next_alarm() is None

    asyncio.run(story())


def test_an_alarm_set_by_an_alarm_rings_in_the_same_move_when_it_is_due():
    async def story():
        clock = VirtualClock()
        rung = []
        clock.call_at(START + 5, lambda: clock.call_at(START + 5, lambda: rung.append("again")))
        clock.move_by(5)
        assert rung == ["again"]
        await asyncio.sleep(0)
        assert rung == ["again"]

    asyncio.run(story())


def test_time_never_goes_back():
    clock = VirtualClock()
    with pytest.raises(AssertionError):
        clock.move(START - 1)
    clock.not_before(START - 1)
    assert clock.now() == START
    clock.not_before(START + 7)
    assert clock.now() == START + 7
