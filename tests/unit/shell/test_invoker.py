"""Effects of the functions on a whole server in virtual time, with a scripted sandbox."""

import asyncio
import gc

import pytest

from headrace.base.errors import InternalFailure, ServiceUnavailable
from headrace.core.functions.commands import EnvironmentStarted
from headrace.core.functions.limits import STOP_AFTER_MS
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.settings import Code
from headrace.ports.sandbox import (
    CodeUnusable,
    InitOutcome,
    InitStatus,
    InvokeOutcome,
    InvokeStatus,
    SandboxUnavailable,
)
from headrace.shell.invoker import interpreters_of
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import PYTHON, ScriptedSandbox
from headrace.testing.server import serve
from tests.unit.core.functions.bench import (
    ARN,
    NAME,
    REQUEST_ID,
    creation,
    invoke,
)
from tests.unit.core.functions.bench import PYTHON as INTERPRETER

ZIP = b"the archive"


class Stage:
    """A server with a function, asked without HTTP."""

    def __init__(self, server, sandbox):
        self.server = server
        self.sandbox = sandbox
        self.driver = server.driver
        self.invoker = server.app.invoker

    async def create(self, **changes):
        digest = await self.server.app.parts.blobs.put(ZIP)
        command = creation(**changes)
        command = type(command)(
            command.reference, command.settings, Code(digest, len(ZIP)), {}, command.seed
        )
        await self.driver.ask(command)

    def invoke(self, **changes):
        return self.driver.ask(invoke(**changes))

    def log(self):
        return self.server.app.parts.logs.text(f"/aws/lambda/{NAME}")

    @property
    def only(self):
        """The only environment that is alive."""
        (environment,) = self.sandbox.alive
        return environment


def play(story, **scripts):
    async def whole():
        sandbox = ScriptedSandbox(**scripts)
        async with serve(sandbox=sandbox, clock=VirtualClock()) as server:
            stage = Stage(server, sandbox)
            await stage.create()
            await story(stage)
        assert sandbox.alive == []

    asyncio.run(whole())


def test_an_invoke_starts_an_environment_and_comes_back_with_its_answer():
    async def story(stage):
        reply = await stage.invoke(payload=b'{"a": 1}', log_tail=True)
        assert (reply.payload, reply.function_error) == (b'{"a": 1}', None)
        assert reply.log_tail.startswith(b"START RequestId: ")
        spec = stage.only.spec
        assert (spec.function_name, spec.handler, spec.memory_mb) == (NAME, "app.handler", 128)
        with open(spec.code_archive, "rb") as file:
            assert file.read() == ZIP
        assert spec.variables["AWS_ENDPOINT_URL"] == stage.server.endpoint_url
        assert stage.log().endswith(
            "Duration: 2.00 ms\tBilled Duration: 102 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 36 MB\tInit Duration: 100.00 ms\t\n"
        )

    play(story)


def test_lines_of_the_function_stand_between_start_and_end():
    def talk(environment, invocation):
        environment.print("hello\n")
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000, b"1")

    async def story(stage):
        reply = await stage.invoke(log_tail=True)
        start, hello, end, _, _ = reply.log_tail.decode().split("\n")
        assert start.startswith("START")
        assert (hello, end[:3]) == ("hello", "END")
        again = await stage.invoke(log_tail=True)
        assert again.log_tail.count(b"hello") == 1
        assert stage.log().count("hello\n") == 2

    play(story, invoke=talk)


def test_only_the_end_of_a_long_log_is_the_tail_and_all_of_it_is_written():
    def talk(environment, invocation):
        for number in range(1_000):
            environment.print(f"line {number:04}\n")
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000, b"1")

    async def story(stage):
        reply = await stage.invoke(log_tail=True)
        assert len(reply.log_tail) == 4_096
        assert b"line 0999\nEND " in reply.log_tail
        assert stage.log().count("line ") == 1_000

    play(story, invoke=talk)


def test_the_deadline_is_the_machines_own_time():
    seen = []

    def look(environment, invocation):
        seen.append(invocation)
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000, b"1")

    async def story(stage):
        stage.invoker._wall_ms = lambda: 5_000
        await stage.invoke(trace_header="Root=1-2-3", client_context="{}")
        (invocation,) = seen
        assert (invocation.timeout_ms, invocation.deadline_epoch_ms) == (3_000, 8_000)
        assert (invocation.request_id, invocation.invoked_function_arn) == (REQUEST_ID, ARN)
        assert (invocation.trace_header, invocation.client_context) == ("Root=1-2-3", "{}")

    play(story, invoke=look)


def test_an_idle_environment_is_frozen_and_later_killed():
    async def story(stage):
        await stage.invoke()
        environment = stage.only
        await stage.server.advance(1)
        assert environment.states == ["invoked", "ended", "frozen"]
        await stage.server.advance(STOP_AFTER_MS / 1_000)
        assert environment.states[-1] == "killed"

    play(story)


def test_the_server_counts_a_running_invoke_as_in_hand():
    async def story(stage):
        held = asyncio.get_running_loop().create_future()
        stage.sandbox.invoke_script = lambda environment, invocation: held
        invoke = asyncio.ensure_future(stage.invoke())
        while stage.invoker.running == 0 or not stage.sandbox.environments:
            await asyncio.sleep(0)
        assert stage.driver.hand.count > 0
        held.set_result(InvokeOutcome(InvokeStatus.ANSWERED, 1_000, b"1"))
        await invoke
        await stage.server.quiet()
        assert (stage.driver.hand.count, stage.invoker.running) == (0, 0)

    play(story)


