"""Asynchronous invokes that were never tried to their end, as chunks of columns: 20 bytes each.

Events are consecutive numbers. A chunk holds a fixed count of them, so a number alone says where it
stands; an event that is untried no longer leaves a gap, and chunks go from the front when they are
all gaps. So nothing ever copies, moves or skips a million entries in one go.
"""

import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import compress

from headrace.base.instant import Instant

#: Events of one chunk.
CHUNK_EVENTS = 4_096
#: Instead of a chunk's highest block: compaction has moved some of its bodies.
UNKNOWN = -1
#: Instead of a block: the event is untried no longer.
GONE = 0

#: Columns in the order in which they are written: block, instant, qualifier.
Columns = tuple["array[int]", "array[int]", "array[int]"]


class UntriedChunk:
    """Some events that follow each other; `low` and `high` bound the blocks that they lie in.

    One that is frozen is being written to a snapshot: its columns do not change any more.
    """

    __slots__ = ("blocks", "high", "instants", "is_frozen", "live", "low", "qualifiers")

    def __init__(self, columns: Columns) -> None:
        """Be these columns, which are nobody else's."""
        self.blocks, self.instants, self.qualifiers = columns
        self.live = len(self.blocks) - self.blocks.count(GONE)
        self.is_frozen = False
        self.look_at_blocks()

    def look_at_blocks(self) -> None:
        """Learn anew in which blocks the bodies lie."""
        self.low = min(filter(None, self.blocks), default=sys.maxsize)
        self.high = max(self.blocks, default=GONE)

    def columns(self) -> Columns:
        """Return the columns in the order in which they are written."""
        return self.blocks, self.instants, self.qualifiers

    def copy(self) -> "UntriedChunk":
        """Return one with the same events that may change."""
        return UntriedChunk((self.blocks[:], self.instants[:], self.qualifiers[:]))


class Untried:
    """The untried events of one function by number."""

    __slots__ = ("_base", "_chunks", "_size", "count", "first")

    def __init__(self, first: int = 0, columns: Columns | None = None) -> None:
        """Hold nothing, or the events from number `first` on that `columns` tell of."""
        self._base = first  #: Number of the first chunk's first entry.
        self._size = CHUNK_EVENTS
        #: All but the last are full.
        self._chunks: list[UntriedChunk] = []
        #: No number below is untried.
        self.first = first
        self.count = 0
        blocks, instants, qualifiers = columns or _columns()
        for low in range(0, len(blocks), self._size):
            high = low + self._size
            chunk = UntriedChunk((blocks[low:high], instants[low:high], qualifiers[low:high]))
            self._chunks.append(chunk)
            self.count += chunk.live
        self._trim()

    @property
    def next_number(self) -> int:
        """The number that the next event gets."""
        if not self._chunks:
            return self._base
        return self._base + self._size * (len(self._chunks) - 1) + len(self._chunks[-1].blocks)

    def append(self, block: int, at: Instant, qualifier: int) -> None:
        """Add the next event."""
        chunk = self._add(block, at, qualifier)
        chunk.live += 1
        self.count += 1
        chunk.low = min(chunk.low, block)
        if chunk.high != UNKNOWN:
            chunk.high = max(chunk.high, block)

    def skip(self, count: int) -> None:
        """Leave out the numbers that come next."""
        for _ in range(count):
            self._add(GONE, Instant(0), 0)
        self._trim()

    def find(self, number: int) -> tuple[int, Instant, int] | None:
        """Return block, instant and qualifier of an event; None when it is not untried."""
        at, place = divmod(number - self._base, self._size)
        if at < 0 or at >= len(self._chunks):
            return None
        chunk = self._chunks[at]
        if place >= len(chunk.blocks) or chunk.blocks[place] == GONE:
            return None
        return chunk.blocks[place], Instant(chunk.instants[place]), chunk.qualifiers[place]

    def first_from(self, number: int) -> int:
        """Return the first untried number that is not below this one, or the next number."""
        number = max(number, self.first)
        at, place = divmod(number - self._base, self._size)
        while at < len(self._chunks):
            chunk = self._chunks[at]
            if chunk.live:
                for offset in range(place, len(chunk.blocks)):
                    if chunk.blocks[offset] != GONE:
                        return self._base + at * self._size + offset
            at, place = at + 1, 0
        return self.next_number

    def remove(self, number: int) -> None:
        """Take out an event that is here."""
        at, place = divmod(number - self._base, self._size)
        chunk = self._own(at)
        chunk.blocks[place] = GONE
        chunk.live -= 1
        self.count -= 1
        if number == self.first:
            self._trim()

    def place(self, number: int, block: int) -> None:
        """Note that the body of an event that is here lies in `block` now."""
        assert self.find(number) is not None
        at, place = divmod(number - self._base, self._size)
        chunk = self._own(at)
        chunk.blocks[place] = block
        chunk.high = UNKNOWN

    def bodies_in(self, blocks: frozenset[int]) -> list[tuple[int, int]]:
        """Return (block, number of the event) of each event whose body lies in `blocks`."""
        found: list[tuple[int, int]] = []
        ascending = sorted(blocks)
        for at, chunk in enumerate(self._chunks):
            if chunk.high == UNKNOWN:
                chunk.look_at_blocks()
            nearest = bisect_left(ascending, chunk.low)
            if nearest == len(ascending) or ascending[nearest] > chunk.high:
                continue
            first = self._base + at * self._size
            wanted = map(blocks.__contains__, chunk.blocks)
            found += [
                (chunk.blocks[place], first + place)
                for place in compress(range(len(chunk.blocks)), wanted)
            ]
        return found

    def pop_bodies(self) -> Counter[int]:
        """Let go of one chunk; return how many bodies it needed of each block."""
        counts = Counter(self._chunks.pop().blocks)
        counts.pop(GONE, None)
        self.count -= counts.total()
        return counts

    def count_bodies(self) -> Counter[int]:
        """Return how many bodies of each block are needed."""
        counts: Counter[int] = Counter()
        for chunk in self._chunks:
            counts.update(chunk.blocks)
        counts.pop(GONE, None)
        return counts

    def columns(self, *, freeze: bool) -> Iterator[list["array[int]"]]:
        """Return the three columns from `first` on, each in parts.

        They are read at once, or with `freeze` stay as they are now.
        """
        if freeze:
            for chunk in self._chunks:
                chunk.is_frozen = True
        low = self.first - self._base
        whole = [chunk.columns() for chunk in self._chunks]
        for place in range(len(_columns())):
            parts = [columns[place] for columns in whole]
            if low and parts:
                parts[0] = parts[0][low:]
            yield parts

    def _add(self, block: int, at: Instant, qualifier: int) -> UntriedChunk:
        """Add an entry; return its chunk."""
        chunks = self._chunks
        if not chunks or len(chunks[-1].blocks) == self._size:
            chunks.append(UntriedChunk(_columns()))
        chunk = self._own(len(chunks) - 1)
        chunk.blocks.append(block)
        chunk.instants.append(at)
        chunk.qualifiers.append(qualifier)
        return chunk

    def _own(self, at: int) -> UntriedChunk:
        """Return the chunk at this index, which may change from now on."""
        chunk = self._chunks[at]
        if chunk.is_frozen:
            chunk = self._chunks[at] = chunk.copy()
        return chunk

    def _trim(self) -> None:
        """Learn which number is the first, and let go of chunks before it."""
        self.first = self.first_from(self.first)
        full = (self.first - self._base) // self._size
        if full:
            del self._chunks[:full]
            self._base += full * self._size


def _columns() -> Columns:
    return array("Q"), array("q"), array("I")
