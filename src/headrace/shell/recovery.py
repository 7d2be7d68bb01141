"""Load all rooms from the journal: each machine's newest snapshot, then the records behind it.

Every record up to the **floor** is reflected in a snapshot; blocks up to there are not decoded and
may be missing. Behind the floor no block may be missing. The keeper moves the floor
(shell/keeper.py) and writes it beside the snapshots, under a machine number of its own.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from headrace.base.instant import Instant
from headrace.core.machine import Record, Room
from headrace.ports.clock import Clock
from headrace.ports.journal import Block, Head, Journal, JournalDamaged, Snapshot
from headrace.store.codec import FORMAT, HeadReader, bodies_count_of, encode_head

#: Takes (blocks looked at, blocks there are to look at), some times a second while loading.
Progress = Callable[[int, int], None]

#: For whoever reads that a journal is damaged.
WHAT_TO_DO = (
    "`headrace journal verify` says what is lost, `headrace journal salvage` saves the rest"
)

#: Under this machine number and kind the keeper's own row stands among the snapshots.
KEEPER_MACHINE = 15
KEEPER_KIND = 15


class KeeperState(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What the keeper remembers over a restart; new members go to the end with a default."""

    floor: int  #: Every record up to this block is reflected in a snapshot.
    at: Instant  #: Service time when this was written: time never goes back behind it.


class Dirty(msgspec.Struct, frozen=True, gc=False):
    """A machine that changed after its newest snapshot."""

    since: int  #: Block of its first record that is not in a snapshot.
    kind: int  #: Of its room.


class Recovered(msgspec.Struct):
    """Loaded rooms, and what the keeper must know about the journal."""

    rooms: Mapping[int, Room]  #: By kind.
    floor: int
    #: Size of the bodies part and number of bodies of each block that exists, ascending.
    blocks: dict[int, tuple[int, int]]
    dirty: dict[int, Dirty]  #: By machine.
    head_bytes: int  #: Of heads behind the floor.


class Loading:
    """One load: what is known so far of rooms, machines and blocks."""

    def __init__(self, name: str, rooms: Mapping[int, Room], snapshots: Sequence[Snapshot]) -> None:
        """Load the snapshots into fresh rooms; `name` is the journal's, for sentences."""
        self._name = name
        self._rooms = rooms
        self._kind_of = {record: kind for kind, room in rooms.items() for record in room.records}
        self._reader = HeadReader(self._kind_of)
        self._upto: dict[int, int] = {}
        self._blocks: dict[int, tuple[int, int]] = {}
        self._dirty: dict[int, Dirty] = {}
        self._head_bytes = 0
        self._keeper = KeeperState(floor=0, at=Instant(0))
        self.last_at = Instant(0)
        for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.kind):
            self._take_snapshot(snapshot)

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.kind == KEEPER_KIND:
            self._keeper = msgspec.msgpack.decode(snapshot.state or b"", type=KeeperState)
            self.last_at = self._keeper.at
            return
        self._upto[snapshot.machine] = snapshot.upto
        if snapshot.state is not None:
            self._rooms[snapshot.kind].load(snapshot.machine, bytes(snapshot.state))

    def take_head(self, head: Head) -> None:
        """Replay what the snapshots do not reflect yet.

        Raises:
            JournalDamaged: The head cannot be read.
        """
        self._blocks[head.seq] = (head.bodies_bytes, bodies_count_of(head.head))
        self.last_at = max(self.last_at, head.at)
        if head.seq <= self._keeper.floor:
            return
        self._head_bytes += len(head.head)
        try:
            records = self._reader.records(head.head, head.seq, head.format)
        except JournalDamaged as error:
            raise JournalDamaged(f"{self._name}: {error}") from error
        for record in records:
            self._replay(record, head.seq)

    def _replay(self, record: Record, block: int) -> None:
        if block <= self._upto.get(record.machine, 0):
            return
        kind = self._kind_of[type(record)]
        if record.machine not in self._dirty:
            self._dirty[record.machine] = Dirty(since=block, kind=kind)
        self._rooms[kind].replay(record, block)

    def check_complete(self, last_seq: int) -> None:
        """Make sure that no block behind the floor is missing.

        Raises:
            JournalDamaged: One is; the text names it.
        """
        for seq in range(self._keeper.floor + 1, last_seq + 1):
            if seq not in self._blocks:
                raise JournalDamaged(f"{self._name}: block {seq} is missing")

    def result(self) -> Recovered:
        """Return what was loaded."""
        return Recovered(
            rooms=self._rooms,
            floor=self._keeper.floor,
            blocks=self._blocks,
            dirty=self._dirty,
            head_bytes=self._head_bytes,
        )


async def recover(
    journal: Journal,
    clock: Clock,
    make_rooms: Callable[[], Mapping[int, Room]],
    first_record: Callable[[Instant], Record],
    progress: Progress = lambda done, total: None,
    on_head: Callable[[Head], None] = lambda head: None,
) -> Recovered:
    """Load fresh rooms from an open journal, and set the clock not to go back behind it.

    Args:
        journal: Open. When it is empty, its first block is written.
        clock: Service time.
        make_rooms: Returns new, empty rooms by kind (0 the shard, 1 queues, 2 functions,
            3 mappings).
        first_record: Returns what the first block of an empty journal says (`ShardOpened`).
        progress: Told how far it is.
        on_head: Told each head that is there, also those that need not be replayed.

    Raises:
        JournalDamaged: A block that is needed is missing or cannot be read; the text names file
            and block.
        AppendRefused, AppendUnknown: The first block could not be written.
    """
    if journal.last_seq == 0:
        await _write_first_block(journal, clock.now(), first_record)
    try:
        loading = await _load(journal, make_rooms, progress, on_head)
    except JournalDamaged as error:
        raise JournalDamaged(f"{error}; {WHAT_TO_DO}") from error
    clock.not_before(loading.last_at)
    return loading.result()


async def _load(
    journal: Journal,
    make_rooms: Callable[[], Mapping[int, Room]],
    progress: Progress,
    on_head: Callable[[Head], None],
) -> Loading:
    loading = Loading(journal.name, make_rooms(), await journal.snapshots())
    first_seq: int | None = None
    async for heads in journal.heads(after=0):
        for head in heads:
            loading.take_head(head)
            on_head(head)
        if first_seq is None:
            first_seq = heads[0].seq
        progress(heads[-1].seq - first_seq + 1, journal.last_seq - first_seq + 1)
    loading.check_complete(journal.last_seq)
    return loading


async def _write_first_block(
    journal: Journal, now: Instant, first_record: Callable[[Instant], Record]
) -> None:
    head = encode_head([first_record(now)])
    await journal.append(Block(seq=1, epoch=1, at=now, format=FORMAT, head=head, bodies=b""))
