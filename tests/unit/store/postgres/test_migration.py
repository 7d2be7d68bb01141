"""The tables of a database: made once, read by versions that know them."""

import asyncio
import logging

import pytest

from headrace.ports.journal import JournalDamaged
from headrace.store.postgres.connection import connect
from headrace.store.postgres.migration import prepare
from headrace.store.postgres.statements import SCRIPTS

pytestmark = pytest.mark.slow


def test_servers_that_start_at_once_make_the_tables_once(postgres, database):
    async def scenario():
        connections = [await connect(database, "writer") for _ in range(4)]
        await asyncio.gather(*(prepare(connection, "q") for connection in connections))
        await prepare(connections[0], "q")
        for connection in connections:
            await connection.close()

    asyncio.run(scenario())
    assert postgres.run(database, "SELECT value FROM headrace.meta") == len(SCRIPTS)


def test_tables_of_a_newer_version_are_left_alone(postgres, database):
    async def scenario():
        connection = await connect(database, "writer")
        try:
            await prepare(connection, "q")
            await connection.execute("UPDATE headrace.meta SET value = 99")
            with pytest.raises(JournalDamaged, match=r"q was written by a newer .*format 99"):
                await prepare(connection, "q")
        finally:
            await connection.close()

    asyncio.run(scenario())


def test_a_database_that_flushes_nothing_is_told(postgres, database, caplog):
    async def scenario():
        connection = await connect(database, "writer")
        await prepare(connection, "q")
        await connection.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert "q has fsync off" in caplog.text
