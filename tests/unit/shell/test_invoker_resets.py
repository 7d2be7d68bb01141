"""Environments that ended in an invoke, on a whole server with a scripted sandbox."""

import pytest

from headrace.core.functions.commands import UpdateFunctionConfiguration
from headrace.core.functions.errors import ServiceException
from headrace.core.functions.limits import STOP_AFTER_MS
from headrace.ports.sandbox import InvokeOutcome, InvokeStatus, SandboxUnavailable
from headrace.testing.sandbox import well
from tests.unit.core.functions.bench import reference, settings_with
from tests.unit.shell.test_invoker import play


def time_out_first():
    """Return a script: the first invoke times out, all others are answered."""
    calls = []

    def script(environment, invocation):
        calls.append(environment)
        if len(calls) == 1:
            return InvokeOutcome(InvokeStatus.TIMED_OUT, 3_000_000_000, memory_peak_mb=36)
        return InvokeOutcome(InvokeStatus.ANSWERED, 2_000_000, b"1", memory_peak_mb=36)

    return script


def watch_kills(stage):
    """Return a list to which the id of every environment that is killed is added."""
    killed = []
    for environment in stage.sandbox.environments.values():
        original = environment.kill

        async def kill(environment=environment, original=original):
            killed.append(environment)
            await original()

        environment.kill = kill
    return killed


def test_the_next_invoke_starts_the_same_environment_anew():
    async def story(stage):
        await stage.invoke()
        (first,) = stage.sandbox.environments.values()
        assert not first.is_alive
        killed = watch_kills(stage)
        reply = await stage.invoke()
        assert reply.payload == b"1"
        (second,) = stage.sandbox.environments.values()
        assert second is not first
        assert second.spec.environment_id == first.spec.environment_id
        assert second.spec.log_stream == first.spec.log_stream
        assert second.spec.init_limit_ms == 3_000
        assert killed == [first]  # Behind the start: what has not gone over goes back.
        assert stage.log().count("INIT_START") == 2
        assert stage.log().count("Init Duration") == 1
        assert "Duration: 102.00 ms\tBilled Duration: 102 ms" in stage.log()

    play(story, invoke=time_out_first())


def test_one_that_nobody_needs_is_let_go_after_a_while():
    async def story(stage):
        await stage.invoke()
        killed = watch_kills(stage)
        await stage.server.advance(STOP_AFTER_MS / 1_000)
        assert len(killed) == 1
        assert stage.invoker._places == {}

    play(story, invoke=time_out_first())


def test_an_update_lets_it_go():
    async def story(stage):
        await stage.invoke()
        killed = watch_kills(stage)
        command = UpdateFunctionConfiguration(reference(), settings_with(timeout_s=4), bytes(16))
        await stage.driver.ask(command)
        await stage.server.quiet()
        assert len(killed) == 1
        assert stage.invoker._places == {}

    play(story, invoke=time_out_first())


def test_a_stop_of_the_server_lets_it_go():
    async def story(stage):
        await stage.invoke()
        killed = watch_kills(stage)
        await stage.invoker.abandon()
        assert len(killed) == 1

    play(story, invoke=time_out_first())


def test_a_start_that_is_refused_lets_it_go():
    refuse = []

    def init(spec):
        if refuse:
            raise SandboxUnavailable("Not now.")
        return well(spec)

    async def story(stage):
        await stage.invoke()
        killed = watch_kills(stage)
        refuse.append(True)
        with pytest.raises(ServiceException, match="Not now"):
            await stage.invoke()
        assert len(killed) == 1
        assert stage.invoker._places == {}

    play(story, invoke=time_out_first(), init=init)


def test_one_that_dies_right_after_its_answer_is_gone():
    def script(environment, invocation):
        environment.die()
        return InvokeOutcome(InvokeStatus.ANSWERED, 2_000_000, b"1")

    async def story(stage):
        first = await stage.invoke()
        assert first.payload == b"1"
        await stage.server.quiet()
        assert stage.invoker._places == {}
        await stage.invoke()
        assert len(stage.sandbox.environments) == 2

    play(story, invoke=script)
