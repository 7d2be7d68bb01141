"""Which bodies of which blocks are alive, and where they lie after compaction moved them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

from headrace.core.machine import BodyAddress, Forget
from headrace.core.sqs.queue import Queue
from headrace.core.sqs.ranges import ranges_of


def count_bodies(queues: Iterable[Queue]) -> dict[int, int]:
    """Return how many bodies of each block are alive in these queues."""
    alive: dict[int, int] = {}
    for queue in queues:
        for _, counts, blocks in queue.backlog.columns():
            for block, count in zip(blocks, counts, strict=True):
                alive[block] = alive.get(block, 0) + count
        for slot in queue.touched.slots.values():
            alive[slot.block] = alive.get(slot.block, 0) + 1
    return alive


def relocate(queues: Iterable[Queue], blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
    """Return (queue, address) of each living body in `blocks`."""
    found: list[tuple[int, BodyAddress]] = []
    if not blocks:
        return found
    low, high = min(blocks), max(blocks)
    for queue in queues:
        home = queue.number
        for columns in queue.backlog.columns(low, high):
            wanted = map(blocks.__contains__, columns[2])
            for first, count, block in compress(zip(*columns, strict=True), wanted):
                found += [
                    (home, BodyAddress(block, home, number))
                    for number in range(first, first + count)
                ]
        found += [
            (home, BodyAddress(slot.block, slot.home, slot.home_number))
            for slot in queue.touched.slots.values()
            if slot.block in blocks
        ]
    return found


def move_bodies(
    queue: Queue, bodies: Sequence[tuple[int, int, int]], block: int
) -> tuple[dict[int, list[int]], list[Forget]]:
    """Note that bodies lie in `block` now, but for those that are gone or lie elsewhere by now.

    Args:
        bodies: (block where it lay, home machine, number there) of each.

    Returns:
        Ranges of the moved numbers by home, ascending; and what died: the copies in the old
        blocks, and those in `block` that nobody needs.
    """
    moved: dict[int, list[int]] = {}
    dead: dict[int, int] = {}
    needless = 0
    for old, home, first, count in _grouped(bodies):
        numbers = [
            number
            for number in range(first, first + count)
            if _place_body(queue, home, number, block, old)
        ]
        if numbers:
            moved.setdefault(home, []).extend(numbers)
            dead[old] = dead.get(old, 0) + len(numbers)
        needless += count - len(numbers)
    if needless:
        dead[block] = dead.get(block, 0) + needless
    ranges = {home: ranges_of(sorted(numbers)) for home, numbers in moved.items()}
    return ranges, [Forget(number, count) for number, count in dead.items()]


def place_bodies(queue: Queue, home: int, numbers: Sequence[int], block: int) -> None:
    """Replay that the bodies with these numbers of `home` lie in `block`."""
    for place in range(0, len(numbers), 2):
        first = numbers[place]
        for number in range(first, first + numbers[place + 1]):
            _place_body(queue, home, number, block, None)


def _grouped(bodies: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """Yield (block, home, first, count) of bodies that follow each other."""
    start = 0
    for end in range(1, len(bodies) + 1):
        block, home, first = bodies[start]
        if end == len(bodies) or bodies[end] != (block, home, first + end - start):
            yield block, home, first, end - start
            start = end


def _place_body(queue: Queue, home: int, number: int, block: int, old: int | None) -> bool:
    """Note that one body lies in `block` now; tell whether it lay in `old` and is alive."""
    here = number if home == queue.number else 0
    slot = queue.touched.slots.get(queue.arrived.get((home, number), here))
    if slot is not None and (slot.home, slot.home_number) == (home, number):
        if slot.block == block or (old is not None and slot.block != old):
            return False
        queue.touched.about_to_change(slot)
        slot.block = block
        return True
    if home != queue.number:
        return False
    return queue.backlog.move_bodies(number, 1, block, old)[0] == 1
