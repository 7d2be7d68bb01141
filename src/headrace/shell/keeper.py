"""Keep the journal small: snapshots, deletion of dead blocks, compaction of nearly empty ones.

The rule that keeps deleted messages from coming back: a block may go only when none of its bodies
is alive *and* every record in it is reflected in a snapshot, that is, when it is at or before the
floor. The floor is written in the same transaction as the snapshots that raise it, together with
the current instant: what died of age has no record, and dies again after a load only if time is
not earlier then.

A snapshot is taken between blocks, a slice of machines at a time, and written when the block that
it reflects is durable. All of this is done in rounds, when enough has been written since the last.
"""

import asyncio
import logging

import msgspec

from headrace.base.errors import ServiceError
from headrace.core.functions.commands import MoveEvents
from headrace.core.machine import BodyAddress, FreezingRoom, Frozen, Record, Room
from headrace.core.sqs.commands import MoveBodies
from headrace.ports.clock import Clock
from headrace.ports.journal import (
    AppendRefused,
    Block,
    Journal,
    JournalDamaged,
    JournalError,
    Snapshot,
)
from headrace.shell.block import RECORD_BYTES, OpenBlock
from headrace.shell.bodies import Bodies
from headrace.shell.driver import PRESSED_BYTES, Driver
from headrace.shell.ledger import Ledger, ledger_of
from headrace.shell.limits import (
    BLOCKS_TO_REPLAY,
    COMPACTION_STEPS,
    DEAD_BYTES,
    HEADS_TO_REPLAY_BYTES,
    KIB,
    SNAPSHOT_SHARE,
    SNAPSHOT_SLICE_BYTES,
    SNAPSHOT_SLICE_MACHINES,
    STOP_SNAPSHOT_BYTES,
)
from headrace.shell.recovery import KEEPER_KIND, KEEPER_MACHINE, Dirty, KeeperState, Recovered
from headrace.shell.turns import next_turn

log = logging.getLogger(__name__)

#: Kind of the room that holds the shard's own machine, and that machine's number.
SHARD_KIND = 0
SHARD_MACHINE = 0


