"""Connections to PostgreSQL: their settings, what errors mean, names without passwords."""

import asyncio

import asyncpg
import pytest

from headrace.store.postgres.connection import (
    connect,
    is_lost,
    is_passing,
    name_of,
    options_of,
    pause,
    sentence_of,
)
from headrace.store.postgres.statements import SQL


@pytest.mark.parametrize(
    "url, name",
    [
        ("postgresql://db.example/queues", "postgresql://db.example/queues"),
        ("postgresql://ann:secret@db:5433/q?sslmode=require", "postgresql://ann@db:5433/q"),
        ("postgres://ann@/q?host=/run&password=secret", "postgresql://ann@/q"),
        ("postgresql://ann:s%40crt@a:1,b:2/q", "postgresql://ann@a:1,b:2/q"),
    ],
)
def test_a_name_tells_no_password(url, name):
    assert name_of(url) == name


def server_said(kind, severity):
    error = kind("so it is")
    error.severity_en = severity
    return error


@pytest.mark.parametrize(
    "error, lost, passing",
    [
        (server_said(asyncpg.UniqueViolationError, "ERROR"), False, False),
        (server_said(asyncpg.DiskFullError, "ERROR"), False, True),
        (server_said(asyncpg.LockNotAvailableError, "ERROR"), False, True),
        (server_said(asyncpg.ReadOnlySQLTransactionError, "ERROR"), False, True),
        (server_said(asyncpg.AdminShutdownError, "FATAL"), True, True),
        (server_said(asyncpg.CannotConnectNowError, "FATAL"), True, True),
        (server_said(asyncpg.InvalidPasswordError, "FATAL"), True, False),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle"), True, True),
        (asyncpg.InterfaceError("the connection is closed"), True, True),
        (ConnectionResetError("reset"), True, True),
        (TimeoutError(), True, True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_the_server_s_own_no_means_that_nothing_was_written(error, lost, passing):
    assert is_lost(error) is lost
    assert is_passing(error) is passing


def test_an_error_is_one_line():
    assert sentence_of(OSError("two\n  lines")) == "two lines"
    assert sentence_of(TimeoutError()) == "TimeoutError"


def test_connections_are_made_for_writing_and_carry_their_purpose():
    options = options_of("writer")
    assert options["target_session_attrs"] == "read-write"
    assert options["server_settings"]["application_name"] == "headrace writer"


def test_a_pause_ends():
    assert asyncio.run(pause(0)) is None


@pytest.mark.slow
def test_commits_are_synchronous_whatever_the_database_says(postgres, database):
    postgres.run(database, "ALTER ROLE headrace SET synchronous_commit = off")

    async def scenario():
        connection = await connect(database, "writer")
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        assert await connection.fetchval("SHOW transaction_isolation") == "read committed"
        await connection.close()

    try:
        asyncio.run(scenario())
    finally:
        postgres.run(database, "ALTER ROLE headrace RESET synchronous_commit")


@pytest.mark.slow
def test_reading_goes_along_the_primary_keys(postgres, database):
    async def scenario():
        from tests.postgres import new_journal

        journal = new_journal(database)
        await journal.open()
        connection = await connect(database, "reader")
        plan = await connection.fetch("EXPLAIN " + with_values(SQL["heads"], 0, 5, 1000, 4096))
        assert "Index Scan" in str(plan)
        plan = await connection.fetch("EXPLAIN " + with_values(SQL["bodies"], 0, "'{1,2}'"))
        assert "Index Scan" in str(plan)
        await connection.close()
        await journal.close()

    asyncio.run(scenario())


def with_values(statement, *values):
    """Return a statement with its parameters written into it."""
    for number, value in reversed(list(enumerate(values, 1))):
        statement = statement.replace(f"${number}", str(value))
    return statement
