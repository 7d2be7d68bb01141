"""The driver's one alarm: it rings once, at the instant to which it was set last."""

import asyncio

from headrace.shell.alarm import OneAlarm
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
