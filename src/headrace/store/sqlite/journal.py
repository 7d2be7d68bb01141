"""The journal in one SQLite file: one block, one row, one transaction."""

import asyncio
import contextlib
import sqlite3
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from headrace.base.instant import Instant
from headrace.ports.journal import (
    AppendRefused,
    AppendUnknown,
    Block,
    Head,
    JournalDamaged,
    Snapshot,
)
from headrace.store.folder import FolderLock, sync_folder
from headrace.store.limits import (
    DELETED_AT_ONCE,
    FREE_PAGES_KEPT,
    HEADS_BATCH_BYTES,
    HEADS_BATCH_ROWS,
    VACUUMED_AT_ONCE,
    WAL_PREWRITTEN_BYTES,
    SpaceLimits,
)
from headrace.store.space import DiskSpace
from headrace.store.sqlite.checkpointer import Checkpointer
from headrace.store.sqlite.committer import Committer, transaction
from headrace.store.sqlite.connection import PAGE_BYTES, Connect, connect_writer
from headrace.store.sqlite.readers import Readers
from headrace.store.sqlite.statements import SQL, read_script
from headrace.store.sqlite.wal import commits_behind, settle_wal, write_ahead

#: The format of the file that is written now and the newest that can be read.
FILE_FORMAT = 1

FILE_NAME = "journal.sqlite"
#: Bytes of snapshots from which their check sums are made in a thread.
LARGE = 1_048_576


