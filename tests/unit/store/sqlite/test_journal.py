"""The SQLite journal on bad disks, after kills and with damaged files.

What every journal promises is tested in tests/conformance/test_journal.py.
"""

import asyncio
import ctypes
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from headrace.ports.journal import (
    AppendRefused,
    AppendUnknown,
    JournalDamaged,
    JournalInUse,
    Snapshot,
)
from headrace.store.limits import KIB, MIB, WAL_BYTES_MAX, SpaceLimits
from headrace.store.sqlite.journal import SqliteJournal
from headrace.store.sqlite.wal import wal_of
from headrace.testing.conformance.journal import block, opened, read_heads
from headrace.testing.faults import Faults, failing_connection


def run(scenario):
    return asyncio.run(scenario())


def fill(folder, count, bodies=b"bodies"):
    """Write some blocks in a folder and close it."""

    async def scenario():
        async with opened(lambda: SqliteJournal(folder)) as journal:
            for seq in range(1, count + 1):
                await journal.append(block(seq, bodies=bodies))

    run(scenario)


async def seqs_of(journal):
    return [head.seq for head in await read_heads(journal)]


# --- failing disks --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_written", [False, True])
def test_after_a_failed_flush_everything_is_refused_until_it_is_opened_anew(tmp_path, is_written):
    async def scenario():
        faults = Faults()
        factory = failing_connection(faults)
        async with opened(lambda: SqliteJournal(tmp_path, None, factory)) as journal:
            await journal.append(block(1))
            faults.where, faults.is_written = "INSERT INTO blocks", is_written
            with pytest.raises(AppendUnknown, match="SQLITE_IOERR_FSYNC"):
                await journal.append(block(2))
            faults.where = ""
            for work in (
                journal.append(block(2)),
                journal.append(block(3)),
                journal.write_snapshots([Snapshot(16, 1, 1, b"")]),
                journal.delete_blocks([1]),
            ):
                with pytest.raises(AppendUnknown, match="opened anew"):
                    await work
            await journal.open()
            assert journal.last_seq == (2 if is_written else 1)
            await journal.append(block(journal.last_seq + 1))
            assert await seqs_of(journal) == list(range(1, journal.last_seq + 1))

    run(scenario)


def test_snapshots_of_which_one_fails_are_not_written_at_all(tmp_path):
    async def scenario():
        faults = Faults()
        factory = failing_connection(faults)
        async with opened(lambda: SqliteJournal(tmp_path, None, factory)) as journal:
            await journal.write_snapshots([Snapshot(16, 1, 1, b"old")])
            faults.where, faults.code = "COMMIT", sqlite3.SQLITE_FULL
            with pytest.raises(AppendRefused):
                await journal.write_snapshots([Snapshot(16, 2, 1, b"new"), Snapshot(17, 2, 1, b"")])
            faults.where = ""
            assert list(await journal.snapshots()) == [Snapshot(16, 1, 1, b"old")]
            await journal.append(block(1))

    run(scenario)


def test_a_bug_in_the_committing_thread_is_an_unknown_append_and_not_a_hang(tmp_path):
    async def scenario():
        seen = []
        hook, threading_hook = sys.excepthook, __import__("threading").excepthook
        __import__("threading").excepthook = seen.append
        try:
            async with opened(lambda: SqliteJournal(tmp_path)) as journal:
                too_large = Snapshot(16, 1 << 70, 1, b"")
                first = asyncio.ensure_future(journal.write_snapshots([too_large]))
                await asyncio.sleep(0)
                second = asyncio.ensure_future(journal.append(block(1)))
                with pytest.raises(AppendUnknown, match="bug"):
                    await first
                with pytest.raises(AppendUnknown):
                    await second
                await journal.open()
                await journal.append(block(1))
        finally:
            __import__("threading").excepthook = threading_hook
        assert [one.exc_type for one in seen] == [OverflowError]
        assert sys.excepthook is hook

    run(scenario)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 48 MiB of its own, which takes root's rights."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    name = os.fsencode(folder)
    if libc.mount(b"tmpfs", name, b"tmpfs", 0, b"size=48m") != 0:
        pytest.skip(f"no small file system: {os.strerror(ctypes.get_errno())}")
    yield folder
    assert libc.umount2(name, 2) == 0


