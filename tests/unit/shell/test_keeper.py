"""Snapshots, deletion and compaction, tried by loading what they leave."""

import asyncio

import pytest

from headrace.core.sqs import queues
from headrace.ports.journal import AppendRefused
from headrace.shell import keeper, ledger
from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.conformance.journal import read_heads
from headrace.testing.faults import LOST, FaultyJournal
from tests.unit.shell.shard import ShardUnderTest, living


@pytest.fixture
def disk():
    return MemoryDisk()


async def seqs_of(disk):
    return sorted(disk.blocks)


async def have_round(shard):
    """Let the keeper do one round, whatever its thresholds say."""
    await shard.driver.settled()
    await shard.keeper._round()


async def loaded(disk, clock):
    """Return a shard that was loaded from the disk as a crash would leave it."""
    copy = MemoryDisk()
    copy.blocks, copy.snapshots = dict(disk.blocks), dict(disk.snapshots)
    copy.last_seq = disk.last_seq
    shard = ShardUnderTest(MemoryJournal(copy), clock)
    await shard.start()
    return shard


def test_a_round_makes_the_next_load_read_nothing_again(disk):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            await shard.send(queue, b"a", b"b")
            await shard.receive(queue, 1)
            await have_round(shard)
            assert shard.keeper.floor == shard.journal.last_seq
            again = await loaded(disk, shard.clock)
            assert again.state() == shard.state()
            assert again.keeper._head_bytes == 0
            await again.crash()

    asyncio.run(scenario())


def test_what_comes_after_a_snapshot_is_replayed_on_it(disk):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue, other = await shard.create(), await shard.create("other")
            await shard.send(queue, b"a", b"b", b"c")
            await have_round(shard)
            taken = await shard.receive(queue, 2)
            await shard.delete(queue, taken[0])
            await shard.send(other, b"d")
            again = await loaded(disk, shard.clock)
            assert again.state() == shard.state()
            await again.crash()

    asyncio.run(scenario())


def test_dead_blocks_are_deleted_and_living_ones_stay(disk):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            for body in (b"a", b"b", b"c"):
                await shard.send(queue, body)
            first, _, _ = await shard.receive(queue, 3)
            await shard.delete(queue, first)
            await have_round(shard)
            living_blocks = [block for block in disk.blocks if shard.keeper.ledger.living_in(block)]
            assert sorted(disk.blocks) == living_blocks
            assert len(living_blocks) == 2
            again = await loaded(disk, shard.clock)
            shard.clock.move_by(31_000)
            assert await again.drain(queue) == [b"b", b"c"]
            await again.crash()

    asyncio.run(scenario())


def test_a_block_without_living_bodies_stays_while_a_record_in_it_is_needed(disk):
    """Otherwise a message whose deletion stood in that block would come back."""

    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            await shard.send(queue, b"a")
            await have_round(shard)
            await shard.delete(queue, *await shard.receive(queue))
            assert shard.keeper.ledger.dead_bytes > 0
            await shard.keeper._delete_dead(shard.keeper.ledger.dead_up_to(shard.keeper.floor))
            again = await loaded(disk, shard.clock)
            again.clock.move_by(60_000)
            assert await again.drain(queue) == []
            await again.crash()

    asyncio.run(scenario())


def test_what_died_of_age_stays_dead_although_the_wall_clock_is_set_back(disk):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create(MessageRetentionPeriod="60")
            await shard.send(queue, b"old")
            await have_round(shard)
            shard.clock.move_by(61_000)
            await have_round(shard)
            assert all(not block.bodies for block in disk.blocks.values())
            back = VirtualClock()
            again = await loaded(disk, back)
            assert back.now() == shard.clock.now()
            assert await again.receive(queue) == ()
            await again.crash()

    asyncio.run(scenario())


def test_a_deleted_queue_leaves_a_tombstone_only_while_older_blocks_are_replayed(disk):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            await shard.send(queue, b"a")
            await have_round(shard)
            assert disk.snapshots[queue].state
            await shard.delete_queue(queue)
            await have_round(shard)
            assert queue not in disk.snapshots
            again = await loaded(disk, shard.clock)
            assert again.state() == shard.state()
            number = await again.create("new")
            assert number > queue
            await again.crash()

    asyncio.run(scenario())


def test_tiny_blocks_are_merged_and_their_messages_stay_in_order(disk, monkeypatch):
    monkeypatch.setattr(ledger, "COMPACTED_BLOCKS_MIN", 2)

    async def scenario():
        async with living(MemoryJournal(disk), cache_bytes=1_000) as shard:
            queue, other = await shard.create(), await shard.create("other")
            bodies = [b"%d" % number for number in range(40)]
            for body in bodies:
                await shard.send(queue, body)
                await shard.send(other, b"other " + body)
            await have_round(shard)
            await have_round(shard)  # blocks must have outlived a round to be moved
            await have_round(shard)  # this one deletes what was left behind
            with_bodies = [block for block in disk.blocks.values() if block.bodies]
            assert len(with_bodies) == 1
            again = await loaded(disk, shard.clock)
            assert again.state() == shard.state()
            assert await again.drain(queue) == bodies
            await again.crash()
            assert await shard.drain(other) == [b"other " + body for body in bodies]
            await have_round(shard)
            assert await shard.drain(queue) == bodies

    asyncio.run(scenario())


