"""How templates and their copies end, at every level: nothing is lost by it, and nothing left."""

import asyncio
import os

import pytest

from headrace.ports.sandbox import InvokeStatus
from headrace.sandbox import limits
from tests.conformance.sandbox.snapshots import (
    FACTS,
    ask,
    keeper_pid,
    only_copies,
    prepare,
    snap_spec,
    start,
    template_pid,
    until,
)
from tests.unit.sandbox.bench import Bench, alive, answer, invocation, run


def test_a_copy_ends_as_any_environment(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            await prepare(bench, spec)
            outcome = await (await start(bench, spec)).invoke(invocation("exit"))
            assert (outcome.status, outcome.exit_status) == (InvokeStatus.EXITED, 3)
            outcome = await (await start(bench, spec)).invoke(invocation("abort"))
            assert (outcome.status, outcome.signal) == (InvokeStatus.KILLED, 6)
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_a_copy_is_held_to_its_time_and_memory(bench):
    source = """
def handler(event, context):
    held = bytearray(event)
    while event == 0:
        pass
    return len(held)
"""

    async def story():
        async with bench:
            spec = snap_spec(bench, source, memory_mb=128)
            await prepare(bench, spec)
            patient = await start(bench, spec)
            outcome = await (await start(bench, spec)).invoke(invocation(0, timeout_ms=200))
            assert outcome.status is InvokeStatus.TIMED_OUT
            outcome = await (await start(bench, spec)).invoke(invocation(256 << 20))
            assert outcome.status is not InvokeStatus.ANSWERED or b"MemoryError" in outcome.payload
            # None of that has touched the template or another copy of it.
            assert await ask(patient, 5) == 5
            assert await ask(await start(bench, spec), 6) == 6
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_the_death_of_a_template_leaves_its_copies_and_another_is_made(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            await prepare(bench, spec)
            before = await start(bench, spec)
            os.kill(template_pid(keeper_pid(bench)), 9)
            assert (await ask(before))["pid"] == 2
            ends = await asyncio.gather(*(start(bench, spec) for _ in range(3)))
            for environment in ends:
                assert (await ask(environment))["pid"] == 2
            assert bytes(bench.log).count(b"init\n") == 2
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_the_death_of_a_templates_keeper_takes_all_and_another_is_made(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            await prepare(bench, spec)
            before = await start(bench, spec)
            os.kill(keeper_pid(bench), 9)
            await asyncio.wait_for(asyncio.shield(before.exited), 10)
            outcome = await before.invoke(invocation(None))
            assert outcome.status is InvokeStatus.KILLED
            assert (await ask(await start(bench, spec)))["pid"] == 2
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_a_dropped_template_ends_and_its_copies_live_on(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            await prepare(bench, spec)
            environment = await start(bench, spec)
            keeper = keeper_pid(bench)
            template = template_pid(keeper)
            await bench.box.drop_template(spec.template)
            await bench.box.drop_template(spec.template)
            await until(lambda: not os.path.exists(f"/proc/{template}"))
            assert (await ask(environment))["pid"] == 2
            environment.freeze()
            assert (await ask(environment))["pid"] == 2
            await environment.kill()
            await until(lambda: not bench.box._environments)
            assert not os.path.exists(f"/proc/{keeper}")

    bench.run(story())


@pytest.mark.copies
def test_a_template_that_is_not_there_is_made_once_for_all_who_start(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            ends = await asyncio.gather(*(start(bench, spec) for _ in range(4)))
            assert [(await ask(one))["pid"] for one in ends] == [2] * 4
            assert bytes(bench.log).count(b"init\n") == 1
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_a_template_that_keeps_our_descriptors_open_holds_nobody_up(bench):
    """Its function has taken away what we would close them with."""
    source = """
import os
os.close = lambda descriptor: None
def handler(event, context):
    return event
"""

    async def story():
        async with bench:
            spec = snap_spec(bench, source)
            await prepare(bench, spec)
            one = await start(bench, spec)
            other = await start(bench, spec)
            await asyncio.wait_for(one.kill(), 10)
            assert answer(await other.invoke(invocation(7))) == 7

    bench.run(story())


def test_nothing_is_left_of_templates(folder):
    async def story():
        async with Bench.open(folder) as bench:
            only_copies(bench)
            spec = snap_spec(bench, FACTS)
            await bench.box.prepare(spec.runtime)
            descriptors = len(os.listdir("/proc/self/fd"))
            users = len(bench.box._supplies._runs)
            groups = _groups(bench)
            for _ in range(3):
                await prepare(bench, spec)
                for _ in range(3):
                    await ask(await start(bench, spec))
                await bench.box.drop_template(spec.template)
                while bench._started:
                    await bench._started.pop().kill()
            await until(lambda: not bench.box._environments)
            assert len(os.listdir("/proc/self/fd")) == descriptors
            assert len(bench.box._supplies._runs) == users
            await until(
                lambda: not bench.box._supplies._remove_groups() and _groups(bench) == groups
            )

    run(story())


def _groups(bench):
    groups = bench.box._posture.groups
    if groups is None or groups.version != 1:
        return []
    return sorted(
        name for base in groups._bases.values() for name in os.listdir(base) if len(name) > 31
    )


def test_closing_ends_templates_and_copies(folder):
    async def story():
        bench = Bench.open(folder)
        spec = snap_spec(bench, FACTS)
        await prepare(bench, spec)
        one = await start(bench, spec)
        slow = snap_spec(bench, "while True: pass")
        making = asyncio.create_task(bench.box.prepare_template(slow, bench.log.extend))
        await asyncio.wait([making], timeout=0.05)
        await bench.box.close()
        assert one.exited.done()
        await asyncio.wait([making])
        assert alive(str(folder)) == []

    run(story())


def test_the_template_used_least_recently_makes_room(folder, monkeypatch):
    monkeypatch.setattr(limits, "TEMPLATE_COUNT_MAX", 2)

    async def story():
        async with Bench.open(folder) as bench:
            only_copies(bench)
            specs = [snap_spec(bench, FACTS) for _ in range(3)]
            await prepare(bench, specs[0])
            await prepare(bench, specs[1])
            await ask(await start(bench, specs[0]))
            await prepare(bench, specs[2])
            assert set(bench.box._templates._made) == {specs[0].template, specs[2].template}
            # The one that made room is made again when it is needed; copies of others live on.
            await ask(await start(bench, specs[1]))
            assert bytes(bench.log).count(b"init\n") == 4

    run(story())


def test_when_all_users_are_in_use_an_environment_runs_its_own_init_phase(folder, monkeypatch):
    monkeypatch.setattr(limits, "TEMPLATE_USERS_COUNT", 1)

    async def story():
        async with Bench.open(folder) as bench:
            if bench.box.level != "strict":
                pytest.skip("all environments share a user at this level")
            specs = [snap_spec(bench, FACTS) for _ in range(2)]
            await prepare(bench, specs[0])
            await ask(await start(bench, specs[0]))
            await prepare(bench, specs[1])
            facts = await ask(await start(bench, specs[1]))
            assert facts["user"] < limits.FIRST_TEMPLATE_USER
            assert facts["calls"] == ["before 2", "before 1", "after 1", "after 2"]

    run(story())
