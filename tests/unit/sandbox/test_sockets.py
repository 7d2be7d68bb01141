"""Sockets that an environment handed over are used again and again, and closed in the end."""

import asyncio
import contextlib
import os
import socket

import pytest
import uvloop

from headrace.sandbox import limits
from headrace.sandbox.sockets import LOOPBACK, HostSockets, PassedSockets

MUCH = b"x" * 3_000_000


class Listener:
    """What listens in an environment: it answers with `words`, and does what a test says then."""

    def __init__(self):
        self.words = b"HTTP/1.1 200 OK\r\n\r\n"
        self.heard = []
        self.act = self.read_to_end
        self.port = 0
        self.lines = set()
        self._server = None

    async def open(self):
        self._server = await asyncio.start_server(self._take, LOOPBACK, 0, limit=1_024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self):
        self._server.close()
        for line in self.lines:
            line.transport.abort()
        await self._server.wait_closed()

    async def _take(self, reader, writer):
        self.lines.add(writer)
        with contextlib.suppress(ConnectionError):
            writer.write(self.words)
            await self.act(reader, writer)

    async def read_to_end(self, reader, writer):
        try:
            self.heard.append(await reader.read())
        except ConnectionResetError as error:
            self.heard.append(error)
        writer.close()


async def stay(reader, _writer):
    """Read to the end, and do not close."""
    await reader.read()


def play(act, loop=asyncio.new_event_loop, count=1):
    """Run an act with so many sockets and a listener; nothing may be left open."""

    async def story():
        before = count_sockets()
        listener = Listener()
        await listener.open()
        passed = PassedSockets()
        passed.fill([socket.socket() for _ in range(count)])
        try:
            await act(passed, listener)
        finally:
            passed.close()
            await listener.close()
        await until(lambda: count_sockets() == before)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(story())


def count_sockets():
    """Count the sockets that this process has open."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return count


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def send(used, port, data):
    """Connect, send, and return the answer's first bytes."""
    loop = asyncio.get_running_loop()
    await loop.sock_connect(used, (LOOPBACK, port))
    await loop.sock_sendall(used, data)
    return await loop.sock_recv(used, 1_000)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_one_socket_serves_one_connection_after_the_other(loop):
    async def act(passed, listener):
        for number in range(5):
            used = await passed.take()
            with pytest.raises(OSError, match="not connected"):
                used.getpeername()
            assert await send(used, listener.port, b"%d" % number) == listener.words
            passed.give_back(used)
        await until(lambda: len(listener.heard) == 5)
        assert listener.heard == [b"0", b"1", b"2", b"3", b"4"]

    play(act, loop)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_port_on_which_nobody_listens_does_not_use_a_socket_up(loop):
    async def act(passed, listener):
        for _ in range(3):
            used = await passed.take()
            with pytest.raises(ConnectionRefusedError):
                await send(used, 1, b"")
            passed.cut(used)
        used = await passed.take()
        assert await send(used, listener.port, b"") == listener.words
        passed.cut(used)

    play(act, loop)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_stops_in_the_middle_leaves_a_socket_that_can_be_used(loop):
    """The listener does not read: sending waits until it is given up."""

    async def act(passed, listener):
        stuck = asyncio.Event()

        async def read_nothing(reader, writer):
            reader._transport.pause_reading()
            stuck.set()

        read, listener.act = listener.act, read_nothing
        used = await passed.take()
        sending = asyncio.create_task(send(used, listener.port, MUCH * 20))
        await stuck.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        passed.cut(used)
        listener.act = read
        assert await passed.take() is used
        assert await send(used, listener.port, b"next") == listener.words
        passed.give_back(used)
        await until(lambda: listener.heard == [b"next"])

    play(act, loop)


