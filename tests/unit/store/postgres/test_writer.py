"""Writes under the epoch: lost connections, lost leases, full disks; nothing twice, nothing stale."""

import asyncio

import asyncpg
import pytest

from headrace.ports.journal import AppendRefused, AppendUnknown, JournalError, Snapshot
from headrace.store.postgres import writer as writer_module
from headrace.store.postgres.connection import connect
from headrace.store.postgres.statements import SQL
from headrace.testing.conformance.journal import block, opened, read_heads
from tests.postgres import new_journal, value_of

pytestmark = pytest.mark.slow

EXPIRE = "UPDATE headrace.shards SET expires_at = clock_timestamp()"
KILL = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = 'headrace writer' AND datname = current_database()"
)
WAITING_WRITERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND application_name = 'headrace writer' AND datname = current_database()"
)
EPOCHS = "SELECT array_agg(epoch ORDER BY seq) FROM headrace.blocks"


class Wire:
    """A connection whose next answer is lost, or whose next statement fails."""

    def __init__(self, connection, error, is_carried_out):
        self.connection = connection
        self.error = error
        self.is_carried_out = is_carried_out

    async def fetchval(self, *arguments, **options):
        if self.is_carried_out:
            await self.connection.fetchval(*arguments, **options)
        raise self.error

    def __getattr__(self, name):
        return getattr(self.connection, name)


def cut(journal, error, is_carried_out):
    """Make the journal's next statement fail."""
    writer = journal.writer
    writer._connection = Wire(writer._connection, error, is_carried_out)


def server_said(kind):
    error = kind("the server says no")
    error.severity_en = "ERROR"
    return error


