"""Connections: what SQLite is told about durability and space."""

import sqlite3

import pytest

from headrace.store.sqlite.connection import PAGE_BYTES, connect, connect_reader, connect_writer


def pragma(connection, name):
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_the_writer_flushes_each_commit_and_can_give_pages_back(tmp_path):
    connection = connect_writer(tmp_path / "x.sqlite")
    connection.execute("CREATE TABLE t (a)")
    assert pragma(connection, "journal_mode") == "wal"
    assert pragma(connection, "synchronous") == 2
    assert pragma(connection, "auto_vacuum") == 2
    assert pragma(connection, "wal_autocheckpoint") == 0
    assert pragma(connection, "secure_delete") == 0
    assert pragma(connection, "page_size") == PAGE_BYTES
    connection.close()


def test_a_reader_cannot_write(tmp_path):
    writer = connect_writer(tmp_path / "x.sqlite")
    writer.execute("CREATE TABLE t (a)")
    reader = connect_reader(tmp_path / "x.sqlite")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO t VALUES (1)")
    reader.close()
    writer.close()


def test_a_place_without_a_wal_is_refused():
    with pytest.raises(sqlite3.OperationalError, match=r"cannot serve a WAL \(memory\)"):
        connect_writer(":memory:").close()


def test_every_connection_flushes(tmp_path):
    connection = connect(tmp_path / "x.sqlite")
    assert pragma(connection, "synchronous") == 2
    connection.close()