SMALL = SpaceLimits(reserve_bytes=14 * MIB, low_bytes=1 * MIB, enough_bytes=17 * MIB)


async def fill_up(journal):
    """Append blocks of half a MiB until one is refused; return how many were written."""
    seq = 0
    with pytest.raises(AppendRefused, match="SQLITE_FULL"):
        while True:
            await journal.append(block(seq + 1, bodies=os.urandom(512 * KIB)))
            seq += 1
    return seq


@pytest.mark.slow
def test_a_full_disk_refuses_an_append_and_loses_nothing(small_disk):
    async def scenario():
        async with opened(lambda: SqliteJournal(small_disk / "data", SMALL)) as journal:
            written = await fill_up(journal)
            assert written > 3
            assert journal.last_seq == written
            assert journal.space_is_low
            assert await seqs_of(journal) == list(range(1, written + 1))
        async with opened(lambda: SqliteJournal(small_disk / "data", SMALL)) as journal:
            assert await seqs_of(journal) == list(range(1, written + 1))

    run(scenario)


@pytest.mark.slow
def test_on_a_full_disk_deletes_work_from_the_reserve_and_make_room_again(small_disk):
    async def scenario():
        reserve = small_disk / "data" / "reserve"
        async with opened(lambda: SqliteJournal(small_disk / "data", SMALL)) as journal:
            assert reserve.stat().st_size == SMALL.reserve_bytes
            written = await fill_up(journal)
            assert not reserve.exists()
            for seq in range(written + 1, written + 51):  # what deletes would write
                await journal.append(block(seq, bodies=bytes(2 * KIB)))
            await journal.write_snapshots([Snapshot(16, written, 1, bytes(100 * KIB))])
            await journal.delete_blocks(range(1, written + 1))
            seq = written + 50
            while journal.space_is_low and seq < written + 2_000:  # the file shrinks by and by
                seq += 1
                await journal.append(block(seq, bodies=bytes(16 * KIB)))
                await journal.delete_blocks([seq])
            assert not journal.space_is_low
            await journal.append(block(seq + 1, bodies=bytes(512 * KIB)))
        # The thread that writes makes the reserve anew beside the answers; now it has ended.
        assert reserve.exists()

    run(scenario)


# --- kills and damage -----------------------------------------------------------------------------

APPENDS_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from headrace.store.sqlite.journal import SqliteJournal
from headrace.testing.conformance.journal import block

