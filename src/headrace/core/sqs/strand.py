"""Numbers of one group's untouched messages, as ranges in the order of the numbers."""

from array import array

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
        if self._head == len(ranges) or (self._head > SLACK and self._head * 2 > len(ranges)):
            del ranges[: self._head]
            self._head = 0
