"""The server's side of a zygote, told by a socket of our own."""

import asyncio
import json
import os
import socket
import subprocess
import tempfile

import pytest

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox.forker import ForkerGone
from headrace.sandbox.zygotes import Zygote


class Puppet:
    """A zygote whose other end is this test."""

    def __init__(self):
        ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        process = subprocess.Popen(["sleep", "1000"])
        self.words = tempfile.TemporaryFile()  # noqa: SIM115  # the zygote closes it
        self.zygote = Zygote(asyncio.get_running_loop(), process, ours, self.words)

    def say(self, *descriptors, **message):
        socket.send_fds(self.theirs, [json.dumps(message).encode()], descriptors)


def play(act):
    """Run an act with a puppet and end it; no descriptor may be left open."""

    async def story():
        puppet = Puppet()
        try:
            await act(puppet)
        finally:
            puppet.theirs.close()
            puppet.zygote.kill()
            await puppet.zygote.close()

    before = len(os.listdir("/proc/self/fd"))
    asyncio.run(story())
    assert len(os.listdir("/proc/self/fd")) == before


async def let_pass():
    """Let the loop take what has arrived."""
    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)


def test_an_order_is_sent_with_its_descriptors_and_answered_by_a_pidfd():
    async def act(puppet):
        ends = []
        reader, writer = os.pipe()
        task = asyncio.create_task(puppet.zygote.start({"start": "e"}, [writer], ends.append))
        await let_pass()
        text, (received,), _, _ = socket.recv_fds(puppet.theirs, 1000, 4)
        assert json.loads(text) == {"start": "e"}
        os.write(received, b"x")
        os.close(received)
        assert os.read(reader, 2) == b"x"
        assert os.read(reader, 1) == b""  # No copy of the writing end is left with us.
        puppet.say(reader, started="e")
        os.close(reader)
        os.close(await task)
        puppet.say(ended="e", status=256)
        puppet.say(ended="e", status=256)
        await let_pass()
        assert ends == [256]

    play(act)


def test_a_refusal_is_told_with_its_reason():
    async def act(puppet):
        puppet.say(refused="e", reason="fork: no")
        task = asyncio.create_task(puppet.zygote.start({"start": "e"}, [], print))
        await asyncio.wait([task], timeout=0)
        with pytest.raises(SandboxUnavailable, match="fork: no"):
            await task

    play(act)


def test_the_end_of_a_zygote_is_told_to_all_who_wait():
    async def act(puppet):
        ends = []
        task = asyncio.create_task(puppet.zygote.start({"start": "e"}, [], ends.append))
        await let_pass()
        puppet.theirs.close()
        with pytest.raises(ForkerGone):
            await task
        with pytest.raises(ForkerGone):
            await puppet.zygote.ready
        assert ends == [None]
        assert not puppet.zygote.is_alive
        with pytest.raises(ForkerGone):
            await puppet.zygote.start({"start": "f"}, list(os.pipe()), ends.append)

    play(act)


def test_the_last_words_are_kept():
    async def act(puppet):
        puppet.words.write(b"x" * 5_000 + b"the end")
        puppet.words.flush()
        assert puppet.zygote.last_words().endswith("xthe end")
        assert len(puppet.zygote.last_words()) == 2_000

    play(act)
