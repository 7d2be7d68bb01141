"""A mapping's effects on a real driver, with a clock that a test moves and a pretended sandbox."""

import asyncio
import json

import pytest

from headrace.base.errors import InternalFailure
from headrace.core.functions.commands import CreateFunction, EnvironmentStarted, InvokeEnded
from headrace.core.functions.effects import (
    FreezeEnvironment,
    RunInvoke,
    StartEnvironment,
    StopEnvironment,
    WriteLog,
)
from headrace.core.functions.functions import Functions
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Code, Logging
from headrace.core.functions.settings import Settings as FunctionSettings
from headrace.core.machine import Numbers
from headrace.core.mapping.commands import (
    BatchFinished,
    CreateMapping,
    Source,
    Target,
    UpdateMapping,
)
from headrace.core.mapping.limits import SETTLE_MS
from headrace.core.mapping.mappings import Mappings
from headrace.core.mapping.settings import Settings
from headrace.core.sqs.commands import (
    CreateQueue,
    DeleteMessages,
    DeleteQueue,
    OutgoingMessage,
    ReceiveMessages,
    SendMessages,
)
from headrace.core.sqs.content import Content, encode
from headrace.core.sqs.queues import Queues
from headrace.ports.journal import AppendRefused
from headrace.shell.bodies import Bodies
from headrace.shell.driver import Driver
from headrace.shell.hand import Hand
from headrace.shell.pollers import Pollers
from headrace.shell.rooms import Rooms
from headrace.store.codec import HeadReader
from headrace.store.memory import MemoryJournal
from headrace.testing.entropy import SeededEntropy

ACCOUNT = "123456789012"
REGION = "eu-central-1"
HANDLE = FunctionReference(ACCOUNT, REGION, "handle", None)


class HandClock:
    """Service time that stands still until `move`."""

    kind = "virtual"

    def __init__(self):
        self.instant = 1_800_000_000_000
        self.alarms = []

    def now(self):
        return self.instant

    def call_at(self, instant, callback):
        alarm = HandAlarm(instant, callback)
        self.alarms.append(alarm)
        return alarm

    def not_before(self, instant):
        self.instant = max(self.instant, instant)

    def move(self, milliseconds):
        end = self.instant + milliseconds
        while due := sorted(
            (a for a in self.alarms if a.callback and a.instant <= end), key=lambda a: a.instant
        ):
            self.instant = max(self.instant, due[0].instant)
            callback, due[0].callback = due[0].callback, None
            callback()
        self.instant = end


class HandAlarm:
    def __init__(self, instant, callback):
        self.instant = instant
        self.callback = callback

    def cancel(self):
        self.callback = None


class BrittleJournal(MemoryJournal):
    """A memory journal whose next append fails when told to."""

    fails = False

    async def append(self, block):
        if self.fails:
            self.fails = False
            raise AppendRefused("no room")
        await super().append(block)