def test_a_connection_lost_between_two_appends_is_not_noticed(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            await journal.append(block(1))
            assert await value_of(database, KILL) == 1
            await journal.append(block(2))
            assert await value_of(database, EPOCHS) == [1, 2]
            assert journal.is_owned

    asyncio.run(scenario())


@pytest.mark.parametrize("is_carried_out", [True, False], ids=["committed", "not committed"])
def test_an_append_whose_answer_is_lost_is_there_once(database, is_carried_out):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            await journal.append(block(1))
            cut(journal, asyncpg.ConnectionDoesNotExistError("lost"), is_carried_out)
            await journal.append(block(2))
            await journal.append(block(3))
            assert [head.head for head in await read_heads(journal)] == [
                b"head 1",
                b"head 2",
                b"head 3",
            ]
            expected = [1, 1, 2] if is_carried_out else [1, 2, 2]
            assert await value_of(database, EPOCHS) == expected

    asyncio.run(scenario())


def test_a_backend_killed_in_the_middle_of_an_append_loses_nothing(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            await journal.append(block(1))
            blocker = await asyncpg.connect(database)
            await blocker.execute("BEGIN; SELECT FROM headrace.shards FOR UPDATE")
            append = asyncio.ensure_future(journal.append(block(2)))
            while not await value_of(database, WAITING_WRITERS):
                assert not append.done()
            assert await value_of(database, KILL) == 1
            await blocker.close()
            await append
            assert [head.seq for head in await read_heads(journal)] == [1, 2]

    asyncio.run(scenario())


def test_without_a_database_nobody_knows_and_nothing_more_is_written(database, monkeypatch):
    monkeypatch.setattr(writer_module, "RESUME_S", 0.0)

    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            url, journal.writer._url = journal.writer._url, "postgresql://headrace@/q?host=/none"
            cut(journal, ConnectionResetError("reset"), is_carried_out=True)
            with pytest.raises(AppendUnknown, match="cannot be reached"):
                await journal.append(block(1))
            with pytest.raises(AppendUnknown, match="opened anew"):
                await journal.append(block(1))
            monkeypatch.setitem(type(journal).open.__globals__, "REOPEN_S", 0.0)
            with pytest.raises(JournalError, match="cannot be reached"):
                await journal.open()
            journal.writer._url = url
            await journal.open()
            assert journal.last_seq == 1
            await journal.append(block(2))

    asyncio.run(scenario())


def test_a_connection_that_is_lost_again_leaves_it_unknown(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            lost = asyncpg.ConnectionDoesNotExistError("lost")
            resume = journal.writer._resume

            async def resume_and_cut(cause):
                await resume(cause)
                cut(journal, lost, is_carried_out=False)

            journal.writer._resume = resume_and_cut
            cut(journal, lost, is_carried_out=False)
            with pytest.raises(AppendUnknown, match="lost"):
                await journal.append(block(1))
            await journal.open()
            assert journal.last_seq == 0
            await journal.append(block(1))

    asyncio.run(scenario())


def test_a_server_that_was_taken_over_writes_nothing_at_all(database, monkeypatch):
    """The epoch keeps it out, be its session alive or not."""
    monkeypatch.setitem(SQL, "end_session", "SELECT $1::integer, $2::text, $3::boolean")

    async def scenario():
        async with opened(lambda: new_journal(database, "old")) as old:
            lost = []
            old.on_lost = lost.append
            await old.append(block(1))
            await old.write_snapshots([Snapshot(16, 1, 1, b"state"), Snapshot(17, 1, 1, None)])
            await value_of(database, EXPIRE)
            async with opened(lambda: new_journal(database, "new")) as new:
                assert new.last_seq == 1
                for write in (
                    old.append(block(2)),
                    old.write_snapshots([Snapshot(16, 2, 1, b"stale")]),
                    old.drop_tombstones(9),
                    old.delete_blocks([1]),
                ):
                    with pytest.raises(AppendRefused, match="has taken"):
                        await write
                assert [head.seq for head in await read_heads(new)] == [1]
                assert list(await new.snapshots()) == [
                    Snapshot(16, 1, 1, b"state"),
                    Snapshot(17, 1, 1, None),
                ]
                assert not old.is_owned
                assert len(lost) == 1
                await new.append(block(2))
                with pytest.raises(JournalError, match=r"in use .*\(new\)"):
                    await old.open()

    asyncio.run(scenario())


def test_a_takeover_waits_for_a_write_under_way_and_a_renewal_does_not(database, monkeypatch):
    monkeypatch.setitem(SQL, "end_session", "SELECT $1::integer, $2::text, $3::boolean")

    async def scenario():
        async with opened(lambda: new_journal(database, "old")) as old:
            session = old.writer._connection
            await session.execute("BEGIN")
            await old.append(block(1))  # carried out, not committed
            await asyncio.wait_for(renew(), 5)
            await value_of(database, EXPIRE)
            new = new_journal(database, "new")
            opening = asyncio.ensure_future(new.open())
            while not await value_of(database, WAITING_WRITERS):
                assert not opening.done()
            await session.execute("COMMIT")
            await opening
            assert new.last_seq == 1
            await new.close()

    async def renew():
        connection = await connect(database, "lease")
        owner = await connection.fetchval("SELECT token FROM shards")
        assert await connection.fetchval(SQL["renew"], 0, owner, 30_000) == 1
        await connection.close()

    asyncio.run(scenario())


def test_a_server_that_was_taken_over_while_its_connection_was_lost_gives_up(database):
    async def scenario():
        async with opened(lambda: new_journal(database, "old")) as old:
            await old.append(block(1))
            cut(old, ConnectionResetError("reset"), is_carried_out=False)
            await value_of(database, EXPIRE)
            async with opened(lambda: new_journal(database, "new")) as new:
                await new.append(block(2, head=b"of the new"))
                await value_of(database, EXPIRE)  # over as well: and still nothing to resume
                with pytest.raises(AppendUnknown, match=r"in use .*\(new\)"):
                    await old.append(block(2))
                with pytest.raises(AppendRefused):
                    await old.append(block(2))
                assert (await read_heads(new))[-1].head == b"of the new"

    asyncio.run(scenario())


def test_what_the_database_refuses_is_refused_and_a_full_disk_is_noticed(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            healthy = journal.writer._connection
            cut(journal, server_said(asyncpg.DiskFullError), is_carried_out=False)
            with pytest.raises(AppendRefused, match="says no"):
                await journal.append(block(1))
            assert journal.space_is_low
            journal.writer._connection = healthy
            await journal.append(block(1))

    asyncio.run(scenario())


def test_what_was_handed_over_is_written_though_its_caller_is_cancelled(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            append = asyncio.ensure_future(journal.append(block(1)))
            await asyncio.sleep(0)
            append.cancel()
            with pytest.raises(asyncio.CancelledError):
                await append
            await journal.append(block(2))
            assert [head.seq for head in await read_heads(journal)] == [1, 2]

    asyncio.run(scenario())


def test_a_statement_that_waits_for_ever_ends_with_the_lease(database):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            blocker = await asyncpg.connect(database)
            await blocker.execute("BEGIN; SELECT FROM headrace.shards FOR UPDATE")
            append = asyncio.ensure_future(journal.append(block(1)))
            while not await value_of(database, WAITING_WRITERS):
                assert not append.done()
            old = journal.writer._connection
            journal._lease.on_silence()
            await blocker.close()
            await append
            assert old.is_closed()
            journal._lease.on_silence()  # nothing waits: nothing to end
            await journal.append(block(2))

    asyncio.run(scenario())
