"""The log stores of this repository conform to the LogStore port."""

import asyncio

import pytest

from headrace.store.logs.files import FileLogStore
from headrace.store.logs.memory import MemoryLogStore
from headrace.store.logs.writer import Bounds
from headrace.testing.conformance.logs import CHECKS

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@every_check
def test_the_store_in_memory_conforms(check):
    asyncio.run(check(MemoryLogStore()))


@every_check
def test_the_store_in_files_conforms(check, tmp_path):
    asyncio.run(check(FileLogStore(tmp_path / "logs")))


@every_check
def test_it_conforms_with_blocks_of_a_few_events(check, tmp_path, monkeypatch):
    monkeypatch.setattr("headrace.store.logs.index.BLOCK_BYTES", 60)
    monkeypatch.setattr("headrace.store.logs.index.READ_BYTES", 50)
    asyncio.run(check(FileLogStore(tmp_path / "logs", Bounds(look_after_files=1))))
