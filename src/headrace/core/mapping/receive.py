"""The one receive of a mapping: whether it is out, for how much, how often in a row it failed."""

from headrace.base.instant import Instant
from headrace.core.mapping.backoff import poll_again_after_ms
from headrace.core.mapping.hand import Hand
from headrace.core.mapping.limits import (
    AHEAD_MAX,
    BATCHES_OF_RECEIVE_MAX,
    POLL_RETRY_LONGEST_MS,
    QUICK_MS,
    RECEIVE_AT_MOST,
    RECEIVE_LENGTH_EXPECTED,
)


class Receive:
    """At most one receive is out; an ending that names another one is stale.

    A receive waits for the disk, so while messages keep coming the next one brings more batches:
    twice as many each time. One that did not bring all it asked for has emptied the queue. A quick
    function would wait for the disk as well, so for it batches are received before their slots are
    free.
    """

    __slots__ = (
        "asked",
        "batches",
        "failures",
        "is_out",
        "is_quick",
        "is_stopped",
        "number",
        "since",
    )

    def __init__(self, now: Instant) -> None:
        """Start with none."""
        self.number = 0  #: Of the newest receive.
        self.asked = 0  #: Messages that it asked for.
        self.batches = 1  #: That the next one may bring.
        self.is_out = False
        self.is_quick = False  #: The last invoke went well, in less than `QUICK_MS`.
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

    def invoked(self, took_ms: int, *, is_well: bool) -> None:
        """Learn from an invoke that has ended."""
        self.is_quick = is_well and took_ms < QUICK_MS

    def messages_of_one(self, hand: Hand, slots: int, batch_size: int) -> int:
        """Return how many messages to ask for now, for the open batch or one that has a slot."""
        if hand.open is not None:
            rest = batch_size - len(hand.open)
            return min(RECEIVE_AT_MOST, rest) if slots >= len(hand) else 0
        return min(RECEIVE_AT_MOST, batch_size) if slots > len(hand) else 0

    def messages(self, hand: Hand, slots: int, batch_size: int, *, rests: bool) -> int:
        """Return how many messages to ask for now, of a standard queue without a window.

        While batches wait in hand for a slot, it is asked for enough to be worth the wait for the
        disk.

        Args:
            slots: How many batches may have begun at once.
            rests: Whether one that has begun waits for its next try: nothing is quick then.
        """
        ahead = min(slots, AHEAD_MAX) if self.is_quick and not rests else 0
        room = slots + ahead - len(hand)
        if room < ahead // 2 and hand.waiting:
            return 0
        return min(RECEIVE_AT_MOST, batch_size) * max(0, min(self.batches, room))

    def fail(self, now: Instant) -> int:
        """Return how long to rest after a failure, in milliseconds: longer each time in a row."""
        if now - self.since >= POLL_RETRY_LONGEST_MS:
            self.failures = 0  # it had worked for a while
        self.failures += 1
        return poll_again_after_ms(self.failures)
