"""Untouched messages of many groups in one lane: runs that also say whose they are.

One lane for all groups, ordered by message number, answers what concerns a number (its block, its
group) or time (how many are due, which expired). What order the groups come in is not decided here
(core/sqs/fifo_backlog.py, core/sqs/fair_backlog.py). A group is known here by its **birth**, the
number of the message that it came into being with.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from headrace.base.instant import Instant
from headrace.core.sqs.lane import Chunk, Lane, Piece, swapped
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.untold import Untold


class GroupedChunk(Chunk):
    """Runs, each of one group."""

    __slots__ = ("births",)

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.births = array("Q")

    def insert(self, place: int, piece: Piece) -> None:
        """Put the second half of the run before it at index `place`."""
        super().insert(place, piece)
        self.births.insert(place, self.births[place - 1])

    def columns(self) -> "tuple[array[int], ...]":
        """Return the columns in the order in which they are written: the births come last."""
        return (*super().columns(), self.births)


class GroupedLane(Lane):
    """The runs of all groups with one delay, oldest first."""

    __slots__ = ()
    chunk_type = GroupedChunk

    def add(self, piece: Piece, birth: int) -> None:
        """Add messages of one group behind all others."""
        if self.count and _births_of(self.chunks[-1])[-1] != birth:
            self._end = -1  # no run over two groups
        first, count, block, sent_at = piece
        self.append(first, count, block, Instant(sent_at))
        chunk = self.chunks[-1]
        births = _births_of(chunk)
        if len(births) < len(chunk.firsts):
            births.append(birth)

    def look_up(self, number: int) -> tuple[int, int] | None:
        """Return send instant and birth of the group of a message; None when it is not here."""
        found = self.find(number)
        if found is None:
            return None
        chunk, place = found
        return chunk.sent[place], _births_of(chunk)[place]

    def expire(self, sent_by: int, leftovers: Leftovers, untold: Untold) -> None:
        """Remove every message sent at `sent_by` or before, whose groups are yet to hear of it."""
        for chunk, low in self._living_chunks():
            if chunk.sent[low] > sent_by:
                break
            births = _births_of(chunk)
            high = bisect_right(chunk.sent, sent_by, low)
            untold.add(births if high - low == len(births) else births[low:high])
        self.drop_sent_by(sent_by, leftovers)

    def adopt(self, lane: Lane) -> None:
        """Take all messages of a lane without groups, which is not used any more."""
        for chunk in lane.chunks:
            grouped = GroupedChunk()
            grouped.firsts, grouped.counts = chunk.firsts, chunk.counts
            grouped.blocks, grouped.sent = chunk.blocks, chunk.sent
            grouped.live, grouped.low, grouped.high = chunk.live, chunk.low, chunk.high
            grouped.is_frozen = chunk.is_frozen  # the columns are the same arrays
            grouped.births.frombytes(bytes(grouped.births.itemsize * len(chunk.firsts)))
            self.chunks.append(grouped)
        self.head, self.count = lane.head, lane.count
        self._learn_end()

    def grouped_runs(self) -> Iterator[tuple[int, int, int]]:
        """Yield (first number, count, birth) of each run, oldest first."""
        for chunk, low in self._living_chunks():
            births = _births_of(chunk)
            for place in range(low, len(chunk.firsts)):
                yield chunk.firsts[place], chunk.counts[place], births[place]

    def decode(self, columns: list[bytes]) -> None:
        """Fill the empty lane with what `encode` returned."""
        *others, data = columns
        super().decode(others)
        births = array("Q")
        births.frombytes(data)
        births = swapped(births)
        low = 0
        for chunk in self.chunks:
            high = low + len(chunk.firsts)
            _births_of(chunk).extend(births[low:high])
            low = high

    def _join(self, chunk: Chunk, place: int) -> None:
        births = _births_of(chunk)
        if place and births[place - 1] == births[place]:
            super()._join(chunk, place)


def _births_of(chunk: Chunk) -> "array[int]":
    assert isinstance(chunk, GroupedChunk)
    return chunk.births
