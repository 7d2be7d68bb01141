"""Find the records of a damaged journal that cannot be applied: what they build on is lost.

The creation of a machine may stand in a block that cannot be read, its changes in others that can.
A server could not start on such a journal, so salvage leaves these changes out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from headrace.core.machine import Record, Room
from headrace.ports.journal import Head, Snapshot
from headrace.shell.recovery import Loading
from headrace.store.codec import HeadReader, bodies_count_of, encode_head

#: What replay stumbles over where something is not there.
STUMBLES = (LookupError, AssertionError, AttributeError, TypeError, ValueError, ArithmeticError)

#: Blocks to the places of records in their heads, and the machine that each speaks of.
Unfit = dict[int, dict[int, int]]


class _Trial(Loading):
    """A load that passes over what cannot be applied, and notes it."""

    def __init__(
        self, rooms: Mapping[int, Room], snapshots: Sequence[Snapshot], unfit: Unfit
    ) -> None:
        super().__init__("the journal", rooms, snapshots)
        self.found = False
        self._unfit = unfit
        self._place = (0, 0)

    def _replay(self, record: Record, block: int) -> None:
        before, place = self._place
        place = place + 1 if before == block else 0
        self._place = block, place
        known = self._unfit.get(block, {})
        if place in known:
            return
        try:
            super()._replay(record, block)
        except STUMBLES:
            self._unfit.setdefault(block, known)[place] = record.machine
            self.found = True


def unfit_records(
    make_rooms: Callable[[], Mapping[int, Room]],
    snapshots: Sequence[Snapshot],
    heads: Callable[[], Iterator[Head]],
) -> Unfit:
    """Return which records cannot be applied behind these snapshots.

    One that fails may have changed something before it did, so all is done again without it, until
    nothing fails.
    """
    unfit: Unfit = {}
    while True:
        trial = _Trial(make_rooms(), snapshots, unfit)
        for head in heads():
            trial.take_head(head)
        if not trial.found:
            return unfit


def without(
    make_rooms: Callable[[], Mapping[int, Room]], head: Head, places: Mapping[int, int]
) -> bytes:
    """Return a head without some of its records."""
    kinds = [kind for room in make_rooms().values() for kind in room.records]
    records = HeadReader(kinds).records(head.head, head.seq, head.format)
    kept = [record for place, record in enumerate(records) if place not in places]
    return encode_head(kept, bodies_count_of(head.head))