def test_an_environment_that_dies_while_idle_is_replaced():
    async def story(stage):
        await stage.invoke()
        stage.only.die()
        await stage.server.quiet()
        await stage.invoke()
        assert len(stage.sandbox.environments) == 2

    play(story)


def test_a_failed_init_is_told_with_its_document():
    document = b'{"errorType":"Runtime.HandlerNotFound","errorMessage":"no"}'

    async def story(stage):
        reply = await stage.invoke()
        assert (reply.payload, reply.function_error) == (document, "Unhandled")
        assert stage.log().count("INIT_REPORT") == 2
        assert stage.invoker._places == {}

    play(story, init=lambda spec: InitOutcome(InitStatus.ERROR, 1_000_000, document))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SandboxUnavailable("No memory."), "ServiceException"),
        (CodeUnusable("Bad zip."), "InvalidZipFileException"),
        (RuntimeError("a bug"), "ServiceException"),
    ],
)
def test_a_start_that_is_refused_refuses_the_invoke(error, code, caplog):
    def refuse(spec):
        raise error

    async def story(stage):
        with pytest.raises(Exception) as refusal:
            await stage.invoke()
        assert refusal.value.code == code
        if not isinstance(error, RuntimeError):
            assert str(error) in refusal.value.message
        assert stage.invoker._places == {}

    play(story, init=refuse)


def test_a_bug_during_an_invoke_kills_the_environment_and_answers(caplog):
    def fail(environment, invocation):
        raise RuntimeError("a bug")

    async def story(stage):
        reply = await stage.invoke()
        assert b"signal: killed" in reply.payload
        await stage.server.quiet()
        assert stage.sandbox.alive == []

    play(story, invoke=fail)


def test_a_stop_lets_invokes_end():
    async def story(stage):
        held = asyncio.get_running_loop().create_future()
        stage.sandbox.invoke_script = lambda environment, invocation: held
        invoke = asyncio.ensure_future(stage.invoke())
        while not stage.sandbox.alive:
            await asyncio.sleep(0)
        stopping = asyncio.ensure_future(stage.invoker.stop(10))
        await asyncio.sleep(0)
        assert not stopping.done()
        held.set_result(InvokeOutcome(InvokeStatus.ANSWERED, 1_000, b"1"))
        assert await stopping
        assert (await invoke).payload == b"1"
        assert stage.sandbox.alive == []

    play(story)


def test_a_stop_kills_what_does_not_end_in_time():
    async def story(stage):
        stage.sandbox.invoke_script = lambda environment, invocation: asyncio.Event().wait()
        invoke = asyncio.ensure_future(stage.invoke())
        while not stage.sandbox.alive:
            await asyncio.sleep(0)
        assert not await stage.invoker.stop(0.01)
        assert b"signal: killed" in (await invoke).payload

    play(story)


def test_a_stop_does_not_wait_for_a_start_that_hangs():
    async def story(stage):
        stage.sandbox.gate = asyncio.Event()
        invoke = asyncio.ensure_future(stage.invoke())
        await asyncio.sleep(0)
        assert not await stage.invoker.stop(0.01)
        with pytest.raises(Exception) as refusal:
            await invoke
        assert refusal.value.code == "ServiceException"

    play(story)


def test_after_a_rebuild_no_environment_lives_and_functions_run_again():
    async def story(stage):
        held = asyncio.get_running_loop().create_future()
        stage.sandbox.invoke_script = lambda environment, invocation: held
        invoke = asyncio.ensure_future(stage.invoke())
        while not stage.sandbox.alive:
            await asyncio.sleep(0)
        (old,) = stage.sandbox.alive
        stage.driver.fail("a test")
        with pytest.raises(InternalFailure):
            await invoke
        while not stage.driver.running:
            await asyncio.sleep(0)
        assert not old.is_alive
        stage.sandbox.invoke_script = lambda environment, invocation: InvokeOutcome(
            InvokeStatus.ANSWERED, 1_000, b"2"
        )
        assert (await stage.invoke()).payload == b"2"
        await stage.server.quiet()
        assert stage.driver.hand.count == 0

    play(story)


def test_a_completion_that_the_driver_refuses_is_submitted_again():
    async def story(stage):
        refused = []
        submit = stage.driver.submit

        def busy(command, taker):
            if isinstance(command, EnvironmentStarted) and not refused:
                refused.append(command)
                stage.driver.submit = submit
                taker(unavailable)
                return 0
            return submit(command, taker)

        unavailable = ServiceUnavailable("busy")
        stage.driver.submit = busy
        assert (await stage.invoke()).payload == b"{}"
        assert len(refused) == 1

    play(story)


def test_interpreters_are_those_that_the_sandbox_found():
    assert interpreters_of([PYTHON]) == (INTERPRETER,)
    assert Ending("ok") is Ending.OK


def test_nothing_of_an_invoke_waits_for_the_garbage_collector():
    """The server lets it look for old circles hardly ever: each would stay for good."""

    def run(environment, invocation):
        if invocation.payload == b"0":
            return InvokeOutcome(InvokeStatus.EXITED, 1_000, exit_status=1)
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000, b"1")

    async def story(stage):
        await stage.invoke(payload=b"0")
        gc.collect()
        gc.disable()
        try:
            for number in range(10):
                await stage.invoke(payload=b"%d" % (number % 2))
            assert gc.collect() == 0
        finally:
            gc.enable()

    play(story, invoke=run)
