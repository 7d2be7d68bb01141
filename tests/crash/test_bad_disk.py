"""A whole shard on a disk that is full or fails: 5xx, deletes from the reserve, nothing lost."""

import asyncio
import ctypes
import os
import sqlite3

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from headrace.base.errors import InternalFailure, ServiceError
from headrace.store.limits import KIB, MIB, SpaceLimits
from headrace.store.sqlite.journal import SqliteJournal
from headrace.testing.faults import Faults, failing_connection
from tests.acceptance.running import STOP_S, Running
from tests.unit.shell.shard import ShardUnderTest

pytestmark = [pytest.mark.crash, pytest.mark.slow]

#: So little is low that the disk really fills up.
UNTIL_IT_IS_FULL = SpaceLimits(reserve_bytes=14 * MIB, low_bytes=0, enough_bytes=16 * MIB)
WITH_CARE = SpaceLimits(reserve_bytes=4 * MIB, low_bytes=12 * MIB, enough_bytes=20 * MIB)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 MiB of its own, which takes root's rights."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=64m") != 0:
        pytest.skip(f"no small file system: {os.strerror(ctypes.get_errno())}")
    yield folder
    assert libc.umount2(os.fsencode(folder), 2) == 0


async def send_until_refused(shard, queue):
    """Send half a MiB at a time; return the beginnings of what was acknowledged."""
    acknowledged = []
    while True:
        name = b"%06d" % len(acknowledged)
        try:
            await shard.send(queue, name + os.urandom(512 * KIB))
        except ServiceError as refusal:
            return acknowledged, refusal
        acknowledged.append(name)


async def until_it_runs(shard):
    while not shard.driver.running:
        await asyncio.sleep(0)


async def drain_names(shard, queue):
    """Receive and delete everything; return the beginnings of the bodies."""
    return [body[:6] for body in await shard.drain(queue)]


@pytest.mark.parametrize("limits", [UNTIL_IT_IS_FULL, WITH_CARE], ids=["full", "low"])
def test_on_a_full_disk_sends_fail_deletes_work_and_room_comes_back(small_disk, limits):
    async def scenario():
        shard = ShardUnderTest(SqliteJournal(small_disk / "data", limits))
        await shard.start()
        queue = await shard.create()
        acknowledged, refusal = await send_until_refused(shard, queue)
        assert refusal.status in {500, 503}
        assert len(acknowledged) > 10
        await until_it_runs(shard)
        assert shard.journal.space_is_low
        with pytest.raises(ServiceError):
            await shard.send(queue, b"grows")
        assert await drain_names(shard, queue) == acknowledged
        shard.keeper.want_round()
        for _ in range(200):  # rounds give the space back
            if not shard.journal.space_is_low:
                break
            await shard.keeper._round()
        await shard.send(queue, b"again")
        lived = shard.state()
        await shard.crash()
        again = ShardUnderTest(SqliteJournal(small_disk / "data", limits), shard.clock)
        await again.start()
        assert again.state() == lived
        assert await again.drain(queue) == [b"again"]
        await again.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_WRITE])
@pytest.mark.parametrize("is_written", [False, True])
def test_after_a_failed_flush_memory_equals_the_journal(tmp_path, code, is_written):
    async def scenario():
        faults = Faults()
        faults.code, faults.is_written = code, is_written
        shard = ShardUnderTest(SqliteJournal(tmp_path, None, failing_connection(faults)))
        await shard.start()
        queue = await shard.create()
        await shard.send(queue, b"kept")
        faults.where = "INSERT INTO blocks"
        with pytest.raises(InternalFailure):
            await shard.send(queue, b"doubtful")
        faults.where = ""
        await until_it_runs(shard)
        lived = shard.state()
        assert await shard.all_bodies(queue) == [b"kept", b"doubtful"][: 1 + is_written]
        await shard.crash()
        again = ShardUnderTest(SqliteJournal(tmp_path), shard.clock)
        await again.start()
        assert set(again.state()) == set(lived)
        assert await again.drain(queue) == [b"kept", b"doubtful"][: 1 + is_written]
        await again.stop()

    asyncio.run(scenario())


def test_a_server_whose_journal_is_removed_acknowledges_nothing_more_and_ends(tmp_path):
    with Running(tmp_path) as server:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="kept")
        (tmp_path / "data").rename(tmp_path / "moved")
        with pytest.raises((ClientError, BotoCoreError)):
            sqs.send_message(QueueUrl=url, MessageBody="for nobody")
        sqs.close()
        assert server.process.wait(STOP_S) == 1
        assert (
            "journal.sqlite is gone: it was removed or moved"
            in (tmp_path / "errors.txt").read_text()
        )
    assert not (tmp_path / "data" / "journal.sqlite").exists()
