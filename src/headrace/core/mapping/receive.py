"""The one receive of a mapping: whether it is out, for how much, how often in a row it failed."""

from headrace.base.instant import Instant
from headrace.core.mapping.backoff import poll_again_after_ms
from headrace.core.mapping.limits import (
    BATCHES_OF_RECEIVE_MAX,
    POLL_RETRY_LONGEST_MS,
    RECEIVE_LENGTH_EXPECTED,
)


class Receive:
    """At most one receive is out; an ending that names another one is stale.

    A receive waits for the disk, so while messages keep coming the next one brings more batches:
    twice as many each time. One that did not bring all it asked for has emptied the queue.
    """

    __slots__ = ("asked", "batches", "failures", "is_out", "is_stopped", "number", "since")

    def __init__(self, now: Instant) -> None:
        """Start with none."""
        self.number = 0  #: Of the newest receive.
        self.asked = 0  #: Messages that it asked for.
        self.batches = 1  #: That the next one may bring.
        self.is_out = False
        self.is_stopped = False  #: It was told to end.
        self.since = now  #: When the newest was asked for.
        self.failures = 0  #: In a row.

    def begin(self, now: Instant, asked: int) -> int:
        """Ask again, for so many messages; return the number of the receive."""
        self.number += 1
        self.asked = asked
        self.is_out, self.is_stopped, self.since = True, False, now
        return self.number

    def stop(self) -> bool:
        """Tell the receive to end; return whether one was out that had not been told."""
        if not self.is_out or self.is_stopped:
            return False
        self.is_stopped, self.batches = True, 1
        return True

    def end(self, number: int) -> bool:
        """Return whether this receive is the one that is out; it no longer is."""
        if not self.is_out or number != self.number:
            return False
        self.is_out = False
        return True

    def brought(self, count: int, length: int) -> None:
        """Learn from a receive that brought `count` messages of `length` characters together."""
        batches = 1 if count < self.asked else min(2 * self.batches, BATCHES_OF_RECEIVE_MAX)
        while batches > 1 and length * batches > RECEIVE_LENGTH_EXPECTED * self.batches:
            batches //= 2
        self.batches = batches

    def fail(self, now: Instant) -> int:
        """Return how long to rest after a failure, in milliseconds: longer each time in a row."""
        if now - self.since >= POLL_RETRY_LONGEST_MS:
            self.failures = 0  # it had worked for a while
        self.failures += 1
        return poll_again_after_ms(self.failures)
