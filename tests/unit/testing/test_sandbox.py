"""The scripted sandbox keeps the promises of the port."""

import asyncio

import msgspec
import pytest

from headrace.ports.sandbox import (
    EnvironmentSpec,
    InitOutcome,
    InitStatus,
    Invocation,
    InvokeOutcome,
    InvokeStatus,
    SandboxUnavailable,
)
from headrace.testing.sandbox import PYTHON, ScriptedSandbox

SPEC = EnvironmentSpec(
    "e" * 32, "f", "$LATEST", "python3.11", "a.b", "/zip", "0", 128, 512, {}, "g", "s", 10_000
)
EVENT = Invocation("id", b"[1]", 3_000, 0, "arn")


def run(story):
    asyncio.run(story())


def test_it_echoes_events_and_passes_on_what_functions_print():
    async def story():
        sandbox = ScriptedSandbox()
        log = bytearray()
        environment = await sandbox.start(SPEC, log.extend)
        environment.print("hello\n")
        outcome = await environment.invoke(EVENT)
        assert (outcome.status, outcome.payload) == (InvokeStatus.ANSWERED, b"[1]")
        assert log == b"hello\n"
        assert sandbox.runtimes() == [PYTHON]
        await sandbox.close()
        assert environment.exited.done()
        assert environment.states == ["invoked", "ended", "killed"]

    run(story)


def test_a_failed_init_leaves_a_dead_environment():
    async def story():
        failed = InitOutcome(InitStatus.EXITED, 1, exit_status=1)
        sandbox = ScriptedSandbox(init=lambda spec: failed)
        environment = await sandbox.start(SPEC, print)
        assert environment.init is failed
        assert not environment.is_alive
        assert sandbox.alive == []

    run(story)


def test_a_kill_ends_an_invoke_that_is_held():
    async def story():
        held = asyncio.get_running_loop().create_future()
        sandbox = ScriptedSandbox(invoke=lambda environment, invocation: held)
        environment = await sandbox.start(SPEC, print)
        invoke = asyncio.ensure_future(environment.invoke(EVENT))
        await asyncio.sleep(0)
        with pytest.raises(AssertionError, match="one event at a time"):
            await environment.invoke(EVENT)
        await environment.kill()
        assert (await invoke).status is InvokeStatus.KILLED
        assert (await environment.invoke(EVENT)).status is InvokeStatus.KILLED

    run(story)


def test_an_ending_that_kills_is_an_exit():
    async def story():
        sandbox = ScriptedSandbox(
            invoke=lambda environment, invocation: InvokeOutcome(InvokeStatus.TIMED_OUT, 1)
        )
        environment = await sandbox.start(SPEC, print)
        await environment.invoke(EVENT)
        assert environment.exited.done()

    run(story)


def test_a_closed_sandbox_starts_nothing():
    async def story():
        sandbox = ScriptedSandbox()
        await sandbox.close()
        with pytest.raises(SandboxUnavailable):
            await sandbox.start(SPEC, print)

    run(story)


def test_starts_wait_at_the_gate():
    async def story():
        sandbox = ScriptedSandbox()
        sandbox.gate = asyncio.Event()
        start = asyncio.ensure_future(sandbox.start(SPEC, print))
        await asyncio.sleep(0)
        assert not start.done()
        sandbox.gate.set()
        assert (await start).is_alive

    run(story)


def test_it_keeps_the_templates_whose_init_went_well():
    async def story():
        spec = msgspec.structs.replace(SPEC, template="16-1", initialization_type="snap-start")
        sandbox = ScriptedSandbox()
        outcome = await sandbox.prepare_template(spec, print)
        assert outcome.status is InitStatus.OK
        assert sandbox.templates == {"16-1": spec}
        await sandbox.drop_template("16-1")
        await sandbox.drop_template("16-1")
        assert sandbox.templates == {}
        sandbox.init_script = lambda spec: InitOutcome(InitStatus.EXITED, 1)
        await sandbox.prepare_template(spec, print)
        assert sandbox.templates == {}

    run(story)