class Server:
    """Everything between a queue and a function but the wire and the processes."""

    def __init__(self):
        self.clock = HandClock()
        self.journal = BrittleJournal()
        self.hand = Hand()
        self.driver = Driver(self.clock, self.journal, self.hand)
        self.rooms = Rooms()
        self.bodies = Bodies(self.journal)
        self.driver.on_block_sealed.append(self.bodies.keep)
        self.driver.rebuild = self.load
        self.events = []  # what the function was given
        self.answer = b"null"
        self.is_held = False
        self.held = []
        for effect, carrier in (
            (StartEnvironment, self._start),
            (RunInvoke, self._run),
            (FreezeEnvironment, lambda effect: None),
            (StopEnvironment, lambda effect: None),
            (WriteLog, lambda effect: None),
        ):
            self.driver.carry(effect, carrier)
        self.pollers = Pollers(self.driver, self.rooms, self.bodies, SeededEntropy())

    async def load(self, reason=""):
        await self.journal.open()
        numbers = Numbers()
        interpreters = [Interpreter("python3.12", "3.12.1", "/python")]
        rooms = (
            Queues(b"secret" * 6, numbers),
            Functions(numbers, interpreters, preparation_ms=0),
            Mappings(numbers),
        )
        kinds = {record: room for room in rooms for record in room.records}
        reader = HeadReader(kinds)
        async for heads in self.journal.heads(0):
            for head in heads:
                for record in reader.records(head.head, head.seq, head.format):
                    kinds[type(record)].replay(record, head.seq)
        self.bodies.clear()
        self.rooms.replace(*rooms)
        self.driver.start(rooms)

    def _start(self, effect):
        self.driver.submit(EnvironmentStarted(effect.environment, Ending.OK), lambda value: None)

    def _run(self, effect):
        self.events.append(json.loads(effect.payload))
        answer = self.answer

        def end():
            ending = Ending.ERROR if answer is None else Ending.ANSWERED
            command = InvokeEnded(effect.environment, ending, payload=answer or b"{}")
            self.driver.submit(command, lambda value: None)

        self.hand.take()  # as the invoker does while a function runs
        if self.is_held:
            self.held.append(end)
        else:
            end()
            self.hand.give_back()

    def let_go(self):
        for end in self.held:
            end()
            self.hand.give_back()
        self.held = []

    async def create(self, **settings):
        await self.load()
        self.queue = (
            await self.driver.ask(
                CreateQueue(ACCOUNT, REGION, "orders", {"VisibilityTimeout": "30"}, {})
            )
        ).queue
        function = FunctionSettings("python3.12", "a.b", "role", Logging("/aws/lambda/handle"))
        await self.driver.ask(CreateFunction(HANDLE, function, Code("0" * 64, 9), {}, b"s" * 16))
        await self.map(**settings)

    async def map(self, **settings):
        source = Source(self.rooms.queues.describe(self.queue).arn, 30)
        found = await self.driver.ask(
            CreateMapping(
                bytes(16),
                ACCOUNT,
                REGION,
                source,
                Target(HANDLE.arn, "handle", 3),
                Settings(HANDLE.arn, **settings),
            )
        )
        self.clock.move(SETTLE_MS)
        await self.quiet()
        self.mapping = self.rooms.mappings.find(ACCOUNT, REGION, found.uuid)

    async def send(self, *bodies):
        messages = tuple(OutgoingMessage(encode(Content(body, "AIDA")), 1) for body in bodies)
        await self.driver.ask(SendMessages(self.queue, self.driver.block, messages))

    async def quiet(self):
        """Return when nothing moves by itself any more."""
        for _ in range(20):
            await asyncio.sleep(0)
            await self.driver.settled()

    def left(self):
        return sum(self.rooms.queues.directory.queue(self.queue).counts(self.clock.now()))

    def delivered(self):
        return [[record["body"] for record in event["Records"]] for event in self.events]


def run(story):
    asyncio.run(story)


def test_a_message_runs_the_function_and_is_deleted():
    async def story():
        server = Server()
        await server.create()
        await server.send("a", "b")
        await server.quiet()
        assert server.delivered() == [["a", "b"]]
        assert server.left() == 0

    run(story())


def test_nothing_is_in_hand_while_a_receive_waits_and_something_is_while_a_batch_runs():
    async def story():
        server = Server()
        await server.create()
        assert server.hand.count == 0
        assert server.pollers.busy == 0
        server.is_held = True
        await server.send("a")
        await server.quiet()
        assert server.hand.count == 2  # the pretended process, and the batch
        assert server.pollers.busy == 1
        server.let_go()
        await server.quiet()
        assert server.hand.count == 0
        assert server.pollers.busy == 0

    run(story())


def test_bodies_that_are_no_longer_in_memory_are_read_from_the_journal():
    async def story():
        server = Server()
        await server.create(maximum_concurrency=2, batch_size=1)
        server.is_held = True
        await server.send("a", "b", "c")
        await server.quiet()
        server.bodies.clear()
        server.let_go()
        server.is_held = False
        await server.quiet()
        assert server.delivered() == [["a"], ["b"], ["c"]]
        assert server.left() == 0
        assert server.hand.count == 0

    run(story())


def test_a_failed_batch_comes_back_at_its_visibility_timeout():
    async def story():
        server = Server()
        await server.create()
        server.answer = None
        await server.send("a")
        await server.quiet()
        server.answer = b"null"
        server.clock.move(29_000)
        await server.quiet()
        assert len(server.events) == 1
        server.clock.move(1_000)
        await server.quiet()
        counts = [
            event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in server.events
        ]
        assert counts == ["1", "2"]
        assert server.left() == 0

    run(story())


def test_switched_off_the_receive_is_withdrawn():
    async def story():
        server = Server()
        await server.create()
        await server.driver.ask(UpdateMapping(server.mapping, enabled=False))
        await server.quiet()
        await server.send("a")
        await server.quiet()
        assert server.events == []
        assert server.left() == 1
        server.clock.move(SETTLE_MS)
        await server.driver.ask(UpdateMapping(server.mapping, enabled=True))
        server.clock.move(SETTLE_MS)
        await server.quiet()
        assert server.delivered() == [["a"]]

    run(story())


