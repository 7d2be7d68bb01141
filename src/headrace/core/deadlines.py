"""A heap of deadlines from which an entry can be withdrawn."""

import heapq
from collections.abc import Iterator
from typing import Generic, TypeVar

from headrace.base.instant import Instant

Key = TypeVar("Key", int, str, tuple[int, str], tuple[int, int])


class Deadlines(Generic[Key]):
    """At most one deadline a key, earliest first; equal deadlines in order of their keys.

    Withdrawn and replaced entries stay in the heap until they surface; they are counted, and the
    heap is rebuilt when they outnumber the living, so memory follows the number of keys.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._at: dict[Key, Instant] = {}
        self._heap: list[tuple[Instant, Key]] = []

    def __len__(self) -> int:
        """Return how many keys have a deadline."""
        return len(self._at)

    def __contains__(self, key: Key) -> bool:
        """Tell whether `key` has a deadline."""
        return key in self._at

    def __iter__(self) -> Iterator[Key]:
        """Yield the keys that have a deadline, in the order in which they got their first one."""
        return iter(self._at)

    def of(self, key: Key) -> Instant | None:
        """Return the deadline of `key`, or None."""
        return self._at.get(key)

    def put(self, key: Key, at: Instant) -> None:
        """Set the deadline of `key`, replacing an earlier one."""
        if self._at.get(key) == at:
            return
        self._at[key] = at
        heapq.heappush(self._heap, (at, key))
        if len(self._heap) > 64 and len(self._heap) > 2 * len(self._at):
            self._heap = [(instant, name) for name, instant in self._at.items()]
            heapq.heapify(self._heap)

    def withdraw(self, key: Key) -> None:
        """Remove the deadline of `key`, if it has one."""
        self._at.pop(key, None)

    def next(self) -> Instant | None:
        """Return the earliest deadline, or None."""
        heap = self._heap
        while heap:
            at, key = heap[0]
            if self._at.get(key) == at:
                return at
            heapq.heappop(heap)
        return None

    def take_next(self) -> tuple[Instant, Key] | None:
        """Remove and return the earliest entry, or None."""
        at = self.next()
        return None if at is None else self.take_due(at)

    def take_due(self, now: Instant) -> tuple[Instant, Key] | None:
        """Remove and return the earliest entry at or before `now`, or None."""
        at = self.next()
        if at is None or at > now:
            return None
        _, key = heapq.heappop(self._heap)
        del self._at[key]
        return at, key
