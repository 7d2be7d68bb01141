"""Threads that read the journal beside the commits, each with a connection of its own."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from headrace.ports.journal import JournalDamaged
from headrace.store.limits import READERS
from headrace.store.sqlite.connection import connect_reader

Result = TypeVar("Result")


class Readers:
    """A few reading threads."""

    def __init__(self, path: Path) -> None:
        """Read from the database at `path`."""
        self._path = path
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="headrace-reader")
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []

    async def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` with a reading connection, off the event loop.

        Raises:
            JournalDamaged: SQLite cannot read the file; the text names it.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def close(self) -> None:
        """Return when what is under way has ended and all connections are closed."""
        self._threads.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
            if connection is None:
                connection = self._own.connection = connect_reader(self._path)
                self._connections.append(connection)
            return work(connection)
        except sqlite3.Error as error:
            raise JournalDamaged(f"{self._path} cannot be read: {error}") from error
