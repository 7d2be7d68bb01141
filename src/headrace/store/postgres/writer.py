"""The connection that writes: one job after the other, each statement checked against the epoch.

When the connection is lost under a statement, a new one is made and the lease taken anew from
oneself. Raising the epoch waits for what the lost session still does and bars what it has not
begun. Then what came of the statement can be read, and it is carried out if it was not.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from headrace.ports.journal import AppendRefused, AppendUnknown, JournalError, JournalInUse
from headrace.store.postgres.connection import (
    DATABASE_ERRORS,
    connect,
    is_lost,
    is_passing,
    pause,
    sentence_of,
)
from headrace.store.postgres.lease import Lease
from headrace.store.postgres.limits import CLOSE_S, FULL_S, RESUME_S, RETRY_S, TAKE_S
from headrace.store.postgres.migration import prepare
from headrace.store.postgres.statements import SQL

log = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Tells whether a statement that was cut off under this epoch has been carried out.
WasDone = Callable[[Any, int], Awaitable[bool]]


class Writer:
    """Owns the writing connection and the lease."""

    def __init__(self, url: str, name: str, lease: Lease) -> None:
        """Write to the database at `url`, called `name` in sentences; `open` comes first."""
        self._url = url
        self._name = name
        self._lease = lease
        self._connection: Any = None
        self._broken = ""
        self._turn = asyncio.Lock()
        self._full_until = 0.0
        lease.on_silence = self._give_up_waiting

    @property
    def must_be_opened(self) -> bool:
        """Whether nothing can be written before `open`."""
        return self._connection is None or bool(self._broken) or self._lease.is_lost

    @property
    def disk_is_full(self) -> bool:
        """Whether the database's disk was full a short while ago."""
        return bool(self._full_until) and asyncio.get_running_loop().time() < self._full_until

    async def open(self, patience_s: float) -> int:
        """Connect and take the lease; return the number of the newest block.

        Args:
            patience_s: For how long to try again when the database cannot be reached.

        Raises:
            JournalInUse: Somebody else has the lease.
            JournalDamaged: The tables are those of a newer version.
            JournalError: The database cannot be reached.
        """
        async with self._turn:
            await self._connect_within(patience_s, from_others=True)
            try:
                newest = await self._connection.fetchval(SQL["last_seq"], self._lease.shard)
            except DATABASE_ERRORS as error:
                self._broken = sentence_of(error)
                raise JournalError(f"{self._name} cannot be read: {self._broken}") from error
            self._broken = ""
            return int(newest)

    async def in_turn(self, job: Callable[[], Awaitable[Result]]) -> Result:
        """Run a job after those before it; it runs to its end even if its caller is cancelled."""
        task = asyncio.ensure_future(self._run(job))
        task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(task)

    async def execute(
        self, statement: str, *arguments: Any, was_done: WasDone | None = None
    ) -> None:
        """Carry out a statement whose first two parameters are shard and epoch; inside a job.

        Args:
            statement: Returns a row if the epoch is the newest one.
            arguments: Its other parameters.
            was_done: Asked after a lost connection; without it the statement may come twice.

        Raises:
            AppendRefused: Certainly nothing was written.
            AppendUnknown: Nobody knows; everything is refused until `open`.
        """
        epoch = self._lease.epoch
        try:
            await self._attempt(statement, arguments)
            return
        except DATABASE_ERRORS as error:
            if not is_lost(error):
                raise self._refusal(error) from error
            await self._resume(error)
        try:
            if was_done is None or not await was_done(self._connection, epoch):
                await self._attempt(statement, arguments)
        except DATABASE_ERRORS as error:
            if not is_lost(error):
                raise self._refusal(error) from error
            self._broken = sentence_of(error)
            raise AppendUnknown(f"{self._name}: {self._broken}") from error

    async def close(self) -> None:
        """Return when all jobs are done, the lease is released and the connection closed."""
        # As a task of its own it stands in line behind the jobs that were handed over before.
        await asyncio.ensure_future(self._close())

    async def _close(self) -> None:
        async with self._turn:
            await self._lease.stop()
            connection, self._connection = self._connection, None
            if connection is None:
                return
            try:
                async with asyncio.timeout(CLOSE_S):
                    await self._lease.release(connection)
                    await connection.close()
            except DATABASE_ERRORS as error:
                log.warning("the lease runs out by itself: %s", sentence_of(error))
                connection.terminate()

    async def _run(self, job: Callable[[], Awaitable[Result]]) -> Result:
        async with self._turn:
            if self._connection is None:
                raise AppendRefused("the journal is not open")
            if self._broken:
                raise AppendUnknown(f"the journal must be opened anew: {self._broken}")
            return await job()

    async def _attempt(self, statement: str, arguments: tuple[Any, ...]) -> None:
        lease = self._lease
        held = await self._connection.fetchval(statement, lease.shard, lease.epoch, *arguments)
        if held is None:
            lease.note_lost()
            raise AppendRefused(f"another server has taken {self._name} over")

    async def _resume(self, cause: BaseException) -> None:
        """Connect anew and take the lease from oneself after a lost connection.

        Raises:
            AppendUnknown: That cannot be done, or somebody else has the lease.
        """
        log.warning("the connection to %s is lost: %s", self._name, sentence_of(cause))
        try:
            await self._connect_within(RESUME_S, from_others=False)
        except JournalError as error:
            self._broken = str(error)
            raise AppendUnknown(self._broken) from error

    async def _connect_within(self, patience_s: float, *, from_others: bool) -> None:
        if self._connection is not None:
            self._connection.terminate()
        loop = asyncio.get_running_loop()
        end = loop.time() + patience_s
        while True:
            connection: Any = None
            try:
                connection = await connect(self._url, "writer")
                async with asyncio.timeout(TAKE_S):
                    await prepare(connection, self._name)
                    await self._lease.take(connection, from_others=from_others)
                self._connection = connection
                return
            except DATABASE_ERRORS as error:
                if loop.time() >= end or not is_passing(error):
                    raise JournalError(
                        f"{self._name} cannot be reached: {sentence_of(error)}"
                    ) from error
            except JournalInUse:
                self._connection = None
                raise
            finally:
                if connection is not None and connection is not self._connection:
                    connection.terminate()
            await pause(RETRY_S)

    def _refusal(self, error: BaseException) -> AppendRefused:
        if isinstance(error, asyncpg.DiskFullError):
            self._full_until = asyncio.get_running_loop().time() + FULL_S
        return AppendRefused(sentence_of(error))

    def _give_up_waiting(self) -> None:
        """The database does not answer: end a statement that would wait for ever."""
        if self._connection is not None and self._turn.locked():
            self._connection.terminate()
