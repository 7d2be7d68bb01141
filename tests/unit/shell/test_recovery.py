"""Loading: a fresh folder, progress, the clock, damage that is named and damage that is not felt."""

import asyncio

import pytest

from headrace.ports.journal import Block, JournalDamaged
from headrace.shell.recovery import KEEPER_MACHINE, recover
from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.clock import VirtualClock
from tests.unit.shell.shard import ShardUnderTest, living


@pytest.fixture
def disk():
    return MemoryDisk()


def replaced(block, **parts):
    fields = {name: getattr(block, name) for name in Block.__struct_fields__}
    return Block(**{**fields, **parts})


async def load(disk, clock=None, progress=lambda done, total: None):
    """Load a shard the way a start does; return what was recovered and the clock."""
    shard = ShardUnderTest(MemoryJournal(disk), clock)
    await shard.journal.open()
    try:
        return await recover(
            shard.journal, shard.clock, shard._make_rooms, shard._first_record, progress
        )
    finally:
        await shard.journal.close()


async def have_lived(disk, blocks):
    """Leave a disk as a crash would, with that many blocks with a message each."""
    shard = ShardUnderTest(MemoryJournal(disk))
    await shard.start()
    queue = await shard.create()
    for number in range(blocks):
        await shard.send(queue, b"%d" % number)
    await shard.driver.settled()
    await shard.crash()
    return shard


def test_a_fresh_journal_gets_its_first_block(disk):
    async def scenario():
        recovered = await load(disk)
        assert list(disk.blocks) == [1]
        assert recovered.rooms[0].secret == b"secret" * 4
        assert recovered.rooms[0].clock_kind == "virtual"
        again = await load(disk)
        assert list(disk.blocks) == [1]
        assert again.rooms[0].secret == recovered.rooms[0].secret

    asyncio.run(scenario())


def test_progress_is_told_up_to_the_end(disk):
    async def scenario():
        await have_lived(disk, 600)
        told = []
        await load(disk, progress=lambda done, total: told.append((done, total)))
        assert len(told) > 1
        assert told == sorted(told)
        assert told[-1] == (disk.last_seq, disk.last_seq)

    asyncio.run(scenario())


def test_time_goes_on_where_the_journal_ends(disk):
    async def scenario():
        shard = ShardUnderTest(MemoryJournal(disk))
        await shard.start()
        shard.clock.move_by(100_000)
        await shard.create()
        await shard.driver.settled()
        await shard.crash()
        clock = VirtualClock()
        await load(disk, clock)
        assert clock.now() == shard.clock.now()

    asyncio.run(scenario())


def test_a_damaged_head_is_named(disk):
    async def scenario():
        await have_lived(disk, 5)
        head = disk.blocks[4].head
        disk.blocks[4] = replaced(disk.blocks[4], head=head[:-1] + bytes([head[-1] ^ 1]))
        with pytest.raises(JournalDamaged, match="memory: block 4: the head is damaged"):
            await load(disk)

    asyncio.run(scenario())


def test_a_missing_block_is_named(disk):
    async def scenario():
        await have_lived(disk, 5)
        del disk.blocks[4]
        with pytest.raises(JournalDamaged, match="memory: block 4 is missing"):
            await load(disk)

    asyncio.run(scenario())


def test_a_block_of_a_newer_format_is_named(disk):
    async def scenario():
        await have_lived(disk, 5)
        disk.blocks[4] = replaced(disk.blocks[4], format=2)
        with pytest.raises(JournalDamaged, match="memory: block 4: format 2 is not known"):
            await load(disk)

    asyncio.run(scenario())


def test_damage_that_snapshots_cover_is_not_felt(disk):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            await shard.send(queue, b"a")
        (kept,) = disk.blocks
        disk.blocks[kept] = replaced(disk.blocks[kept], head=b"rubbish")
        async with living(MemoryJournal(disk), clock=shard.clock) as shard:
            assert await shard.drain(queue) == [b"a"]

    asyncio.run(scenario())


def test_a_loaded_shard_equals_the_one_that_lived_and_knows_what_changed(disk):
    async def scenario():
        shard = await have_lived(disk, 3)
        again = ShardUnderTest(MemoryJournal(disk), shard.clock)
        await again.start()
        assert again.state() == shard.state()
        assert again.keeper._dirty == shard.keeper._dirty
        await again.stop()
        assert disk.snapshots[KEEPER_MACHINE].upto == disk.last_seq

    asyncio.run(scenario())
