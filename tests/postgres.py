"""A PostgreSQL of the tests' own, from the machine's binaries: a socket in a temporary folder."""

import asyncio
import contextlib
import glob
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time

import asyncpg

from headrace.store.postgres.journal import PostgresJournal
from headrace.store.postgres.lease import Owner

USER = "headrace"
START_S = 30

#: Nothing is kept when the machine goes down, and nothing listens but a socket.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "autovacuum_naptime": "5s",
}


def find_binaries():
    """Return the folder with initdb and postgres, or None."""
    candidates = [
        os.path.dirname(os.path.realpath(path)) for path in (shutil.which("postgres") or "",)
    ]
    if config := shutil.which("pg_config"):
        asked = subprocess.run([config, "--bindir"], capture_output=True, text=True)
        candidates.append(asked.stdout.strip())
    newest_first = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob(
        "/opt/homebrew/opt/postgresql*/bin"
    )
    candidates += sorted(newest_first, reverse=True)
    for folder in candidates:
        if folder and all(
            os.access(f"{folder}/{name}", os.X_OK) for name in ("initdb", "pg_ctl", "postgres")
        ):
            return folder
    return None


def as_whom():
    """Return how to start a process that is not root: postgres refuses to be."""
    if os.geteuid() != 0:
        return {}, None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}, user
    raise AssertionError("this machine has no user that PostgreSQL could run as")


class Cluster:
    """A running PostgreSQL; `database()` makes a new one in it."""

    def __init__(self, binaries):
        self.folder = tempfile.mkdtemp(prefix="headrace-postgres-", dir="/tmp")
        self._rights, user = as_whom()
        if user is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        os.chmod(self.folder, 0o755)
        self._binaries = binaries
        self._data = f"{self.folder}/data"
        self._numbers = itertools.count(1)
        words = ["-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        self._call("initdb", "-D", self._data, *words)
        self.start()

    def start(self):
        """Start the server and wait until it answers."""
        options = {"unix_socket_directories": self.folder, **OPTIONS}
        text = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = f"{self.folder}/log"
        self._call("pg_ctl", "start", "-w", "-D", self._data, "-l", log, "-o", text)

    def end(self):
        """End the server as a crash would."""
        self._call("pg_ctl", "stop", "-m", "immediate", "-D", self._data)

    def _call(self, program, *words):
        subprocess.run(
            [f"{self._binaries}/{program}", *words],
            check=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=START_S,
            **self._rights,
        )

    def url(self, database):
        """Return what servers are told."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def database(self):
        """Make a new database and return its URL."""
        name = f"test_{next(self._numbers)}"
        self.run("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def run(self, database, statement):
        """Carry out one statement on a connection of its own; return its first value."""
        url = database if "://" in database else self.url(database)
        return asyncio.run(value_of(url, statement))

    def stop(self):
        """End it at once and remove everything."""
        self.end()
        shutil.rmtree(self.folder)


async def value_of(url, statement):
    """Carry out one statement on a connection of its own; return its first value."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


_tokens = itertools.count(1)


def new_journal(url, name="first", lease_ms=30_000, **options):
    """Return a journal as a server of its own would have it, not yet opened."""
    owner = Owner(name, f"{name} {next(_tokens)}")
    options = {"read_ns": time.monotonic_ns} | options
    return PostgresJournal(url, owner=owner, lease_ms=lease_ms, **options)