class SqliteJournal:
    """The Journal port on a data folder: `journal.sqlite`, `lock` and `reserve`."""

    def __init__(
        self,
        folder: Path,
        space: SpaceLimits | None = None,
        connection_factory: Connect = sqlite3.Connection,
    ) -> None:
        """Use a data folder, which is created if missing; `open` before anything else."""
        self.folder = folder
        self.path = folder / FILE_NAME
        self.name = str(self.path)
        self.on_lost: Callable[[str], None] = lambda sentence: None
        self._lock = FolderLock(folder)
        self._space = DiskSpace(folder, SpaceLimits() if space is None else space)
        self._connection_factory = connection_factory
        self._last_seq = 0
        self._was_open = False
        self._committer: Committer | None = None
        self._checkpointer: Checkpointer | None = None
        self._readers: Readers | None = None

    async def open(self) -> None:
        """Take ownership; create what is missing; after an unknown append open everything anew.

        Raises:
            JournalInUse: Another server works in the folder.
            JournalDamaged: The file cannot be read, or its format is newer than this version.
            AppendUnknown: The disk fails.
        """
        if self._committer is not None:
            if not self._committer.is_broken:
                return
            await self._close_connections()
        was_held = self._lock.is_held
        try:
            await asyncio.to_thread(self._open)
        except BaseException:
            if not was_held:
                self._lock.release()
            raise

    @property
    def is_owned(self) -> bool:
        """Nobody takes it over while this process lives."""
        return True

    @property
    def last_seq(self) -> int:
        """Number of the newest block that is known to be written; 0 when there is none."""
        return self._last_seq

    @property
    def space_is_low(self) -> bool:
        """Whether only what frees space should still be written."""
        return self._space.is_low

    def append(self, block: Block) -> asyncio.Future[None]:
        """Hand a block over to the disk; the future is done when it is durable.

        Raises:
            AppendRefused: The disk is full, or the number is not the next one.
            AppendUnknown: Nobody knows; refused from then on until `open`.
        """
        row = (block.seq, block.epoch, block.at, block.format, block.head, block.bodies)
        return self._writing.write(partial(self._insert, row))

    async def heads(self, after: int) -> AsyncIterator[Sequence[Head]]:
        """Yield the heads of the blocks behind `after`, in order, about 256 KiB at a time.

        Raises:
            JournalDamaged: SQLite cannot read the file.
        """
        while heads := await self._reading.read(partial(_read_heads, after=after)):
            yield heads
            after = heads[-1].seq

    async def read_bodies(self, seqs: Sequence[int]) -> dict[int, bytes]:
        """Return the bodies part of each of these blocks; a missing block is absent.

        Raises:
            JournalDamaged: SQLite cannot read the file.
        """
        return await self._reading.read(partial(_read_bodies, seqs=tuple(seqs)))

    async def snapshots(self) -> Sequence[Snapshot]:
        """Return the newest snapshot of each machine, by machine number.

        Raises:
            JournalDamaged: One cannot be read.
        """
        rows = await self._reading.read(lambda c: c.execute(SQL["snapshots"]).fetchall())
        for machine, _, _, state, check_sum in rows:
            if zlib.crc32(state or b"") != check_sum:
                raise JournalDamaged(
                    f"{self.name}: the snapshot of machine {machine} is damaged"
                    " (its check sum differs)"
                )
        return [Snapshot(machine, upto, kind, state) for machine, upto, kind, state, _ in rows]

    async def write_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Replace the snapshots of these machines, all or none; durable on return."""
        size = sum(len(s.state or b"") for s in snapshots)
        # Large ones take a while to sum up, so not on the loop.
        rows = await asyncio.to_thread(_rows_of, snapshots) if size > LARGE else _rows_of(snapshots)

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(SQL["write_snapshot"], rows)
            self._count_wal(size)

        await self._writing.write(transaction(write))

    async def drop_tombstones(self, upto: int) -> None:
        """Remove the snapshots without state up to this block."""
        await self._writing.write(lambda c: c.execute(SQL["drop_tombstones"], (upto,)).rowcount)

    async def delete_blocks(self, seqs: Iterable[int]) -> None:
        """Remove these blocks and give their space back, in slices between which appends come."""
        numbers = sorted(seqs)
        for start in range(0, len(numbers), DELETED_AT_ONCE):
            part = numbers[start : start + DELETED_AT_ONCE]
            await self._writing.write(transaction(partial(self._delete, part)))
        while numbers and await self._writing.write(self._give_pages_back):
            pass

    async def close(self) -> None:
        """Let go of the folder after what was handed over is durable."""
        await self._close_connections()
        self._lock.release()

    @property
    def _writing(self) -> Committer:
        if self._committer is None:
            raise AppendRefused("the journal is not open")
        return self._committer

    @property
    def _reading(self) -> Readers:
        if self._readers is None:
            raise JournalDamaged(f"{self.name} is not open")
        return self._readers

    def _open(self) -> None:
        """Open the file and start the threads; runs off the event loop."""
        if self._was_open and not self.path.exists():
            raise JournalDamaged(
                f"{self.name} is gone: it was removed or moved while it was in use"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock.take()
        gate = threading.Lock()
        try:
            settle_wal(self.path)
            with contextlib.ExitStack() as undo:
                connection = connect_writer(self.path, self._connection_factory)
                undo.callback(connection.close)
                self._prepare(connection)
                self._space.check()
                self._checkpointer = checkpointer = Checkpointer(self.path, gate, self._break_off)
                undo.callback(checkpointer.close)
                self._committer = Committer(connection, self._space, gate, checkpointer, self.path)
                undo.pop_all()
        except sqlite3.DatabaseError as error:
            raise JournalDamaged(f"{self.name} cannot be opened: {error}") from error
        except OSError as error:
            raise AppendUnknown(f"{self.name} cannot be opened: {error}") from error
        self._readers = Readers(self.path)
        self._was_open = True

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Create or check the tables, check the WAL, and learn the newest block."""
        if connection.execute(SQL["tables"]).fetchone() == (0,):
            connection.executescript(f"BEGIN IMMEDIATE; {read_script('schema.sql')} COMMIT;")
            sync_folder(self.folder)
        (format,) = connection.execute(SQL["format"]).fetchone()
        if format > FILE_FORMAT:
            raise JournalDamaged(
                f"{self.name} was written by a newer version of Headrace (format {format};"
                f" this version knows formats up to {FILE_FORMAT})"
            )
        _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if commits_behind(self.path, frames) > 1:
            raise JournalDamaged(
                f"{self.name}-wal is damaged behind its frame {frames}: acknowledged blocks follow"
            )
        write_ahead(self.path, WAL_PREWRITTEN_BYTES)
        (self._last_seq,) = connection.execute(SQL["last_seq"]).fetchone()

    def _insert(
        self, row: tuple[int, int, Instant, int, bytes, bytes], c: sqlite3.Connection
    ) -> None:
        if row[0] != self._last_seq + 1:
            raise AppendRefused(f"block {row[0]} cannot follow block {self._last_seq}")
        c.execute(SQL["append"], row)
        self._last_seq = row[0]
        self._count_wal(len(row[4]) + len(row[5]))

    def _delete(self, seqs: Sequence[int], connection: sqlite3.Connection) -> None:
        connection.executemany(SQL["delete_block"], [(seq,) for seq in seqs])
        connection.execute(SQL["deleted_upto"], (min(seqs[-1], self._last_seq),))
        self._count_wal(len(seqs) * PAGE_BYTES)

    def _give_pages_back(self, connection: sqlite3.Connection) -> bool:
        """Give a slice of free pages back to the file system; return whether more should go."""
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        if free <= max(FREE_PAGES_KEPT, pages // 4):
            return False
        # Each step of this statement moves one page; `execute` takes one step only.
        connection.executescript(f"PRAGMA incremental_vacuum({VACUUMED_AT_ONCE})")
        self._count_wal(VACUUMED_AT_ONCE * PAGE_BYTES)
        return True

    def _break_off(self, reason: str) -> None:
        """The disk failed under a checkpoint: refuse to write until the journal is opened anew."""
        if self._committer is not None:
            self._committer.break_off(reason)

    def _count_wal(self, payload_bytes: int) -> None:
        assert self._checkpointer is not None
        self._checkpointer.count(payload_bytes)

    async def _close_connections(self) -> None:
        if self._readers is not None:
            await asyncio.to_thread(self._readers.close)
        if self._checkpointer is not None:
            await asyncio.to_thread(self._checkpointer.close)
        if self._committer is not None:
            await self._committer.close()
        self._committer = self._checkpointer = self._readers = None


def _read_heads(connection: sqlite3.Connection, after: int) -> list[Head]:
    heads: list[Head] = []
    size = 0
    cursor = connection.execute(SQL["heads"], (after, HEADS_BATCH_ROWS))
    for row in cursor:
        heads.append(Head(*row))
        size += len(heads[-1].head)
        if size >= HEADS_BATCH_BYTES:
            break
    cursor.close()
    return heads


def _rows_of(snapshots: Sequence[Snapshot]) -> list[tuple[object, ...]]:
    return [(s.machine, s.upto, s.kind, s.state, zlib.crc32(s.state or b"")) for s in snapshots]


def _read_bodies(connection: sqlite3.Connection, seqs: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for seq in seqs:
        row = connection.execute(SQL["bodies"], (seq,)).fetchone()
        if row is not None:
            found[seq] = row[0]
    return found
