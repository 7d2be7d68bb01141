"""The journal of a database as it is: what is torn is said, what is whole is read."""

import asyncio

import pytest

from headrace.ports.journal import JournalDamaged, JournalError, Snapshot
from headrace.store.postgres.wreck import PostgresWreck
from headrace.testing.conformance.journal import block, opened
from tests.postgres import new_journal

pytestmark = pytest.mark.slow

SNAPSHOTS = [Snapshot(3, 2, 3, None), Snapshot(16, 2, 1, b"a state that is long enough")]


@pytest.fixture
def wreck(database):
    """A database with three blocks and two snapshots, open for reading."""

    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            for seq in range(1, 4):
                await journal.append(block(seq, bodies=b"body %d" % seq))
            await journal.write_snapshots(SNAPSHOTS)
            await journal.delete_blocks([1])

    asyncio.run(scenario())
    wreck = PostgresWreck(database)
    yield wreck
    wreck.close()


def test_what_is_whole_is_read(wreck, database):
    assert wreck.numbers() == [2, 3]
    assert (wreck.block(3).bodies, wreck.block(1)) == (b"body 3", None)
    assert list(wreck.snapshots()) == SNAPSHOTS
    assert (wreck.highest(), wreck.troubles, list(wreck.blobs())) == (3, [], [])
    assert wreck.name.startswith("postgresql://headrace@/test_")


def test_all_that_is_read_belongs_to_one_instant(wreck, postgres, database):
    assert wreck.numbers() == [2, 3]
    postgres.run(database, "DELETE FROM headrace.blocks")
    assert wreck.block(3).bodies == b"body 3"


def test_a_snapshot_with_another_check_sum_is_named(wreck, postgres, database):
    postgres.run(database, "UPDATE headrace.snapshots SET check_sum = 1 WHERE machine = 16")
    again = PostgresWreck(database)
    assert list(again.snapshots())[1] == "the snapshot of machine 16 up to block 2 is damaged"
    again.close()


def test_a_row_that_cannot_be_read_does_not_keep_others_from_being_read(wreck, postgres, database):
    postgres.run(database, "ALTER TABLE headrace.blocks RENAME TO rows")
    torn = "CASE seq WHEN 2 THEN decode('no hex' || seq, 'hex') ELSE bodies END AS bodies"
    view = f"SELECT shard, seq, epoch, at, format, head, {torn} FROM headrace.rows"
    postgres.run(database, f"CREATE VIEW headrace.blocks AS {view}")
    again = PostgresWreck(database)
    assert again.block(2) == 'it cannot be read (invalid hexadecimal digit: "n")'
    assert again.block(3).bodies == b"body 3"
    assert again.numbers() == [2, 3]
    again.close()


def test_a_connection_that_is_lost_is_no_damage(wreck, postgres, database):
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
    postgres.run(database, f"{kill} 'headrace inspection'")
    with pytest.raises(JournalError, match="cannot be read: "):
        wreck.block(2)


def test_a_database_without_our_tables_holds_no_journal(database):
    with pytest.raises(JournalDamaged, match="holds no journal"):
        PostgresWreck(database)


def test_a_newer_database_is_refused(wreck, postgres, database):
    postgres.run(database, "UPDATE headrace.meta SET value = 99")
    with pytest.raises(JournalDamaged, match=r"written by a newer .*format 99"):
        PostgresWreck(database)
