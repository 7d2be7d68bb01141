"""Connections that read beside the writes; what was cut off is read again."""

import asyncio
from typing import Any

import asyncpg

from headrace.ports.journal import JournalDamaged
from headrace.store.postgres.connection import (
    DATABASE_ERRORS,
    is_passing,
    options_of,
    pause,
    sentence_of,
)
from headrace.store.postgres.limits import CLOSE_S, FETCH_S, READ_S, READERS, RETRY_S


class Readers:
    """A few connections, made when they are needed."""

    def __init__(self, url: str, name: str) -> None:
        """Read from the database at `url`, called `name` in sentences."""
        self._url = url
        self._name = name
        self._pool: Any = None

    async def open(self) -> None:
        """Be ready; connects to nothing yet."""
        if self._pool is None:
            self._pool = await asyncpg.create_pool(
                self._url, min_size=0, max_size=READERS, **options_of("reader")
            )

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        """Return the rows of a statement.

        Raises:
            JournalDamaged: The database cannot be read; the text names it.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + READ_S
        while True:
            if self._pool is None:
                raise JournalDamaged(f"{self._name} is not open")
            try:
                return list(await self._pool.fetch(statement, *arguments, timeout=FETCH_S))
            except DATABASE_ERRORS as error:
                if loop.time() >= end or not is_passing(error) or self._pool is None:
                    raise JournalDamaged(
                        f"{self._name} cannot be read: {sentence_of(error)}"
                    ) from error
            await pause(RETRY_S)

    async def close(self) -> None:
        """Return when what is under way has ended, or after a short while."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(CLOSE_S):
                    await pool.close()
            except TimeoutError:
                pool.terminate()
