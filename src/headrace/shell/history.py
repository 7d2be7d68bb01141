"""Keep the heads of blocks and the decisions between them in files, for those who ask why.

The journal lets go of a block when nothing in it is alive. Its head, some bytes for each message,
is written a second time here, by a thread, a moment after the block is durable: no send waits for
it, and a block costs one entry in a list. What waits to be written when the process is killed is
written by the next start, which reads it in the journal; of decisions it is lost.

A file holds pages: length (u32), seq (u64), at (u64), format (u8), big-endian, then the head, which
carries its own check sum. Each start begins a new file, so what a kill has cut off is at an end.
The files together stay within a size and an age; the oldest go first, whole.
"""

import asyncio
import logging
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from headrace.base.instant import Instant
from headrace.core.machine import Record
from headrace.ports.history import Kept, Page
from headrace.ports.journal import Block, Head
from headrace.shell.limits import (
    HISTORY_PARTS,
    HISTORY_WAITING_BYTES_MAX,
    HISTORY_WRITE_AFTER_S,
)
from headrace.store.codec import FORMAT, encode_head

log = logging.getLogger(__name__)

_FRAME = struct.Struct(">IQQB")
_SUFFIX = ".pages"
#: This file says that pages were removed.
_REMOVED = "removed"


class NoHistory:
    """The History port where nothing is kept."""

    is_on = False

    def take_block(self, block: Block) -> None:
        """Do nothing."""

    def take_head(self, head: Head) -> None:
        """Do nothing."""

    def tell(self, decision: Record) -> None:
        """Do nothing."""

    async def read(self) -> Kept:
        """Return nothing."""
        return Kept(is_on=False, is_whole=False, pages=iter(()))

    async def close(self) -> None:
        """Do nothing."""


class MemoryHistory:
    """The History port in memory, without bounds: for tests."""

    is_on = True

    def __init__(self) -> None:
        """Start empty."""
        self.pages: list[Page] = []
        self._last_seq = 0

    def take_block(self, block: Block) -> None:
        """Keep the head of a durable block."""
        self._last_seq = block.seq
        self.pages.append(Page(block.seq, block.at, block.format, block.head))

    def take_head(self, head: Head) -> None:
        """Keep the head of a block, unless it is kept already."""
        if head.seq > self._last_seq:
            self._last_seq = head.seq
            self.pages.append(Page(head.seq, head.at, head.format, head.head))

    def tell(self, decision: Record) -> None:
        """Keep a decision."""
        self.pages.append(page_of(decision))

    async def read(self) -> Kept:
        """Return all of it."""
        return Kept(is_on=True, is_whole=True, pages=iter(list(self.pages)))

    async def close(self) -> None:
        """Do nothing."""


class FileHistory:
    """The History port on a folder."""

    is_on = True

    def __init__(
        self,
        folder: Path,
        bytes_max: int,
        age_ms: int,
        space_is_low: Callable[[], bool] = lambda: False,
    ) -> None:
        """Write below `folder`, which is made when there is something to write.

        Args:
            bytes_max: Of all files together.
            age_ms: How old the newest page of a file may be.
            space_is_low: Whether the disk has no room for what can be done without.
        """
        self._files = _Files(folder, bytes_max, age_ms)
        self._space_is_low = space_is_low
        self._waiting: list[Page] = []
        self._waiting_bytes = 0
        self._last_seq = self._files.last_seq()
        self._timer: asyncio.TimerHandle | None = None
        self._writing = asyncio.Lock()
        self._is_losing = False
        self._tasks: set[asyncio.Task[None]] = set()

    def take_block(self, block: Block) -> None:
        """Keep the head of a durable block, soon."""
        self._last_seq = block.seq
        self._take(Page(block.seq, block.at, block.format, block.head))

    def take_head(self, head: Head) -> None:
        """Keep the head of a block that was found in the journal, unless it is kept already."""
        if head.seq > self._last_seq:
            self._last_seq = head.seq
            self._take(Page(head.seq, head.at, head.format, head.head))

    def tell(self, decision: Record) -> None:
        """Keep a decision, soon."""
        self._take(page_of(decision))

    async def read(self) -> Kept:
        """Write out what waits and return what there is."""
        await self._write()
        async with self._writing:  # The oldest file is removed by another thread.
            return await asyncio.to_thread(self._files.kept)

    async def close(self) -> None:
        """Write out what waits."""
        if self._timer is not None:
            self._timer.cancel()
        await self._write()
        self._files.close()

    def _take(self, page: Page) -> None:
        self._waiting.append(page)
        self._waiting_bytes += len(page.head)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(HISTORY_WRITE_AFTER_S, self._begin_to_write)

    def _begin_to_write(self) -> None:
        task = asyncio.get_running_loop().create_task(self._write())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self) -> None:
        """Write what waits now; what is too much, or finds no room, is lost and logged once."""
        async with self._writing:
            self._timer = None
            pages, self._waiting = self._waiting, []
            size, self._waiting_bytes = self._waiting_bytes, 0
            if not pages:
                return
            why = ""
            if size > HISTORY_WAITING_BYTES_MAX:
                why = "it came faster than it could be written"
            elif self._space_is_low():
                why = "disk space is low"
            else:
                try:
                    await asyncio.to_thread(self._files.append, pages)
                except OSError as error:
                    why = str(error)
            if why and not self._is_losing:
                log.warning("a part of the history of messages is lost: %s", why)
            self._is_losing = bool(why)


