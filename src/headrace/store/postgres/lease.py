"""The right to write one shard, for a while by the database's clock; renewed beside the writes.

Whoever takes the lease raises the shard's epoch, in a transaction of its own. Each write looks at
the epoch and keeps it from being raised until the write is committed, so a write is either seen by
the next owner or fails. Safety rests on that alone. The time only says when another server may take
over, and until when this one may answer what it reads in its memory.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import asyncpg

from headrace.ports.journal import JournalInUse
from headrace.store.postgres.connection import DATABASE_ERRORS, pause, sentence_of
from headrace.store.postgres.limits import RENEWED_AFTER, RENEWED_AGAIN_AFTER
from headrace.store.postgres.statements import SQL

log = logging.getLogger(__name__)

NS_PER_MS = 1_000_000


class Owner(NamedTuple):
    """One server that wants to write."""

    name: str  #: How others call it in a sentence: its machine and process.
    token: str  #: Nobody else's, ever: a process that is started again has another one.


class Lease:
    """One shard's lease as one owner sees it."""

    def __init__(
        self,
        *,
        name: str,
        shard: int,
        owner: Owner,
        duration_ms: int,
        read_ns: Callable[[], int],
        connect: Callable[[], Awaitable[Any]],
    ) -> None:
        """Own nothing yet.

        Args:
            name: Of the database, for sentences.
            shard: Its number.
            owner: Who takes it.
            duration_ms: How long it lasts when it is not renewed.
            read_ns: Machine time; it must go on while the process is stopped.
            connect: Makes the connection on which it is renewed.
        """
        self.shard = shard
        self.epoch = 0  #: Under which this owner writes; 0 before the first time.
        #: Told, with a sentence, that another owner has taken over.
        self.on_lost: Callable[[str], None] = lambda sentence: None
        #: Called again and again while the lease is over because the database does not answer.
        self.on_silence: Callable[[], None] = lambda: None
        self._name = name
        self._owner = owner
        self._duration_ms = duration_ms
        self._read_ns = read_ns
        self._connect = connect
        self._until_ns = 0
        self._is_lost = False
        self._keeping: asyncio.Task[None] | None = None

    @property
    def is_held(self) -> bool:
        """Whether nobody else can own the shard at this moment."""
        return not self._is_lost and self._read_ns() < self._until_ns

    @property
    def is_lost(self) -> bool:
        """Whether another owner is known to have taken over."""
        return self._is_lost

    async def take(self, connection: Any, *, from_others: bool) -> None:
        """Become the owner, or raise the epoch of what is ours already; keep it renewed.

        On return every earlier write of anybody is committed or will never be.

        Args:
            connection: The one that will write.
            from_others: Whether another owner's lease that is over may be taken. What this owner
                has in memory is stale then.

        Raises:
            JournalInUse: Somebody else has the lease, or has had it; the text says who.
        """
        await self.stop()
        own = (self.shard, self._owner.token, from_others)
        await connection.execute(SQL["add_shard"], self.shard)
        try:
            await connection.execute(SQL["end_session"], *own)
        except asyncpg.InsufficientPrivilegeError as error:
            log.warning("the last owner's session cannot be ended: %s", sentence_of(error))
        began_ns = self._read_ns()
        epoch = await connection.fetchval(SQL["take"], *own, self._owner.name, self._duration_ms)
        if epoch is None:
            self._is_lost = self.epoch > 0
            owner, left_ms = await self.holder(connection)
            raise JournalInUse(
                f"{self._name} is in use by another Headrace server ({owner}),"
                f" whose lease ends in {max(0, left_ms) / 1_000:.1f} s unless it is renewed"
            )
        self.epoch = epoch
        self._is_lost = False
        self._extend(began_ns)
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def holder(self, connection: Any) -> tuple[str, int]:
        """Return who has or had the lease and how many milliseconds are left of it."""
        row = await connection.fetchrow(SQL["holder"], self.shard)
        return ("", 0) if row is None else (row["owner"], row["left_ms"])

    def note_lost(self) -> None:
        """A statement found that the lease is another's."""
        if not self._is_lost:
            self._is_lost = True
            self.on_lost(f"another server has taken {self._name} over")

    async def stop(self) -> None:
        """Renew it no more."""
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            await asyncio.wait([keeping])

    async def release(self, connection: Any) -> None:
        """End it at once, so that the next owner need not wait; after `stop`."""
        self._until_ns = 0
        await connection.execute(SQL["release"], self.shard, self._owner.token)

    def _extend(self, began_ns: int) -> None:
        """Count from before the database was asked: by its own clock the lease ends no earlier."""
        self._until_ns = began_ns + self._duration_ms * NS_PER_MS

    async def _keep(self) -> None:
        """Renew until cancelled or lost, on a connection that nothing else waits for."""
        connection: Any = None
        duration_s = self._duration_ms / 1_000
        wait_s = duration_s * RENEWED_AFTER
        try:
            while not self._is_lost:
                await pause(wait_s)
                try:
                    async with asyncio.timeout(duration_s * RENEWED_AFTER):
                        if connection is None:
                            connection = await self._connect()
                        await self._renew(connection)
                    wait_s = duration_s * RENEWED_AFTER
                except DATABASE_ERRORS as error:
                    log.warning("the lease could not be renewed: %s", sentence_of(error))
                    if connection is not None:
                        connection.terminate()
                        connection = None
                    wait_s = duration_s * RENEWED_AGAIN_AFTER
                    if not self.is_held:
                        self.on_silence()
        finally:
            if connection is not None:
                connection.terminate()

    async def _renew(self, connection: Any) -> None:
        began_ns = self._read_ns()
        renewed = await connection.fetchval(
            SQL["renew"], self.shard, self._owner.token, self._duration_ms
        )
        if renewed is None:
            self.note_lost()
        else:
            self._extend(began_ns)
