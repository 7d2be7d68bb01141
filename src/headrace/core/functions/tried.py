"""Asynchronous invokes that failed or are over, by number, in chunks that a snapshot can freeze.

An `Event` is never changed, only replaced. Who replaces one of a chunk that is being written to a
snapshot copies the chunk first.
"""

import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.eventbody import Ending

#: Numbers of one chunk; to write so many events takes about a millisecond.
CHUNK_NUMBERS = 1_024
#: Instead of a chunk's highest block: compaction has moved some of its bodies.
UNKNOWN = -1


class Event(msgspec.Struct, array_like=True, frozen=True):
    """An event that failed or is over; new fields go to the end with a default."""

    block: int  #: Where its envelope lies.
    accepted_at: Instant
    qualifier: str  #: As the caller gave it; empty: none.
    failures: int = 0  #: How often the function failed.
    due_at: Instant = Instant(0)  #: When it is tried again.
    ending: Ending | None = None  #: None: not over.
    #: Where something of it must still be sent: ARN, and whether it is a dead-letter queue.
    targets: tuple[tuple[str, bool], ...] = ()
    result_block: int = 0  #: Where its result lies; 0: there is none.


Events = dict[int, Event]


class TriedChunk:
    """Events of neighbouring numbers; `low` and `high` bound the blocks that they lie in."""

    __slots__ = ("events", "high", "is_frozen", "low")

    def __init__(self, events: Events) -> None:
        """Be these events."""
        self.events = events
        self.is_frozen = False
        self.low, self.high = sys.maxsize, 0
        self.look_at_blocks()

    def look_at_blocks(self) -> None:
        """Learn anew in which blocks the bodies lie."""
        blocks = [block for event in self.events.values() for block in _blocks_of(event)]
        self.low, self.high = min(blocks, default=sys.maxsize), max(blocks, default=0)

    def put(self, number: int, event: Event) -> None:
        """Add or replace an event."""
        before = self.events.get(number)
        self.events[number] = event
        blocks = _blocks_of(event)
        if before is not None and _blocks_of(before) != blocks:
            self.high = UNKNOWN
        elif self.high != UNKNOWN:
            self.low, self.high = min(self.low, *blocks), max(self.high, *blocks)


class Tried:
    """The tried events of one function by number."""

    __slots__ = ("_chunks", "count")

    def __init__(self, events: Events | None = None) -> None:
        """Hold these."""
        self._chunks: dict[int, TriedChunk] = {}
        self.count = 0
        for number, event in (events or {}).items():
            self.put(number, event)

    def get(self, number: int) -> Event | None:
        """Return an event; None when it is not here."""
        chunk = self._chunks.get(number // CHUNK_NUMBERS)
        return None if chunk is None else chunk.events.get(number)

    def put(self, number: int, event: Event) -> None:
        """Add or replace an event."""
        chunk = self._own(number // CHUNK_NUMBERS)
        self.count += number not in chunk.events
        chunk.put(number, event)

    def remove(self, number: int) -> None:
        """Take out an event that is here."""
        at = number // CHUNK_NUMBERS
        chunk = self._own(at)
        del chunk.events[number]
        self.count -= 1
        if not chunk.events:
            del self._chunks[at]

    def items(self) -> Iterator[tuple[int, Event]]:
        """Yield number and event, ascending; nothing changes meanwhile."""
        for part in self.parts(freeze=False):
            yield from sorted(part.items())

    def bodies_in(self, blocks: frozenset[int]) -> list[tuple[int, int]]:
        """Return (block, number of the body) of each body in `blocks` that is needed."""
        found: list[tuple[int, int]] = []
        ascending = sorted(blocks)
        for chunk in self._chunks.values():
            if chunk.high == UNKNOWN:
                chunk.look_at_blocks()
            nearest = bisect_left(ascending, chunk.low)
            if nearest == len(ascending) or ascending[nearest] > chunk.high:
                continue
            for number, event in chunk.events.items():
                if event.block in blocks:
                    found.append((event.block, 2 * number))
                if event.result_block in blocks:
                    found.append((event.result_block, 2 * number + 1))
        return found

    def count_bodies(self) -> Counter[int]:
        """Return how many bodies of each block are needed."""
        counts: Counter[int] = Counter()
        for chunk in self._chunks.values():
            for event in chunk.events.values():
                counts.update(_blocks_of(event))
        return counts

    def pop_part(self) -> tuple[list[int], Counter[int]]:
        """Let go of one chunk; return its numbers, and how many bodies it needed of each block."""
        events = self._chunks.popitem()[1].events
        self.count -= len(events)
        blocks = Counter(block for event in events.values() for block in _blocks_of(event))
        return list(events), blocks

    def parts(self, *, freeze: bool) -> list[Events]:
        """Return all events, in parts of ascending numbers.

        They are read at once, or with `freeze` stay as they are now.
        """
        chunks = [self._chunks[at] for at in sorted(self._chunks)]
        if freeze:
            for chunk in chunks:
                chunk.is_frozen = True
        return [chunk.events for chunk in chunks]

    def _own(self, at: int) -> TriedChunk:
        """Return the chunk at this key, made if there was none, which may change from now on."""
        chunk = self._chunks.get(at)
        if chunk is None or chunk.is_frozen:
            chunk = self._chunks[at] = TriedChunk({} if chunk is None else dict(chunk.events))
        return chunk


def _blocks_of(event: Event) -> tuple[int, ...]:
    return (event.block, event.result_block) if event.result_block else (event.block,)