class _Files:
    """The files of a folder; used by one thread at a time."""

    def __init__(self, folder: Path, bytes_max: int, age_ms: int) -> None:
        self._folder = folder
        self._bytes_max = bytes_max
        self._age_ms = age_ms
        self._path: Path | None = None  # of the file that is written
        self._size = 0

    def last_seq(self) -> int:
        """Return the newest block that is kept; 0: none is."""
        for path in reversed(self._paths()):
            seqs = [page.seq for page in _pages_in(path, path.stat().st_size)]
            if any(seqs):
                return max(seqs)
        return 0

    def append(self, pages: Iterable[Page]) -> None:
        """Write pages, and remove what is too much or too old."""
        pages = list(pages)
        data = b"".join(
            part
            for page in pages
            for part in (
                _FRAME.pack(len(page.head), page.seq, page.at, page.format),
                page.head,
            )
        )
        at = pages[-1].at
        if self._path is None or self._is_full(at):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._path, self._size = self._new_path(pages[0].at), 0
        with self._path.open("ab") as file:
            file.write(data)
        self._size += len(data)
        self._remove_oldest(at)

    def kept(self) -> Kept:
        """Return what is there now."""
        sizes = [(path, path.stat().st_size) for path in self._paths()]
        is_whole = not (self._folder / _REMOVED).exists()
        pages = (page for path, size in sizes for page in _pages_in(path, size))
        return Kept(is_on=True, is_whole=is_whole, pages=pages)

    def close(self) -> None:
        """Begin a new file with the next page."""
        self._path = None

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))

    def _is_full(self, at: Instant) -> bool:
        assert self._path is not None
        begun = int(self._path.stem.partition("-")[0])
        return (
            self._size >= self._bytes_max // HISTORY_PARTS
            or at - begun >= self._age_ms // HISTORY_PARTS
        )

    def _new_path(self, at: Instant) -> Path:
        number = 0
        while (path := self._folder / f"{at:015d}-{number:04d}{_SUFFIX}").exists():
            number += 1
        return path

    def _remove_oldest(self, now: Instant) -> None:
        paths = self._paths()
        excess = sum(path.stat().st_size for path in paths) - self._bytes_max
        for path, following in pairwise(paths):
            newest = int(following.stem.partition("-")[0])  # nothing in `path` is newer
            if excess <= 0 and now - newest <= self._age_ms:
                break
            excess -= path.stat().st_size
            (self._folder / _REMOVED).touch()
            path.unlink()


def _pages_in(path: Path, size: int) -> Iterator[Page]:
    """Yield the pages in the first `size` bytes of a file, up to one that is cut off."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return  # it became too old meanwhile
    with file:
        while size >= _FRAME.size:
            frame = file.read(_FRAME.size)
            if len(frame) < _FRAME.size:
                return
            length, seq, at, format = _FRAME.unpack(frame)
            size -= _FRAME.size + length
            if size < 0:
                return  # cut off, or a length that is damaged: up to 4 GiB would be made room for
            head = file.read(length)
            if len(head) < length:
                return
            yield Page(seq, Instant(at), format, head)


def page_of(decision: Record) -> Page:
    """Return the page of one decision."""
    return Page(0, decision.at, FORMAT, encode_head([decision]))
