"""Telemetry is gathered, posted in batches, and dropped where nobody takes it."""

import asyncio
import json
import os
import socket

import msgspec
import pytest

from headrace.sandbox import limits
from headrace.sandbox.couriers import HttpDestination
from headrace.sandbox.deliveries import Buffering, Delivery, Subscription
from headrace.sandbox.sockets import HostSockets, PassedSockets


class Listener:
    """An extension's listener: what was posted, and how it answers."""

    def __init__(self):
        self.batches = []
        self.answer = b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n"
        self.gate = None

    async def take(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        body = json.loads(await reader.readexactly(length))
        if self.gate is not None:
            await self.gate.wait()
        self.batches.append(body)
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture(params=["host", "alone"])
def delivered(request):
    """Runs an act with a listener and a delivery to it, by new sockets or by one that was passed."""

    def run(act, **buffering):
        asyncio.run(tell(act, request.param, buffering))

    return run


async def tell(act, network, buffering):
    """Run an act; nothing may be left open."""
    before = len(os.listdir("/proc/self/fd"))
    listener = Listener()
    server = await asyncio.start_server(listener.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    values = {"max_items": 1_000, "max_bytes": 262_144, "timeout_ms": 30_000} | buffering
    wish = Subscription(
        "watch", frozenset({"platform"}), HttpDestination(port, "/x"), Buffering(**values)
    )
    sockets = HostSockets()
    if network == "alone":
        sockets = PassedSockets()
        sockets.fill([socket.socket()])
    delivery = Delivery(asyncio.get_running_loop(), sockets, wish)
    try:
        await act(listener, delivery)
    finally:
        delivery.close()
        sockets.close()
        server.close()
        await server.wait_closed()
    await until(lambda: len(os.listdir("/proc/self/fd")) <= before)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def let_pass():
    """Let everything happen that can without time."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_what_has_gathered_goes_as_one_batch_when_it_is_enough_or_old_enough(delivered):
    async def act(listener, delivery):
        delivery.take(b"1")
        delivery.take(b"2")
        await asyncio.sleep(0)
        assert listener.batches == []
        delivery.take(b"3")
        await until(lambda: listener.batches)
        delivery.flush()  # There is nothing.
        assert listener.batches == [[1, 2, 3]]

    delivered(act, max_items=3)


def test_what_was_told_before_goes_in_batches_too(delivered):
    async def act(listener, delivery):
        delivery.begin_with([])
        delivery.begin_with([b"1", b"2", b"3"])
        await until(lambda: len(listener.batches) == 2)
        assert listener.batches == [[1, 2], [3]]
        delivery.begin_with([b"4"])
        delivery.take(b"5")
        await until(lambda: len(listener.batches) == 3)
        assert listener.batches[2] == [4, 5]

    delivered(act, max_items=2, timeout_ms=25)


def test_a_batch_goes_when_its_time_has_come(delivered):
    async def act(listener, delivery):
        delivery.take(b"1")
        await until(lambda: listener.batches)
        assert listener.batches == [[1]]

    delivered(act, timeout_ms=1)


def test_one_batch_is_under_way_at_a_time_and_none_while_paused(delivered):
    async def act(listener, delivery):
        listener.gate = asyncio.Event()
        delivery.take(b"1" * 5)
        await let_pass()
        delivery.take(b"2" * 5)
        delivery.pause()
        listener.gate.set()
        await until(lambda: listener.batches)
        await let_pass()
        assert listener.batches == [[11111]]
        delivery.resume()
        delivery.flush()
        await until(lambda: len(listener.batches) == 2)
        assert listener.batches[1] == [22222]

    delivered(act, max_bytes=5)


def test_too_much_is_dropped_and_told(delivered, monkeypatch):
    monkeypatch.setattr(limits, "TELEMETRY_WAITING_BYTES_MAX", 4)

    async def act(listener, delivery):
        for number in range(6):
            delivery.take(b"%d" % number)
        delivery.flush()
        await until(lambda: listener.batches)
        (dropped, *events) = listener.batches[0]
        assert events == [0, 1, 2, 3]
        assert dropped["type"] == "platform.logsDropped"
        assert (dropped["record"]["droppedRecords"], dropped["record"]["droppedBytes"]) == (2, 2)

    delivered(act)


def aim(delivery, port):
    """Have a delivery go to another port."""
    courier = delivery._courier
    courier._destination = msgspec.structs.replace(courier._destination, port=port)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 X\r\n\r\n",
        b"HTTP/1.1 \r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"\r\n",
        b"HTTP/1.1 200",
        b"",
        b"x" * 100_000 + b" 200 \n",
        None,
    ],
    ids=["error", "no status", "no number", "no words", "cut off", "nothing", "endless", "nobody"],
)
def test_what_nobody_takes_is_tried_again_and_dropped_in_the_end(delivered, monkeypatch, answer):
    monkeypatch.setattr(limits, "TELEMETRY_RETRY_S", 0.0)

    async def act(listener, delivery):
        right, port = listener.answer, delivery.subscription.destination.port
        if answer is None:
            aim(delivery, 1)
        else:
            listener.answer = answer
        delivery.take(b"1")
        delivery.flush()
        await until(lambda: delivery._sending is None)
        tries = 0 if answer is None else limits.TELEMETRY_ATTEMPTS
        assert listener.batches == [[1]] * tries
        aim(delivery, port)
        listener.answer = right
        delivery.take(b"2")
        delivery.flush()
        await until(lambda: listener.batches and listener.batches[-1][-1] == 2)
        assert listener.batches[-1][0]["record"]["droppedRecords"] == 1

    delivered(act)


def test_a_word_that_comes_in_pieces_counts(delivered):
    async def act(listener, delivery):
        async def take(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            for piece in (b"HT", b"TP/1.1 2", b"04 X\r", b"\n"):
                writer.write(piece)
                await let_pass()
            listener.batches.append("whole")
            writer.close()

        async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
            aim(delivery, server.sockets[0].getsockname()[1])
            delivery.take(b"1")
            delivery.flush()
            await until(lambda: delivery._sending is None)
            await until(lambda: listener.batches)
            assert (listener.batches, delivery._dropped) == (["whole"], 0)

    delivered(act)


def test_a_listener_that_does_not_read_keeps_nothing_when_it_is_given_up(delivered, monkeypatch):
    """More than a socket holds: the rest was to wait in the server until the listener ended."""
    monkeypatch.setattr(limits, "TELEMETRY_WAITING_BYTES_MAX", 100_000_000)

    async def act(listener, delivery):
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            deaf.bind(("127.0.0.1", 0))
            deaf.listen()
            aim(delivery, deaf.getsockname()[1])
            before = len(os.listdir("/proc/self/fd"))
            delivery.take(b"1" * 20_000_000)
            await let_pass()
            assert delivery._sending is not None
            delivery.close()
            await until(lambda: delivery._sending is None)
            await let_pass()
            assert len(os.listdir("/proc/self/fd")) <= before

    delivered(act)


def test_what_is_closed_brings_nothing(delivered):
    async def act(listener, delivery):
        delivery.take(b"1")
        delivery.close()
        delivery.flush()
        delivery.resume()
        await let_pass()
        assert listener.batches == []

    delivered(act, timeout_ms=1)
