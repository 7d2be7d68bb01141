"""The journal in PostgreSQL: one block, one row, one transaction, under a lease."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from typing import Any

from headrace.ports.journal import AppendRefused, Block, Head, JournalDamaged, Snapshot
from headrace.store.limits import DELETED_AT_ONCE, HEADS_BATCH_BYTES, HEADS_BATCH_ROWS
from headrace.store.postgres.connection import DATABASE_ERRORS, connect, name_of, pause
from headrace.store.postgres.lease import Lease, Owner
from headrace.store.postgres.limits import CONNECT_S, LOOK_S, REOPEN_S
from headrace.store.postgres.readers import Readers
from headrace.store.postgres.statements import SQL
from headrace.store.postgres.writer import Writer

#: The one shard that a process runs today.
SHARD = 0


class PostgresJournal:
    """The Journal port on a database; the epoch of its rows is the lease's."""

    def __init__(
        self,
        url: str,
        *,
        owner: Owner,
        lease_ms: int,
        read_ns: Callable[[], int],
        shard: int = SHARD,
    ) -> None:
        """Use a database; `open` before anything else.

        Args:
            url: postgresql://user@host/database, as libpq has it.
            owner: This server.
            lease_ms: How long ownership lasts when it is not renewed.
            read_ns: Machine time in nanoseconds.
            shard: Whose journal it is.
        """
        self.name = name_of(url)
        self.shard = shard
        self._url = url
        self._lease = Lease(
            name=self.name,
            shard=shard,
            owner=owner,
            duration_ms=lease_ms,
            read_ns=read_ns,
            connect=partial(connect, url, "lease"),
        )
        self.writer = Writer(url, self.name, self._lease)
        self.readers = Readers(url, self.name)
        self._last_seq = 0

    async def open(self) -> None:
        """Take the lease and raise its epoch; opens anew what was lost.

        The first time a database that cannot be reached is refused at once; later it is waited for.

        Raises:
            JournalInUse: Another server has the lease; the text names it.
            JournalDamaged: The tables are those of a newer version.
            JournalError: The database cannot be reached.
        """
        if self.writer.must_be_opened:
            self._last_seq = await self.writer.open(REOPEN_S if self._lease.epoch else 0.0)
            await self.readers.open()

    async def until_free(self) -> None:
        """Return when nobody has the lease any more, or so it seems: `open` may be tried again."""
        connection: Any = None
        left_ms = 1
        try:
            while left_ms > 0:
                try:
                    async with asyncio.timeout(CONNECT_S):
                        if connection is None:
                            connection = await connect(self._url, "stand-by")
                        _, left_ms = await self._lease.holder(connection)
                    await pause(min(LOOK_S, max(0, left_ms + 1) / 1_000))
                except DATABASE_ERRORS:
                    if connection is not None:
                        connection.terminate()
                        connection = None
                    await pause(LOOK_S)
        finally:
            if connection is not None:
                connection.terminate()

    @property
    def is_owned(self) -> bool:
        """Whether nobody else can own the journal at this moment."""
        return self._lease.is_held

    @property
    def on_lost(self) -> Callable[[str], None]:
        """Told, with a sentence, that another server has taken over."""
        return self._lease.on_lost

    @on_lost.setter
    def on_lost(self, told: Callable[[str], None]) -> None:
        self._lease.on_lost = told

    @property
    def last_seq(self) -> int:
        """Number of the newest block that is known to be written; 0 when there is none."""
        return self._last_seq

    @property
    def space_is_low(self) -> bool:
        """Whether only what frees space should still be written."""
        return self.writer.disk_is_full

    async def append(self, block: Block) -> None:
        """Return when the block is committed under this server's epoch.

        A connection that is lost meanwhile is made anew, and what came of the block is read.

        Raises:
            AppendRefused: Another server has taken over, the number is not the next one, or the
                database said no.
            AppendUnknown: The database cannot be reached; refused from then on until `open`.
        """
        await self.writer.in_turn(partial(self._append, block))

    async def heads(self, after: int) -> AsyncIterator[Sequence[Head]]:
        """Yield the heads of the blocks behind `after`, in order, about 256 KiB at a time.

        Raises:
            JournalDamaged: The database cannot be read.
        """
        limits = (HEADS_BATCH_ROWS, HEADS_BATCH_BYTES)
        while rows := await self.readers.fetch(SQL["heads"], self.shard, after, *limits):
            yield [Head(*row) for row in rows]
            after = rows[-1]["seq"]

    async def read_bodies(self, seqs: Sequence[int]) -> dict[int, bytes]:
        """Return the bodies part of each of these blocks; a missing block is absent.

        Raises:
            JournalDamaged: The database cannot be read.
        """
        return dict(await self.readers.fetch(SQL["bodies"], self.shard, list(seqs)))

    async def snapshots(self) -> Sequence[Snapshot]:
        """Return the newest snapshot of each machine, by machine number.

        Raises:
            JournalDamaged: One cannot be read.
        """
        rows = await self.readers.fetch(SQL["snapshots"], self.shard)
        for machine, _, _, state, check_sum in rows:
            if zlib.crc32(state or b"") != check_sum:
                raise JournalDamaged(
                    f"{self.name}: the snapshot of machine {machine} is damaged"
                    " (its check sum differs)"
                )
        return [Snapshot(machine, upto, kind, state) for machine, upto, kind, state, _ in rows]

    async def write_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Replace the snapshots of these machines, all or none; durable on return.

        Raises:
            AppendRefused, AppendUnknown: As for `append`.
        """
        newest = list({one.machine: one for one in snapshots}.values())
        columns = (
            [one.machine for one in newest],
            [one.upto for one in newest],
            [one.kind for one in newest],
            [one.state for one in newest],
            [zlib.crc32(one.state or b"") for one in newest],
        )
        await self.write(SQL["write_snapshots"], *columns)

    async def drop_tombstones(self, upto: int) -> None:
        """Remove the snapshots without state up to this block."""
        await self.write(SQL["drop_tombstones"], upto)

    async def delete_blocks(self, seqs: Iterable[int]) -> None:
        """Remove these blocks, in slices between which appends come; vacuum frees their space."""
        numbers = sorted(seqs)
        for start in range(0, len(numbers), DELETED_AT_ONCE):
            part = numbers[start : start + DELETED_AT_ONCE]
            await self.write(SQL["delete_blocks"], part, min(part[-1], self._last_seq))

    async def write(self, statement: str, *arguments: Any) -> None:
        """Carry out a statement that may come twice, in turn and under the epoch.

        Raises:
            AppendRefused, AppendUnknown: As for `append`.
        """
        await self.writer.in_turn(partial(self.writer.execute, statement, *arguments))

    async def close(self) -> None:
        """Let go of the lease after what was handed over is written."""
        await self.writer.close()
        await self.readers.close()

    async def _append(self, block: Block) -> None:
        if block.seq != self._last_seq + 1:
            raise AppendRefused(f"block {block.seq} cannot follow block {self._last_seq}")

        async def was_written(connection: Any, epoch: int) -> bool:
            return bool(await connection.fetchval(SQL["is_written"], self.shard, epoch, block.seq))

        row = (block.seq, block.at, block.format, block.head, block.bodies)
        await self.writer.execute(SQL["append"], *row, was_done=was_written)
        self._last_seq = block.seq
