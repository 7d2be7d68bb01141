"""The WAL file: copies, zeros ahead, commits behind damage."""

import errno
import os
import sqlite3

import pytest

from headrace.store.limits import MIB
from headrace.store.sqlite.connection import FRAME_BYTES, connect_writer
from headrace.store.sqlite.wal import (
    commits_behind,
    good_frames,
    settle_wal,
    wal_of,
    write_ahead,
)


@pytest.fixture
def database(tmp_path):
    """A database whose ten commits, a frame each, are in the WAL only; nobody has it open."""
    living = tmp_path / "living.sqlite"
    connection = connect_writer(living)
    connection.execute("CREATE TABLE t (a)")
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
    for number in range(10):
        connection.execute("INSERT INTO t VALUES (?)", (number,))
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(living.read_bytes())
    wal_of(copy).write_bytes(wal_of(living).read_bytes()[: 32 + 10 * FRAME_BYTES])
    connection.close()
    return copy


def rows(database):
    connection = sqlite3.connect(database)
    found = [row for (row,) in connection.execute("SELECT a FROM t")]
    connection.close()
    return found


def test_a_settled_wal_says_the_same_and_is_another_file(database):
    before, node = wal_of(database).read_bytes(), wal_of(database).stat().st_ino
    settle_wal(database)
    assert wal_of(database).read_bytes() == before
    assert wal_of(database).stat().st_ino != node
    assert rows(database) == list(range(10))


def test_there_may_be_no_wal(tmp_path):
    settle_wal(tmp_path / "none.sqlite")
    assert commits_behind(tmp_path / "none.sqlite", 0) == 0
    assert good_frames(tmp_path / "none.sqlite") == 0
    assert list(tmp_path.iterdir()) == []


def test_without_room_for_a_copy_the_wal_itself_is_flushed(database, monkeypatch):
    before = wal_of(database).read_bytes()
    flushed = []

    def flush(descriptor):
        flushed.append(descriptor)
        if len(flushed) == 1:
            raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", flush)
    settle_wal(database)
    assert len(flushed) >= 2
    assert wal_of(database).read_bytes() == before
    assert not list(database.parent.glob("*.copy"))


def test_a_disk_that_fails_under_the_copy_says_so(database, monkeypatch):
    def flush(descriptor):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "fsync", flush)
    with pytest.raises(OSError, match="input/output"):
        settle_wal(database)


def test_zeros_ahead_change_nothing(database):
    write_ahead(database, 1 * MIB)
    assert wal_of(database).stat().st_size == 1 * MIB
    write_ahead(database, 1 * MIB)
    assert wal_of(database).stat().st_size == 1 * MIB
    assert commits_behind(database, 10) == 0
    assert rows(database) == list(range(10))


def test_no_room_for_zeros_is_no_failure(database, monkeypatch):
    before = wal_of(database).stat().st_size

    def flush(descriptor):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", flush)
    write_ahead(database, 1 * MIB)
    assert wal_of(database).stat().st_size == before


def test_commits_behind_a_damaged_frame_are_counted(database):
    data = bytearray(wal_of(database).read_bytes())
    data[32 + 3 * FRAME_BYTES + 100] ^= 1
    wal_of(database).write_bytes(data)
    reader = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    assert reader.execute("SELECT count(*) FROM t").fetchone() == (3,)
    assert good_frames(database) == 3
    assert commits_behind(database, 3) == 7
    reader.close()


def test_frames_of_an_earlier_turn_of_the_file_are_no_commits(database):
    data = bytearray(wal_of(database).read_bytes())
    for frame in range(5, 10):
        data[32 + frame * FRAME_BYTES + 8] ^= 1  # their salts are of the turn before
    wal_of(database).write_bytes(data)
    assert commits_behind(database, 5) == 0
