"""The journal's suite can fail: journals with one fault each do not pass it."""

import asyncio
from functools import partial

import pytest

from headrace.ports.journal import Snapshot
from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.conformance.journal import CHECKS


class Forgets(MemoryJournal):
    async def append(self, block):
        await super().append(block)
        if block.seq == 2:
            del self.disk.blocks[2]


class Reorders(MemoryJournal):
    async def heads(self, after):
        async for heads in super().heads(after):
            yield heads[::-1]


class Accepts(MemoryJournal):
    async def append(self, block):
        self.disk.last_seq = block.seq - 1
        await super().append(block)


class Shares(MemoryJournal):
    async def open(self):
        self.disk.owner = self


class HalfWrites(MemoryJournal):
    async def write_snapshots(self, snapshots):
        for snapshot in snapshots:
            await super().write_snapshots([snapshot])


class KeepsTombstones(MemoryJournal):
    async def drop_tombstones(self, upto):
        pass


class ForgetsNumbers(MemoryJournal):
    async def delete_blocks(self, seqs):
        await super().delete_blocks(seqs)
        self.disk.last_seq = max(self.disk.blocks, default=0)


class Confuses(MemoryJournal):
    async def write_snapshots(self, snapshots):
        await super().write_snapshots(
            [Snapshot(s.machine, s.upto, s.kind, s.state or None) for s in snapshots]
        )


FAULTY = [Forgets, Reorders, Accepts, Shares, HalfWrites, KeepsTombstones, ForgetsNumbers, Confuses]


@pytest.mark.parametrize("kind", FAULTY, ids=lambda kind: kind.__name__)
def test_a_faulty_journal_does_not_pass(kind):
    failed = []
    for check in CHECKS:
        disk = MemoryDisk()
        try:
            asyncio.run(check(partial(kind, disk)))
        except Exception as error:
            failed.append((check.__name__, error))
    assert failed
