"""How often values lay below some bounds: whole numbers only."""

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """Counts of values by bounds, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[int]) -> None:
        """Start with nothing; `bounds` ascend, what is above the last has a count of its own."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0  #: Sum of all values.

    def observe(self, value: int) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
