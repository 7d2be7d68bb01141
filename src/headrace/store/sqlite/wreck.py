"""Read a journal file as it is, block by block, and write what is readable to a new one."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from headrace.ports.journal import Block, JournalDamaged, Snapshot
from headrace.store.blobs import BLOBS_FOLDER, UNFINISHED
from headrace.store.folder import sync_folder
from headrace.store.sqlite.connection import connect_writer
from headrace.store.sqlite.statements import SQL, read_script
from headrace.store.sqlite.wal import commits_behind, good_frames


class FileWreck:
    """The Wreck port on a data folder. Nothing in it is changed.

    The file is opened for reading only: closing a connection that could write would copy the WAL
    into the database and delete it, and with it what a damaged frame hides.
    """

    def __init__(self, path: Path) -> None:
        """Open the journal's file; the caller owns its folder.

        Raises:
            JournalDamaged: It is not there, or nothing at all can be read.
        """
        self.name = str(path)
        self.path = path
        self.troubles: list[str] = []
        if not path.exists():
            raise JournalDamaged(f"there is no {path}")
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
            )
            self._connection.execute(SQL["format"]).fetchone()
        except sqlite3.DatabaseError as error:
            raise JournalDamaged(f"nothing can be read of {path}: {error}") from error
        self._look_at_wal()
        self._look_at_pages()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def numbers(self) -> list[int]:
        """Return the numbers of all blocks that are there or may be there, ascending."""
        try:
            return [seq for (seq,) in self._connection.execute(SQL["block_numbers"])]
        except sqlite3.DatabaseError:
            # The tree of the table is torn: look for each number between the ends that are known.
            return list(range(1, self.highest() + 1))

    def block(self, seq: int) -> Block | str | None:
        """Return a block; a sentence when it cannot be read; None when it is not there."""
        try:
            row = self._connection.execute(SQL["block"], (seq,)).fetchone()
        except sqlite3.DatabaseError as error:
            return f"it cannot be read ({error})"
        return None if row is None else Block(*row)

    def snapshots(self) -> Iterator[Snapshot | str]:
        """Yield each machine's snapshot, or a sentence about one that is damaged."""
        try:
            for machine, upto, kind, state, check_sum in self._connection.execute(SQL["snapshots"]):
                if zlib.crc32(state or b"") == check_sum:
                    yield Snapshot(machine, upto, kind, state)
                else:
                    yield f"the snapshot of machine {machine} up to block {upto} is damaged"
        except sqlite3.DatabaseError as error:
            yield f"the snapshots cannot be read further ({error})"

    def highest(self) -> int:
        """Return the highest block number that was ever used, as far as can be read."""
        highest = 0
        for name in ("highest_block", "highest_deleted", "highest_snapshot"):
            try:
                (found,) = self._connection.execute(SQL[name]).fetchone()
            except sqlite3.DatabaseError:
                continue
            highest = max(highest, found or 0)
        return highest

    def blobs(self) -> Iterator[tuple[str, bytes | str]]:
        """Yield the digest of each blob with its bytes, or with a sentence why they are not."""
        folder = self.path.parent / BLOBS_FOLDER
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            if file.name.startswith(UNFINISHED):
                continue
            try:
                yield file.name, file.read_bytes()
            except OSError as error:
                yield file.name, f"it cannot be read ({error.strerror})"

    def _look_at_wal(self) -> None:
        """Note whether the WAL holds commits that SQLite does not read any more."""
        frames = good_frames(self.path)
        lost = commits_behind(self.path, frames)
        if lost > 1:
            self.troubles.append(
                f"{self.path.name}-wal is damaged behind its frame {frames}:"
                f" {lost} commits after it cannot be read"
            )

    def _look_at_pages(self) -> None:
        try:
            for (line,) in self._connection.execute("PRAGMA quick_check(5)"):
                if line != "ok":
                    self.troubles.append(f"{self.path.name}: {line}")
        except sqlite3.DatabaseError as error:
            self.troubles.append(f"{self.path.name}: {error}")


def write_saved(
    path: Path, blocks: Iterable[Block], snapshots: Iterable[Snapshot], last_seq: int
) -> None:
    """Write a new journal file that holds these blocks and snapshots; durable on return.

    Args:
        path: Must not exist yet.
        blocks: With gaps where blocks are gone.
        snapshots: One a machine.
        last_seq: The highest number ever used, so that it is not used again.
    """
    connection = connect_writer(path)
    connection.executescript(f"BEGIN; {read_script('schema.sql')}")
    for block in blocks:
        connection.execute(
            SQL["append"],
            (block.seq, block.epoch, block.at, block.format, block.head, block.bodies),
        )
    for one in snapshots:
        check_sum = zlib.crc32(one.state or b"")
        row = (one.machine, one.upto, one.kind, one.state, check_sum)
        connection.execute(SQL["write_snapshot"], row)
    connection.execute(SQL["deleted_upto"], (last_seq,))
    connection.execute("COMMIT")
    connection.close()
    sync_folder(path.parent)
