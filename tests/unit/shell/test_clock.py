"""Service time: it follows the wall clock, and never stands still or goes back."""

import asyncio
from itertools import pairwise

import pytest

from headrace.shell import clock as clock_module
from headrace.shell.clock import NS_PER_MS, Stopwatch, SystemClock


class Machine:
    """A machine whose clocks a test sets, in milliseconds."""

    def __init__(self):
        self.wall = 1_000_000
        self.monotonic = 0

    def clock(self):
        return SystemClock(lambda: self.wall * NS_PER_MS, lambda: self.monotonic * NS_PER_MS)

    def pass_time(self, milliseconds):
        self.wall += milliseconds
        self.monotonic += milliseconds


@pytest.fixture
def machine():
    return Machine()


def test_it_is_the_wall_clock(machine):
    clock = machine.clock()
    assert clock.now() == 1_000_000
    machine.pass_time(1_234)
    assert clock.now() == 1_001_234
    machine.wall += 3_600_000  # a laptop slept
    assert clock.now() == 4_601_234


def test_a_wall_clock_that_is_set_back_slows_it_down_until_both_agree(machine):
    clock = machine.clock()
    machine.wall -= 50_000
    readings = [clock.now()]
    for _ in range(600):
        machine.pass_time(1_000)
        readings.append(clock.now())
    steps = {after - before for before, after in pairwise(readings)}
    assert min(steps) == 900
    assert max(steps) == 1_000
    assert readings[0] == 1_000_000
    assert readings[-1] == machine.wall


def test_it_does_not_go_back_behind_what_was_recorded(machine):
    clock = machine.clock()
    clock.not_before(1_500_000)
    assert clock.now() == 1_500_000
    clock.not_before(1_000)
    assert clock.now() == 1_500_000
    machine.pass_time(1_000)
    assert clock.now() == 1_500_900


def test_an_alarm_rings_when_service_time_is_there():
    async def scenario():
        clock, rung = SystemClock(), asyncio.Event()
        at = clock.now() + 20
        clock.call_at(at, rung.set)
        await rung.wait()
        assert clock.now() >= at

    asyncio.run(scenario())


def test_an_alarm_that_is_called_off_does_not_ring():
    async def scenario():
        clock, rung, later = SystemClock(), [], asyncio.Event()
        alarm = clock.call_at(clock.now() + 1, lambda: rung.append(1))
        alarm.cancel()
        alarm.cancel()
        clock.call_at(clock.now() + 10, later.set)
        await later.wait()
        assert rung == []

    asyncio.run(scenario())


@pytest.mark.parametrize(("first_ms", "moved_ms"), [(1, 20), (3_600_000, 20)])
def test_an_alarm_rings_once_at_the_instant_to_which_it_was_moved(first_ms, moved_ms):
    async def scenario():
        clock, rung, over = SystemClock(), [], asyncio.Event()
        began = clock.now()
        alarm = clock.call_at(began + first_ms, lambda: rung.append(clock.now() - began))
        alarm.move(began + moved_ms)
        clock.call_at(began + 40, over.set)
        await over.wait()
        assert len(rung) == 1
        assert rung[0] >= moved_ms
        alarm.move(clock.now() + 1)  # it has rung
        alarm = clock.call_at(clock.now() + 1, lambda: rung.append(0))
        alarm.cancel()
        alarm.move(clock.now() + 2)  # it was called off
        over.clear()
        clock.call_at(clock.now() + 10, over.set)
        await over.wait()
        assert len(rung) == 1

    asyncio.run(scenario())


def test_an_alarm_that_is_moved_to_later_keeps_its_timer_and_one_to_sooner_gets_another(machine):
    async def scenario():
        clock, loop = machine.clock(), asyncio.get_running_loop()
        timers = []
        call_later = loop.call_later
        loop.call_later = lambda *call: timers.append(call[0]) or call_later(*call)
        alarm = clock.call_at(clock.now() + 1_000, lambda: None)
        for ahead_ms in (2_000, 3_000, 1_500, 1_000):
            alarm.move(clock.now() + ahead_ms)
        assert timers == [1.0]
        alarm.move(clock.now() + 500)
        assert timers == [1.0, 0.5]
        alarm.cancel()

    asyncio.run(scenario())


def test_an_alarm_notices_a_wall_clock_that_is_set_forward(monkeypatch, machine):
    monkeypatch.setattr(clock_module, "SLEEP_AT_MOST_MS", 1)

    async def scenario():
        clock, rung = machine.clock(), asyncio.Event()
        clock.call_at(clock.now() + 3_600_000, rung.set)
        await asyncio.sleep(0)
        assert not rung.is_set()
        machine.wall += 3_600_000
        await rung.wait()

    asyncio.run(asyncio.wait_for(scenario(), 10))
    assert machine.wall > 3_600_000


def test_machine_time_goes_on():
    watch = Stopwatch()
    assert watch.read_ns() <= watch.read_ns()
