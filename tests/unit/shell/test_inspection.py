"""Verify and salvage: what they say of damage, and that the new folder works."""

import asyncio
import hashlib
import sqlite3

import pytest

from headrace.ports.journal import JournalDamaged, JournalError, JournalInUse
from headrace.shell.inspection import salvage, verify
from headrace.store.sqlite.journal import SqliteJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.conformance.journal import opened
from headrace.testing.entropy import SeededEntropy
from tests.postgres import new_journal
from tests.unit.shell.shard import ShardUnderTest, living

BODIES = [b"body number %d" % number for number in range(6)]


@pytest.fixture
def folder(tmp_path):
    """A folder with a queue and six messages, three to a block, none in a snapshot."""

    async def scenario():
        shard = ShardUnderTest(SqliteJournal(tmp_path / "data"))
        await shard.start()
        queue = await shard.create()
        await shard.send(queue, *BODIES[:3])
        await shard.send(queue, *BODIES[3:])
        await shard.driver.settled()
        await shard.crash()

    asyncio.run(scenario())
    return tmp_path / "data"


def change(folder, sql, *arguments):
    connection = sqlite3.connect(folder / "journal.sqlite", isolation_level=None)
    assert connection.execute(sql, arguments).rowcount == 1
    connection.close()


def damage_head(folder, seq):
    change(folder, "UPDATE blocks SET head = zeroblob(length(head)) WHERE seq = ?", seq)


def damage_body(folder, seq, body):
    """Flip a byte of one body, as a bad disk would."""
    connection = sqlite3.connect(folder / "journal.sqlite", isolation_level=None)
    (bodies,) = connection.execute("SELECT bodies FROM blocks WHERE seq = ?", (seq,)).fetchone()
    connection.close()
    damaged = bodies.replace(body, body.replace(b"number", b"numb3r"))
    assert damaged != bodies
    change(folder, "UPDATE blocks SET bodies = ? WHERE seq = ?", damaged, seq)


def left_in(folder):
    """Return what a shard that starts on a folder hands out."""

    async def scenario():
        async with living(SqliteJournal(folder)) as shard:
            found = {}
            for view in map(shard.queues.describe, list(shard.queues.machines())[1:]):
                found[view.name] = await shard.drain(view.queue)
            return found

    return asyncio.run(scenario())


def saved(folder):
    """Salvage a folder; return the new one and what was said."""
    said = []
    new = folder.with_name("new")
    assert salvage(folder, new, SeededEntropy(), said.append) == 0
    return new, said


def test_a_whole_folder_is_whole_and_stays_so_when_it_is_saved(folder):
    said = []
    assert verify(folder, said.append) == 0
    assert said == [
        f"{folder}/journal.sqlite: 4 blocks and 0 snapshots were read",
        "nothing is damaged",
    ]
    new, said = saved(folder)
    assert said == [f"{new}: 4 blocks and 0 snapshots were saved"]
    assert verify(new, said.append) == 0
    assert left_in(new) == {"orders": BODIES}
    assert left_in(folder) == {"orders": BODIES}


def test_a_damaged_body_is_named_and_only_its_message_is_lost(folder):
    damage_body(folder, 3, BODIES[1])
    said = []
    assert verify(folder, said.append) == 1
    assert said[0] == "block 3: 1 bodies of machine 16 are damaged: messages 2"
    new, said = saved(folder)
    assert "1 messages of queue orders are lost with their bodies" in said
    assert verify(new, said.append) == 0
    assert left_in(new) == {"orders": [BODIES[0], *BODIES[2:]]}


def test_a_block_whose_head_is_damaged_is_left_out(folder):
    damage_head(folder, 4)
    said = []
    assert verify(folder, said.append) == 1
    assert said[0].startswith("block 4: the head is damaged (its check sum differs): its records")
    with pytest.raises(JournalDamaged, match=r"journal\.sqlite: block 4: the head is damaged"):
        left_in(folder)
    new, said = saved(folder)
    assert verify(new, said.append) == 0
    assert left_in(new) == {"orders": BODIES[:3]}


def test_a_missing_block_is_named_and_bridged(folder):
    change(folder, "DELETE FROM blocks WHERE seq = ?", 3)
    said = []
    assert verify(folder, said.append) == 1
    assert said[0] == "block 3 is missing: all of it is lost"
    new, said = saved(folder)
    assert left_in(new) == {"orders": BODIES[3:]}


def test_a_shard_whose_secret_is_lost_gets_a_new_one(folder):
    change(folder, "DELETE FROM blocks WHERE seq = ?", 1)
    new, said = saved(folder)
    assert any("the shard's secret is lost" in line for line in said)

    async def scenario():
        shard = ShardUnderTest(SqliteJournal(new), VirtualClock())
        await shard.start()
        assert shard.driver.rooms[0].secret == SeededEntropy().take(32)
        await shard.stop()

    asyncio.run(scenario())
    assert left_in(new) == {"orders": BODIES}


