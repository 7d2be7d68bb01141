"""Bring a database to the format of this version, one server at a time."""

import logging
from typing import Any

from headrace.ports.journal import JournalDamaged
from headrace.store.postgres.statements import SCRIPTS, SQL

log = logging.getLogger(__name__)


async def prepare(connection: Any, name: str) -> None:
    """Create the tables that are missing, or check that this version can read them.

    Args:
        connection: An open one, outside a transaction.
        name: Of the database, for sentences.

    Raises:
        JournalDamaged: A newer version of Headrace has made them.
    """
    if await connection.fetchval("SHOW fsync") != "on":
        log.warning("%s has fsync off: what is acknowledged may be lost with its machine", name)
    if await format_of(connection) != len(SCRIPTS):
        async with connection.transaction():
            await connection.execute(SQL["lock_schema"])
            format = await format_of(connection)
            for script in SCRIPTS[format:]:
                await connection.execute(script)
    format = await format_of(connection)
    if format > len(SCRIPTS):
        raise JournalDamaged(
            f"{name} was written by a newer version of Headrace (format {format};"
            f" this version knows formats up to {len(SCRIPTS)})"
        )


async def format_of(connection: Any) -> int:
    """Return the format of the tables; 0 says that there are none."""
    if not await connection.fetchval(SQL["has_tables"]):
        return 0
    return int(await connection.fetchval(SQL["format"]))
