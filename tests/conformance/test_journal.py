"""The journals of this repository conform to the Journal port, on both event loops."""

import asyncio

import pytest
import uvloop

from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.store.sqlite.journal import SqliteJournal
from headrace.testing.conformance.journal import CHECKS
from tests.postgres import new_journal

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@every_check
def test_the_memory_journal_conforms(check):
    disk = MemoryDisk()
    asyncio.run(check(lambda: MemoryJournal(disk)))


@every_check
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_the_sqlite_journal_conforms(check, run, tmp_path):
    run(check(lambda: SqliteJournal(tmp_path / "data")))


@every_check
@pytest.mark.slow
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_the_postgres_journal_conforms(check, run, database):
    run(check(lambda: new_journal(database)))
