"""Messages that nobody has touched, as runs in columns of arrays.

A **run** is consecutive message numbers of one queue whose bodies lie in one block and which were
sent at one instant. A **lane** holds the runs with one delay. Numbers and send instants both ascend
in a lane, so whatever is due or expired stands at its front, and one bisection counts it: time can
pass over a million messages without a step for each.

Columns are cut into chunks, so that nothing ever copies or moves millions of entries.
"""

import sys
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator

from headrace.base.instant import Instant
from headrace.core.sqs.leftovers import Leftovers

#: Runs of one chunk.
CHUNK_RUNS = 4_096
#: Instead of a chunk's highest block: compaction has moved some of its runs.
UNKNOWN = -1
#: 28 bytes a run: first number, count, block, send instant.
_TYPES = "QIQQ"

#: A part of a run: first number, count, block, send instant.
Piece = tuple[int, int, int, int]
#: First numbers, counts and blocks of some runs.
Columns = tuple["array[int]", "array[int]", "array[int]"]


class Column:
    """One column of a lane as bytes, little-endian, a part at a time."""

    __slots__ = ("_parts", "size")

    def __init__(self, parts: "list[tuple[array[int], int]]") -> None:
        """Be these arrays, each from an index on."""
        self._parts = parts
        self.size = sum((len(part) - low) * part.itemsize for part, low in parts)  #: In bytes.

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        for part, low in self._parts:
            yield swapped(part[low:] if low or sys.byteorder == "big" else part).tobytes()


class Chunk:
    """Up to `CHUNK_RUNS` runs; `high` and `low` bound the blocks that they lie in.

    One that is frozen is being written to a snapshot: its columns do not change any more.
    """

    __slots__ = ("blocks", "counts", "firsts", "high", "is_frozen", "live", "low", "sent")

    def __init__(self) -> None:
        """Start empty."""
        self.firsts = array("Q")
        self.counts = array("I")
        self.blocks = array("Q")
        self.sent = array("Q")
        self.live = 0  #: Messages of the runs that are still here.
        self.low = sys.maxsize
        self.high = 0
        self.is_frozen = False

    def append(self, first: int, count: int, block: int, sent_at: int) -> None:
        """Add a run behind the others."""
        self.firsts.append(first)
        self.counts.append(count)
        self.blocks.append(block)
        self.sent.append(sent_at)
        self.live += count
        if self.high not in (block, UNKNOWN):
            self.low = min(self.low, block)
            self.high = max(self.high, block)

    def look_at_blocks(self) -> None:
        """Learn anew in which blocks its runs lie; it has runs."""
        self.low, self.high = min(self.blocks), max(self.blocks)

    def copy(self) -> "Chunk":
        """Return one with the same runs that may change."""
        other = type(self)()
        for column, runs in zip(other.columns(), self.columns(), strict=True):
            column.extend(runs)
        other.live, other.low, other.high = self.live, self.low, self.high
        return other

    def insert(self, place: int, piece: Piece) -> None:
        """Put a run at index `place`; `live` stays, as a split makes no messages."""
        for column, value in zip(self.columns(), piece, strict=False):
            column.insert(place, value)

    def delete(self, place: int) -> None:
        """Remove the run at index `place`, whose messages were counted off already."""
        for column in self.columns():
            del column[place]

    def split(self, place: int, count: int) -> None:
        """Make two runs of the run at `place`; the first one keeps `count` messages."""
        first, there = self.firsts[place], self.counts[place]
        self.counts[place] = count
        self.insert(place + 1, (first + count, there - count, self.blocks[place], self.sent[place]))

    def goes_on(self, place: int) -> bool:
        """Tell whether the run at `place` and its left neighbour are one."""
        left = place - 1
        return (
            self.firsts[left] + self.counts[left] == self.firsts[place]
            and self.blocks[left] == self.blocks[place]
            and self.sent[left] == self.sent[place]
        )

    def columns(self) -> "tuple[array[int], ...]":
        """Return the columns in the order in which they are written: first those of a `Piece`."""
        return self.firsts, self.counts, self.blocks, self.sent