def test_a_queue_that_went_is_looked_for_again():
    async def story():
        server = Server()
        await server.create()
        await server.driver.ask(DeleteQueue(server.queue))
        await server.quiet()
        server.clock.move(100_000)
        await server.quiet()
        found = await server.driver.ask(CreateQueue(ACCOUNT, REGION, "orders", {}, {}))
        server.queue = found.queue
        await server.send("a")
        server.clock.move(60_000)
        await server.quiet()
        assert server.delivered() == [["a"]]
        assert server.left() == 0

    run(story())


def test_a_stop_lets_batches_in_flight_end_and_be_deleted():
    async def story():
        server = Server()
        await server.create()
        server.is_held = True
        await server.send("a")
        await server.quiet()
        stopping = asyncio.ensure_future(server.pollers.stop(60))
        await server.quiet()
        await server.send("b")
        await server.quiet()
        assert not stopping.done()
        server.let_go()
        assert await stopping
        assert server.delivered() == [["a"]]
        assert server.left() == 1
        received = await server.driver.ask(ReceiveMessages(server.queue, 10))
        assert [message.receive_count for message in received.messages] == [1]

    run(story())


def test_a_stop_ends_in_time_whatever_functions_do():
    async def story():
        server = Server()
        await server.create()
        server.is_held = True
        await server.send("a")
        await server.quiet()
        assert not await server.pollers.stop(0.01)
        assert server.left() == 1

    run(story())


def test_what_arrives_while_stopping_was_never_received():
    async def story():
        server = Server()
        await server.create()
        sending = asyncio.ensure_future(server.send("a"))
        await asyncio.sleep(0)  # applied: the receive is answered, its block is not committed
        assert await server.pollers.stop(60)
        await sending
        await server.quiet()
        assert server.events == []
        received = await server.driver.ask(ReceiveMessages(server.queue, 10))
        assert [message.receive_count for message in received.messages] == [1]

    run(story())


def test_when_memory_is_rebuilt_the_mapping_asks_again_and_what_was_under_way_is_dropped():
    async def story():
        server = Server()
        await server.create()
        server.is_held = True
        await server.send("a")
        await server.quiet()
        server.journal.fails = True
        with pytest.raises(InternalFailure):
            await server.send("lost")
        await server.quiet()
        server.let_go()
        server.is_held = False
        await server.quiet()
        assert server.delivered() == [["a"]]
        assert server.pollers.busy == 0
        assert server.hand.count == 0
        await server.send("b")
        await server.quiet()
        assert server.delivered() == [["a"], ["b"]]
        server.clock.move(30_000)
        await server.quiet()
        assert server.delivered() == [["a"], ["b"], ["a"]]
        assert server.left() == 0

    run(story())


def test_bodies_that_come_after_memory_was_rebuilt_are_dropped():
    async def story():
        server = Server()
        await server.create()
        reading = asyncio.Event()
        fetch = server.bodies.fetch

        async def slow(addresses):
            await reading.wait()
            return await fetch(addresses)

        server.bodies.fetch = slow
        server.bodies.find = lambda addresses: None
        await server.send("a")
        await server.quiet()
        assert server.hand.count == 1
        server.journal.fails = True
        with pytest.raises(InternalFailure):
            await server.send("lost")
        await server.quiet()
        reading.set()
        await server.quiet()
        assert server.events == []
        assert server.hand.count == 0
        assert server.pollers.busy == 0
        server.clock.move(30_000)
        await server.quiet()
        assert server.delivered() == [["a"]]

    run(story())


def test_completions_that_are_refused_for_load_are_submitted_again(monkeypatch):
    monkeypatch.setattr("headrace.shell.pollers.SUBMIT_AGAIN_S", 0)

    async def story():
        server = Server()
        await server.create()
        server.is_held = True
        await server.send("a")
        await server.quiet()
        refused = []

        def refuse(command):
            if type(command) in {BatchFinished, DeleteMessages} and len(refused) < 6:
                refused.append(type(command))
                return True
            return False

        monkeypatch.setattr(server.driver, "_must_refuse", refuse)
        server.let_go()
        assert server.left() == 1
        async with asyncio.timeout(10):
            while server.left():
                await asyncio.sleep(0)
        assert len(refused) == 6
        await server.quiet()
        assert server.pollers.busy == 0

    run(story())


def test_a_batch_whose_lease_is_over_is_not_handed_to_the_function():
    async def story():
        server = Server()
        await server.create(window_s=5)
        await server.send("a")
        await server.quiet()
        # The machine slept: everything is overdue by an hour when the loop runs again.
        server.clock.instant += 3_600_000
        server.driver.wake()
        await server.quiet()
        assert server.events == []
        server.clock.move(5_000)
        await server.quiet()
        assert server.delivered() == [["a"]]
        assert server.left() == 0

    run(story())