class Slice(msgspec.Struct):
    """Snapshots of some machines, taken at the end of block `upto` and not written yet."""

    upto: int
    snapshots: list[Snapshot]
    was_dirty: dict[int, Dirty]
    #: Of large machines: what their snapshots, which say nothing yet, are going to be.
    frozen: list[tuple[int, Frozen]] = msgspec.field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of state."""
        return sum(len(snapshot.state or b"") for snapshot in self.snapshots)


class Keeper:
    """Counts what is alive and does the housekeeping of one shard's journal."""

    def __init__(self, journal: Journal, clock: Clock, driver: Driver, bodies: Bodies) -> None:
        """Watch a driver; nothing is kept before `adopt`."""
        self.floor = 0
        self.ledger = Ledger()
        self._journal = journal
        self._clock = clock
        self._driver = driver
        self._bodies = bodies
        self._rooms: dict[int, Room] = {}
        self._kind_of: dict[type[Record], int] = {}
        self._dirty: dict[int, Dirty] = {}
        self._taken: dict[int, Dirty] = {}
        self._head_bytes = 0  #: Of heads since the last round began, about.
        self._blocks = 0  #: Since the last round began.
        self._snapshot_bytes = 0  #: That the last round wrote.
        self._dead_bytes_left = 0  #: That the last round could not delete.
        self._last_round = 0  #: Newest block when the last round ended.
        self._wanted = asyncio.Event()
        self._is_halting = False
        self._task: asyncio.Task[None] | None = None
        self._when_sealed: asyncio.Future[Slice | None] | None = None
        self._when_durable: tuple[int, asyncio.Future[bool]] | None = None
        driver.on_block_sealed.append(self._block_sealed)
        driver.on_block_durable.append(self._block_durable)
        driver.on_forget = self._forget

    def adopt(self, recovered: Recovered) -> None:
        """Begin with freshly loaded rooms, before the driver starts with them."""
        assert self._task is None, "halt first"
        self._rooms = dict(recovered.rooms)
        self._kind_of = {
            record: kind for kind, room in self._rooms.items() for record in room.records
        }
        alive: dict[int, int] = {}
        for room in self._rooms.values():
            for block, count in room.count_bodies().items():
                alive[block] = alive.get(block, 0) + count
        self.ledger = ledger_of(recovered.blocks, alive)
        self._bodies.size_of = self.ledger.size_of
        self.floor = recovered.floor
        self._dirty = dict(recovered.dirty)
        self._taken = {}
        self._head_bytes = recovered.head_bytes
        self._blocks = self._journal.last_seq - recovered.floor
        self._snapshot_bytes = self._dead_bytes_left = 0
        self._last_round = self._journal.last_seq
        self._is_halting = False
        self._wanted.clear()
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(_tell_of_bug)

    async def halt(self) -> None:
        """Return when nothing is under way any more; before memory is rebuilt."""
        self._is_halting = True
        self._wanted.set()
        if self._when_sealed is not None and not self._when_sealed.done():
            self._when_sealed.set_result(None)
        if self._when_durable is not None and not self._when_durable[1].done():
            self._when_durable[1].set_result(False)
        if self._task is not None:
            await asyncio.wait([self._task])
            self._task = None

    async def stop(self) -> None:
        """Halt, and leave little to replay for the next start; after the driver has stopped.

        Raises:
            AppendRefused, AppendUnknown: The journal failed; what was acknowledged is on disk.
        """
        await self.halt()
        if not self._driver.rooms:
            return  # memory was being rebuilt: it says nothing
        written = 0
        while self._dirty and written < STOP_SNAPSHOT_BYTES:
            taken = self._take_slice(self._journal.last_seq)
            await self._read_frozen(taken)
            await self._write(taken)
            written += taken.size
        await self._delete_dead(self.ledger.dead_up_to(self.floor))

    def want_round(self) -> None:
        """Have a round soon, although little has been written since the last."""
        self._wanted.set()

    # --- what the driver tells ------------------------------------------------------------------

    def _block_sealed(self, block: OpenBlock) -> None:
        self._bodies.keep(block)
        dirty = self._dirty
        for record in block.records:
            if record.machine not in dirty:
                dirty[record.machine] = Dirty(since=block.seq, kind=self._kind_of[type(record)])
        self._head_bytes += len(block.records) * RECORD_BYTES
        count = len(block.keys)
        self.ledger.add(block.seq, block.bodies_size, count, count)
        waiting, self._when_sealed = self._when_sealed, None
        if waiting is not None and not waiting.done():
            waiting.set_result(self._take_slice(block.seq))

    def _block_durable(self, block: Block) -> None:
        self._blocks += 1
        if self._when_durable is not None and self._when_durable[0] <= block.seq:
            future = self._when_durable[1]
            if not future.done():
                future.set_result(True)
        if self._is_due():
            self._wanted.set()

    def _forget(self, block: int, count: int) -> None:
        if self.ledger.forget(block, count):
            self._bodies.drop(block)

    # --- rounds ---------------------------------------------------------------------------------

    def _is_due(self) -> bool:
        in_proportion = self._snapshot_bytes * SNAPSHOT_SHARE
        dead_bytes = self.ledger.dead_bytes - self._dead_bytes_left
        if self._journal.space_is_low and dead_bytes > KIB * KIB:
            return True
        return (
            self._head_bytes >= max(HEADS_TO_REPLAY_BYTES, in_proportion)
            or self._blocks >= max(BLOCKS_TO_REPLAY, in_proportion // KIB)
            or dead_bytes >= max(DEAD_BYTES, in_proportion)
        )

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            if self._is_halting:
                return
            self._wanted.clear()
            try:
                await self._round()
            except AppendRefused as error:
                log.warning("housekeeping is put off: %s", error)
            except JournalError as error:
                self._driver.fail(f"the journal failed during housekeeping: {error}")
                return

    async def _round(self) -> None:
        """Take snapshots of all that changed, delete what died before, move what is left over."""
        newest = self._journal.last_seq
        dead = self.ledger.dead_up_to(newest)
        self._head_bytes = self._blocks = 0
        if await self._snapshot_all(newest):
            await self._delete_dead([block for block in dead if block <= self.floor])
            self._dead_bytes_left = self.ledger.dead_bytes
            await self._compact()
        self._last_round = newest

    async def _snapshot_all(self, newest: int) -> bool:
        """Write snapshots of all machines that changed up to block `newest`; False when halted."""
        written = 0
        while True:
            taken = await self._next_slice()
            if taken is None or not await self._until_durable(taken.upto):
                return False
            await self._read_frozen(taken)
            await self._write(taken)
            written += taken.size
            if all(dirty.since > newest for dirty in self._dirty.values()):
                self._snapshot_bytes = written
                return True

    async def _next_slice(self) -> Slice | None:
        """Return a slice taken between two blocks; None when halted."""
        if self._is_halting or not self._driver.running:
            return None
        if not self._driver.has_unsealed:
            return self._take_slice(self._driver.block - 1)
        self._when_sealed = asyncio.get_running_loop().create_future()
        return await self._when_sealed

    async def _until_durable(self, seq: int) -> bool:
        """Wait until a block is durable; False when halted."""
        if self._journal.last_seq < seq and not self._is_halting:
            future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._when_durable = (seq, future)
            is_durable = await future
            self._when_durable = None
            return is_durable
        return self._journal.last_seq >= seq

    def _take_slice(self, upto: int) -> Slice:
        """Take snapshots of the machines that have been without one for longest.

        Memory must stand at the end of block `upto`.
        """
        living = {kind: set(room.machines()) for kind, room in self._rooms.items()}
        taken = Slice(upto=upto, snapshots=[], was_dirty={})
        size = 0
        for machine, dirty in sorted(self._dirty.items(), key=lambda item: item[1].since):
            if size >= SNAPSHOT_SLICE_BYTES or len(taken.was_dirty) >= SNAPSHOT_SLICE_MACHINES:
                break
            is_alive = machine in living[dirty.kind]
            room = self._rooms[dirty.kind]
            frozen = room.freeze(machine) if is_alive and isinstance(room, FreezingRoom) else None
            taken.was_dirty[machine] = dirty
            if frozen is not None:
                taken.frozen.append((machine, frozen))
                size += frozen.size
            else:
                state = room.snapshot(machine) if is_alive else None
                taken.snapshots.append(Snapshot(machine, upto, dirty.kind, state))
                size += len(state or b"")
            del self._dirty[machine]
        if SHARD_MACHINE not in taken.was_dirty and SHARD_KIND in self._rooms:
            # The numbers that the shard has handed out must not be forgotten with their machines.
            state = self._rooms[SHARD_KIND].snapshot(SHARD_MACHINE)
            taken.snapshots.append(Snapshot(SHARD_MACHINE, upto, SHARD_KIND, state))
        self._taken.update(taken.was_dirty)
        return taken

    async def _read_frozen(self, taken: Slice) -> None:
        """Make snapshots of what a slice has frozen, a part in a turn."""
        for machine, frozen in taken.frozen:
            kind = taken.was_dirty[machine].kind
            state = await _bytes_of(frozen)
            taken.snapshots.append(Snapshot(machine, taken.upto, kind, state))
        taken.frozen.clear()

    async def _write(self, taken: Slice) -> None:
        """Write a slice whose block is durable, and raise the floor with it."""
        others = [d.since for m, d in self._taken.items() if m not in taken.was_dirty]
        others += [dirty.since for dirty in self._dirty.values()]
        floor = max(self.floor, min([taken.upto, *(since - 1 for since in others)]))
        try:
            await self._journal.write_snapshots([*taken.snapshots, self._own_row(floor)])
        except AppendRefused:
            for machine, dirty in taken.was_dirty.items():
                self._taken.pop(machine, None)
                self._dirty[machine] = dirty
            raise
        for machine in taken.was_dirty:
            self._taken.pop(machine, None)
        self.floor = floor
        if any(snapshot.state is None for snapshot in taken.snapshots):
            await self._journal.drop_tombstones(floor)

    def _own_row(self, floor: int) -> Snapshot:
        state = msgspec.msgpack.encode(KeeperState(floor=floor, at=self._clock.now()))
        return Snapshot(KEEPER_MACHINE, floor, KEEPER_KIND, state)

    async def _delete_dead(self, dead: list[int]) -> None:
        """Delete blocks that were dead before the last write of snapshots."""
        free = [block for block in dead if not self._bodies.is_pinned(block)]
        if free:
            await self._journal.delete_blocks(free)
            for block in free:
                self.ledger.remove(block)

    # --- compaction -----------------------------------------------------------------------------

    async def _compact(self) -> None:
        """Move what is left of old blocks that are tiny or nearly empty, a bounded amount."""
        steps = 0
        for group in self.ledger.groups_to_compact(self._last_round):
            if self._is_halting or steps >= COMPACTION_STEPS:
                return
            if not group:
                await next_turn()
            elif await self._move(group):
                steps += 1
            else:
                return

    async def _move(self, group: list[int]) -> bool:
        """Move the living bodies of some blocks into the one being filled; False: not now."""
        blocks = frozenset(group)
        holders: dict[tuple[type, int], list[BodyAddress]] = {}
        for room in self._rooms.values():
            for move in (MoveBodies, MoveEvents):
                if move in room.commands:
                    for holder, address in room.relocate(blocks):
                        holders.setdefault((move, holder), []).append(address)
        addresses = [address for found in holders.values() for address in found]
        try:
            bodies = await self._bodies.fetch(addresses)
        except JournalDamaged as error:
            log.error("compaction leaves out damaged blocks: %s", error)  # noqa: TRY400 - no bug
            return True
        driver = self._driver
        busy = driver.waiting_bytes > PRESSED_BYTES or self._journal.space_is_low
        if self._is_halting or not driver.running or busy:
            return False
        keys = [(address.machine, address.number) for address in addresses]
        driver.add_bodies(keys, [bodies[address] for address in addresses])
        block = driver.block
        moves = [
            move(holder, block, tuple((a.block, a.machine, a.number) for a in found))
            for (move, holder), found in holders.items()
        ]
        answers = [asyncio.get_running_loop().create_future() for _ in moves]
        for move, answer in zip(moves, answers, strict=True):
            driver.submit(move, answer.set_result)  # all in this turn: they share the block
        return not any(
            isinstance(answer, ServiceError) for answer in await asyncio.gather(*answers)
        )


def _tell_of_bug(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a bug: there is no housekeeping until the next start", exc_info=error)


async def _bytes_of(frozen: Frozen) -> bytearray:
    """Return the state of a large machine, read a part in a turn."""
    state = bytearray()
    turn = SNAPSHOT_SLICE_BYTES
    for part in frozen:
        state += part
        if len(state) >= turn:
            turn = len(state) + SNAPSHOT_SLICE_BYTES
            await next_turn()
    return state
