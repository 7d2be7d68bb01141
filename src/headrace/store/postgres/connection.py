"""Connections to PostgreSQL, what their errors mean, and how a database is called in a sentence."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from headrace.store.postgres.limits import CONNECT_S, LOCK_WAIT_MS

#: What can go wrong with a statement or a connection. `TimeoutError` is an `OSError`.
DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)

#: SQLSTATE classes of what may be over soon: connections, resources, an operator, a lock, and
#: PostgreSQL 25006, a server that only reads because another one is the primary.
_PASSING = ("08", "53", "57", "55P03", "25006")

#: Whatever the database's defaults are, these hold for our sessions.
_SESSION = {
    "search_path": "headrace",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "statement_timeout": "0",
    "lock_timeout": str(LOCK_WAIT_MS),
    "idle_session_timeout": "0",
    "client_min_messages": "warning",
    "jit": "off",
    # All that we ask for lies in the order of a primary key; tables without statistics mislead.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
}


def options_of(purpose: str) -> dict[str, Any]:
    """Return what each connection is made with; `purpose` is how pg_stat_activity shows it."""
    return {
        "timeout": CONNECT_S,
        "target_session_attrs": "read-write",
        "server_settings": _SESSION | {"application_name": f"headrace {purpose}"},
    }


async def connect(url: str, purpose: str) -> Any:
    """Return a new connection in autocommit mode.

    Raises:
        DATABASE_ERRORS: There is none to be had.
    """
    return await asyncpg.connect(url, **options_of(purpose))


def is_lost(error: BaseException) -> bool:
    """Tell whether the session is gone, so that nobody knows what came of its last statement.

    Any other error is the server's word that it has undone the statement.
    """
    if not isinstance(error, asyncpg.PostgresError):
        return True
    severity = getattr(error, "severity_en", None) or getattr(error, "severity", None)
    return severity != "ERROR"


def is_passing(error: BaseException) -> bool:
    """Tell whether trying again later may help."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "08").startswith(_PASSING)
    return True


def sentence_of(error: BaseException) -> str:
    """Return what an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def name_of(url: str) -> str:
    """Return how a database is called in a sentence: its URL without password and options."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return f"postgresql://{user.partition(':')[0]}{at}{host}{parts.path}"


async def pause(seconds: float) -> None:
    """Wait before the database is asked again: nobody tells when it has come back."""
    await asyncio.sleep(seconds)  # noqa: TID251 - see above
