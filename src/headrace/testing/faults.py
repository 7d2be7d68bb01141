"""Journals that fail when they are told to: appends refused, unknown, late; connections that break.

`FaultyJournal` wraps any journal and is for tests of what stands above it. `failing_connection`
makes SQLite itself fail under `SqliteJournal`, as a disk would.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from headrace.ports.journal import (
    AppendRefused,
    AppendUnknown,
    Block,
    Head,
    Journal,
    Snapshot,
)

#: Ways in which an append can fail.
REFUSED = "refused"  #: Not written, and said so.
LOST = "lost"  #: Not written, and nobody knows.
WRITTEN = "written"  #: Written, and nobody knows.


class FaultyJournal:
    """A journal whose appends fail by number: `journal.faults[3] = REFUSED` is the third one.

    After an unknown append everything is refused until `open`, as the port demands.
    """

    def __init__(self, journal: Journal) -> None:
        """Wrap a journal."""
        self.journal = journal
        self.name = journal.name
        self.on_lost: Callable[[str], None] = lambda sentence: None
        self.faults: dict[int, str] = {}
        self.appends = 0
        #: While this is not set, appends wait: `gate.clear()` makes the disk slow.
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_full = False
        self._is_broken = False

    async def open(self) -> None:
        """Open the wrapped journal and forget a break."""
        await self.journal.open()
        self._is_broken = False

    @property
    def is_owned(self) -> bool:
        """Whether the wrapped journal is."""
        return self.journal.is_owned

    @property
    def last_seq(self) -> int:
        """Number of the newest block written."""
        return self.journal.last_seq

    @property
    def space_is_low(self) -> bool:
        """Whether the test said so, or the wrapped journal does."""
        return self.is_full or self.journal.space_is_low

    async def append(self, block: Block) -> None:
        """Append, or fail as the test said for this one.

        Raises:
            AppendRefused, AppendUnknown: As told.
        """
        self.appends += 1
        fault = self.faults.get(self.appends)
        await self.gate.wait()
        if self._is_broken:
            raise AppendUnknown("the journal must be opened anew")
        if fault == REFUSED:
            raise AppendRefused("a test said so")
        if fault != LOST:
            await self.journal.append(block)
        if fault is not None:
            self._is_broken = True
            raise AppendUnknown("a test said so")

    def heads(self, after: int) -> AsyncIterator[Sequence[Head]]:
        """Pass on."""
        return self.journal.heads(after)

    async def read_bodies(self, seqs: Sequence[int]) -> dict[int, bytes]:
        """Pass on."""
        return await self.journal.read_bodies(seqs)

    async def snapshots(self) -> Sequence[Snapshot]:
        """Pass on."""
        return await self.journal.snapshots()

    async def write_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Pass on."""
        await self.journal.write_snapshots(snapshots)

    async def drop_tombstones(self, upto: int) -> None:
        """Pass on."""
        await self.journal.drop_tombstones(upto)

    async def delete_blocks(self, seqs: Iterable[int]) -> None:
        """Pass on."""
        await self.journal.delete_blocks(seqs)

    async def close(self) -> None:
        """Pass on."""
        await self.journal.close()


class Faults:
    """When SQLite should fail, and how; shared by the connections of one journal."""

    def __init__(self) -> None:
        """Fail at nothing."""
        #: Fail statements that contain this text; empty: none.
        self.where = ""
        #: SQLite's extended result code, for example `sqlite3.SQLITE_IOERR_FSYNC`.
        self.code = sqlite3.SQLITE_IOERR_FSYNC
        #: Whether the statement is carried out before it is said to have failed.
        self.is_written = False
        #: Statements to let pass before the first one fails.
        self.skip = 0


def failing_connection(faults: Faults) -> type[sqlite3.Connection]:
    """Return a connection class for `SqliteJournal` that fails as `faults` says."""

    class FailingConnection(sqlite3.Connection):
        """A connection on a bad disk."""

        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            """Execute a statement, or fail."""
            return self._attempt(sql, super().execute, *arguments)

        def executemany(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            """Execute a statement for many rows, or fail."""
            return self._attempt(sql, super().executemany, *arguments)

        def _attempt(self, sql: str, execute: Any, *arguments: Any) -> sqlite3.Cursor:
            is_meant = bool(faults.where) and faults.where in sql
            if is_meant and faults.skip > 0:
                faults.skip -= 1
                is_meant = False
            cursor: sqlite3.Cursor | None = None
            if not is_meant or faults.is_written:
                cursor = execute(sql, *arguments)
            if is_meant:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = faults.code
                error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
                raise error
            assert cursor is not None
            return cursor

    return FailingConnection
