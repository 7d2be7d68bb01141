"""The committing thread: order, limits, what an error means."""

import asyncio
import shutil
import sqlite3
import threading

import pytest

from headrace.ports.journal import AppendRefused, AppendUnknown
from headrace.store.limits import JOBS_MAX, SpaceLimits
from headrace.store.space import DiskSpace
from headrace.store.sqlite.committer import Committer, transaction


class Room:
    """A checkpointer that always has room, and notes when it was asked to make more."""

    def __init__(self):
        self.made = 0

    def wait_for_room(self):
        pass

    def make_room(self):
        self.made += 1


@pytest.fixture
def connection():
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def committer(connection, tmp_path):
    space = DiskSpace(tmp_path, SpaceLimits(reserve_bytes=4_096))
    (tmp_path / "file").touch()
    return Committer(connection, space, threading.Lock(), Room(), tmp_path / "file")


def failing(code):
    def work(connection):
        error = sqlite3.OperationalError("it failed")
        error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_X"
        raise error

    return work


def test_jobs_run_in_order_and_return_what_they_found(connection, tmp_path):
    async def scenario():
        thread = committer(connection, tmp_path)
        seen = []
        jobs = [thread.write(lambda c, n=number: seen.append(n) or n) for number in range(20)]
        assert await asyncio.gather(*jobs) == list(range(20))
        assert seen == list(range(20))
        await thread.close()
        with pytest.raises(AppendRefused, match="not open"):
            await thread.write(lambda c: None)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "code",
    [sqlite3.SQLITE_FULL, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_BUSY],
)
def test_what_was_certainly_not_written_is_refused_and_it_goes_on(connection, tmp_path, code):
    async def scenario():
        thread = committer(connection, tmp_path)
        with pytest.raises(AppendRefused, match="SQLITE_X"):
            await thread.write(failing(code))
        assert not thread.is_broken
        assert thread._checkpointer.made == (1 if code == sqlite3.SQLITE_FULL else 0)
        assert await thread.write(lambda c: 7) == 7
        await thread.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_READONLY]
)
def test_what_leaves_doubt_ends_all_writing(connection, tmp_path, code):
    async def scenario():
        thread = committer(connection, tmp_path)
        first = asyncio.ensure_future(thread.write(failing(code)))
        second = asyncio.ensure_future(thread.write(lambda c: 7))
        with pytest.raises(AppendUnknown, match="SQLITE_X"):
            await first
        with pytest.raises(AppendUnknown, match="opened anew"):
            await second
        assert thread.is_broken
        await thread.close()

    asyncio.run(scenario())


def test_somebody_else_may_find_that_the_disk_fails(connection, tmp_path):
    async def scenario():
        thread = committer(connection, tmp_path)
        thread.break_off("the checkpoint failed")
        with pytest.raises(AppendUnknown, match="the checkpoint failed"):
            await thread.write(lambda c: None)
        await thread.close()

    asyncio.run(scenario())


def test_a_job_that_nobody_waits_for_any_more_is_done_all_the_same(connection, tmp_path):
    async def scenario():
        thread = committer(connection, tmp_path)
        gate, done = threading.Event(), []
        held = asyncio.ensure_future(thread.write(lambda c: gate.wait()))
        left = asyncio.ensure_future(thread.write(lambda c: done.append(1)))
        await asyncio.sleep(0)
        left.cancel()
        gate.set()
        await held
        await thread.close()
        assert done == [1]

    asyncio.run(scenario())


def test_too_many_jobs_are_refused(connection, tmp_path):
    async def scenario():
        thread = committer(connection, tmp_path)
        gate = threading.Event()
        jobs = [asyncio.ensure_future(thread.write(lambda c: gate.wait()))]
        for _ in range(JOBS_MAX + 1):
            jobs.append(asyncio.ensure_future(thread.write(lambda c: None)))
        await asyncio.sleep(0)
        with pytest.raises(AppendRefused, match="wait for the disk"):
            await thread.write(lambda c: None)
        gate.set()
        await asyncio.gather(*jobs, return_exceptions=True)
        await thread.close()

    asyncio.run(scenario())


def test_a_transaction_is_all_or_nothing(connection):
    connection.execute("CREATE TABLE t (a UNIQUE)")

    def work(c):
        c.execute("INSERT INTO t VALUES (1)")
        c.execute("INSERT INTO t VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        transaction(work)(connection)
    assert not connection.in_transaction
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert transaction(lambda c: c.execute("INSERT INTO t VALUES (1)").rowcount)(connection) == 1
    connection.close()


@pytest.mark.parametrize("end", ["removed", "replaced", "with its folder"])
def test_what_went_to_a_file_that_is_gone_is_unknown(connection, tmp_path, end):
    async def scenario():
        folder = tmp_path / "data"
        folder.mkdir()
        thread = committer(connection, folder)
        assert await thread.write(lambda c: 1) == 1
        if end == "with its folder":
            # Out of the way first: the thread may be looking at the disk, and making its reserve.
            shutil.rmtree(folder.rename(tmp_path / "gone"), ignore_errors=True)
        else:
            (folder / "file").rename(folder / "elsewhere")
            if end == "replaced":
                (folder / "file").touch()
        with pytest.raises(AppendUnknown, match="file is gone: it was removed or moved"):
            await thread.write(lambda c: 2)
        assert thread.is_broken
        with pytest.raises(AppendUnknown, match="must be opened anew"):
            await thread.write(lambda c: 3)
        await thread.close()

    asyncio.run(scenario())
