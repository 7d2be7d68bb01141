"""Bring an extension the telemetry that it subscribed to: buffer, send, and drop what is too much.

One batch is under way at a time, by a courier, to a port of the environment's own loopback; a
batch goes when it is large enough or old enough. A listener that does not take its events costs
its environment a bounded buffer, and hears how much was dropped. Knows no protocol: `couriers.py`
has those.
"""

import asyncio
import contextlib

import msgspec

from headrace.sandbox import limits
from headrace.sandbox.couriers import Destination
from headrace.sandbox.sockets import Sockets


class Buffering(msgspec.Struct, frozen=True):
    """How events are gathered."""

    max_items: int = msgspec.field(name="maxItems", default=limits.TELEMETRY_ITEMS[1])
    max_bytes: int = msgspec.field(name="maxBytes", default=limits.TELEMETRY_BYTES[0])
    timeout_ms: int = msgspec.field(name="timeoutMs", default=limits.TELEMETRY_TIMEOUT_MS_DEFAULT)

    def check(self) -> None:
        """Look whether all is within AWS's bounds.

        Raises:
            ValueError: Something is not.
        """
        for name, value, (least, most) in (
            ("maxItems", self.max_items, limits.TELEMETRY_ITEMS),
            ("maxBytes", self.max_bytes, limits.TELEMETRY_BYTES),
            ("timeoutMs", self.timeout_ms, limits.TELEMETRY_TIMEOUT_MS),
        ):
            if not least <= value <= most:
                raise ValueError(f"{name} must be between {least} and {most}")


class Subscription(msgspec.Struct, frozen=True):
    """What an extension wants, and where."""

    name: str
    types: frozenset[str]
    destination: Destination
    buffering: Buffering


class Delivery:
    """Takes the events of one subscription and brings them."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sockets: Sockets, subscription: Subscription
    ) -> None:
        self.subscription = subscription
        self._loop = loop
        self._courier = subscription.destination.hire(loop, sockets)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._dropped = 0
        self._dropped_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._is_paused = False
        self._is_closed = False

    def take(self, event: bytes) -> None:
        """Take one event, or drop it when too much waits."""
        if self._waiting_bytes + len(event) > limits.TELEMETRY_WAITING_BYTES_MAX:
            self._dropped += 1
            self._dropped_bytes += len(event)
            return
        self._waiting.append(event)
        self._waiting_bytes += len(event)
        self._go_or_wait()

    def begin_with(self, events: list[bytes]) -> None:
        """Take what was told before the subscription, which is less than may wait.

        All at once: who subscribes again and again is not to hold the loop with 16,000 events.
        """
        self._waiting += events
        self._waiting_bytes += sum(map(len, events))
        self._go_or_wait()

    def _go_or_wait(self) -> None:
        buffering = self.subscription.buffering
        if len(self._waiting) >= buffering.max_items or self._waiting_bytes >= buffering.max_bytes:
            self.flush()
        elif self._timer is None:
            self._plan()

    def flush(self) -> None:
        """Bring what waits, now or when the batch before has arrived."""
        self._cancel_timer()
        if self._waiting and self._sending is None and not (self._is_paused or self._is_closed):
            self._sending = self._loop.create_task(self._send())
            self._sending.add_done_callback(self._go_on)

    def pause(self) -> None:
        """Begin no further batch."""
        self._is_paused = True
        self._cancel_timer()

    def resume(self) -> None:
        """Go on."""
        self._is_paused = False
        if self._waiting and self._timer is None:
            self._plan()

    def close(self) -> None:
        """Bring nothing more."""
        self._is_closed = True
        self._cancel_timer()
        if self._sending is not None:
            self._sending.cancel()
        self._courier.close()

    def _plan(self) -> None:
        if not (self._is_paused or self._is_closed):
            seconds = self.subscription.buffering.timeout_ms / 1_000
            self._timer = self._loop.call_later(seconds, self.flush)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go_on(self, sending: "asyncio.Task[None]") -> None:
        self._sending = None
        if not sending.cancelled() and sending.exception() is not None:
            self._dropped += 1
        if self._waiting and self._timer is None:
            self._plan()

    async def _send(self) -> None:
        """Bring one batch, or what can be had of it within its tries."""
        batch = self._take_batch()
        for _ in range(limits.TELEMETRY_ATTEMPTS):
            with contextlib.suppress(OSError, EOFError, ValueError):
                if await self._courier.bring(batch):
                    return
            await asyncio.sleep(limits.TELEMETRY_RETRY_S)
        self._dropped += len(batch)
        self._dropped_bytes += sum(map(len, batch))

    def _take_batch(self) -> list[bytes]:
        """Return what goes together, with a word about what was dropped before."""
        buffering = self.subscription.buffering
        count = size = 0
        for event in self._waiting:
            if count and (count == buffering.max_items or size + len(event) > buffering.max_bytes):
                break
            count += 1
            size += len(event)
        batch = self._waiting[:count]
        del self._waiting[:count]
        self._waiting_bytes -= size
        if self._dropped and "platform" in self.subscription.types:
            record = {
                "reason": "Consumer seems to have fallen behind as it has not acknowledged "
                "receipt of logs.",
                "droppedRecords": self._dropped,
                "droppedBytes": self._dropped_bytes,
            }
            batch.insert(0, msgspec.json.encode({"type": "platform.logsDropped", "record": record}))
        self._dropped = self._dropped_bytes = 0
        return batch
