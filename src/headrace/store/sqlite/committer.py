"""The thread that writes: jobs in order, one transaction each, results back on the event loop."""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from headrace.ports.journal import AppendRefused, AppendUnknown, JournalError
from headrace.store.limits import JOBS_MAX
from headrace.store.space import DiskSpace
from headrace.store.sqlite.checkpointer import Checkpointer

log = logging.getLogger(__name__)

#: What a job does with the writing connection; its result goes to whoever asked for it.
Work = Callable[[sqlite3.Connection], Any]

#: SQLite's primary result codes after which certainly nothing was written.
NOT_WRITTEN = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_TOOBIG,
    }
)


class Job(NamedTuple):
    """Something to write, and who waits for it."""

    work: Work
    future: asyncio.Future[Any]


class Committer:
    """Owns the writing connection. After an error that leaves doubt it refuses everything."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        space: DiskSpace,
        gate: threading.Lock,
        checkpointer: Checkpointer,
        file: Path,
    ) -> None:
        """Start the thread.

        Args:
            connection: The only one that writes; closed at the end.
            space: Looked at after each job.
            gate: Held while a job is under way; a checkpoint that must be alone takes it.
            checkpointer: Says before each job whether the WAL may grow.
            file: The connection's. What is written to a file that was removed or moved is lost,
                and SQLite does not tell.

        Raises:
            OSError: There is no such file.
        """
        self._file = file
        self._inode = file.stat().st_ino
        self._connection = connection
        self._space = space
        self._gate = gate
        self._checkpointer = checkpointer
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._broken = ""
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="headrace-committer", daemon=True)
        self._thread.start()

    @property
    def is_broken(self) -> bool:
        """Whether nobody knows what is on the disk until the journal is opened anew."""
        return bool(self._broken)

    def break_off(self, reason: str) -> None:
        """Refuse everything from now on: something else found that the disk fails."""
        self._broken = self._broken or reason

    def write(self, work: Work) -> asyncio.Future[Any]:
        """Hand a job over, to be run after those before it; the future has what it returns.

        It is written whoever waits. The future may fail with:
            AppendRefused: Certainly nothing was written.
            AppendUnknown: Nobody knows, or an earlier job ended so.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if refusal := self._refusal():
            future.set_exception(refusal)
        else:
            self._jobs.put(Job(work, future))
        return future

    def _refusal(self) -> JournalError | None:
        if self._closed:
            return AppendRefused("the journal is not open")
        if self._broken:
            return AppendUnknown(f"the journal must be opened anew: {self._broken}")
        if self._jobs.qsize() >= JOBS_MAX:
            return AppendRefused(f"{JOBS_MAX} jobs wait for the disk already")
        return None

    async def close(self) -> None:
        """Return when all jobs are done and the connection is closed."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            value: Any = None
            # What ends in neither a value nor a JournalError is a bug of ours.
            error: JournalError | None = AppendUnknown("a bug in the committing thread")
            try:
                value = self._attempt(job.work)
                error = None
            except JournalError as failure:
                error = failure
            except BaseException as bug:
                self._broken = f"a bug in the committing thread: {bug!r}"
                raise
            finally:
                self._deliver(job, value, error)
            self._space.check()
        self._connection.close()

    def _deliver(self, job: Job, value: Any, error: JournalError | None) -> None:
        """Send a job's outcome to the event loop; after a bug, to those who still wait as well."""
        job.future.get_loop().call_soon_threadsafe(_settle, job.future, value, error)
        while self._broken and not self._jobs.empty():
            left = self._jobs.get()
            if left is None:
                self._jobs.put(None)
                return
            unknown = AppendUnknown(f"the journal must be opened anew: {self._broken}")
            left.future.get_loop().call_soon_threadsafe(_settle, left.future, None, unknown)

    def _attempt(self, work: Work) -> Any:
        if self._broken:
            raise AppendUnknown(f"the journal must be opened anew: {self._broken}")
        self._checkpointer.wait_for_room()
        try:
            with self._gate:
                value = work(self._connection)
        except sqlite3.Error as error:
            raise self._judge(error) from error
        if not self._file_is_there():
            self._broken = f"{self._file} is gone: it was removed or moved"
            log.error("nobody will find what was written: %s", self._broken)
            raise AppendUnknown(self._broken)
        return value

    def _file_is_there(self) -> bool:
        try:
            return self._file.stat().st_ino == self._inode
        except OSError:
            return False

    def _judge(self, error: sqlite3.Error) -> JournalError:
        """Return what an error of SQLite means for what was to be written."""
        code = getattr(error, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary == sqlite3.SQLITE_FULL:
            self._space.give_up_reserve()
            self._checkpointer.make_room()
        if primary in NOT_WRITTEN:
            return AppendRefused(f"{error} ({error.sqlite_errorname})")
        self._broken = f"{error} ({getattr(error, 'sqlite_errorname', type(error).__name__)})"
        log.error("nobody knows what was written: %s", self._broken)
        if self._space.is_low:
            self._space.give_up_reserve()
        return AppendUnknown(self._broken)


def transaction(work: Work) -> Work:
    """Return a job that runs `work` in one transaction: all or nothing."""

    def run(connection: sqlite3.Connection) -> Any:
        connection.execute("BEGIN IMMEDIATE")
        try:
            value = work(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return value

    return run


def _settle(future: asyncio.Future[Any], value: Any, error: JournalError | None) -> None:
    if future.done():
        return  # its waiter was cancelled
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
        future.exception()  # its waiter may have been cancelled
