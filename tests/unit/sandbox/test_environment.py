"""What an environment makes of frames and ends, told by a socket of our own."""

import asyncio
import os
import signal
import socket

import pytest

from headrace.ports.sandbox import InitStatus, InvokeStatus, SandboxUnavailable
from headrace.sandbox.environment import LinuxEnvironment
from headrace.sandbox.frames import encode_frame
from tests.unit.sandbox.bench import answer, invocation, spec_for


class Puppet:
    """An environment whose runtime is this test."""

    def __init__(self, tmp_path, **changes):
        self.log = bytearray()
        ours, self.theirs = socket.socketpair()
        ours.setblocking(False)
        reader, self.writer = os.pipe()
        self.environment = LinuxEnvironment(
            asyncio.get_running_loop(), spec_for(tmp_path, "", **changes), ours, reader,
            self.log.extend, belongings=None, kills_with_keeper=True,
        )  # fmt: skip

    def say(self, body=b"", **header):
        for piece in encode_frame(header, body):
            self.theirs.sendall(piece)

    def end(self, status):
        self.theirs.close()
        os.close(self.writer)
        self.environment.note_end(status)


def play(tmp_path, act, **changes):
    """Run an act with a puppet; the puppet is ended if the act has not done so."""

    async def story():
        puppet = Puppet(tmp_path, **changes)
        try:
            await act(puppet)
        finally:
            if not puppet.environment.exited.done():
                puppet.end(0)
            await puppet.environment.exited

    asyncio.run(story())


async def let_pass():
    """Let the loop take what has arrived."""
    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)


def test_an_answer_that_comes_before_anyone_waits_counts(tmp_path):
    async def act(puppet):
        puppet.say(kind="ready", peak_kb=2048)
        await let_pass()
        await puppet.environment.initialise(0)
        assert puppet.environment.init.status is InitStatus.OK
        assert puppet.environment.init.memory_peak_mb == 2

    play(tmp_path, act)


def test_an_answer_given_just_before_the_end_counts(tmp_path):
    async def act(puppet):
        puppet.say(kind="ready")
        await puppet.environment.initialise(0)
        running = asyncio.create_task(puppet.environment.invoke(invocation(1)))
        await let_pass()
        os.write(puppet.writer, b"last words")
        puppet.say(b"[1]", kind="result")
        puppet.end(signal.SIGSEGV)
        assert answer(await running) == [1]
        assert puppet.log == b"last words\n"
        again = await puppet.environment.invoke(invocation(1))
        assert (again.status, again.signal) == (InvokeStatus.KILLED, signal.SIGSEGV)

    play(tmp_path, act)


def test_an_end_during_init_is_told_with_its_status(tmp_path):
    async def act(puppet):
        puppet.end(5 << 8)
        await puppet.environment.initialise(0)
        assert puppet.environment.init.status is InitStatus.EXITED
        assert puppet.environment.init.exit_status == 5

    play(tmp_path, act)


def test_the_death_of_a_zygote_before_the_start_is_an_end(tmp_path):
    async def act(puppet):
        puppet.end(None)
        await puppet.environment.initialise(0)
        assert puppet.environment.init.status is InitStatus.KILLED
        await puppet.environment.kill()
        puppet.environment.freeze()

    play(tmp_path, act)


def test_a_sandbox_that_could_not_be_entered_is_unavailable(tmp_path):
    async def act(puppet):
        puppet.say(kind="setup_failed", reason="mount: no")
        starting = asyncio.create_task(puppet.environment.initialise(0))
        await let_pass()
        puppet.end(97 << 8)
        with pytest.raises(SandboxUnavailable, match="mount: no"):
            await starting

    play(tmp_path, act)


def test_frames_that_nobody_asked_for_are_dropped(tmp_path):
    async def act(puppet):
        puppet.say(kind="ready")
        await puppet.environment.initialise(0)
        puppet.say(b"[0]", kind="result")
        puppet.say(kind="nonsense")
        puppet.say(kind=["ready"])
        await let_pass()
        running = asyncio.create_task(puppet.environment.invoke(invocation(1)))
        await let_pass()
        puppet.say(b"[1]", kind="result", peak_kb="much")
        assert answer(await running) == [1]

    play(tmp_path, act)


def test_one_event_at_a_time(tmp_path):
    async def act(puppet):
        puppet.say(kind="ready")
        await puppet.environment.initialise(0)
        running = asyncio.create_task(puppet.environment.invoke(invocation(1)))
        await let_pass()
        with pytest.raises(RuntimeError, match="one event at a time"):
            await puppet.environment.invoke(invocation(2))
        puppet.say(b"1", kind="result")
        await running

    play(tmp_path, act)


def test_the_peak_is_never_more_than_the_function_has(tmp_path):
    async def act(puppet):
        puppet.say(kind="ready", peak_kb=10_000_000)
        await puppet.environment.initialise(0)
        assert puppet.environment.init.memory_peak_mb == 128

    play(tmp_path, act, memory_mb=128)
