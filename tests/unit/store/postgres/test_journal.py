"""The journal on PostgreSQL beyond what every journal must do (tests/conformance)."""

import asyncio

import pytest

from headrace.ports.journal import JournalDamaged, JournalError, Snapshot
from headrace.testing.conformance.journal import block, opened, read_heads
from tests.postgres import new_journal, value_of

pytestmark = pytest.mark.slow


def test_a_database_that_is_not_there_is_one_sentence():
    async def scenario():
        journal = new_journal("postgresql://headrace:secret@/q?host=/none")
        with pytest.raises(JournalError) as caught:
            await journal.open()
        sentence = str(caught.value)
        assert sentence.startswith("postgresql://headrace@/q cannot be reached: ")
        assert "secret" not in sentence
        assert not journal.is_owned
        await journal.close()

    asyncio.run(scenario())


def test_rows_carry_the_epoch_of_the_lease(database):
    async def scenario():
        for seq in (1, 2):
            async with opened(lambda: new_journal(database)) as journal:
                await journal.append(block(seq))
        epochs = "SELECT array_agg(epoch ORDER BY seq) FROM headrace.blocks"
        assert await value_of(database, epochs) == [1, 2]

    asyncio.run(scenario())


def test_shards_of_one_database_know_nothing_of_each_other(database):
    async def scenario():
        async with (
            opened(lambda: new_journal(database, shard=0)) as zero,
            opened(lambda: new_journal(database, shard=1)) as one,
        ):
            await zero.append(block(1, head=b"of zero"))
            await one.append(block(1, head=b"of one"))
            await one.write_snapshots([Snapshot(16, 1, 1, None)])
            await zero.drop_tombstones(9)
            await zero.delete_blocks([1])
            assert [head.head for head in await read_heads(one)] == [b"of one"]
            assert len(await one.snapshots()) == 1
            assert await read_heads(zero) == []

    asyncio.run(scenario())


def test_batches_of_heads_are_bounded_in_bytes(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            for seq in range(1, 8):
                await journal.append(block(seq, head=bytes(100_000)))
            batches = [len(heads) async for heads in journal.heads(0)]
            assert batches == [3, 3, 1]

    asyncio.run(scenario())


def test_a_damaged_snapshot_is_named(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            await journal.write_snapshots([Snapshot(16, 1, 1, b"state")])
            await value_of(database, "UPDATE headrace.snapshots SET state = 'stale'")
            with pytest.raises(JournalDamaged, match="snapshot of machine 16"):
                await journal.snapshots()

    asyncio.run(scenario())


def test_a_stand_by_learns_when_the_owner_has_gone(database):
    async def scenario():
        first, second = new_journal(database, "first"), new_journal(database, "second")
        await first.open()
        waiting = asyncio.ensure_future(second.until_free())
        kill = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'headrace stand-by' AND datname = current_database()"
        )
        while not await value_of(database, kill):  # it goes on without that connection
            assert not waiting.done()
        await first.close()
        await asyncio.wait_for(waiting, 10)
        await second.open()
        assert second.is_owned
        await second.close()

    asyncio.run(scenario())


def test_opening_what_is_open_changes_nothing(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            await journal.append(block(1))
            await journal.open()
            await journal.append(block(2))
        assert await value_of(database, "SELECT epoch FROM headrace.shards") == 1

    asyncio.run(scenario())


def test_who_is_told_of_a_loss_can_be_said(database):
    journal = new_journal(database)
    told = []
    journal.on_lost = told.append
    journal.on_lost("gone")
    assert told == ["gone"]
