"""Groups that have not heard yet that messages of theirs have expired.

Expiry takes whole columns of runs off a lane at once, which is exact from then on. The groups of
those runs hear of it some at a time, because a million of them take seconds: until all have heard
the backlog is **behind**, and nobody asks it for an order.
"""

from array import array
from collections import deque


class Untold:
    """Births of the groups, a column for each part of a lane that expired; some stand twice."""

    def __init__(self) -> None:
        """Start with nothing to tell."""
        self._columns: deque[array[int]] = deque()
        self._at = 0

    def __bool__(self) -> bool:
        """Tell whether a group has yet to hear."""
        return bool(self._columns)

    def add(self, births: "array[int]") -> None:
        """Take a column that nobody else changes any more."""
        if births:
            self._columns.append(births)

    def take(self, at_most: int) -> list[int]:
        """Remove and return at most `at_most` births, in the order in which messages expired."""
        births: list[int] = []
        while len(births) < at_most and self._columns:
            column = self._columns[0]
            part = column[self._at : self._at + at_most - len(births)]
            births += part
            self._at += len(part)
            if self._at == len(column):
                self._columns.popleft()
                self._at = 0
        return births
