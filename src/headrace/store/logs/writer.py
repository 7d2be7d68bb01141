"""The files of streams as one thread writes them: rotation, bounds, removal.

A stream that grows beyond its limit goes on in a new file, and one older file is kept. When the
files of a group, or all files together, grow beyond their limit, those written longest ago go. So
a function that writes without end loses its own lines and not the others'.
"""

import contextlib
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Sequence
from io import FileIO
from pathlib import Path

import msgspec

from headrace.core.logs.events import GroupKey
from headrace.store.logs.folder import (
    HEAD_BYTES_MAX,
    escaped,
    group_folder,
    is_segment,
    old_folder,
    segment_files,
    stream_file,
)
from headrace.store.logs.lines import Head, event_of, head_line, read_head

#: Files held open at a time.
OPEN_FILES_MAX = 64

_Stream = tuple[int, str]
#: When a file was written last, how long it is, its folder and its name.
_Written = tuple[int, int, str, str]


class Bounds(msgspec.Struct, frozen=True):
    """How much is kept; ours."""

    stream_bytes: int = 16 * 1024 * 1024  #: Of one file of a stream.
    group_bytes: int = 256 * 1024 * 1024
    group_files: int = 5_000
    all_bytes: int = 1024 * 1024 * 1024
    all_files: int = 50_000
    #: New files after which the bounds are looked at, beside every `stream_bytes`.
    look_after_files: int = 500


class _Open:
    """A file that is being written."""

    __slots__ = ("file", "is_linked", "is_ordered", "path", "segment", "size")

    def __init__(self, path: Path, segment: int) -> None:
        self.path = path
        self.segment = segment
        self.is_ordered = False  #: Whether its events lie in the order of their instants.
        self.is_linked = False  #: Whether its name is sure to be on disk.
        self.file: FileIO = path.open("ab", buffering=0)
        self.size = self.file.seek(0, os.SEEK_END)  #: Nobody else writes.

    def write(self, data: bytes) -> None:
        """Append all of it, or nothing: half an event would spoil the next one.

        Raises:
            OSError: It could not be written.
        """
        left = memoryview(data)
        try:
            while left:
                left = left[self.file.write(left) :]
        except OSError:
            with contextlib.suppress(OSError):
                written = len(data) - len(left)
                self.file.truncate(self.file.seek(0, os.SEEK_END) - written)
            raise
        self.size += len(data)

    def sync(self) -> None:
        """Have the file, and the folders that lead to it, on disk.

        Raises:
            OSError: That failed.
        """
        os.fsync(self.file.fileno())
        if not self.is_linked:
            for folder in list(self.path.parents)[:3]:  # of the group, of all groups, of all data
                _sync_folder(folder)
            self.is_linked = True


