"""The LogStore port on a folder: a thread that writes, and one that reads.

Lines of functions wait in memory until the writing thread takes them, within a limit and for a
moment only: a thread that is woken for each line takes the interpreter from the loop in the middle
of an invoke. What is asked of the writer in between (a stream to be made, events to be put, a look)
keeps its place among them, and is done at once.
"""

import asyncio
import errno
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from headrace.core.logs.events import EventPage, EventQuery, GroupKey, StreamFound
from headrace.store.logs.folder import old_groups
from headrace.store.logs.lines import lines_of
from headrace.store.logs.reader import Reader
from headrace.store.logs.writer import Bounds, Writer

log = logging.getLogger(__name__)

#: Bytes that wait to be written. Beyond: further lines are dropped, and the stream says so.
WAITING_BYTES_MAX = 16 * 1024 * 1024
#: Seconds for which lines are gathered before they are written, and the bytes that end this sooner.
GATHER_S = 0.1
GATHERED_BYTES_MAX = 1024 * 1024

Result = TypeVar("Result")

_Stream = tuple[GroupKey, str]


class _Waiting:
    """Lines that one turn of the writing thread takes together."""

    __slots__ = ("at", "dropped", "is_asked_for", "is_wanted", "lines")

    def __init__(self) -> None:
        self.lines: dict[_Stream, list[tuple[int, bytes]]] = {}
        self.dropped: dict[_Stream, int] = {}
        self.at = 0  #: When the last of them came.
        self.is_asked_for = False  #: Whether the thread has been told of them.
        self.is_wanted = threading.Event()  #: Set when nothing more is to be gathered.


