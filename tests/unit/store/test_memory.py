"""The memory journal beyond the port's promises, which tests/conformance/test_journal.py checks."""

import asyncio

from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.conformance.journal import block, opened


def test_two_journals_without_a_disk_share_nothing():
    async def scenario():
        async with opened(MemoryJournal) as first, opened(MemoryJournal) as second:
            await first.append(block(1))
            assert second.last_seq == 0

    asyncio.run(scenario())


def test_a_disk_outlives_its_journals():
    async def scenario():
        disk = MemoryDisk()
        async with opened(lambda: MemoryJournal(disk)) as journal:
            await journal.append(block(1))
        assert disk.owner is None
        assert list(disk.blocks) == [1]

    asyncio.run(scenario())