class Lane:
    """The runs with one delay, oldest first."""

    __slots__ = ("_block", "_end", "_sent_at", "chunks", "count", "delay_ms", "head")
    #: What it is made of.
    chunk_type = Chunk

    def __init__(self, delay_ms: int) -> None:
        """Start empty."""
        self.delay_ms = delay_ms
        self.count = 0  #: Messages.
        self.chunks: deque[Chunk] = deque()
        self.head = 0  #: Index of the first living run in the first chunk.
        # The end of the last run: a send that goes on from here makes it longer.
        self._end = -1
        self._block = -1
        self._sent_at = -1

    def append(self, first: int, count: int, block: int, sent_at: Instant) -> None:
        """Add messages; numbers and instants are not before those that are here."""
        self.count += count
        chunks = self.chunks
        chunk = chunks[-1] if chunks else None
        if chunk is not None and chunk.is_frozen:
            chunk = self._own(len(chunks) - 1)
        if chunk is not None and (
            sent_at == self._sent_at and block == self._block and first == self._end
        ):
            chunk.counts[-1] += count
            chunk.live += count
        else:
            if chunk is None or len(chunk.firsts) >= CHUNK_RUNS:
                chunk = self.chunk_type()
                chunks.append(chunk)
            chunk.append(first, count, block, sent_at)
            self._block = block
            self._sent_at = sent_at
        self._end = first + count

    def first_number(self) -> int:
        """Return the number of the oldest message; the lane is not empty."""
        return self.chunks[0].firsts[self.head]

    def first_sent_at(self) -> Instant:
        """Return when the oldest message was sent; the lane is not empty."""
        return Instant(self.chunks[0].sent[self.head])

    def take(self, at_most: int, below: int, sent_by: int) -> list[Piece]:
        """Remove and return messages from the front.

        Args:
            at_most: How many messages.
            below: Only numbers smaller than this.
            sent_by: Only messages sent at this instant or before.
        """
        pieces: list[Piece] = []
        while at_most > 0 and self.count:
            chunk = self.chunks[0]
            if chunk.is_frozen:
                chunk = self._own(0)
            place = self.head
            first = chunk.firsts[place]
            sent_at = chunk.sent[place]
            if first >= below or sent_at > sent_by:
                break
            there = chunk.counts[place]
            count = min(there, at_most, below - first)
            pieces.append((first, count, chunk.blocks[place], sent_at))
            at_most -= count
            self.count -= count
            chunk.live -= count
            if count < there:
                chunk.firsts[place] = first + count
                chunk.counts[place] = there - count
            else:
                self._step()
        return pieces

    def remove(self, number: int) -> Piece | None:
        """Remove one message wherever it stands; None when it is not here."""
        found = self._find_own(number)
        if found is None:
            return None
        chunk, place = found
        first, there = chunk.firsts[place], chunk.counts[place]
        block, sent_at = chunk.blocks[place], chunk.sent[place]
        self.count -= 1
        chunk.live -= 1
        if number == first and there > 1:
            chunk.firsts[place] = first + 1
            chunk.counts[place] = there - 1
        else:
            if number > first:
                chunk.split(place, number - first)
                place += 1
            if chunk.counts[place] > 1:
                chunk.split(place, 1)
            self._drop_run(chunk, place)
        self._learn_end()
        return number, 1, block, sent_at

    def find(self, number: int) -> tuple[Chunk, int] | None:
        """Return chunk and index of the run that holds `number`; None when none does."""
        chunks = self.chunks
        if not chunks:
            return None
        at = bisect_right(chunks, number, key=_first_of) - 1
        if at < 0:
            return None
        chunk = chunks[at]
        low = self.head if at == 0 else 0
        place = bisect_right(chunk.firsts, number, low) - 1
        if place < low or number >= chunk.firsts[place] + chunk.counts[place]:
            return None
        return chunk, place

    def move_bodies(self, first: int, count: int, block: int, old: int | None) -> tuple[int, int]:
        """Note that bodies lie in `block` now: those of one run, from `first` on, at most `count`.

        Returns:
            How many they are, and where they lay; (0, 0) when `first` is not here, lies in `block`
            already, or lies in another block than `old` (None: any).
        """
        found = self._find_own(first)
        if found is None:
            return 0, 0
        chunk, place = found
        before = chunk.blocks[place]
        if before == block or (old is not None and before != old):
            return 0, 0
        skipped = first - chunk.firsts[place]
        count = min(count, chunk.counts[place] - skipped)
        if skipped:
            chunk.split(place, skipped)
            place += 1
        if count < chunk.counts[place]:
            chunk.split(place, count)
        chunk.blocks[place] = block
        chunk.high = UNKNOWN
        self._join(chunk, place)
        self._learn_end()
        return count, before

    def drop_sent_by(self, sent_by: int, leftovers: Leftovers) -> None:
        """Remove every message sent at `sent_by` or before; their bodies go to `leftovers`."""
        while self.count and self.first_sent_at() <= sent_by:
            chunk = self.chunks[0]
            if chunk.sent[-1] <= sent_by:
                self._drop_chunk(chunk, leftovers)
                continue
            place = bisect_right(chunk.sent, sent_by, self.head)
            leftovers.add(chunk.blocks[self.head : place], chunk.counts[self.head : place])
            dead = sum(chunk.counts[self.head : place])
            self.count -= dead
            chunk.live -= dead
            self.head = place - 1
            self._step()

    def drop_all(self, leftovers: Leftovers) -> None:
        """Remove every message; their bodies go to `leftovers`."""
        while self.count:
            self._drop_chunk(self.chunks[0], leftovers)

    def count_sent_by(self, sent_by: int) -> int:
        """Return how many messages were sent at `sent_by` or before."""
        count = 0
        for chunk, low in self._living_chunks():
            if chunk.sent[-1] > sent_by:
                place = bisect_right(chunk.sent, sent_by, low)
                return count + sum(chunk.counts[low:place])
            count += chunk.live
        return count

    def runs(self) -> Iterator[Piece]:
        """Yield every run, oldest first."""
        for chunk, low in self._living_chunks():
            for place in range(low, len(chunk.firsts)):
                yield (
                    chunk.firsts[place],
                    chunk.counts[place],
                    chunk.blocks[place],
                    chunk.sent[place],
                )

    def runs_after(self, number: int) -> Iterator[Piece]:
        """Yield every run with greater numbers, oldest first; the first one may be a part."""
        for chunk, low in self._living_chunks():
            firsts, counts = chunk.firsts, chunk.counts
            if firsts[-1] + counts[-1] <= number + 1:
                continue
            for place in range(max(low, bisect_right(firsts, number, low) - 1), len(firsts)):
                first = max(firsts[place], number + 1)
                count = firsts[place] + counts[place] - first
                if count > 0:
                    yield first, count, chunk.blocks[place], chunk.sent[place]

    def numbers(self) -> Iterator[tuple["array[int]", "array[int]"]]:
        """Yield copies of first numbers and counts of the runs, chunk by chunk."""
        for chunk, low in self._living_chunks():
            yield chunk.firsts[low:], chunk.counts[low:]

    def columns(self, low_block: int, high_block: int) -> Iterator[Columns]:
        """Yield first numbers, counts and blocks of the runs, chunk by chunk.

        Chunks without any block from `low_block` to `high_block` are left out.
        """
        for chunk, low in self._living_chunks():
            if chunk.high == UNKNOWN:
                chunk.look_at_blocks()
            if chunk.low <= high_block and chunk.high >= low_block:
                yield chunk.firsts[low:], chunk.counts[low:], chunk.blocks[low:]

    def freeze(self) -> list[Column]:
        """Return the columns, which stay as they are now whatever becomes of the messages."""
        for chunk in self.chunks:
            chunk.is_frozen = True
        return self.encode()

    def encode(self) -> list[Column]:
        """Return the columns, to be read at once."""
        living = [(chunk.columns(), low) for chunk, low in self._living_chunks()]
        count = len(self.chunk_type().columns())
        return [
            Column([(columns[place], low) for columns, low in living]) for place in range(count)
        ]

    def decode(self, columns: list[bytes]) -> None:
        """Fill the empty lane with what `encode` returned."""
        for chunk in _chunks_of(columns, self.chunk_type):
            self.chunks.append(chunk)
            self.count += chunk.live
        self._learn_end()

    def _own(self, at: int) -> Chunk:
        """Return the chunk at this index, which may change from now on."""
        chunk = self.chunks[at]
        if chunk.is_frozen:
            chunk = self.chunks[at] = chunk.copy()
        return chunk

    def _find_own(self, number: int) -> tuple[Chunk, int] | None:
        """Return chunk and index of the run that holds `number`, to be changed."""
        found = self.find(number)
        if found is None or not found[0].is_frozen:
            return found
        at = bisect_right(self.chunks, number, key=_first_of) - 1
        return self._own(at), found[1]

    def _living_chunks(self) -> Iterator[tuple[Chunk, int]]:
        """Yield each chunk with the index of its first living run."""
        low = self.head
        for chunk in self.chunks:
            yield chunk, low
            low = 0

    def _step(self) -> None:
        """Leave the front run, which is used up."""
        self.head += 1
        if self.head == len(self.chunks[0].firsts):
            self.chunks.popleft()
            self.head = 0
        if not self.count:
            self.chunks.clear()
            self.head = 0
            self._end = -1

    def _drop_chunk(self, chunk: Chunk, leftovers: Leftovers) -> None:
        """Remove the first chunk with all that is left in it."""
        low = self.head
        if low:
            leftovers.add(chunk.blocks[low:], chunk.counts[low:])
        else:
            leftovers.add(chunk.blocks, chunk.counts)
        self.count -= chunk.live
        self.head = len(chunk.firsts) - 1
        self._step()

    def _drop_run(self, chunk: Chunk, place: int) -> None:
        """Leave a run, wherever it stands, whose only message was counted off."""
        if chunk is self.chunks[0] and place == self.head:
            self._step()
            return
        chunk.delete(place)
        if not chunk.firsts:
            self.chunks.remove(chunk)

    def _join(self, chunk: Chunk, place: int) -> None:
        """Make one run of the run at `place` and its left neighbour, if they are one."""
        low = self.head if chunk is self.chunks[0] else 0
        if place > low and chunk.goes_on(place):
            chunk.counts[place - 1] += chunk.counts[place]
            chunk.delete(place)

    def _learn_end(self) -> None:
        if not self.count:
            self._end = -1
            return
        chunk = self.chunks[-1]
        self._end = chunk.firsts[-1] + chunk.counts[-1]
        self._block = chunk.blocks[-1]
        self._sent_at = chunk.sent[-1]


def _chunks_of(columns: list[bytes], make: type[Chunk]) -> Iterator[Chunk]:
    """Yield chunks of the first four columns, which were written by `Lane.encode`."""
    whole = []
    for code, data in zip(_TYPES, columns, strict=True):
        column = array(code)
        column.frombytes(data)
        whole.append(swapped(column))
    firsts, counts, blocks, sent = whole
    for low in range(0, len(firsts), CHUNK_RUNS):
        chunk = make()
        high = low + CHUNK_RUNS
        chunk.firsts, chunk.counts = firsts[low:high], counts[low:high]
        chunk.blocks, chunk.sent = blocks[low:high], sent[low:high]
        chunk.live = sum(chunk.counts)
        chunk.look_at_blocks()
        yield chunk


def _first_of(chunk: Chunk) -> int:
    return chunk.firsts[0]


def swapped(column: "array[int]") -> "array[int]":
    """Return the column in little-endian order, or back from it; it is nobody else's."""
    if sys.byteorder == "big":
        column.byteswap()
    return column