async def main():
    journal = SqliteJournal(Path(sys.argv[1]))
    await journal.open()
    while True:
        seq = journal.last_seq + 1
        await journal.append(block(seq, bodies=b"%d " % seq * 3_000))
        print(seq, flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
def test_every_append_that_returned_is_there_after_a_kill(tmp_path):
    acknowledged = 0
    for until in (40, 400):  # the second kill comes after some checkpoints
        with subprocess.Popen(
            [sys.executable, "-c", APPENDS_FOR_EVER, str(tmp_path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as child:
            for line in child.stdout:
                acknowledged = int(line)
                if acknowledged >= until:
                    break
            child.send_signal(signal.SIGKILL)

        async def scenario():
            async with opened(lambda: SqliteJournal(tmp_path)) as journal:
                last = journal.last_seq
                assert last >= acknowledged  # noqa: B023 - run in this turn
                assert await seqs_of(journal) == list(range(1, last + 1))
                bodies = await journal.read_bodies([last])
                assert bodies == {last: b"%d " % last * 3_000}

        run(scenario)


def leave_wal(folder, count):
    """Write blocks, and leave the folder as a kill would: the newest ones in the WAL only."""

    async def scenario():
        async with opened(lambda: SqliteJournal(folder / "living")) as journal:
            for seq in range(1, count + 1):
                await journal.append(block(seq, bodies=b"%d " % seq * 500))
            (folder / "killed").mkdir()
            for file in (journal.path, wal_of(journal.path)):
                (folder / "killed" / file.name).write_bytes(file.read_bytes())

    run(scenario)
    return SqliteJournal(folder / "killed")


def good_length(journal):
    """Return where the zeros that were written ahead begin, about."""
    wal = wal_of(journal.path)
    return len(wal.read_bytes().rstrip(b"\0"))


def test_a_half_written_last_block_is_dropped(tmp_path):
    journal = leave_wal(tmp_path, 10)
    os.truncate(wal_of(journal.path), good_length(journal) - 100)

    async def scenario():
        async with opened(lambda: journal):
            assert await seqs_of(journal) == list(range(1, 10))
            await journal.append(block(10))

    run(scenario)


def test_damage_in_the_middle_of_the_wal_is_not_taken_for_its_end(tmp_path):
    journal = leave_wal(tmp_path, 30)
    data = bytearray(wal_of(journal.path).read_bytes())
    data[good_length(journal) // 2] ^= 1
    wal_of(journal.path).write_bytes(data)
    with pytest.raises(JournalDamaged, match=r"journal.sqlite-wal is damaged behind its frame \d+"):
        asyncio.run(journal.open())


def test_a_damaged_snapshot_is_named(tmp_path):
    async def scenario():
        async with opened(lambda: SqliteJournal(tmp_path)) as journal:
            await journal.write_snapshots([Snapshot(16, 1, 1, b"a state that is long enough")])
        data = journal.path.read_bytes()
        journal.path.write_bytes(data.replace(b"long enough", b"l0ng enough"))
        async with opened(lambda: SqliteJournal(tmp_path)) as journal:
            with pytest.raises(JournalDamaged, match="snapshot of machine 16 is damaged"):
                await journal.snapshots()

    run(scenario)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database, but long enough" * 100)
    with pytest.raises(JournalDamaged, match=r"journal\.sqlite cannot be opened: .*not a database"):
        asyncio.run(SqliteJournal(tmp_path).open())


def test_a_file_of_a_newer_version_is_refused(tmp_path):
    fill(tmp_path, 1)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("UPDATE meta SET value = 2 WHERE name = 'format'")
    connection.close()
    with pytest.raises(JournalDamaged, match=r"newer version of Headrace \(format 2;"):
        asyncio.run(SqliteJournal(tmp_path).open())


def test_a_folder_that_could_not_be_opened_is_free_for_others(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database, but long enough" * 100)
    with pytest.raises(JournalDamaged):
        asyncio.run(SqliteJournal(tmp_path).open())
    (tmp_path / "journal.sqlite").unlink()
    fill(tmp_path, 1)
    assert (tmp_path / "journal.sqlite").exists()


def test_the_refusal_of_a_second_server_names_the_first(tmp_path):
    async def scenario():
        async with opened(lambda: SqliteJournal(tmp_path)):
            sentence = f"{tmp_path} is in use by another Headrace server .process {os.getpid()}."
            with pytest.raises(JournalInUse, match=sentence):
                await SqliteJournal(tmp_path).open()

    run(scenario)


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_wal_starts_over_and_stays_small(tmp_path):
    async def scenario():
        async with opened(lambda: SqliteJournal(tmp_path)) as journal:
            for seq in range(1, 400):
                await journal.append(block(seq, bodies=os.urandom(200 * KIB)))
            assert wal_of(journal.path).stat().st_size < WAL_BYTES_MAX + 2 * MIB
        assert not wal_of(journal.path).exists()

    run(scenario)


@pytest.mark.slow
def test_the_file_shrinks_after_deletions(tmp_path):
    async def scenario():
        async with opened(lambda: SqliteJournal(tmp_path)) as journal:
            for seq in range(1, 101):
                await journal.append(block(seq, bodies=os.urandom(400 * KIB)))
            await journal.delete_blocks(range(1, 100))
        full = 40 * MIB
        assert journal.path.stat().st_size < full / 3

    run(scenario)
