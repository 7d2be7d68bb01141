"""The thread that copies the WAL into the database file, beside the commits."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from headrace.store.limits import WAL_BYTES_MAX, WAL_CHECKPOINT_BYTES
from headrace.store.sqlite.connection import FRAME_BYTES, connect

log = logging.getLogger(__name__)

#: What a commit writes beside its own bytes, in frames: leaf, inner page, page map, first page.
FRAMES_PER_COMMIT = 4


class Checkpointer:
    """Keeps the WAL within its prewritten part while the machine can, and bounded at all times."""

    def __init__(self, path: Path, gate: threading.Lock, on_failure: Callable[[str], None]) -> None:
        """Start the thread.

        Args:
            path: The database.
            gate: Held by the committer during each commit.
            on_failure: Told, in the thread, when the disk fails.
        """
        self._connection = connect(path)
        self._gate = gate
        self._on_failure = on_failure
        #: About how much the WAL holds; counted by the committer, corrected by each checkpoint.
        self._wal_bytes = 0
        self._wanted = threading.Event()
        self._has_room = threading.Event()
        self._has_room.set()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="headrace-checkpoint", daemon=True)
        self._thread.start()

    def count(self, payload_bytes: int) -> None:
        """Learn that a commit with that much payload was written; may start a checkpoint."""
        self._wal_bytes += payload_bytes + FRAMES_PER_COMMIT * FRAME_BYTES
        if self._wal_bytes >= WAL_CHECKPOINT_BYTES:
            self._wanted.set()
        if self._wal_bytes >= WAL_BYTES_MAX:
            self._has_room.clear()

    def wait_for_room(self) -> None:
        """Return when the WAL may grow: at once, unless commits have outrun the checkpoints."""
        self._has_room.wait()

    def make_room(self) -> None:
        """The disk is full: copy the WAL into what the reserve left, before anything is written.

        What the WAL holds would otherwise keep it from starting over, and so from taking deletes.
        """
        self._has_room.clear()
        self._wanted.set()

    def close(self) -> None:
        """Stop the thread and close its connection."""
        self._stopping = True
        self._wanted.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            if self._stopping:
                return
            self._wanted.clear()
            try:
                self._checkpoint()
            except sqlite3.Error as error:
                self._judge(error)
            finally:
                self._has_room.set()

    def _checkpoint(self) -> None:
        """Copy what there is beside the commits, then hold them for the rest.

        Only when everything is copied and nothing is under way does the next commit write at the
        beginning of the WAL again.
        """
        self._wal_bytes = 0
        self._copy()
        with self._gate:
            self._wal_bytes = self._copy()
        if self._wal_bytes > WAL_BYTES_MAX:
            log.warning("the WAL holds %d bytes; a reader keeps it", self._wal_bytes)

    def _copy(self) -> int:
        """Copy the WAL; return its length in bytes, or 0 if it can start over."""
        _, frames, copied = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return 0 if copied == frames else int(frames * FRAME_BYTES)

    def _judge(self, error: sqlite3.Error) -> None:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY}:
            # Nothing is lost: the WAL keeps what could not be copied.
            log.warning("the WAL could not be copied: %s", error)
        else:
            self._on_failure(f"{error} ({error.sqlite_errorname})")
