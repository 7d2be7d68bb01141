"""Bodies: within a budget in memory, coalesced reads on a miss, reading ahead."""

import asyncio

import pytest

from headrace.core.machine import BodyAddress
from headrace.ports.journal import JournalDamaged
from headrace.shell.block import OpenBlock
from headrace.shell.bodies import DECODED_ON_THE_LOOP_BYTES, ENTRY_BYTES, NEAR, Bodies
from headrace.store.memory import MemoryJournal


class CountingJournal(MemoryJournal):
    """A memory journal that notes what is read, and reads when it is let."""

    def __init__(self):
        super().__init__()
        self.reads = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def read_bodies(self, seqs):
        self.reads.append(list(seqs))
        await self.gate.wait()
        return await super().read_bodies(seqs)


async def filled(blocks, size=100, per_block=2):
    """Return a journal with blocks of bodies of machine 16, numbered through."""
    journal = CountingJournal()
    await journal.open()
    number = 0
    for seq in range(1, blocks + 1):
        block = OpenBlock(seq)
        for _ in range(per_block):
            number += 1
            block.add_body(16, number, b"%d " % number * (size // 4))
        await journal.append(block.seal(0))
    return journal


def address(number, per_block=2):
    return BodyAddress((number - 1) // per_block + 1, 16, number)


def body(number, size=100):
    return b"%d " % number * (size // 4)


def test_what_was_sealed_is_found_without_reading():
    async def scenario():
        journal = await filled(0)
        bodies = Bodies(journal)
        block = OpenBlock(1)
        block.add_body(16, 1, b"a")
        bodies.keep(block)
        assert bodies.get(BodyAddress(1, 16, 1)) == b"a"
        assert bodies.get(BodyAddress(1, 16, 2)) is None
        assert await bodies.fetch([BodyAddress(1, 16, 1)]) == {BodyAddress(1, 16, 1): b"a"}
        assert journal.reads == []
        bodies.drop(1)
        assert bodies.get(BodyAddress(1, 16, 1)) is None

    asyncio.run(scenario())


def test_bodies_are_found_together_or_not_at_all():
    async def scenario():
        bodies = Bodies(await filled(0))
        for seq in (1, 2):
            block = OpenBlock(seq)
            for number in (seq, seq + 10):
                block.add_body(16, number, b"%d" % number)
            bodies.keep(block)
        places = [BodyAddress(1, 16, 1), BodyAddress(2, 16, 12), BodyAddress(1, 16, 11)]
        found = bodies.find(places)
        assert found == dict(zip(places, (b"1", b"12", b"11"), strict=True))
        assert bodies.find([]) == {}
        assert bodies.find([*places, BodyAddress(1, 16, 12)]) is None
        assert bodies.find([*places, BodyAddress(3, 16, 1)]) is None

    asyncio.run(scenario())


def test_what_was_found_last_stays_longest():
    async def scenario():
        bodies = Bodies(await filled(0), budget_bytes=2 * (1 + ENTRY_BYTES))
        for seq in (1, 2, 3):
            block = OpenBlock(seq)
            block.add_body(16, seq, b"x")
            bodies.keep(block)
            assert bodies.find([BodyAddress(1, 16, 1)]) is not None
        assert bodies.find([BodyAddress(2, 16, 2)]) is None

    asyncio.run(scenario())


def test_a_miss_is_read_once_for_all_who_wait_and_the_block_is_pinned_meanwhile():
    async def scenario():
        journal = await filled(3)
        bodies = Bodies(journal)
        journal.gate.clear()
        fetches = [asyncio.ensure_future(bodies.fetch([address(n)])) for n in (1, 2, 1)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert journal.reads == [[1]]
        assert bodies.is_pinned(1)
        assert not bodies.is_pinned(2)
        journal.gate.set()
        found = await asyncio.gather(*fetches)
        assert found == [{address(n): body(n)} for n in (1, 2, 1)]
        assert not bodies.is_pinned(1)
        assert bodies.get(address(2)) == body(2)

    asyncio.run(scenario())


def test_memory_stays_within_the_budget_and_the_least_recently_used_goes():
    async def scenario():
        journal = await filled(10, size=1_000)
        bodies = Bodies(journal, budget_bytes=4 * (2_000 + 2 * ENTRY_BYTES))
        for number in range(1, 21):
            await bodies.fetch([address(number)])
            bodies.get(address(1))
            assert bodies._cached_bytes <= bodies._budget
        assert bodies.get(address(1)) is not None
        assert bodies.get(address(3)) is None
        assert bodies.get(address(20)) is not None

    asyncio.run(scenario())


def test_a_reader_of_a_cold_backlog_finds_the_next_blocks_read():
    async def scenario():
        journal = await filled(300)
        bodies = Bodies(journal)
        bodies.size_of = lambda block: 210 if block <= 300 else 0
        for number in range(1, 601):
            assert (await bodies.fetch([address(number)]))[address(number)] == body(number)
        assert len(journal.reads) < 300 / NEAR * 3

    asyncio.run(scenario())


def test_a_reader_that_jumps_reads_nothing_ahead():
    async def scenario():
        journal = await filled(300)
        bodies = Bodies(journal)
        bodies.size_of = lambda block: 210
        for number in (600, 2, 400):
            await bodies.fetch([address(number)])
        assert journal.reads == [[300], [1], [200]]

    asyncio.run(scenario())


def test_large_blocks_are_decoded_off_the_loop():
    async def scenario():
        size = DECODED_ON_THE_LOOP_BYTES
        journal = await filled(1, size=size)
        assert (await Bodies(journal).fetch([address(1)]))[address(1)] == body(1, size)

    asyncio.run(scenario())


@pytest.mark.parametrize("missing", [BodyAddress(9, 16, 1), BodyAddress(1, 16, 99)])
def test_what_is_not_there_is_named(missing):
    async def scenario():
        bodies = Bodies(await filled(2))
        with pytest.raises(JournalDamaged, match=rf"memory: block {missing.block}"):
            await bodies.fetch([missing])
        assert not bodies.is_pinned(missing.block)
        assert await bodies.fetch([address(1)])

    asyncio.run(scenario())


def test_one_damaged_body_does_not_take_the_others_with_it():
    async def scenario():
        journal = await filled(1)
        block = journal.disk.blocks[1]
        damaged = block.bodies.replace(b"2 2 2", b"2 3 2", 1)
        journal.disk.blocks[1] = type(block)(1, 1, 0, 1, block.head, damaged)
        bodies = Bodies(journal)
        assert await bodies.fetch([address(1)]) == {address(1): body(1)}
        with pytest.raises(JournalDamaged, match="message 2 of machine 16 is missing or damaged"):
            await bodies.fetch([address(2)])

    asyncio.run(scenario())
