"""What is left of messages that are gone: bodies to count off, and structures to take apart.

A purge or an expiry lets go of everything at once; which blocks held how many of the dead bodies
is added up afterwards, some thousand runs a turn of the loop. So is the memory of what a queue kept
by group or by message: to free a hundred thousand objects in one go takes longer than a turn may.
"""

from array import array
from collections import deque
from typing import Any

from headrace.core.machine import Forget
from headrace.core.sqs.touched import Slot

#: Runs that are as much work as a message that was touched, or as an entry of a structure.
RUNS_PER_SLOT = 4
RUNS_PER_ENTRY = 20


class Leftovers:
    """Columns of blocks and counts that nobody has added up yet, and what else is to be let go."""

    def __init__(self) -> None:
        """Start empty."""
        self._columns: deque[tuple[array[int], array[int]]] = deque()
        self._at = 0
        self._slots: deque[dict[int, Slot]] = deque()
        self._structures: deque[list[Any] | dict[Any, Any]] = deque()

    def __bool__(self) -> bool:
        """Tell whether something is left."""
        return bool(self._columns or self._slots or self._structures)

    def add(self, blocks: "array[int]", counts: "array[int]") -> None:
        """Take two columns, which nobody else changes any more."""
        if blocks:
            self._columns.append((blocks, counts))

    def add_slots(self, slots: dict[int, Slot]) -> None:
        """Take messages that were touched, which nobody else knows any more."""
        if slots:
            self._slots.append(slots)

    def add_structures(self, *structures: list[Any] | dict[Any, Any]) -> None:
        """Take lists and dicts that nobody needs, to let go of their entries bit by bit."""
        self._structures.extend(structure for structure in structures if structure)

    def clear(self) -> None:
        """Forget everything: a replay counts nothing."""
        self._columns.clear()
        self._at = 0
        self._slots.clear()
        self._structures.clear()

    def take(self, at_most: int) -> list[Forget]:
        """Remove about `at_most` runs, or as much else; return how many bodies died by block."""
        dead: dict[int, int] = {}
        left = self._take_runs(at_most, dead)
        left = self._take_slots(left, dead)
        self._take_apart(left)
        return [Forget(block, count) for block, count in dead.items()]

    def _take_runs(self, at_most: int, dead: dict[int, int]) -> int:
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
        return at_most

    def _take_slots(self, at_most: int, dead: dict[int, int]) -> int:
        while at_most > 0 and self._slots:
            slots = self._slots[0]
            while at_most > 0 and slots:
                block = slots.popitem()[1].block
                dead[block] = dead.get(block, 0) + 1
                at_most -= RUNS_PER_SLOT
            if not slots:
                self._slots.popleft()
        return at_most

    def _take_apart(self, at_most: int) -> None:
        while at_most > 0 and self._structures:
            structure = self._structures[0]
            let_go = structure.popitem if isinstance(structure, dict) else structure.pop
            for _ in range(min(len(structure), at_most // RUNS_PER_ENTRY + 1)):
                let_go()
                at_most -= RUNS_PER_ENTRY
            if not structure:
                self._structures.popleft()
