"""Bodies of messages that are gone, told to the keeper in slices.

A purge or an expiry lets go of whole columns at once; which blocks held how many of the dead bodies
is added up afterwards, some thousand runs a turn of the loop.
"""

from array import array
from collections import deque

from headrace.core.machine import Forget


class Leftovers:
    """Columns of blocks and counts that nobody has added up yet."""

    def __init__(self) -> None:
        """Start empty."""
        self._columns: deque[tuple[array[int], array[int]]] = deque()
        self._at = 0

    def __bool__(self) -> bool:
        """Tell whether something is left."""
        return bool(self._columns)

    def add(self, blocks: "array[int]", counts: "array[int]") -> None:
        """Take two columns, which nobody else changes any more."""
        if blocks:
            self._columns.append((blocks, counts))

    def clear(self) -> None:
        """Forget everything: a replay counts nothing."""
        self._columns.clear()
        self._at = 0

    def take(self, at_most: int) -> list[Forget]:
        """Remove at most `at_most` runs; return how many bodies of each block died with them."""
        dead: dict[int, int] = {}
        while at_most > 0 and self._columns:
            blocks, counts = self._columns[0]
            end = min(len(blocks), self._at + at_most)
            for block, count in zip(blocks[self._at : end], counts[self._at : end], strict=True):
                dead[block] = dead.get(block, 0) + count
            at_most -= end - self._at
            self._at = end
            if end == len(blocks):
                self._columns.popleft()
                self._at = 0
        return [Forget(block, count) for block, count in dead.items()]
