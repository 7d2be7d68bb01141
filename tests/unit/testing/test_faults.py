"""Faulty journals fail when they are told to, and only then."""

import asyncio
import sqlite3

import pytest

from headrace.ports.journal import AppendRefused, AppendUnknown, Snapshot
from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.conformance.journal import CHECKS, block, read_heads
from headrace.testing.faults import (
    LOST,
    REFUSED,
    WRITTEN,
    Faults,
    FaultyJournal,
    failing_connection,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_without_faults_it_conforms(check):
    disk = MemoryDisk()
    asyncio.run(check(lambda: FaultyJournal(MemoryJournal(disk))))


@pytest.mark.parametrize(
    "fault, error, last",
    [(REFUSED, AppendRefused, 1), (LOST, AppendUnknown, 1), (WRITTEN, AppendUnknown, 2)],
)
def test_the_append_that_was_named_fails(fault, error, last):
    async def scenario():
        journal = FaultyJournal(MemoryJournal())
        await journal.open()
        journal.faults[2] = fault
        await journal.append(block(1))
        with pytest.raises(error):
            await journal.append(block(2))
        assert journal.last_seq == last
        if error is AppendUnknown:
            with pytest.raises(AppendUnknown):
                await journal.append(block(last + 1))
            await journal.open()
        await journal.append(block(last + 1))
        assert [head.seq for head in await read_heads(journal)] == list(range(1, last + 2))
        await journal.close()

    asyncio.run(scenario())


def test_appends_wait_at_the_gate_and_a_disk_may_be_full():
    async def scenario():
        journal = FaultyJournal(MemoryJournal())
        await journal.open()
        journal.gate.clear()
        append = asyncio.ensure_future(journal.append(block(1)))
        await asyncio.sleep(0)
        assert journal.last_seq == 0
        journal.gate.set()
        await append
        assert journal.last_seq == 1
        journal.is_full = True
        assert journal.space_is_low
        await journal.write_snapshots([Snapshot(1, 1, 1, b"")])
        await journal.close()

    asyncio.run(scenario())


def test_a_connection_fails_at_the_statements_that_were_named():
    faults = Faults()
    connection = failing_connection(faults)(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (a)")
    faults.where, faults.skip, faults.is_written = "INSERT", 1, True
    connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("INSERT INTO t VALUES (2)")
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_IOERR_FSYNC
    faults.is_written = False
    with pytest.raises(sqlite3.OperationalError):
        connection.executemany("INSERT INTO t VALUES (?)", [(3,)])
    assert connection.execute("SELECT a FROM t").fetchall() == [(1,), (2,)]
    connection.close()