def test_messages_deleted_while_their_bodies_are_moved_stay_deleted(disk, monkeypatch):
    monkeypatch.setattr(ledger, "COMPACTED_BLOCKS_MIN", 2)

    async def scenario():
        async with living(MemoryJournal(disk), cache_bytes=1) as shard:
            queue = await shard.create()
            for number in range(20):
                await shard.send(queue, b"%d" % number)
            await have_round(shard)
            taken = await shard.receive(queue, 10)
            await shard.driver.settled()
            moving = asyncio.ensure_future(shard.keeper._round())
            await asyncio.sleep(0)
            await shard.delete(queue, *taken)
            await moving
            await have_round(shard)
            again = await loaded(disk, shard.clock)
            assert again.state() == shard.state()
            again.clock.move_by(60_000)
            assert await again.drain(queue) == [b"%d" % number for number in range(10, 20)]
            await again.crash()

    asyncio.run(scenario())


def test_a_pinned_block_is_not_deleted(disk):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            await shard.send(queue, b"a")
            (message,) = await shard.receive(queue)
            block = message.address.block
            shard.bodies.pin(block)
            await shard.delete(queue, message)
            await have_round(shard)
            assert block in disk.blocks
            shard.bodies.unpin(block)
            await have_round(shard)
            assert block not in disk.blocks

    asyncio.run(scenario())


def test_rounds_come_by_themselves_when_enough_was_written(disk, monkeypatch):
    monkeypatch.setattr(keeper, "BLOCKS_TO_REPLAY", 10)

    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            for number in range(100):
                await shard.send(queue, b"%d" % number)
                await shard.delete(queue, *await shard.receive(queue))
            await shard.driver.settled()
            assert shard.keeper.floor > 100
            assert len(disk.blocks) < 40

    asyncio.run(scenario())


def test_a_stop_leaves_nothing_to_replay(disk):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            await shard.send(queue, b"a")
            await shard.drain(queue)
        assert disk.blocks == {}
        assert disk.last_seq > 0
        async with living(MemoryJournal(disk), clock=shard.clock) as shard:
            assert await shard.send(queue, b"b")
            assert await shard.drain(queue) == [b"b"]

    asyncio.run(scenario())


def test_a_snapshot_of_a_block_that_is_not_written_is_not_written_either(disk):
    async def scenario():
        journal = FaultyJournal(MemoryJournal(disk))
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.driver.settled()
            journal.faults[journal.appends + 1] = LOST
            journal.gate.clear()
            sending = asyncio.ensure_future(shard.send(queue, b"never"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            round_under_way = asyncio.ensure_future(shard.keeper._round())
            await asyncio.sleep(0)
            journal.gate.set()
            with pytest.raises(Exception, match="internal error"):
                await sending
            await round_under_way
            while not shard.rebuilds:
                await asyncio.sleep(0)
            assert await shard.drain(queue) == []
            assert all(b"never" not in (one.state or b"") for one in disk.snapshots.values())
            again = await loaded(disk, shard.clock)
            assert again.state() == shard.state()
            await again.crash()

    asyncio.run(scenario())


class FullForSnapshots(MemoryJournal):
    """A journal that has no room for snapshots."""

    async def write_snapshots(self, snapshots):
        raise AppendRefused("full")


def test_a_round_that_finds_no_room_is_put_off_and_nothing_is_deleted(disk):
    async def scenario():
        shard = ShardUnderTest(FullForSnapshots(disk))
        await shard.start()
        queue = await shard.create()
        await shard.send(queue, b"a")
        await shard.drain(queue)
        before = sorted(disk.blocks)
        with pytest.raises(AppendRefused):
            await have_round(shard)
        assert sorted(disk.blocks) == before
        assert {dirty.since for dirty in shard.keeper._dirty.values()} <= set(before)
        assert shard.keeper._taken == {}
        assert [head.seq for head in await read_heads(shard.journal)] == before
        await shard.crash()

    asyncio.run(scenario())


def test_a_bug_in_a_round_is_said_aloud_and_disturbs_nobody(disk, caplog):
    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            shard.keeper._snapshot_all = lambda newest: 1 / 0
            shard.keeper.want_round()
            while not shard.keeper._task.done():
                await asyncio.sleep(0)
            await shard.send(queue, b"a")
            assert await shard.drain(queue) == [b"a"]

    asyncio.run(scenario())
    assert "there is no housekeeping until the next start" in caplog.text


def test_a_deep_queue_is_written_in_parts_while_it_lives_on(disk, monkeypatch):
    monkeypatch.setattr(queues, "DEEP_MESSAGES", 10)
    monkeypatch.setattr(keeper, "SNAPSHOT_SLICE_BYTES", 100)

    async def scenario():
        async with living(MemoryJournal(disk)) as shard:
            queue = await shard.create()
            for number in range(40):
                await shard.send(queue, b"%d" % number)
                shard.clock.move_by(1)
            await shard.driver.settled()
            before = shard.queues.snapshot(queue)
            turns = []
            next_turn = keeper.next_turn

            async def live_on():
                turns.append(len(turns))
                taken = await shard.receive(queue, 1)
                await shard.delete(queue, *taken)
                await shard.send(queue, b"late")
                await next_turn()

            monkeypatch.setattr(keeper, "next_turn", live_on)
            await shard.keeper._snapshot_all(shard.journal.last_seq)
            monkeypatch.setattr(keeper, "next_turn", next_turn)
            assert len(turns) >= 4
            assert bytes(disk.snapshots[queue].state) == before
            again = await loaded(disk, shard.clock)
            assert again.state() == shard.state()
            await again.crash()

    asyncio.run(scenario())