class FileLogStore:
    """Log streams as files below a folder."""

    def __init__(
        self,
        folder: Path,
        bounds: Bounds | None = None,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
        space_is_low: Callable[[], bool] = lambda: False,
        gather_s: float = GATHER_S,
    ) -> None:
        """Write below `folder`, which is made when the first line comes.

        Args:
            bounds: How much is kept.
            waiting_bytes_max: Bytes of lines that may wait for the writing thread.
            space_is_low: Whether the disk is to be left to the journal: nothing is written then.
            gather_s: Seconds for which lines are gathered before they are written.
        """
        self._folder = folder
        self._space_is_low = space_is_low
        self._gather_s = gather_s
        self._writer = Writer(folder, bounds or Bounds())
        self._reader = Reader(folder, self._writer.writing)
        self._writing = ThreadPoolExecutor(1, "headrace-logs")
        self._reading = ThreadPoolExecutor(1, "headrace-log-reader")
        self._waiting_bytes_max = waiting_bytes_max
        #: Long before what may wait, else lines would be dropped while nobody writes.
        self._gathered_bytes_max = min(GATHERED_BYTES_MAX, waiting_bytes_max // 4)
        self._waiting_bytes = 0
        self._turn = threading.Lock()
        self._waiting = _Waiting()
        self._closed = False
        self._is_failing = False

    def write(self, group: GroupKey, stream: str, at: int, text: bytes) -> None:
        """Append whole lines to a stream, in a moment; never blocks for long."""
        key = (group, stream)
        with self._turn:
            if self._closed:
                return
            waiting = self._waiting
            waiting.at = at
            if self._waiting_bytes + len(text) > self._waiting_bytes_max:
                waiting.dropped[key] = waiting.dropped.get(key, 0) + len(text)
            else:
                self._waiting_bytes += len(text)
                waiting.lines.setdefault(key, []).append((at, text))
                if self._waiting_bytes > self._gathered_bytes_max:
                    waiting.is_wanted.set()
            if not waiting.is_asked_for:
                waiting.is_asked_for = True
                self._writing.submit(self._write_out, waiting).add_done_callback(_tell_bug)

    async def create_stream(self, group: GroupKey, stream: str, at: int) -> bool:
        """Make an empty stream, durably; False: there is one."""
        return await self._do(self._with_space(lambda: self._writer.create(group, stream, at)))

    async def put(
        self, group: GroupKey, stream: str, at: int, events: Sequence[tuple[int, str]]
    ) -> bool:
        """Append events durably; False: there is no such stream."""
        return await self._do(self._with_space(lambda: self._writer.put(group, stream, at, events)))

    async def delete_stream(self, group: GroupKey, stream: str) -> bool:
        """Delete a stream with its events; False: there is none."""
        return await self._do(lambda: self._writer.delete(group, stream))

    async def drop(self, group: GroupKey) -> None:
        """Delete a group's streams."""
        await self._do(lambda: self._writer.drop(group))

    async def expire(self, group: GroupKey, before: int) -> None:
        """Delete the files whose events are all older than an instant."""
        await self._do(lambda: self._writer.expire(group, before))

    async def adopt(self, group: GroupKey) -> None:
        """Take over the folder in which an older server kept a group of this name."""
        await self._do(lambda: self._writer.adopt(group))

    async def orphans(self) -> list[str]:
        """Return the names of groups that only an older server has written."""
        if not self._folder.is_dir():
            return []
        return await self._do(lambda: list(old_groups(self._folder)))

    async def streams(self, group: GroupKey) -> list[StreamFound]:
        """Return a group's streams by name, with all that was written before the question."""
        await self._settled()
        return await self._read(lambda: self._reader.streams(group))

    async def has_stream(self, group: GroupKey, stream: str) -> bool:
        """Tell whether a group has a stream of this name."""
        await self._settled()
        return await self._read(lambda: self._reader.has_stream(group, stream))

    async def find(self, group: GroupKey, query: EventQuery) -> EventPage:
        """Return a page of events, of all that was written before the question."""
        await self._settled()
        return await self._read(lambda: self._reader.find(group, query))

    async def stored_bytes(self, group: GroupKey) -> int:
        """Return the bytes of a group's files."""
        return await self._read(lambda: self._reader.stored_bytes(group))

    async def close(self) -> None:
        """Write out what is buffered and end the threads."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            self._waiting.is_wanted.set()
            self._writing.submit(self._writer.close)
        await asyncio.to_thread(self._writing.shutdown)
        await asyncio.to_thread(self._reading.shutdown)

    # --- the two threads -------------------------------------------------------------------------

    async def _read(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._reading, work)

    async def _settled(self) -> None:
        if self._waiting_bytes:
            await self._do(lambda: None)

    async def _do(self, work: Callable[[], Result]) -> Result:
        """Have work done by the writing thread, behind all lines that came before."""
        with self._turn:
            if self._closed:
                raise OSError("the log files are closed")
            self._waiting.is_wanted.set()
            self._waiting = _Waiting()  # What comes from now on is written behind the work.
            future = self._writing.submit(work)
        return await asyncio.wrap_future(future)

    def _with_space(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Return work that is refused when the disk is to be left to the journal."""

        def work_if_there_is_space() -> Result:
            if self._space_is_low():
                raise OSError(errno.ENOSPC, "disk space is low")
            return work()

        return work_if_there_is_space

    def _write_out(self, waiting: _Waiting) -> None:
        waiting.is_wanted.wait(self._gather_s)
        with self._turn:
            if self._waiting is waiting:
                self._waiting = _Waiting()
        written = 0
        for key in waiting.lines | waiting.dropped:
            parts = waiting.lines.get(key, [])
            written += sum(len(text) for _, text in parts)
            lines = b"".join([lines_of(text, at) for at, text in parts])
            dropped = waiting.dropped.get(key, 0)
            if dropped:
                lines += lines_of(_warning(dropped), waiting.at)
            if lines:
                self._append(key, parts[0][0] if parts else waiting.at, lines)
        with self._turn:
            self._waiting_bytes -= written

    def _append(self, key: _Stream, at: int, lines: bytes) -> None:
        """Append to a stream; what cannot be written (disk full) is lost, and logged once."""
        try:
            self._with_space(lambda: self._writer.append(*key, at, lines))()
            self._is_failing = False
        except OSError as error:
            if not self._is_failing:
                log.warning("log lines of functions are lost: %s", error)
            self._is_failing = True


def _tell_bug(turn: Future[None]) -> None:
    error = turn.exception()
    if error is not None:
        log.error("a bug while log lines were written", exc_info=error)


def _warning(dropped_bytes: int) -> bytes:
    return (
        f"HEADRACE_WARNING: {dropped_bytes} bytes of log lines were dropped here: they came faster "
        "than they could be written.\n"
    ).encode()
