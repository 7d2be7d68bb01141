"""Numbers of one group's untouched messages, as ranges in the order of the numbers."""

from array import array
from bisect import bisect_left
from collections import deque

#: Used up entries at the front that are kept before the rest moves down.
SLACK = 64


class Strand:
    """Ascending message numbers; they come at the end and go from the front."""

    __slots__ = ("_head", "_ranges")

    def __init__(self) -> None:
        """Start empty."""
        self._ranges = array("Q")  # first, count, first, count, ...
        self._head = 0

    def __bool__(self) -> bool:
        """Tell whether it holds a number."""
        return self._head < len(self._ranges)

    def first(self) -> int:
        """Return the smallest number; there is one."""
        return self._ranges[self._head]

    def last(self) -> int:
        """Return the greatest number; there is one."""
        return self._ranges[-2] + self._ranges[-1] - 1

    def append(self, first: int, count: int) -> None:
        """Add numbers, greater than all that are here."""
        ranges = self._ranges
        if self._head < len(ranges) and ranges[-2] + ranges[-1] == first:
            ranges[-1] += count
        else:
            ranges.append(first)
            ranges.append(count)

    def remove(self, number: int) -> None:
        """Remove one number wherever it stands; it is here."""
        ranges = self._ranges
        place = self._head
        while number >= ranges[place] + ranges[place + 1]:
            place += 2
        first, count = ranges[place], ranges[place + 1]
        before, behind = number - first, first + count - number - 1
        parts = [(first, before), (number + 1, behind)]
        ranges[place : place + 2] = array("Q", [n for part in parts if part[1] for n in part])

    def drop(self, count: int) -> None:
        """Remove the `count` smallest numbers; there are as many."""
        ranges = self._ranges
        while count:
            head = self._head
            here = min(count, ranges[head + 1])
            count -= here
            ranges[head] += here
            ranges[head + 1] -= here
            if not ranges[head + 1]:
                self._head = head + 2
        self._tidy()

    def count_below(self, number: int) -> int:
        """Return how many numbers are smaller than `number`."""
        return self._below(number)[0]

    def drop_below(self, number: int) -> int:
        """Remove the numbers smaller than `number`; return how many they were."""
        count, place = self._below(number)
        ranges = self._ranges
        if place > self._head:
            over = ranges[place - 2] + ranges[place - 1] - number
            if over > 0:
                place -= 2
                ranges[place], ranges[place + 1] = number, over
            self._head = place
            self._tidy()
        return count

    def _below(self, number: int) -> tuple[int, int]:
        """Return how many numbers are smaller, and where the ranges begin that have none."""
        ranges, head = self._ranges, self._head
        places = range(head, len(ranges), 2)
        place = head + 2 * bisect_left(places, number, key=ranges.__getitem__)
        count = sum(ranges[head + 1 : place : 2])
        if place > head:
            count -= max(0, ranges[place - 2] + ranges[place - 1] - number)
        return count, place

    def _tidy(self) -> None:
        """Let used up entries at the front go once they are many."""
        if self._head == len(self._ranges) or (
            self._head > SLACK and self._head * 2 > len(self._ranges)
        ):
            del self._ranges[: self._head]
            self._head = 0


class DeepStrand(Strand):
    """Numbers of which most stand in columns as they came, and are read a part at a time.

    For a deep queue whose messages all become one group's in a moment.
    """

    __slots__ = ("_columns",)

    def __init__(self, columns: "deque[tuple[array[int], array[int]]]") -> None:
        """Take columns of first numbers and counts, ascending, which nobody else changes."""
        super().__init__()
        self._columns = columns
        self._read()

    def last(self) -> int:
        """Return the greatest number; there is one."""
        if not self._columns:
            return super().last()
        firsts, counts = self._columns[-1]
        return firsts[-1] + counts[-1] - 1

    def append(self, first: int, count: int) -> None:
        """Add numbers, greater than all that are here."""
        if self._columns:
            firsts, counts = self._columns[-1]
            firsts.append(first)
            counts.append(count)
        else:
            super().append(first, count)

    def remove(self, number: int) -> None:
        """Remove one number wherever it stands; it is here."""
        while number > super().last():
            self._read()
        super().remove(number)
        if not self:
            self._read()

    def drop(self, count: int) -> None:
        """Remove the `count` smallest numbers; there are as many."""
        while count:
            here = min(count, self._ranges[self._head + 1])
            super().drop(here)
            count -= here
            if not self:
                self._read()

    def count_below(self, number: int) -> int:
        """Return how many numbers are smaller than `number`."""
        count = super().count_below(number)
        for firsts, counts in self._columns:
            place = bisect_left(firsts, number)
            count += sum(counts[:place])
            if place:
                count -= max(0, firsts[place - 1] + counts[place - 1] - number)
        return count

    def drop_below(self, number: int) -> int:
        """Remove the numbers smaller than `number`; return how many they were."""
        dropped = super().drop_below(number)
        while not self and self._columns:
            firsts, counts = self._columns[0]
            if firsts[-1] + counts[-1] <= number:
                dropped += sum(counts)
                self._columns.popleft()
            else:
                self._read()
                dropped += super().drop_below(number)
        return dropped

    def _read(self) -> None:
        """Let the next columns stand behind what was read."""
        if self._columns:
            append = super().append
            for first, count in zip(*self._columns.popleft(), strict=True):
                append(first, count)
