"""Telemetry over TCP is lines on one connection, which is made anew when it is gone."""

import asyncio
import contextlib
import json
import os
import socket

import pytest
import uvloop

from headrace.sandbox import limits
from headrace.sandbox.couriers import TcpDestination
from headrace.sandbox.deliveries import Buffering, Delivery, Subscription
from headrace.sandbox.sockets import LOOPBACK, HostSockets, PassedSockets
from tests.unit.sandbox.test_deliveries import let_pass, until

#: More than two sockets hold.
MUCH = b"1" * 8_000_000


class Listener:
    """What listens in an environment; a test does by hand what it does."""

    def __init__(self):
        self.socket = socket.create_server((LOOPBACK, 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 200_000)
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.lines = []

    async def accept(self):
        """Return the next connection, which comes or is there."""
        line, _ = await asyncio.get_running_loop().sock_accept(self.socket)
        self.lines.append(line)
        return line

    @property
    def is_called(self):
        """Whether there is a connection that nobody has accepted."""
        with contextlib.suppress(BlockingIOError):
            line, _ = self.socket.accept()
            self.lines.append(line)
            return True
        return False

    def close(self):
        for one in (self.socket, *self.lines):
            one.close()


async def read(line, count):
    """Return so many events."""
    text = b""
    while text.count(b"\n") < count:
        piece = await asyncio.get_running_loop().sock_recv(line, 65_536)
        assert piece, "the connection has ended"
        text += piece
    assert text.endswith(b"\n")
    return [json.loads(one) for one in text.splitlines()]


async def read_to_end(line):
    text = bytearray()
    while piece := await asyncio.get_running_loop().sock_recv(line, 1_000_000):
        text += piece
    return bytes(text)


async def read_much(line):
    """Read the line that is more than sockets hold."""
    left = len(MUCH) + 1
    while left:
        piece = await asyncio.get_running_loop().sock_recv(line, left)
        assert piece, "the connection has ended"
        left -= len(piece)
    assert piece.endswith(b"1\n")


class Stage:
    """A listener, and deliveries to it."""

    def __init__(self, sockets, listener):
        self.sockets = sockets
        self.listener = listener
        self.deliveries = []

    def deliver(self, port=None, **buffering):
        """Return a delivery to the listener, or to another port."""
        values = {"max_items": 1_000, "max_bytes": 262_144, "timeout_ms": 30_000} | buffering
        destination = TcpDestination(port or self.listener.port)
        wish = Subscription("watch", frozenset({"platform"}), destination, Buffering(**values))
        self.deliveries.append(Delivery(asyncio.get_running_loop(), self.sockets, wish))
        return self.deliveries[-1]


async def tell(act, network):
    """Run an act; nothing may be left open."""
    before = len(os.listdir("/proc/self/fd"))
    sockets = HostSockets()
    if network == "alone":
        sockets = PassedSockets()
        sockets.fill([socket.socket()])
    listener = Listener()
    stage = Stage(sockets, listener)
    try:
        await act(stage)
    finally:
        for delivery in stage.deliveries:
            delivery.close()
        sockets.close()
        listener.close()
    await until(lambda: len(os.listdir("/proc/self/fd")) <= before)


@pytest.fixture(params=["host", "alone"])
def play(request, monkeypatch):
    """Runs an act with new sockets or with one that was passed, on asyncio's loop or another."""
    monkeypatch.setattr(limits, "TELEMETRY_RETRY_S", 0.0)

    def run(act, loop=asyncio.new_event_loop):
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(tell(act, request.param))

    return run


async def send(delivery, *events):
    """Have events brought at once; return when that is over."""
    for event in events:
        delivery.take(event)
    delivery.flush()
    await until(lambda: delivery._sending is None)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_all_batches_go_as_lines_of_one_connection(play, loop):
    async def act(stage):
        delivery = stage.deliver()
        await send(delivery, b'{"a":"\\n"}', b"2")
        await send(delivery, b"3")
        line = await stage.listener.accept()
        assert await read(line, 3) == [{"a": "\n"}, 2, 3]
        await send(delivery, b"4")
        assert await read(line, 1) == [4]
        assert not stage.listener.is_called

    play(act, loop)


def test_batches_are_gathered_and_wait_as_all_do(play):
    async def act(stage):
        delivery = stage.deliver(max_items=2)
        delivery.take(b"1")
        await let_pass()
        assert not stage.listener.is_called
        delivery.pause()
        delivery.take(b"2")
        await let_pass()
        assert not stage.listener.is_called
        delivery.resume()
        delivery.flush()
        assert await read(await stage.listener.accept(), 2) == [1, 2]

    play(act)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_connection_that_the_listener_has_closed_is_made_anew_and_nothing_is_lost(play, loop):
    async def act(stage):
        delivery = stage.deliver()
        for number in range(3):
            await send(delivery, b"%d" % number)
            line = await stage.listener.accept()
            assert await read(line, 1) == [number]
            line.close()
        assert (delivery._dropped, stage.listener.is_called) == (0, False)

    play(act, loop)


def test_who_only_writes_no_more_is_told_all_and_nothing_twice(play):
    async def act(stage):
        delivery = stage.deliver()
        await send(delivery, b"1")
        first = await stage.listener.accept()
        first.shutdown(socket.SHUT_WR)
        await send(delivery, b"2")
        second = await stage.listener.accept()
        assert await read_to_end(first) == b"1\n"
        assert await read(second, 1) == [2]
        assert not stage.listener.is_called

    play(act)


def test_a_connection_that_ends_within_a_batch_has_it_sent_again_whole(play):
    async def act(stage):
        delivery = stage.deliver()
        delivery._waiting_bytes = -len(MUCH)  # It may wait.
        delivery.take(MUCH)
        delivery.flush()
        first = await stage.listener.accept()
        assert await asyncio.get_running_loop().sock_recv(first, 10) == MUCH[:10]
        first.close()
        second = await stage.listener.accept()
        reading = asyncio.ensure_future(read_to_end(second))
        await until(lambda: delivery._sending is None)
        delivery.close()
        assert await reading == MUCH + b"\n"
        assert delivery._dropped == 0

    play(act)


def test_a_batch_that_the_listener_refuses_when_the_kernel_has_it_all_is_sent_again(play):
    """The listener closes between our look at the connection and the batch."""

    async def act(stage):
        delivery = stage.deliver()
        await send(delivery, b"1")
        first = await stage.listener.accept()
        assert await read(first, 1) == [1]
        courier = delivery._courier
        take_line = courier._take_line

        def take_before_the_end():
            line = take_line()
            first.close()
            return line

        courier._take_line = take_before_the_end
        await send(delivery, b"2")
        assert await read(await stage.listener.accept(), 1) == [2]

    play(act)


def test_who_has_read_all_and_closes_at_once_is_not_told_twice(play):
    async def act(stage):
        class Loop:
            """A loop whose sending takes until the listener has read all and closed."""

            def __getattr__(self, name):
                return getattr(asyncio.get_running_loop(), name)

            async def sock_sendall(self, used, data):
                await asyncio.get_running_loop().sock_sendall(used, data)
                line = await stage.listener.accept()
                heard.extend(await read(line, 1))
                line.close()

        heard = []
        delivery = stage.deliver()
        delivery._courier._loop = Loop()
        await send(delivery, b"1")
        await send(delivery, b"2")
        assert (heard, delivery._dropped, stage.listener.is_called) == ([1, 2], 0, False)

    play(act)


def test_a_listener_that_is_not_there_is_tried_again_and_told_of_its_loss_when_it_comes(
    play, monkeypatch
):
    async def act(stage):
        with socket.socket() as late:
            late.bind((LOOPBACK, 0))  # Nobody else may have the port; nobody listens on it.
            tries = []
            take = stage.sockets.take

            async def count():
                tries.append(1)
                return await take()

            monkeypatch.setattr(stage.sockets, "take", count)
            delivery = stage.deliver(late.getsockname()[1])
            await send(delivery, b"1", b"22")
            assert len(tries) == limits.TELEMETRY_ATTEMPTS
            late.listen()
            late.setblocking(False)
            delivery.take(b"3")
            delivery.flush()
            line, _ = await asyncio.get_running_loop().sock_accept(late)
            with line:
                dropped, event = await read(line, 2)
            assert event == 3
            assert dropped["type"] == "platform.logsDropped"
            assert dropped["record"]["droppedRecords"] == 2
            assert dropped["record"]["droppedBytes"] == 3

    play(act)


def test_a_socket_that_reaches_itself_is_nobody_that_listens(monkeypatch):
    """The kernel may choose for a socket the very port that it is to reach."""

    async def act(stage):
        with socket.socket() as free:
            free.bind((LOOPBACK, 0))
            port = free.getsockname()[1]
        take = stage.sockets.take

        async def take_there():
            used = await take()
            used.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            used.bind((LOOPBACK, port))
            return used

        monkeypatch.setattr(stage.sockets, "take", take_there)
        delivery = stage.deliver(port)
        await send(delivery, b"1")
        assert delivery._dropped == 1
        with socket.create_server((LOOPBACK, port)):
            pass  # The listener can come.

    monkeypatch.setattr(limits, "TELEMETRY_RETRY_S", 0.0)
    asyncio.run(tell(act, "host"))  # A port that was chosen by hand stays with a passed socket.


def test_a_listener_that_never_reads_has_no_more_kept_than_may_wait(play, monkeypatch):
    monkeypatch.setattr(limits, "TELEMETRY_WAITING_BYTES_MAX", 4)

    async def act(stage):
        delivery = stage.deliver(max_bytes=len(MUCH))
        delivery.begin_with([MUCH])
        line = await stage.listener.accept()
        sending = delivery._sending
        assert not sending.done()
        for number in range(6):
            delivery.take(b"%d" % number)
            delivery.flush()
        await let_pass()
        assert (delivery._sending, delivery._waiting_bytes, delivery._dropped) == (sending, 4, 2)
        assert not stage.listener.is_called
        await read_much(line)  # It begins to read.
        await until(lambda: delivery._sending is None)
        delivery.flush()
        dropped, *events = await read(line, 5)
        assert (dropped["record"]["droppedRecords"], events) == (2, [0, 1, 2, 3])

    play(act)


def test_the_kernel_keeps_no_more_for_who_does_not_read_than_a_batch(play):
    async def act(stage):
        delivery = stage.deliver()
        await send(delivery, b"1")
        line = delivery._courier._line
        # The kernel says the double of what it was told, and grows what it was not told.
        size = line.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        assert size <= 2 * limits.TELEMETRY_BYTES[1]
        await stage.listener.accept()
        for _ in range(20):
            delivery.take(b"1" * 262_144)
            await let_pass()
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == size

    play(act)


def test_who_answers_although_nobody_reads_answers_is_not_stuck(play):
    async def act(stage):
        delivery = stage.deliver()
        await send(delivery, b"0")
        line = await stage.listener.accept()
        line.setblocking(False)
        await read(line, 1)
        size = 60_000
        for number in range(200):
            assert line.send(b"x" * size) == size
            await send(delivery, b"%d" % number)
            assert await read(line, 1) == [number]
        assert not stage.listener.is_called

    play(act)


def test_who_subscribes_again_has_one_connection_and_misses_nothing_that_was_sent(play):
    async def act(stage):
        for number in range(20):
            delivery = stage.deliver()
            await send(delivery, b"%d" % number)
            line = await stage.listener.accept()
            delivery.close()
            delivery.close()
            assert await read_to_end(line) == b"%d\n" % number
            line.close()

    play(act)


def test_who_subscribes_again_without_reading_lets_go_of_what_was_under_way(play):
    async def act(stage):
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            delivery = stage.deliver(max_bytes=len(MUCH))
            delivery.begin_with([MUCH])
            line = await stage.listener.accept()
            delivery.close()
            await until(lambda sent=delivery: sent._sending is None)
            line.close()
            assert len(os.listdir("/proc/self/fd")) <= before
        delivery = stage.deliver()
        await send(delivery, b"1")
        assert await read(await stage.listener.accept(), 1) == [1]

    play(act)


def test_the_end_closes_a_connection_that_nobody_closes(play):
    async def act(stage):
        delivery = stage.deliver()
        await send(delivery, b"1")
        line = await stage.listener.accept()
        delivery.close()
        stage.sockets.close()
        assert await read_to_end(line) == b"1\n"

    play(act)