class Writer:
    """All files below a folder; used by one thread only."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        """Write below `folder`, which is made when the first line comes."""
        self._folder = folder
        self._bounds = bounds
        #: Held while events are appended: who reads a file's size sees whole events.
        self.writing = threading.Lock()
        self._open: OrderedDict[_Stream, _Open] = OrderedDict()
        self._unchecked_bytes = (
            bounds.stream_bytes
        )  # so that the first write looks at what is there
        self._unchecked_files = 0

    def append(self, group: GroupKey, stream: str, at: int, lines: bytes) -> None:
        """Append lines to a stream, which is made if need be; they are in the file then.

        Raises:
            OSError: They could not be written; none of them is there.
        """
        opened = self._opened(group, stream, at)
        if opened.size >= self._bounds.stream_bytes:
            opened = self._rotate(group, stream, at, opened)
        self._write(group, stream, opened, lines)
        self._look_at_bounds()

    def put(self, group: GroupKey, stream: str, at: int, events: Sequence[tuple[int, str]]) -> bool:
        """Append events durably; False: there is no such stream.

        Raises:
            OSError: They could not be written.
        """
        if not self._exists(group, stream):
            return False
        opened = self._opened(group, stream, at)
        if opened.is_ordered or opened.size >= self._bounds.stream_bytes:
            opened = self._rotate(group, stream, at, opened)
        lines = b"".join(event_of(when, at, message) for when, message in events)
        self._write(group, stream, opened, lines)
        opened.sync()
        self._look_at_bounds()
        return True

    def create(self, group: GroupKey, stream: str, at: int) -> bool:
        """Make an empty stream durably; False: there is one.

        Raises:
            OSError: It could not be made.
        """
        if self._exists(group, stream):
            return False
        group_folder(self._folder, group).mkdir(parents=True, exist_ok=True)
        self._begin(group, stream, at, 1, ordered=False).sync()
        self._look_at_bounds()
        return True

    def delete(self, group: GroupKey, stream: str) -> bool:
        """Delete a stream; False: there is none."""
        self._close((group.number, stream))
        folder = group_folder(self._folder, group)
        name = escaped(stream)
        files = [file for file in segment_files(folder) if file.stream == name]
        for file in files:
            (folder / file.name).unlink(missing_ok=True)
        return bool(files)

    def drop(self, group: GroupKey) -> None:
        """Delete all streams of a group."""
        for key in [key for key in self._open if key[0] == group.number]:
            self._close(key)
        shutil.rmtree(group_folder(self._folder, group), ignore_errors=True)

    def expire(self, group: GroupKey, before: int) -> None:
        """Delete files that were written last before an instant in ms."""
        folder = group_folder(self._folder, group)
        used = {opened.path for opened in self._open.values()}
        for file in segment_files(folder):
            path = folder / file.name
            with contextlib.suppress(FileNotFoundError):  # Somebody removed it.
                if path.stat().st_mtime_ns // 1_000_000 >= before:
                    continue
            if path in used:
                key = next(key for key, one in self._open.items() if one.path == path)
                self._close(key)
            path.unlink(missing_ok=True)

    def adopt(self, group: GroupKey) -> None:
        """Give a group the folder in which an older server kept its streams."""
        old, new = old_folder(self._folder, group.name), group_folder(self._folder, group)
        if not old.is_dir():
            return
        new.mkdir(exist_ok=True)
        for path in old.iterdir():
            path.replace(new / path.name)
        old.rmdir()

    def close(self) -> None:
        """Close all files."""
        for key in list(self._open):
            self._close(key)

    # --- files -----------------------------------------------------------------------------------

    def _exists(self, group: GroupKey, stream: str) -> bool:
        if (group.number, stream) in self._open:
            return True
        name = escaped(stream)
        files = segment_files(group_folder(self._folder, group))
        return any(file.stream == name for file in files)

    def _opened(self, group: GroupKey, stream: str, at: int) -> _Open:
        key = (group.number, stream)
        opened = self._open.get(key)
        if opened is not None:
            if opened.path.exists():
                self._open.move_to_end(key)
                return opened
            self._close(key)  # Removed from outside: the stream begins anew.
        folder = group_folder(self._folder, group)
        folder.mkdir(parents=True, exist_ok=True)
        name = escaped(stream)
        segments = [file.segment for file in segment_files(folder) if file.stream == name]
        segment = max(segments, default=1)
        if segment in segments and _head_of(stream_file(folder, stream, segment)) is None:
            segment += 1  # An older server wrote it.
        return self._begin(group, stream, at, max(1, segment), ordered=True)

    def _begin(
        self, group: GroupKey, stream: str, at: int, segment: int, *, ordered: bool
    ) -> _Open:
        """Open a segment for writing; it has a head, and ends in a whole line."""
        path = stream_file(group_folder(self._folder, group), stream, segment)
        if len(self._open) >= OPEN_FILES_MAX:
            self._close(next(iter(self._open)))
        opened = self._open[group.number, stream] = _Open(path, segment)
        if not opened.size:
            opened.is_ordered = ordered
            self._unchecked_files += 1
            try:
                self._write(group, stream, opened, head_line(stream, at, ordered=ordered))
            except OSError:
                path.unlink(missing_ok=True)
                raise
            return opened
        head = _head_of(path)
        opened.is_ordered = head is not None and head.ordered
        if not _ends_whole(path):  # The server ended in the middle of a line.
            self._write(group, stream, opened, b"\n")
        return opened

    def _write(self, group: GroupKey, stream: str, opened: _Open, data: bytes) -> None:
        """Append to a file; after a failure it is opened again before anything else is written."""
        self._unchecked_bytes += len(data)
        try:
            with self.writing:
                opened.write(data)
        except OSError:
            self._close((group.number, stream))
            raise

    def _rotate(self, group: GroupKey, stream: str, at: int, opened: _Open) -> _Open:
        """Go on in a new file, and return it; of those before, one stays."""
        os.fsync(opened.file.fileno())
        self._close((group.number, stream))
        folder = opened.path.parent
        new = self._begin(group, stream, at, opened.segment + 1, ordered=False)
        name = escaped(stream)
        for file in segment_files(folder):
            if file.stream == name and file.segment < opened.segment:
                (folder / file.name).unlink(missing_ok=True)
        return new

    def _close(self, key: _Stream) -> None:
        opened = self._open.pop(key, None)
        if opened is not None:
            opened.file.close()

    def _look_at_bounds(self) -> None:
        """Keep the files of each group, and all together, below their limits, now and then."""
        bounds = self._bounds
        if (
            self._unchecked_bytes < bounds.stream_bytes
            and self._unchecked_files < bounds.look_after_files
        ):
            return
        self._unchecked_bytes = self._unchecked_files = 0
        everything: list[_Written] = []
        with os.scandir(self._folder) as groups:
            for group in groups:
                if group.is_dir(follow_symlinks=False):
                    files = _written_files(group.path)
                    self._keep_below(files, bounds.group_bytes, bounds.group_files)
                    everything += files
        self._keep_below(everything, bounds.all_bytes, bounds.all_files)

    def _keep_below(self, files: list[_Written], bytes_max: int, files_max: int) -> None:
        """Remove the oldest, from the list too, until the rest is small enough."""
        excess_bytes = sum(size for _, size, _, _ in files) - bytes_max
        excess_files = len(files) - files_max
        if excess_bytes <= 0 and excess_files <= 0:
            return
        used = {str(opened.path) for opened in self._open.values()}
        files.sort()
        kept = []
        for file in files:
            _, size, folder, name = file
            path = f"{folder}/{name}"
            if (excess_bytes > 0 or excess_files > 0) and path not in used:
                Path(path).unlink(missing_ok=True)
                excess_bytes -= size
                excess_files -= 1
            else:
                kept.append(file)
        files[:] = kept


def _written_files(folder: str) -> list[_Written]:
    """Return all files of a group, which may be thousands: as little of each as will do."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_segment(entry.name):
                with contextlib.suppress(FileNotFoundError):  # Somebody removed it.
                    status = entry.stat(follow_symlinks=False)
                    found.append((status.st_mtime_ns, status.st_size, folder, entry.name))
    return found


def _head_of(path: Path) -> Head | None:
    """Return what a file says of itself; None: it has no head, and takes no events of ours."""
    with path.open("rb") as opened:
        return read_head(opened.readline(HEAD_BYTES_MAX))


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read(1) == b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
