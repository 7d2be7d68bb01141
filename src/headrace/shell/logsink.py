"""Log streams as files, written by a thread of their own; and in memory, for tests.

A stream lies in `<folder>/<group>/<stream>.log`; what a file name may not hold is escaped as in
URLs. A stream that grows beyond its limit goes on in a new file, and one older file is kept
(`.log.1`). When all files together grow beyond their limit, the ones written longest ago go.
"""

import asyncio
import hashlib
import logging
import threading
from collections import OrderedDict
from io import BufferedWriter
from pathlib import Path
from urllib.parse import quote

log = logging.getLogger(__name__)

#: Bytes that wait to be written. Beyond: further lines are dropped, and the stream says so.
WAITING_BYTES_MAX = 16 * 1024 * 1024
#: Bytes of one file of a stream.
STREAM_BYTES_MAX = 16 * 1024 * 1024
#: Bytes of all files together; looked at whenever as much again as one stream was written.
FOLDER_BYTES_MAX = 1024 * 1024 * 1024
#: Files held open at a time.
OPEN_FILES_MAX = 64
#: Characters of a file name; a longer one ends in a digest of the whole.
NAME_LENGTH_MAX = 200

_Stream = tuple[str, str]


class FileLogSink:
    """The LogSink port on a folder."""

    def __init__(
        self,
        folder: Path,
        stream_bytes_max: int = STREAM_BYTES_MAX,
        folder_bytes_max: int = FOLDER_BYTES_MAX,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
    ) -> None:
        """Write below `folder`, which is made when the first line comes."""
        self._files = _Files(folder, stream_bytes_max, folder_bytes_max)
        self._waiting_bytes_max = waiting_bytes_max
        self._turn = threading.Condition()
        self._waiting: dict[_Stream, bytearray] = {}
        self._waiting_bytes = 0
        self._dropped: dict[_Stream, int] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="headrace-logs", daemon=True)
        self._thread.start()

    def write(self, group: str, stream: str, text: bytes) -> None:
        """Append whole lines to a stream, soon; never blocks for long."""
        key = (group, stream)
        with self._turn:
            if self._closed:
                return
            if self._waiting_bytes + len(text) > self._waiting_bytes_max:
                self._dropped[key] = self._dropped.get(key, 0) + len(text)
                return
            self._waiting_bytes += len(text)
            self._waiting.setdefault(key, bytearray()).extend(text)
            self._turn.notify()

    async def close(self) -> None:
        """Write out what is buffered and end the thread."""
        with self._turn:
            self._closed = True
            self._turn.notify()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while True:
            with self._turn:
                while not (self._waiting or self._dropped or self._closed):
                    self._turn.wait()
                waiting, self._waiting = self._waiting, {}
                dropped, self._dropped = self._dropped, {}
                closed = self._closed
            written = 0
            for key in waiting | dropped:
                text = waiting.get(key, b"")
                written += len(text)
                self._files.append(key, bytes(text) + _warning(dropped.get(key, 0)))
            with self._turn:
                self._waiting_bytes -= written
            if closed:
                self._files.close()
                return


def _warning(dropped_bytes: int) -> bytes:
    if not dropped_bytes:
        return b""
    return (
        f"HEADRACE_WARNING: {dropped_bytes} bytes of log lines were dropped here: they came faster "
        "than they could be written.\n"
    ).encode()


class _Files:
    """The files of streams; used by the writing thread only."""

    def __init__(self, folder: Path, stream_bytes_max: int, folder_bytes_max: int) -> None:
        self._folder = folder
        self._stream_bytes_max = stream_bytes_max
        self._folder_bytes_max = folder_bytes_max
        self._open: OrderedDict[Path, BufferedWriter] = OrderedDict()
        self._unchecked_bytes = stream_bytes_max  # so that the first write looks at what is there
        self._is_failing = False

    def append(self, key: _Stream, text: bytes) -> None:
        """Append to a stream; what cannot be written (disk full) is lost, and logged once."""
        path = stream_path(self._folder, *key)
        try:
            file = self._file(path)
            file.write(text)
            file.flush()
            if file.tell() >= self._stream_bytes_max:
                self._close(path)
                path.replace(path.with_name(f"{path.name}.1"))
            self._unchecked_bytes += len(text)
            if self._unchecked_bytes >= self._stream_bytes_max:
                self._remove_oldest()
            self._is_failing = False
        except OSError as error:
            if not self._is_failing:
                log.warning("log lines of functions are lost: %s", error)
            self._is_failing = True

    def close(self) -> None:
        """Close all files."""
        for path in list(self._open):
            self._close(path)

    def _file(self, path: Path) -> BufferedWriter:
        file = self._open.get(path)
        if file is not None:
            self._open.move_to_end(path)
            return file
        if len(self._open) >= OPEN_FILES_MAX:
            self._close(next(iter(self._open)))
        path.parent.mkdir(parents=True, exist_ok=True)
        file = self._open[path] = path.open("ab")
        return file

    def _close(self, path: Path) -> None:
        self._open.pop(path).close()

    def _remove_oldest(self) -> None:
        """Keep all files together below their limit."""
        self._unchecked_bytes = 0
        sizes = []
        for path in self._folder.glob("*/*.log*"):
            status = path.stat()
            sizes.append((status.st_mtime_ns, status.st_size, path))
        excess = sum(size for _, size, _ in sizes) - self._folder_bytes_max
        for _, size, path in sorted(sizes):
            if excess <= 0:
                break
            if path not in self._open:
                path.unlink()
                excess -= size


def stream_path(folder: Path, group: str, stream: str) -> Path:
    """Return the file of a log stream."""
    return folder / _file_name(group) / f"{_file_name(stream)}.log"


def _file_name(name: str) -> str:
    escaped = quote(name, safe="[]$#")
    if not escaped.strip("."):
        escaped = escaped.replace(".", "%2E")
    if len(escaped) > NAME_LENGTH_MAX:
        digest = hashlib.sha256(name.encode()).hexdigest()[:32]
        escaped = f"{escaped[: NAME_LENGTH_MAX - 33]}-{digest}"
    return escaped


class MemoryLogSink:
    """The LogSink port in memory, without limits: for tests."""

    def __init__(self) -> None:
        """Start empty."""
        self.streams: dict[_Stream, bytearray] = {}

    def write(self, group: str, stream: str, text: bytes) -> None:
        """Append to a stream."""
        self.streams.setdefault((group, stream), bytearray()).extend(text)

    async def close(self) -> None:
        """Do nothing: all is written."""

    def text(self, group: str) -> str:
        """Return what all streams of a group hold, in the order of their first lines."""
        found = [bytes(text) for (name, _), text in self.streams.items() if name == group]
        return b"".join(found).decode()
