"""What is known of each block in the journal: how large it is and how much of it is alive.

No input or output here; the keeper asks and acts.
"""

from collections.abc import Iterator, Mapping

from headrace.shell.limits import (
    BLOCKS_LOOKED_AT,
    COMPACTED_BLOCKS,
    COMPACTED_BLOCKS_MIN,
    COMPACTED_BODIES,
    COMPACTED_BYTES,
    NEARLY_EMPTY,
    TINY_BLOCK_BYTES,
)


class Ledger:
    """Sizes and living bodies by block number. Blocks are added in ascending order."""

    def __init__(self) -> None:
        """Start without blocks."""
        self._sizes: dict[int, int] = {}
        self._counts: dict[int, int] = {}
        self._living: dict[int, int] = {}
        self._dead: set[int] = set()
        self.dead_bytes = 0  #: Size of all blocks without a living body.

    def __len__(self) -> int:
        """Return how many blocks there are."""
        return len(self._sizes)

    def add(self, block: int, size: int, count: int, living: int) -> None:
        """Learn of a block: bytes of its bodies part, bodies in it, and how many are alive."""
        self._sizes[block] = size
        if count:
            self._counts[block] = count
        if living > 0:
            self._living[block] = living
        else:
            self._bury(block)

    def forget(self, block: int, count: int) -> bool:
        """Learn that bodies died; return whether none is left. Unknown blocks have none."""
        living = self._living.get(block)
        if living is None:
            return False
        if living > count:
            self._living[block] = living - count
            return False
        del self._living[block]
        self._bury(block)
        return True

    def remove(self, block: int) -> None:
        """Learn that a dead block was deleted."""
        self._dead.discard(block)
        self._counts.pop(block, None)
        self.dead_bytes -= self._sizes.pop(block, 0)

    def size_of(self, block: int) -> int:
        """Return the size of a block's bodies part; 0 for an unknown block."""
        return self._sizes.get(block, 0)

    def living_in(self, block: int) -> int:
        """Return how many bodies of a block are alive."""
        return self._living.get(block, 0)

    def dead_up_to(self, floor: int) -> list[int]:
        """Return the blocks up to `floor` without a living body, ascending."""
        return sorted(block for block in self._dead if block <= floor)

    def groups_to_compact(self, last: int) -> Iterator[list[int]]:
        """Yield groups of neighbouring blocks up to `last` whose bodies should move together.

        Yields an empty group after each `BLOCKS_LOOKED_AT` blocks, so that the caller can pause;
        bodies may die and blocks may come meanwhile.
        """
        group: list[int] = []
        size = bodies = wasted = 0
        for looked_at, block in enumerate(list(self._living)):
            if looked_at % BLOCKS_LOOKED_AT == BLOCKS_LOOKED_AT - 1:
                yield []
            living = self._living.get(block, 0)
            if block > last or not living or not self._is_worth_moving(block, living):
                continue
            group.append(block)
            count = self._counts[block]
            size += self._sizes[block] * living // count
            wasted += self._sizes[block] * (count - living) // count
            bodies += living
            is_full = (
                size >= COMPACTED_BYTES
                or bodies >= COMPACTED_BODIES
                or len(group) >= COMPACTED_BLOCKS
            )
            if is_full or wasted >= COMPACTED_BYTES:
                yield group
                group = []
                size = bodies = wasted = 0
        if len(group) >= COMPACTED_BLOCKS_MIN or wasted >= COMPACTED_BYTES:
            yield group

    def _is_worth_moving(self, block: int, living: int) -> bool:
        if self._sizes[block] <= TINY_BLOCK_BYTES:
            return True
        return living * NEARLY_EMPTY <= self._counts[block]

    def _bury(self, block: int) -> None:
        self._dead.add(block)
        self.dead_bytes += self._sizes[block]


def ledger_of(blocks: Mapping[int, tuple[int, int]], alive: Mapping[int, int]) -> Ledger:
    """Return a ledger of what a load found.

    Args:
        blocks: Size of the bodies part and number of bodies of each block, ascending.
        alive: Living bodies by block; may name blocks that are gone, as what died of age was not
            recorded.
    """
    ledger = Ledger()
    for block, (size, count) in blocks.items():
        living = alive.get(block, 0)
        ledger.add(block, size, max(count, living), living)
    return ledger