def test_a_damaged_snapshot_loses_what_only_it_knew(folder):
    async def stop_in_order():
        async with living(SqliteJournal(folder)) as shard:
            await shard.create("other")

    asyncio.run(stop_in_order())
    change(folder, "UPDATE snapshots SET check_sum = check_sum + 1 WHERE machine = ?", 16)
    with pytest.raises(JournalDamaged, match="snapshot of machine 16 is damaged"):
        left_in(folder)
    said = []
    assert verify(folder, said.append) == 1
    assert said[0].startswith("the snapshot of machine 16 up to block")
    new, said = saved(folder)
    assert left_in(new) == {"other": []}


def test_blobs_come_along_if_they_are_whole(folder):
    good, bad = (hashlib.sha256(content).hexdigest() for content in (b"code", b"other code"))
    (folder / "blobs").mkdir()
    (folder / "blobs" / good).write_bytes(b"code")
    (folder / "blobs" / bad).write_bytes(b"othe")
    (folder / "blobs" / "unfinished-1").write_bytes(b"co")
    new, said = saved(folder)
    assert [file.name for file in (new / "blobs").iterdir()] == [good]
    assert (new / "blobs" / good).read_bytes() == b"code"
    assert f"the archive or object {bad}: its bytes are others: it is lost" in said
    assert verify(folder, said.append) == 1


def test_a_folder_in_use_is_left_alone(folder):
    async def scenario():
        async with opened(lambda: SqliteJournal(folder)):
            with pytest.raises(JournalInUse):
                verify(folder, print)
            with pytest.raises(JournalInUse):
                salvage(folder, folder.with_name("new"), SeededEntropy(), print)

    asyncio.run(scenario())


def test_salvage_writes_to_a_new_folder_only(folder):
    (folder.with_name("new")).mkdir()
    (folder.with_name("new") / "precious").touch()
    with pytest.raises(JournalDamaged, match="new is not empty"):
        saved(folder)


def test_a_folder_without_a_journal_is_named(tmp_path):
    with pytest.raises(JournalDamaged, match="there is no"):
        verify(tmp_path / "nowhere", print)
    with pytest.raises(JournalDamaged, match=r"there is no .*journal\.sqlite"):
        verify(tmp_path, print)


@pytest.fixture
def filled(database):
    """A database with a queue and six messages, three to a block, none in a snapshot."""

    async def scenario():
        shard = ShardUnderTest(new_journal(database))
        await shard.start()
        queue = await shard.create()
        await shard.send(queue, *BODIES[:3])
        await shard.send(queue, *BODIES[3:])
        await shard.driver.settled()
        await shard.crash()

    asyncio.run(scenario())
    return database


@pytest.mark.slow
def test_a_database_is_verified_and_saved_to_a_folder(postgres, filled, tmp_path):
    said = []
    assert verify(filled, said.append) == 0
    assert said[0].endswith(": 4 blocks and 0 snapshots were read")
    assert salvage(filled, tmp_path / "new", SeededEntropy(), said.append) == 0
    assert left_in(tmp_path / "new") == {"orders": BODIES}


@pytest.mark.slow
def test_damage_in_a_database_is_named_and_only_that_is_lost(postgres, filled, tmp_path):
    damaged = "overlay(bodies PLACING 'x' FROM position('number 4'::bytea IN bodies))"
    postgres.run(filled, f"UPDATE headrace.blocks SET bodies = {damaged} WHERE seq = 4")
    postgres.run(filled, "DELETE FROM headrace.blocks WHERE seq = 3")
    digest = "0" * 64
    insert = "INSERT INTO headrace.blobs (shard, digest, content) VALUES"
    postgres.run(filled, f"{insert} (0, '{digest}', 'x')")
    said = []
    assert verify(filled, said.append) == 1
    assert said[:3] == [
        "block 4: 1 bodies of machine 16 are damaged: messages 5",
        "block 3 is missing: all of it is lost",
        f"the archive or object {digest}: its bytes are others: it is lost",
    ]
    assert salvage(filled, tmp_path / "new", SeededEntropy(), said.append) == 0
    assert left_in(tmp_path / "new") == {"orders": [BODIES[3], BODIES[5]]}


@pytest.mark.slow
def test_a_database_is_looked_at_beside_its_server_and_not_changed(filled):
    async def scenario():
        async with living(new_journal(filled)) as shard:
            said = []
            assert await asyncio.to_thread(verify, filled, said.append) == 0
            assert await shard.drain(16) == BODIES

    asyncio.run(scenario())


def test_a_database_that_cannot_be_reached_is_named_without_its_password(tmp_path):
    with pytest.raises(JournalError, match="postgresql://ann@/q cannot be reached: ") as refused:
        verify(f"postgresql://ann:secret@/q?host={tmp_path}", print)
    assert "secret" not in str(refused.value)
