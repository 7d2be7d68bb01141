"""The lease: one owner, epochs that rise, renewal, loss, and what time says."""

import asyncio
import time

import pytest

from headrace.ports.journal import JournalInUse
from headrace.store.postgres.connection import connect
from headrace.store.postgres.lease import Lease, Owner
from headrace.store.postgres.migration import prepare
from tests.postgres import value_of

pytestmark = pytest.mark.slow

EXPIRE = "UPDATE headrace.shards SET expires_at = clock_timestamp()"


class Clock:
    """Machine time as the test says."""

    def __init__(self):
        self.now_ns = 0

    def __call__(self):
        return self.now_ns


class Server:
    """A lease with the connection that would write."""

    def __init__(self, url, name, duration_ms=60_000, read_ns=time.monotonic_ns):
        self.url = url
        self.lost = []
        self.lease = Lease(
            name="q",
            shard=0,
            owner=Owner(name, f"token of {name}"),
            duration_ms=duration_ms,
            read_ns=read_ns,
            connect=lambda: connect(url, "lease"),
        )
        self.lease.on_lost = self.lost.append

    async def __aenter__(self):
        self.connection = await connect(self.url, "writer")
        await prepare(self.connection, "q")
        return self

    async def __aexit__(self, *_):
        await self.lease.stop()
        self.connection.terminate()

    async def take(self, from_others=True):
        await self.lease.take(self.connection, from_others=from_others)
        return self.lease.epoch


def test_one_at_a_time_owns_it_and_others_are_told_who(database):
    async def scenario():
        async with Server(database, "ann") as ann, Server(database, "bob") as bob:
            assert await ann.take() == 1
            assert ann.lease.is_held
            with pytest.raises(JournalInUse, match=r"q is in use .*\(ann\).* ends in [56]\d\.\d s"):
                await bob.take()
            assert not bob.lease.is_held
            assert not bob.lease.is_lost
            assert await ann.take() == 2  # from itself, whenever it wants

    asyncio.run(scenario())


def test_what_is_released_or_over_is_taken_at_once(database):
    async def scenario():
        async with Server(database, "ann") as ann, Server(database, "bob") as bob:
            await ann.take()
            await ann.lease.stop()
            await ann.lease.release(ann.connection)
            assert not ann.lease.is_held
            assert await bob.take() == 2
            await value_of(database, EXPIRE)
            assert await ann.take() == 3

    asyncio.run(scenario())


def test_what_another_has_had_is_not_taken_without_reading_anew(database):
    async def scenario():
        async with Server(database, "ann") as ann, Server(database, "bob") as bob:
            await ann.take()
            await value_of(database, EXPIRE)
            assert await ann.take(from_others=False) == 2  # over, but nobody else's since
            await value_of(database, EXPIRE)
            await bob.take()
            await value_of(database, EXPIRE)
            again = Server(database, "ann")
            async with again:
                with pytest.raises(JournalInUse, match="bob"):
                    await again.take(from_others=False)

    asyncio.run(scenario())


def test_it_is_held_for_as_long_as_nobody_else_can_have_it(database):
    async def scenario():
        clock = Clock()
        async with Server(database, "ann", 60_000, clock) as ann:
            await ann.take()
            clock.now_ns = 59_999 * 1_000_000
            assert ann.lease.is_held
            clock.now_ns = 60_000 * 1_000_000
            assert not ann.lease.is_held
            assert not ann.lease.is_lost

    asyncio.run(scenario())


def test_it_is_renewed_in_time_and_after_a_lost_connection(database):
    async def scenario():
        async with Server(database, "ann", 600) as ann:
            await ann.take()
            for kill in (False, True):
                end = await value_of(database, "SELECT expires_at FROM headrace.shards")
                while kill and not await value_of(
                    database,
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE application_name = 'headrace lease' AND datname = current_database()",
                ):
                    await asyncio.sleep(0)
                while await value_of(database, "SELECT expires_at FROM headrace.shards") <= end:
                    assert ann.lease.is_held
            assert ann.lease.epoch == 1
            assert ann.lost == []

    asyncio.run(scenario())


def test_an_owner_learns_that_it_is_none_any_more_without_writing(database):
    async def scenario():
        async with Server(database, "ann", 300) as ann:
            told = asyncio.Event()
            ann.lease.on_lost = lambda sentence: told.set()
            await ann.take()
            await value_of(database, "UPDATE headrace.shards SET token = 'bob'")
            await asyncio.wait_for(told.wait(), 10)
            assert ann.lease.is_lost
            assert not ann.lease.is_held

    asyncio.run(scenario())


def test_a_loss_is_told_once(database):
    async def scenario():
        server = Server(database, "ann")
        server.lease.note_lost()
        server.lease.note_lost()
        assert server.lost == ["another server has taken q over"]

    asyncio.run(scenario())


def test_a_database_that_does_not_answer_is_noticed_when_the_lease_is_over(database):
    async def scenario():
        silent = asyncio.Event()
        async with Server(database, "ann", 300) as ann:

            async def no_connection():
                raise ConnectionRefusedError

            ann.lease._connect = no_connection
            ann.lease.on_silence = silent.set
            await ann.take()
            await asyncio.wait_for(silent.wait(), 10)
            assert not ann.lease.is_held
            assert not ann.lease.is_lost  # nobody else has it yet

    asyncio.run(scenario())


def test_half_a_statement_of_the_last_owner_holds_nothing_back(database):
    async def scenario():
        async with Server(database, "ann") as ann, Server(database, "bob") as bob:
            await ann.take()
            await ann.connection.execute("BEGIN; SELECT epoch FROM shards FOR KEY SHARE")
            await value_of(database, EXPIRE)
            assert await asyncio.wait_for(bob.take(), 5) == 2

    asyncio.run(scenario())