def test_who_answers_before_it_has_read_loses_nothing():
    async def act(passed, listener):
        begun = asyncio.Event()

        async def read_later(reader, writer):
            await begun.wait()
            await listener.read_to_end(reader, writer)

        listener.act = read_later
        used = await passed.take()
        assert await send(used, listener.port, MUCH[:200_000]) == listener.words
        passed.give_back(used)
        for _ in range(50):
            await asyncio.sleep(0)
        assert passed._free == []
        begun.set()
        await until(lambda: listener.heard)
        assert listener.heard == [MUCH[:200_000]]
        assert await passed.take() is used
        passed.cut(used)

    play(act)


def test_who_does_not_close_is_cut_off(monkeypatch):
    monkeypatch.setattr(limits, "TELEMETRY_CLOSE_S", 0.01)

    async def act(passed, listener):
        listener.act = stay
        used = await passed.take()
        await send(used, listener.port, b"")
        passed.give_back(used)
        assert await passed.take() is used
        passed.cut(used)

    play(act)


def test_who_writes_without_end_is_cut_off(monkeypatch):
    monkeypatch.setattr(limits, "TELEMETRY_CLOSE_S", 1_000.0)

    async def act(passed, listener):
        async def write_on(_reader, writer):
            for _ in range(1_000):
                writer.write(MUCH[:100_000])
                await writer.drain()
            listener.heard.append("all")

        listener.act = write_on
        used = await passed.take()
        await send(used, listener.port, b"")
        passed.give_back(used)
        assert await passed.take() is used
        passed.cut(used)
        assert listener.heard == []

    play(act)


def test_who_finds_none_free_waits_and_one_that_gives_up_takes_none():
    async def act(passed, _listener):
        used = await passed.take()
        waiting = [asyncio.create_task(passed.take()) for _ in range(3)]
        await asyncio.sleep(0)
        passed.cut(used)
        waiting[0].cancel()
        assert await waiting[1] is used
        assert not waiting[2].done()
        passed.cut(used)
        assert await waiting[2] is used
        passed.cut(used)

    play(act)


def test_those_that_nobody_needs_are_closed_in_use_or_not():
    async def act(passed, _listener):
        first, second = await passed.take(), await passed.take()
        passed.keep(1)
        assert passed.are_there
        assert [one.fileno() for one in (first, second)] != [-1, -1]
        passed.cut(first)
        assert first.fileno() == -1
        passed.cut(second)
        assert await passed.take() is second
        passed.cut(second)

    play(act, count=3)


def test_none_are_given_when_there_are_none():
    async def act(passed, _listener):
        assert not passed.are_there
        with pytest.raises(OSError, match="there is no socket"):
            await passed.take()

    play(act, count=0)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_the_end_closes_all_and_wakes_who_waits(loop, monkeypatch):
    monkeypatch.setattr(limits, "TELEMETRY_CLOSE_S", 1_000.0)

    async def act(passed, listener):
        listener.act = stay
        given, used = await passed.take(), await passed.take()
        await send(given, listener.port, b"")
        passed.give_back(given)
        waiting = asyncio.create_task(passed.take())
        await asyncio.sleep(0)
        passed.close()
        await until(lambda: given.fileno() == -1)
        passed.cut(used)
        assert used.fileno() == -1
        with pytest.raises(OSError, match="there is no socket"):
            await waiting
        late = socket.socket()
        passed.fill([late])
        assert late.fileno() == -1

    play(act, loop, count=2)


def test_a_socket_that_cannot_be_used_again_is_let_go():
    async def act(passed, _listener):
        used = await passed.take()
        used.close()  # As if the kernel refused to disconnect it.
        passed.cut(used)
        assert not passed.are_there

    play(act)


def test_sockets_of_the_host_are_made_and_closed():
    async def story():
        sockets = HostSockets()
        first, second = await sockets.take(), await sockets.take()
        assert first.gettimeout() == 0.0
        sockets.give_back(first)
        sockets.cut(second)
        sockets.keep(0)
        sockets.close()
        assert [first.fileno(), second.fileno()] == [-1, -1]

    asyncio.run(story())
