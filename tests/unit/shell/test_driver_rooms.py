"""Rooms wait for the disk on their own: what wrote nothing waits for its room's records alone."""

import asyncio

import msgspec
import pytest

from headrace.base.errors import ServiceError
from headrace.core.machine import Remember, Reply
from headrace.core.sqs.records import QueuePurged
from headrace.shell.driver import Driver
from headrace.shell.hand import Hand
from headrace.store.memory import MemoryJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.faults import REFUSED, FaultyJournal


class Refused(ServiceError):
    status, code = 400, "Refused"


class Told(msgspec.Struct, frozen=True):
    """Effect: for whoever carries it out."""

    word: str


class Write(msgspec.Struct, frozen=True):
    word: str


class Ask(msgspec.Struct, frozen=True):
    word: str


class Refuse(msgspec.Struct, frozen=True):
    word: str


class OtherWrite(Write, frozen=True):
    pass


class OtherAsk(Ask, frozen=True):
    pass


class OtherRefuse(Refuse, frozen=True):
    pass


class OneRoom:
    growing = ()

    def __init__(self, machine, *commands):
        self.machine = machine
        self.commands = commands

    def apply(self, command, now, ticket):
        if isinstance(command, Refuse):
            raise Refused(command.word)
        answer = [Reply(ticket, command.word), Told(command.word)]
        if isinstance(command, Write):
            return [Remember(QueuePurged(self.machine, now)), *answer]
        return answer

    def next_deadline(self):
        return None

    def wake(self, now, at_most):
        return []

    def resume(self, now):
        return []


class Bench:
    """A driver of two rooms, and what it says: answers, and effects with a `!`."""

    def __init__(self):
        self.journal = FaultyJournal(MemoryJournal())
        self.driver = Driver(VirtualClock(), self.journal, Hand())
        self.said = []
        self.driver.carry(Told, lambda told: self.said.append(f"{told.word}!"))

    async def __aenter__(self):
        await self.journal.open()
        one = OneRoom(16, Write, Ask, Refuse)
        self.driver.start([one, OneRoom(17, OtherWrite, OtherAsk, OtherRefuse)])
        return self

    async def __aexit__(self, *_):
        await self.driver.stop()

    def submit(self, command):
        self.driver.submit(command, lambda value: self.said.append(getattr(value, "code", value)))

    async def let_write(self):
        """Let the disk begin with what is filled."""
        for _ in range(3):
            await asyncio.sleep(0)


def story(scenario):
    async def run():
        async with Bench() as bench:
            await scenario(bench)

    asyncio.run(run())


@pytest.mark.parametrize("is_under_way", [False, True])
def test_what_wrote_nothing_leaves_at_once_while_another_room_is_written(is_under_way):
    async def scenario(bench):
        bench.journal.gate.clear()
        bench.submit(Write("a"))
        if is_under_way:
            await bench.let_write()
        bench.submit(OtherAsk("b"))
        bench.submit(OtherRefuse("c"))
        assert bench.said == ["b", "b!", "Refused"]
        bench.journal.gate.set()
        await bench.driver.settled()
        assert bench.said == ["b", "b!", "Refused", "a", "a!"]

    story(scenario)


@pytest.mark.parametrize("is_under_way", [False, True])
def test_what_wrote_nothing_waits_while_its_own_room_is_written(is_under_way):
    async def scenario(bench):
        bench.journal.gate.clear()
        bench.submit(Write("a"))
        if is_under_way:
            await bench.let_write()
        bench.submit(Ask("b"))
        bench.submit(Refuse("c"))
        await bench.let_write()
        assert bench.said == []
        bench.journal.gate.set()
        await bench.driver.settled()
        blocks = ["a", "a!", "b", "Refused", "b!"] if is_under_way else ["a", "b", "Refused"]
        assert bench.said[:5] == (blocks if is_under_way else [*blocks, "a!", "b!"])

    story(scenario)


def test_nothing_of_a_room_overtakes_what_waits_though_what_it_waited_for_is_durable():
    """The second block holds a record of another room, and what the first had waited for."""

    async def scenario(bench):
        first = bench.journal.gate
        first.clear()
        bench.submit(Write("a"))
        await bench.let_write()
        bench.submit(Ask("b"))
        bench.submit(OtherWrite("c"))
        bench.journal.gate = asyncio.Event()  # for the second block
        first.set()
        await bench.let_write()
        assert bench.said == ["a", "a!"]
        bench.submit(Ask("d"))
        assert bench.said == ["a", "a!"]
        bench.journal.gate.set()
        await bench.driver.settled()
        assert bench.said == ["a", "a!", "b", "c", "b!", "c!", "d", "d!"]

    story(scenario)


def test_a_look_waits_for_every_room():
    async def scenario(bench):
        bench.journal.gate.clear()
        bench.submit(Write("a"))
        bench.driver.reply("seen", bench.said.append)
        await bench.let_write()
        assert bench.said == []
        bench.journal.gate.set()
        await bench.driver.settled()
        assert bench.said == ["a", "seen", "a!"]

    story(scenario)


def test_what_has_left_is_not_taken_back_when_the_other_rooms_block_fails():
    async def scenario(bench):
        bench.journal.faults[1] = REFUSED
        bench.submit(Write("a"))
        bench.submit(OtherAsk("b"))
        await bench.driver.settled()
        assert bench.said == ["b", "b!", "InternalFailure"]

    story(scenario)
