"""Reading beside the writes: over lost connections, with an end."""

import asyncio

import pytest

from headrace.ports.journal import JournalDamaged
from headrace.store.postgres import readers as readers_module
from headrace.store.postgres.readers import Readers
from tests.postgres import value_of

pytestmark = pytest.mark.slow

KILL = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = 'headrace reader' AND datname = current_database()"
)


def test_a_read_whose_connection_is_lost_is_done_again(database):
    async def scenario():
        readers = Readers(database, "q")
        await readers.open()
        assert [tuple(row) for row in await readers.fetch("SELECT 1")] == [(1,)]
        assert await value_of(database, KILL) == 1
        assert [tuple(row) for row in await readers.fetch("SELECT 2")] == [(2,)]
        slow = asyncio.ensure_future(readers.fetch("SELECT 3 FROM pg_sleep(0.3)"))
        while not await value_of(database, KILL):
            await asyncio.sleep(0)
        assert [tuple(row) for row in await slow] == [(3,)]
        await readers.close()

    asyncio.run(scenario())


def test_what_cannot_be_read_is_told(database, monkeypatch):
    monkeypatch.setattr(readers_module, "READ_S", 0.0)

    async def scenario():
        readers = Readers("postgresql://headrace@/q?host=/none", "q")
        with pytest.raises(JournalDamaged, match="q is not open"):
            await readers.fetch("SELECT 1")
        await readers.open()
        with pytest.raises(JournalDamaged, match="q cannot be read"):
            await readers.fetch("SELECT 1")
        await readers.close()
        await readers.close()

    asyncio.run(scenario())


def test_a_wrong_statement_is_not_tried_again(database):
    async def scenario():
        readers = Readers(database, "q")
        await readers.open()
        with pytest.raises(JournalDamaged, match="nowhere"):
            await readers.fetch("SELECT 1 FROM nowhere")
        await readers.close()

    asyncio.run(scenario())


def test_closing_waits_only_so_long(database, monkeypatch):
    monkeypatch.setattr(readers_module, "CLOSE_S", 0.05)

    async def scenario():
        readers = Readers(database, "q")
        await readers.open()
        slow = asyncio.ensure_future(readers.fetch("SELECT FROM pg_sleep(30)"))
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        while not await value_of(database, asleep):
            await asyncio.sleep(0)
        await readers.close()
        with pytest.raises(JournalDamaged):
            await slow

    asyncio.run(scenario())
