"""What a process that forks may say, and what a broken one cannot do; for zygotes see there."""

import asyncio
import gc
import json
import os
import socket
import weakref

import pytest

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.forker import Forker, ForkerGone


def play(act):
    """Run an act with a forker and the other end of its socket; no descriptor may be left open."""

    async def story():
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        silences = []
        forker = Forker(
            asyncio.get_running_loop(), ours, on_silence=lambda: silences.append("silent")
        )
        try:
            await act(forker, theirs, silences)
        finally:
            theirs.close()
            forker.end()

    before = len(os.listdir("/proc/self/fd"))
    asyncio.run(story())
    assert len(os.listdir("/proc/self/fd")) == before


async def let_pass():
    """Let the loop take what has arrived."""
    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)


def test_it_says_whether_it_can_fork_once():
    async def act(forker, theirs, silences):
        theirs.send(b'{"unfit": "it has threads"}')
        theirs.send(b'{"ready": 3}')
        assert await forker.ready == "it has threads"
        await let_pass()
        assert forker.is_alive

    play(act)


@pytest.mark.parametrize(
    "text",
    [
        *(b"nonsense", b"7", b"[]", b'{"refused": "e"}', b'{"started": []}'),
        *(b'{"\xff": 1}', b'{"a":' + b"[" * 60_000),
    ],
    ids=range(7),
)
def test_what_is_no_message_ends_it(text):
    async def act(forker, theirs, silences):
        task = asyncio.create_task(forker.start({"start": "e"}, [], None))
        await let_pass()
        socket.send_fds(theirs, [text], [theirs.fileno()])
        with pytest.raises(ForkerGone):
            await task
        assert not forker.is_alive

    play(act)


def test_descriptors_that_nobody_asked_for_are_closed():
    async def act(forker, theirs, silences):
        for message in ({"ready": 1}, {"started": "unknown"}, {"ended": "unknown", "status": 0}):
            socket.send_fds(theirs, [json.dumps(message).encode()], [theirs.fileno()])
        await let_pass()
        assert forker.is_alive

    play(act)


def test_of_several_descriptors_the_first_is_taken_and_the_others_closed():
    async def act(forker, theirs, silences):
        before = len(os.listdir("/proc/self/fd"))
        task = asyncio.create_task(forker.start({"start": "e"}, [], None))
        await let_pass()
        socket.send_fds(theirs, [b'{"started": "e"}'], [theirs.fileno()] * 3)
        os.close(await task)
        assert len(os.listdir("/proc/self/fd")) == before

    play(act)


def test_a_start_without_a_descriptor_is_none():
    async def act(forker, theirs, silences):
        task = asyncio.create_task(forker.start({"start": "e"}, [], None))
        await let_pass()
        theirs.send(b'{"started": "e"}')
        await let_pass()
        assert not task.done()
        forker.end()
        with pytest.raises(ForkerGone):
            await task

    play(act)


def test_silence_is_told(monkeypatch):
    monkeypatch.setattr(limits, "FORK_S", 0.01)

    async def act(forker, theirs, silences):
        with pytest.raises(SandboxUnavailable, match="does not answer"):
            await forker.start({"start": "e"}, [], None)
        assert silences == ["silent"]

    play(act)


def test_who_has_ended_does_not_hold_who_waited_for_it():
    """They hold each other, and the server lets the collector look for that hardly ever."""

    class Owner:
        def give_up(self):
            pass

    async def act(forker, theirs, silences):
        owner = Owner()
        owner.forker, forker._on_silence = forker, owner.give_up
        gone = weakref.ref(owner)
        gc.disable()
        try:
            forker.end()
            del owner
            assert gone() is None
        finally:
            gc.enable()

    play(act)
