"""Queues, functions, mappings and a driver: a clock that a test moves, a pretended sandbox."""

import asyncio
import json

from headrace.core.functions.commands import (
    CreateFunction,
    EnvironmentStarted,
    InvokeEnded,
)
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
    CreateMapping,
    Source,
    Target,
)
from headrace.core.mapping.limits import SETTLE_MS
from headrace.core.mapping.mappings import Mappings
from headrace.core.mapping.settings import Settings
from headrace.core.sqs.commands import (
    CreateQueue,
    OutgoingMessage,
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

    def move(self, instant):
        self.instant = instant


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
        self.headers = []  # and the trace headers of it
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
        self.headers.append(effect.trace_header)
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
        held, self.held = self.held, []
        for end in held:
            end()
            self.hand.give_back()

    async def create(self, **settings):
        await self.load()
        await self.open("orders")
        function = FunctionSettings("python3.12", "a.b", "role", Logging("/aws/lambda/handle"))
        await self.driver.ask(CreateFunction(HANDLE, function, Code("0" * 64, 9), {}, b"s" * 16))
        await self.map(**settings)

    async def open(self, name):
        """Create the queue that is mapped and sent to from now on."""
        command = CreateQueue(ACCOUNT, REGION, name, {"VisibilityTimeout": "30"}, {})
        self.queue = (await self.driver.ask(command)).queue

    async def map(self, **settings):
        source = Source(self.rooms.queues.describe(self.queue).arn, 30)
        found = await self.driver.ask(
            CreateMapping(
                self.queue.to_bytes(16),
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

    async def send(self, *bodies, header=None):
        contents = [Content(body, "AIDA", None, header) for body in bodies]
        messages = tuple(OutgoingMessage(encode(content), 1) for content in contents)
        await self.driver.ask(SendMessages(self.queue, self.driver.block, messages))

    async def quiet(self):
        """Return when nothing moves by itself any more."""
        for _ in range(20):
            await asyncio.sleep(0)
            await self.driver.settled()

    def left(self):
        return sum(self.rooms.queues.directory.queue(self.queue).counts(self.clock.now()))

    def in_flight(self):
        return self.rooms.queues.directory.queue(self.queue).counts(self.clock.now())[1]

    def delivered(self):
        return [[record["body"] for record in event["Records"]] for event in self.events]


def run(story):
    asyncio.run(story)
