"""Read the journal of a database as it is, block by block, at one instant."""

import asyncio
import zlib
from collections.abc import Iterator
from typing import Any

import asyncpg

from headrace.ports.journal import Block, JournalDamaged, JournalError, Snapshot
from headrace.store.postgres.connection import (
    DATABASE_ERRORS,
    is_lost,
    name_of,
    options_of,
    sentence_of,
)
from headrace.store.postgres.journal import SHARD
from headrace.store.postgres.migration import format_of
from headrace.store.postgres.statements import SCRIPTS, SQL


class PostgresWreck:
    """The Wreck port on a database, which may be a replica and may have a server at work.

    One transaction that only reads sees the same instant throughout. What cannot be read ends a
    savepoint in it, not the transaction.
    """

    def __init__(self, url: str, shard: int = SHARD) -> None:
        """Connect.

        Raises:
            JournalDamaged: There are no tables of ours, or they are those of a newer version.
            JournalError: The database cannot be reached.
        """
        self.name = name_of(url)
        self.troubles: list[str] = []
        self._shard = shard
        self._runner = asyncio.Runner()
        try:
            self._connection = self._runner.run(self._connect(url))
        except BaseException:
            self._runner.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.terminate()
        self._runner.close()

    def numbers(self) -> list[int]:
        """Return the numbers of all blocks that are there or may be there, ascending."""
        rows = self._fetch("block_numbers")
        if isinstance(rows, str):
            # The index is torn: look for each number.
            self.troubles.append(f"the blocks cannot be listed: {rows}")
            return list(range(1, self.highest() + 1))
        return [row["seq"] for row in rows]

    def block(self, seq: int) -> Block | str | None:
        """Return a block; a sentence when it cannot be read; None when it is not there."""
        rows = self._fetch("block", seq)
        if isinstance(rows, str):
            return rows
        return Block(*rows[0]) if rows else None

    def snapshots(self) -> Iterator[Snapshot | str]:
        """Yield each machine's snapshot, or a sentence about one that is damaged."""
        machines = self._fetch("machines")
        if isinstance(machines, str):
            yield f"the snapshots cannot be listed: {machines}"
            return
        for (machine,) in machines:
            rows = self._fetch("snapshot", machine)
            if isinstance(rows, str):
                yield f"the snapshot of machine {machine} is damaged: {rows}"
                continue
            _, upto, kind, state, check_sum = rows[0]
            if zlib.crc32(state or b"") == check_sum:
                yield Snapshot(machine, upto, kind, state)
            else:
                yield f"the snapshot of machine {machine} up to block {upto} is damaged"

    def highest(self) -> int:
        """Return the highest block number that was ever used, as far as can be read."""
        rows = self._fetch("highest")
        return 0 if isinstance(rows, str) else int(rows[0][0])

    def blobs(self) -> Iterator[tuple[str, bytes | str]]:
        """Yield the digest of each blob with its bytes, or with a sentence why they are not."""
        digests = self._fetch("digests")
        if isinstance(digests, str):
            self.troubles.append(f"the archives cannot be listed: {digests}")
            return
        for (digest,) in digests:
            rows = self._fetch("blob", digest)
            yield digest, rows if isinstance(rows, str) else bytes(rows[0]["content"])

    def _fetch(self, statement: str, *arguments: Any) -> list[Any] | str:
        """Return the rows, or a sentence when the database has found them damaged.

        Raises:
            JournalError: The database cannot be reached any more.
        """
        return self._runner.run(self._read(SQL[statement], arguments))

    async def _read(self, statement: str, arguments: tuple[Any, ...]) -> list[Any] | str:
        try:
            async with self._connection.transaction():
                return list(await self._connection.fetch(statement, self._shard, *arguments))
        except DATABASE_ERRORS as error:
            if is_lost(error):
                raise JournalError(f"{self.name} cannot be read: {sentence_of(error)}") from error
            return f"it cannot be read ({sentence_of(error)})"

    async def _connect(self, url: str) -> Any:
        connection: Any = None
        try:
            options = options_of("inspection") | {"target_session_attrs": "any"}
            connection = await asyncpg.connect(url, **options)
            format = await format_of(connection)
            await connection.transaction(isolation="repeatable_read", readonly=True).start()
        except DATABASE_ERRORS as error:
            if connection is not None:
                connection.terminate()
            raise JournalError(f"{self.name} cannot be reached: {sentence_of(error)}") from error
        if not 0 < format <= len(SCRIPTS):
            connection.terminate()
            raise JournalDamaged(
                f"{self.name} was written by a newer version of Headrace (format {format})"
                if format
                else f"{self.name} holds no journal"
            )
        return connection
