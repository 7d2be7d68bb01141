"""The WAL file: make it durable as it is, write zeros ahead, find damage in its middle.

SQLite drops everything from the first frame on whose check sum differs. That is right for a
half-written end, which was never acknowledged; it would be silent loss in the middle. Each commit
is flushed before the next begins, so at most one transaction can be half-written: two commits
behind the last good frame are damage. Layout: www.sqlite.org/fileformat2.html, section 4.
"""

import errno
import os
import struct
from pathlib import Path

from headrace.store.folder import sync_folder
from headrace.store.limits import MIB
from headrace.store.sqlite.connection import FRAME_BYTES

_HEADER_BYTES = 32
_HEADER_SALTS = slice(16, 24)
_FRAMES_IN_INDEX = struct.Struct("=16xI")
_FRAME_HEADER = struct.Struct(">II8s")  # page, pages after the commit (0: no commit), salts


def wal_of(database: Path) -> Path:
    """Return the path of a database's WAL."""
    return database.with_name(database.name + "-wal")


def settle_wal(database: Path) -> None:
    """Put what the WAL says on the disk; call it while nobody has the database open.

    After a failed flush or a kill the file may read well and not be on the disk, and flushing it
    again would not tell. A fresh copy does.
    """
    wal = wal_of(database)
    if not wal.exists() or wal.stat().st_size == 0:
        return
    copy = wal.with_name(wal.name + ".copy")
    try:
        with wal.open("rb") as source, copy.open("wb") as target:
            while part := source.read(MIB):
                target.write(part)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        copy.unlink(missing_ok=True)
        if error.errno != errno.ENOSPC:
            raise
        with wal.open("rb+") as file:  # no room for a copy: the disk is full rather than broken
            os.fsync(file.fileno())
    else:
        copy.replace(wal)
    sync_folder(database.parent)


def write_ahead(database: Path, size: int) -> None:
    """Extend the WAL to `size` bytes with zeros, which SQLite takes for its end.

    Where there is no room for them, commits are slower and nothing else.
    """
    wal = wal_of(database)
    length = wal.stat().st_size if wal.exists() else 0
    try:
        with wal.open("ab") as file:
            for position in range(length, size, MIB):
                file.write(bytes(min(MIB, size - position)))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.truncate(wal, length)


def good_frames(database: Path) -> int:
    """Return how many frames of the WAL SQLite takes for good; somebody must have it open.

    The number stands in the WAL's index (www.sqlite.org/walformat.html, section 2.1).
    """
    index = database.with_name(database.name + "-shm")
    return int(_FRAMES_IN_INDEX.unpack_from(index.read_bytes())[0]) if index.exists() else 0


def commits_behind(database: Path, frames: int) -> int:
    """Return how many commits stand in the WAL behind its first `frames` frames, the good ones."""
    wal = wal_of(database)
    if not wal.exists():
        return 0
    found = 0
    with wal.open("rb") as file:
        salts = file.read(_HEADER_BYTES)[_HEADER_SALTS]
        position = _HEADER_BYTES + frames * FRAME_BYTES
        while True:
            file.seek(position)
            header = file.read(_FRAME_HEADER.size)
            if len(header) < _FRAME_HEADER.size:
                return found
            page, pages_after_commit, frame_salts = _FRAME_HEADER.unpack(header)
            if page and pages_after_commit and frame_salts == salts:
                found += 1
            position += FRAME_BYTES
