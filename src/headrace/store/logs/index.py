"""What lies where in a file, so that a reader reads no more than it must.

A file is cut into blocks of whole events. Of each block is known between which instants its events
lie; a file that has grown is read from where it ended before.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from headrace.core.logs.events import StoredEvent
from headrace.store.logs.folder import SegmentFile, place_of
from headrace.store.logs.lines import EVENT, NEXT_EVENT, Place, parse

#: Bytes of a block, about; an event is never cut.
BLOCK_BYTES = 65_536
#: Files whose index is kept in memory: more than a group has, or each look at it would read all.
FILES_MAX = 8_192
#: Bytes in which the instants of an event surely are.
FIRST_BYTES = 40
#: Lines from the end in which the beginning of an event usually is.
LINES_LOOKED_AT = 100
#: The end of a line before one that is no further line of an event.
_LINE = re.compile(rb"\n(?=[^\t])")
#: Bytes that are read at a time while an index is made.
READ_BYTES = 1_048_576


class Block:
    """A stretch of a file, and the least and greatest instant of its events."""

    __slots__ = ("end", "first_at", "last_at", "start")

    def __init__(self, start: int, at: int) -> None:
        """Begin with an event at an instant."""
        self.start = self.end = start
        self.first_at = self.last_at = at


class FileIndex:
    """The blocks of one file."""

    def __init__(self, path: Path, file: SegmentFile) -> None:
        """Look at a file's head.

        Raises:
            OSError: It cannot be read, or is gone.
        """
        self.path = path
        self.place: Place
        self.place, head, self.read_to = place_of(path, file)
        self.created_at = head.created_at
        self._is_ordered = head.ordered
        self.blocks: list[Block] = []
        self.last_ingested_at: int | None = None

    @property
    def first_at(self) -> int | None:
        """The least instant of all events."""
        return min((block.first_at for block in self.blocks), default=None)

    @property
    def last_at(self) -> int | None:
        """The greatest instant of all events."""
        return max((block.last_at for block in self.blocks), default=None)

    def extend(self, size: int) -> None:
        """Read what has been added, up to a size at which the file ended in a whole event."""
        if size <= self.read_to:
            return
        with self.path.open("rb") as file:
            while self._is_ordered and size - self.read_to > 2 * BLOCK_BYTES and self._leap(file):
                pass
            file.seek(self.read_to)
            rest = b""
            while self.read_to + len(rest) < size:
                want = min(READ_BYTES, size - self.read_to - len(rest))
                data = file.read(want)
                if not data:
                    break
                rest = self._take(rest + data, is_last=self.read_to + len(rest) + want >= size)

    def events(
        self,
        block: Block,
        needles: Sequence[bytes] = (),
        since: int = 0,
        until: int | None = None,
    ) -> list[StoredEvent]:
        """Read the events of a block between two instants, unless a needle is nowhere in it.

        Raises:
            OSError: The file is gone.
        """
        with self.path.open("rb") as file:
            file.seek(block.start)
            data = file.read(block.end - block.start)
        if any(needle not in data for needle in needles):
            return []
        return list(parse(self.place, data, block.start, since, until))

    def _leap(self, file: BinaryIO) -> bool:
        """Add a block of a file in order without looking at each event; False: there is none."""
        start = self.read_to
        file.seek(start)
        first = EVENT.match(file.read(FIRST_BYTES) + b"\n")
        file.seek(start + BLOCK_BYTES)
        behind = NEXT_EVENT.search(file.read(BLOCK_BYTES))
        if first is None or behind is None:
            return False  # Bytes that are none of ours, or an event longer than a block.
        block = Block(start, int(first[1]))
        block.end = self.read_to = start + BLOCK_BYTES + behind.start() + 1
        block.last_at = int(behind[1])
        self.blocks.append(block)
        return True

    def _take(self, data: bytes, *, is_last: bool) -> bytes:
        """Add whole events to the blocks; return what may be the beginning of another one."""
        end = data.rfind(b"\n") + 1 if is_last else _whole_events(data)
        base = self.read_to
        plain_at = self.place.plain_at
        for match in self.place.pattern.finditer(data, 0, end):
            at = plain_at if plain_at is not None else int(match[1])
            start = base + match.start()
            block = self.blocks[-1] if self.blocks else None
            if block is None or start - block.start >= BLOCK_BYTES:
                block = Block(start, at)
                self.blocks.append(block)
            block.end = base + match.end()
            block.first_at = min(block.first_at, at)
            block.last_at = max(block.last_at, at)
            self.last_ingested_at = at if plain_at is not None else at + int(match[2])
        self.read_to += end
        return data[end:]


def _whole_events(data: bytes) -> int:
    """Return how much of bytes surely is whole events: up to the last line that begins one."""
    end = len(data)
    for _ in range(LINES_LOOKED_AT):
        end = data.rfind(b"\n", 0, end)
        if end < 0:
            return 0
        if data[end + 1 : end + 2] not in {b"", b"\t"}:
            return end + 1
    begins = 0  # A message of a million lines: they are gone through at the speed of C.
    for match in _LINE.finditer(data, 0, end + 1):
        begins = match.end()
    return begins


class Indexes:
    """The indexes of files that were asked about lately; used by one thread at a time."""

    def __init__(self, writing: threading.Lock) -> None:
        """Start empty; who holds `writing` may be in the middle of an event."""
        self._writing = writing
        self._kept: OrderedDict[Path, tuple[int, FileIndex]] = OrderedDict()

    def of(self, path: Path, file: SegmentFile) -> FileIndex | None:
        """Return the index of a file as it is now; None: it is gone, or cannot be read."""
        try:
            with self._writing:
                status = path.stat()
            kept = self._kept.get(path)
            if kept is None or kept[0] != status.st_ino or kept[1].read_to > status.st_size:
                kept = (status.st_ino, FileIndex(path, file))
            kept[1].extend(status.st_size)
        except OSError:
            self._kept.pop(path, None)
            return None
        self._kept[path] = kept
        self._kept.move_to_end(path)
        while len(self._kept) > FILES_MAX:
            self._kept.popitem(last=False)
        return kept[1]
