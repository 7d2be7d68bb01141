"""The checkpointing thread: it lets the WAL start over, and holds commits when it must."""

import sqlite3
import threading

import pytest

from headrace.store.limits import WAL_BYTES_MAX, WAL_CHECKPOINT_BYTES
from headrace.store.sqlite.checkpointer import Checkpointer
from headrace.store.sqlite.connection import connect_writer
from headrace.store.sqlite.wal import wal_of


@pytest.fixture
def writer(tmp_path):
    connection = connect_writer(tmp_path / "x.sqlite")
    connection.execute("CREATE TABLE t (a)")
    yield connection
    connection.close()


def write(writer, gate, size):
    with gate:
        writer.execute("INSERT INTO t VALUES (?)", (bytes(size),))


def wait_until(checkpointer, done):
    """Wait for the thread to have checkpointed: it says so by giving room."""
    checkpointer.make_room()
    checkpointer.wait_for_room()
    assert done()


def test_the_next_commit_writes_at_the_beginning_again(writer, tmp_path):
    gate, failures = threading.Lock(), []
    checkpointer = Checkpointer(tmp_path / "x.sqlite", gate, failures.append)
    write(writer, gate, WAL_CHECKPOINT_BYTES)
    checkpointer.count(WAL_CHECKPOINT_BYTES)
    wait_until(checkpointer, lambda: (tmp_path / "x.sqlite").stat().st_size > WAL_CHECKPOINT_BYTES)
    size = wal_of(tmp_path / "x.sqlite").stat().st_size
    for _ in range(20):
        write(writer, gate, WAL_CHECKPOINT_BYTES // 40)
    assert wal_of(tmp_path / "x.sqlite").stat().st_size == size
    checkpointer.close()
    assert failures == []


def test_commits_wait_when_the_wal_is_too_long(writer, tmp_path):
    gate = threading.Lock()
    checkpointer = Checkpointer(tmp_path / "x.sqlite", gate, lambda reason: None)
    checkpointer.wait_for_room()
    with gate:  # the checkpoint cannot end while a commit is under way
        checkpointer.count(WAL_BYTES_MAX)
        assert not checkpointer._has_room.is_set()
    checkpointer.wait_for_room()
    checkpointer.close()
    assert checkpointer._has_room.is_set()


class BadDisk(sqlite3.Connection):
    """A connection whose checkpoints fail."""

    code = sqlite3.SQLITE_IOERR_FSYNC

    def execute(self, sql, *arguments):
        if "wal_checkpoint" in sql:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode, error.sqlite_errorname = self.code, "SQLITE_IOERR_FSYNC"
            raise error
        return super().execute(sql, *arguments)


@pytest.mark.parametrize("code, told", [(sqlite3.SQLITE_IOERR_FSYNC, 1), (sqlite3.SQLITE_FULL, 0)])
def test_a_failing_disk_is_told_and_a_full_one_is_waited_for(writer, tmp_path, code, told):
    failures = []
    checkpointer = Checkpointer(tmp_path / "x.sqlite", threading.Lock(), failures.append)
    checkpointer._connection.close()
    checkpointer._connection = sqlite3.connect(
        tmp_path / "x.sqlite", factory=BadDisk, check_same_thread=False
    )
    checkpointer._connection.code = code
    wait_until(checkpointer, lambda: len(failures) == told)
    checkpointer.close()
