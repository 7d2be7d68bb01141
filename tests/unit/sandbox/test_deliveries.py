"""Telemetry is gathered, posted in batches, and dropped where nobody takes it."""

import asyncio
import json

import pytest

from headrace.sandbox import limits
from headrace.sandbox.deliveries import Buffering, Delivery, Subscription


class Listener:
    """An extension's listener: what was posted, and how it answers."""

    def __init__(self):
        self.batches = []
        self.status = 200
        self.gate = None

    async def take(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        body = json.loads(await reader.readexactly(length))
        if self.gate is not None:
            await self.gate.wait()
        self.batches.append(body)
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % self.status)
        await writer.drain()
        writer.close()


def delivered(act, **buffering):
    """Run an act with a listener and a delivery to it."""

    async def story():
        listener = Listener()
        server = await asyncio.start_server(listener.take, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        values = {"max_items": 1_000, "max_bytes": 262_144, "timeout_ms": 30_000} | buffering
        wish = Subscription("watch", frozenset({"platform"}), port, "/x", Buffering(**values))
        delivery = Delivery(asyncio.get_running_loop(), wish)
        try:
            await act(listener, delivery)
        finally:
            delivery.close()
            server.close()
            await server.wait_closed()

    asyncio.run(story())


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def let_pass():
    """Let everything happen that can without time."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_what_has_gathered_goes_as_one_batch_when_it_is_enough_or_old_enough():
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


def test_a_batch_goes_when_its_time_has_come():
    async def act(listener, delivery):
        delivery.take(b"1")
        await until(lambda: listener.batches)
        assert listener.batches == [[1]]

    delivered(act, timeout_ms=1)


def test_one_batch_is_under_way_at_a_time_and_none_while_paused():
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


def test_too_much_is_dropped_and_told(monkeypatch):
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


@pytest.mark.parametrize("fault", ["refusal", "nobody"])
def test_what_nobody_takes_is_tried_again_and_dropped_in_the_end(monkeypatch, fault):
    monkeypatch.setattr(limits, "TELEMETRY_RETRY_S", 0.0)

    async def act(listener, delivery):
        delivery.take(b"1")
        if fault == "refusal":
            listener.status = 500
            delivery.flush()
            await until(lambda: len(listener.batches) == limits.TELEMETRY_ATTEMPTS)
            listener.status = 200
        else:
            port, delivery.subscription = (
                delivery.subscription.port,
                Subscription(
                    "watch", frozenset({"platform"}), 1, "/", delivery.subscription.buffering
                ),
            )
            delivery.flush()
            await until(lambda: delivery._posting is None)
            delivery.subscription = Subscription(
                "watch", frozenset({"platform"}), port, "/", delivery.subscription.buffering
            )
        await until(lambda: delivery._posting is None)
        delivery.take(b"2")
        delivery.flush()
        await until(lambda: listener.batches and listener.batches[-1][-1] == 2)
        assert listener.batches[-1][0]["record"]["droppedRecords"] == 1

    delivered(act)


def test_what_is_closed_brings_nothing():
    async def act(listener, delivery):
        delivery.take(b"1")
        delivery.close()
        delivery.flush()
        delivery.resume()
        await let_pass()
        assert listener.batches == []

    delivered(act, timeout_ms=1)
