"""Connections to journal.sqlite: one that writes, one that checkpoints, some that read."""

import sqlite3
import sys
from pathlib import Path

#: SQLite's default, spelt out: a frame of the WAL holds one page and 24 bytes.
PAGE_BYTES = 4_096
FRAME_BYTES = PAGE_BYTES + 24

#: Pages that a connection keeps in memory, in KiB (negative: SQLite's way to say KiB).
CACHE_KIB = -4_096

#: Makes a connection; tests pass one that fails on purpose.
Connect = type[sqlite3.Connection]


def connect(path: Path, factory: Connect = sqlite3.Connection) -> sqlite3.Connection:
    """Return a connection in autocommit mode that any one thread at a time may use."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=10.0, factory=factory
    )
    connection.execute(f"PRAGMA cache_size = {CACHE_KIB}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA synchronous = FULL")
    # Some builds overwrite what is deleted: deleting a block would write as much as it frees.
    connection.execute("PRAGMA secure_delete = OFF")
    if sys.platform == "darwin":
        # fsync alone stops at the drive's cache there.
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("PRAGMA checkpoint_fullfsync = ON")
    return connection


def connect_writer(path: Path, factory: Connect = sqlite3.Connection) -> sqlite3.Connection:
    """Return the connection that writes; prepares a new file for WAL and for giving pages back."""
    connection = connect(path, factory)
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        connection.close()
        raise sqlite3.OperationalError(f"the file system of {path} cannot serve a WAL ({mode})")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads."""
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection
