"""The driver's one alarm: it rings once, at the instant to which it was set last."""

import asyncio

from headrace.shell.alarm import OneAlarm, RoomsAlarm
from headrace.testing.clock import VirtualClock


def test_it_rings_at_the_instant_that_was_set_last():
    clock, rung = VirtualClock(), []
    alarm = OneAlarm(clock, lambda: rung.append(clock.now()))
    began = clock.now()
    alarm.set(began + 10)
    alarm.set(began + 20)
    clock.move(began + 19)
    assert rung == []
    assert not alarm.is_due(clock.now())
    assert alarm.is_due(began + 20)
    clock.move(began + 30)
    assert rung == [began + 30]
    assert not alarm.is_due(began + 99)


def test_it_can_be_set_again_while_it_rings():
    clock, rung = VirtualClock(), []
    began = clock.now()

    def ring():
        rung.append(clock.now())
        if len(rung) == 1:
            alarm.set(began + 50)

    alarm = OneAlarm(clock, ring)
    alarm.set(began + 10)
    clock.move(began + 10)
    clock.move(began + 50)
    assert rung == [began + 10, began + 50]


def test_it_is_silent_when_it_is_set_to_nothing_or_called_off():
    async def scenario():
        clock, rung = VirtualClock(), []
        alarm = OneAlarm(clock, lambda: rung.append(1))
        alarm.set(clock.now() + 10)
        alarm.set(None)
        alarm.set(clock.now() + 10)
        alarm.cancel()
        clock.move_by(100)
        assert rung == []

    asyncio.run(scenario())


class Room:
    def __init__(self, deadline):
        self.deadline = deadline

    def next_deadline(self):
        return self.deadline


def test_it_rings_at_the_earliest_deadline_of_all_rooms_and_asks_only_those_that_changed():
    clock, rung = VirtualClock(), []
    began = clock.now()
    alarm = RoomsAlarm(clock, lambda: rung.append(clock.now() - began))
    first, second, third = rooms = [Room(began + 30), Room(began + 20), Room(None)]
    alarm.look_at(*rooms)
    third.deadline = began + 10
    alarm.follow(third)
    first.deadline = began + 9  # nobody says so
    alarm.follow(second)
    clock.move(began + 10)
    assert rung == [10]
    first.deadline, third.deadline = began + 15, None
    alarm.look_at(*rooms)
    clock.move(began + 15)
    assert rung == [10, 15]


def test_of_rooms_that_were_put_away_it_knows_nothing():
    clock, rung = VirtualClock(), []
    alarm = RoomsAlarm(clock, lambda: rung.append(1))
    alarm.look_at(Room(clock.now() + 10))
    alarm.begin()
    alarm.look_at(Room(None))
    clock.move_by(100)
    assert rung == []
