"""Receives that named an attempt id, and may be asked for again for five minutes.

Asking again with the id returns the same messages under the same handles and restarts their
visibility timeout, as long as none of them was deleted, received again, or had its visibility
changed (spec/sqs.md 5.4; 12, Q18: the receive counts stay).
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from hashlib import blake2b

import msgspec

from headrace.base.instant import Instant
from headrace.core.sqs import limits
from headrace.core.sqs.touched import Slot


class Attempt(msgspec.Struct, array_like=True, gc=False):
    """One receive. The order of the fields is the snapshot's; new ones go to the end."""

    key: bytes
    at: Instant
    visible_at: Instant  #: When its messages become visible, by the newest answer.
    numbers: list[int]  #: In the order of the answer.
    counts: list[int]  #: Receive counts in the answer.


def attempt_key(attempt_id: str) -> bytes:
    """Return what an attempt id is remembered by."""
    return blake2b(attempt_id.encode(), digest_size=16).digest()


class Attempts:
    """The attempts of one queue, oldest first."""

    def __init__(self, attempts: Iterable[Attempt] = ()) -> None:
        """Start with these."""
        self._attempts = OrderedDict((attempt.key, attempt) for attempt in attempts)

    def all(self) -> list[Attempt]:
        """Return every attempt that is kept."""
        return list(self._attempts.values())

    def add(self, attempt: Attempt) -> None:
        """Keep an attempt, and forget those that are over or too many."""
        self._attempts.pop(attempt.key, None)
        self._attempts[attempt.key] = attempt
        over = attempt.at - limits.RECEIVE_ATTEMPT_MS
        while len(self._attempts) > limits.RECEIVE_ATTEMPTS_MAX or (
            next(iter(self._attempts.values())).at <= over
        ):
            self._attempts.popitem(last=False)

    def find(self, key: bytes, slots: Mapping[int, Slot], now: Instant) -> Attempt | None:
        """Return the attempt that can be answered again; None when a new receive takes place."""
        attempt = self._attempts.get(key)
        if attempt is None or attempt.at + limits.RECEIVE_ATTEMPT_MS <= now:
            return None
        for number, count in zip(attempt.numbers, attempt.counts, strict=True):
            slot = slots.get(number)
            if slot is None or slot.receive_count != count or slot.visible_at != attempt.visible_at:
                return None
        return attempt

    def answered_again(self, key: bytes, visible_at: Instant) -> None:
        """Learn until when the messages of an attempt are in flight now."""
        attempt = self._attempts.get(key)
        if attempt is not None:
            attempt.visible_at = visible_at
