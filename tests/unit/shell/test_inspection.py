"""Verify and salvage: what they say of damage, and that the new folder works."""

import asyncio
import hashlib
import sqlite3

import msgspec
import pytest

from headrace.core.functions.eventbody import Ending
from headrace.core.functions.records import (
    ConcurrencyReserved,
    EventAccepted,
    EventConcluded,
    EventFailed,
    FunctionCreated,
)
from headrace.core.logs.records import LogGroupCreated, LogGroupDeleted, RetentionSet
from headrace.core.shard import SHARD, ShardOpened
from headrace.ports.journal import Block, JournalDamaged, JournalError, JournalInUse
from headrace.shell.inspection import _make_rooms, salvage, verify
from headrace.shell.recovery import recover
from headrace.store.codec import FORMAT, encode_bodies, encode_head
from headrace.store.sqlite.journal import SqliteJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.conformance.journal import opened
from headrace.testing.entropy import SeededEntropy
from tests.postgres import new_journal
from tests.unit.core.functions.bench import ACCOUNT, CODE, EPOCH, REGION, settings_with
from tests.unit.shell.shard import ShardUnderTest, living

BODIES = [b"body number %d" % number for number in range(6)]


async def fill(journal):
    """Have a queue with six messages, three to a block, none in a snapshot."""
    shard = ShardUnderTest(journal)
    await shard.start()
    queue = await shard.create()
    await shard.send(queue, *BODIES[:3])
    await shard.send(queue, *BODIES[3:])
    await shard.driver.settled()
    await shard.crash()


@pytest.fixture
def folder(tmp_path):
    """A folder that is filled."""
    asyncio.run(fill(SqliteJournal(tmp_path / "data")))
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
    assert said[0] == "block 3: 1 bodies of machine 16 are damaged: numbers 2"
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


def write_blocks(folder, *blocks):
    """Write a journal of blocks: each is records, and bodies by machine and number."""

    async def scenario():
        journal = SqliteJournal(folder)
        await journal.open()
        opening = ShardOpened(SHARD, EPOCH, b"secret" * 4, "system")
        for seq, (records, bodies) in enumerate([([opening], {}), *blocks], 1):
            head = encode_head(records, len(bodies))
            packed = encode_bodies(list(bodies), list(bodies.values()))
            await journal.append(Block(seq, 1, EPOCH, FORMAT, head, packed))
        await journal.close()

    asyncio.run(scenario())


def rooms_of(folder):
    """Return what a server on a folder would load."""

    async def scenario():
        journal = SqliteJournal(folder)
        await journal.open()
        try:
            return (await recover(journal, VirtualClock(), _make_rooms, lambda now: None)).rooms
        finally:
            await journal.close()

    return asyncio.run(scenario())


F = 16
MADE = FunctionCreated(F, EPOCH, ACCOUNT, REGION, "ship", b"seed", settings_with(), CODE, {})
TARGETS = (("arn:good", False),)


def accepted(number):
    return [EventAccepted(F, EPOCH, number, "live")], {(F, 2 * number): b"event number %d" % number}


def concluded(number):
    record = EventConcluded(F, EPOCH, number, Ending("Success", 1, EPOCH), TARGETS, True)
    return [record], {(F, 2 * number + 1): b"answer number %d" % number}


def test_events_whose_body_is_damaged_are_over_and_said_to_be(tmp_path):
    folder = tmp_path / "data"
    events = [accepted(number) for number in range(4)]
    write_blocks(folder, ([MADE], {}), *events, concluded(2), concluded(3))
    for seq, body in ((3, b"event number 0"), (6, b"event number 3"), (7, b"answer number 2")):
        damage_body(folder, seq, body)
    said = []
    assert verify(folder, said.append) == 1
    assert said[0] == "block 3: 1 bodies of machine 16 are damaged: numbers 0"
    new, said = saved(folder)
    assert "2 asynchronous events of function ship are lost with their bodies" in said
    assert "1 asynchronous events of function ship have lost their answers" in said
    assert verify(new, said.append) == 0
    log = rooms_of(new)[2].events.book.logs[F]
    assert [number for number in range(4) if log.find(number)] == [1, 2]
    assert (log.find(2).targets, log.find(2).result_block) == (TARGETS, 0)
    assert log.next_number == 4


def test_events_that_were_accepted_in_a_damaged_block_take_no_others_with_them(tmp_path):
    folder = tmp_path / "data"
    failed = [EventFailed(F, EPOCH, 0, 1, EPOCH), EventFailed(F, EPOCH, 1, 1, EPOCH)], {}
    write_blocks(folder, ([MADE], {}), accepted(0), accepted(1), failed, accepted(2))
    damage_head(folder, 3)
    with pytest.raises(JournalDamaged):
        rooms_of(folder)
    said = []
    assert verify(folder, said.append) == 1
    assert "machine 16: 1 records build on what is lost, and are lost with it" in said
    new, _ = saved(folder)
    assert verify(new, said.append) == 0
    log = rooms_of(new)[2].events.book.logs[F]
    assert [number for number in range(4) if log.find(number)] == [1, 2]
    assert log.find(1).failures == 1


def test_what_changed_a_machine_whose_creation_is_lost_is_left_out(tmp_path):
    folder = tmp_path / "data"
    group = LogGroupCreated(17, EPOCH, ACCOUNT, REGION, "g", {}, "STANDARD", "")
    reserved = ConcurrencyReserved(F, EPOCH, 5)
    other = msgspec.structs.replace(MADE, machine=18, name="other")
    write_blocks(
        folder,
        ([MADE, group], {}),
        ([RetentionSet(17, EPOCH, 7), other, reserved], {}),
        ([LogGroupDeleted(17, EPOCH), msgspec.structs.replace(reserved, machine=18)], {}),
    )
    damage_head(folder, 2)
    new, said = saved(folder)
    assert "machine 16: 1 records build on what is lost, and are lost with it" in said
    assert "machine 17: 2 records build on what is lost, and are lost with it" in said
    rooms = rooms_of(new)
    assert list(rooms[2].directory.functions) == [18]
    assert rooms[2].directory.functions[18].reserved == 5
    assert list(rooms[4].machines()) == []
    assert verify(new, said.append) == 0


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
    """A database that is filled."""
    asyncio.run(fill(new_journal(database)))
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
        "block 4: 1 bodies of machine 16 are damaged: numbers 5",
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
