"""Asynchronous invokes on a real driver; the test ends what the functions run."""

import asyncio
import contextlib
import functools
import json

import pytest

from headrace.base.errors import InternalFailure, ServiceUnavailable
from headrace.core.functions.commands import (
    AcceptEvent,
    EnvironmentStarted,
    InvokeEnded,
    SetInvokeConfig,
)
from headrace.core.functions.decisions import (
    DECISIONS,
    EventHandedOut,
    EventSentOn,
    EventTried,
)
from headrace.core.functions.effects import (
    FreezeEnvironment,
    OfferPlace,
    RunEvent,
    RunInvoke,
    SendResult,
    StartEnvironment,
    StopEnvironment,
    WriteLog,
)
from headrace.core.functions.eventbody import Ending as EventEnding
from headrace.core.functions.eventbody import Envelope, Result, encode_body
from headrace.core.functions.functions import Functions
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.replies import Invoked
from headrace.core.machine import BodyAddress, Numbers
from headrace.core.sqs.commands import CreateQueue, DeleteQueue, ReceiveMessages
from headrace.core.sqs.content import decode
from headrace.core.sqs.queues import Queues
from headrace.core.sqs.replies import Sent
from headrace.ports.journal import AppendRefused
from headrace.shell.bodies import Bodies
from headrace.shell.driver import Driver
from headrace.shell.eventrunner import (
    EventRunner,
    dead_letter,
    refusal_of,
    sent_on_of,
    tried_of,
)
from headrace.shell.hand import Hand
from headrace.shell.history import MemoryHistory
from headrace.shell.rooms import Rooms
from headrace.store.codec import HeadReader
from headrace.store.memory import MemoryJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.entropy import SeededEntropy
from tests.unit.core.functions.bench import ACCOUNT, ARN, PYTHON, REGION, creation, reference

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:results"
READER = HeadReader(DECISIONS)


def played(story):
    """Make a test of a story that takes turns with the server."""

    @functools.wraps(story)
    def play(*arguments, **named):
        asyncio.run(story(*arguments, **named))

    return play


class Server:
    """Queues and functions joined by a driver; `runs` is what environments were given."""

    def __init__(self, history=None):
        self.clock = VirtualClock()
        self.journal = MemoryJournal()
        self.hand = Hand()
        self.driver = Driver(self.clock, self.journal, self.hand)
        self.rooms = Rooms()
        self.bodies = Bodies(self.journal)
        self.driver.on_block_sealed.append(self.bodies.keep)
        self.driver.rebuild = self.load
        self.runs = []
        self.ending = Ending.ANSWERED
        self.is_held = False
        for effect, carrier in (
            (StartEnvironment, self._start),
            (RunInvoke, self._run),
            (FreezeEnvironment, lambda effect: None),
            (StopEnvironment, lambda effect: None),
            (WriteLog, lambda effect: None),
            (OfferPlace, lambda effect: None),
        ):
            self.driver.carry(effect, carrier)
        self.runner = EventRunner(self.driver, self.rooms, self.bodies, SeededEntropy(), history)

    async def load(self, reason=""):
        await self.journal.open()
        numbers = Numbers()
        rooms = (Queues(b"secret" * 6, numbers), Functions(numbers, [PYTHON]))
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
        self.runs.append(effect)
        if not self.is_held:
            self.end(effect)

    def end(self, effect):
        payload = b"{}" if self.ending is Ending.ERROR else b"1"
        self.driver.submit(
            InvokeEnded(effect.environment, self.ending, payload=payload), lambda value: None
        )

    async def begin(self, on_success="", on_failure="", **settings):
        await self.load()
        self.queue = (await self.driver.ask(CreateQueue(ACCOUNT, REGION, "results", {}, {}))).queue
        await self.driver.ask(creation(**settings))
        if on_success or on_failure:
            config = SetInvokeConfig(reference(), 0, None, on_success, on_failure, merges=False)
            await self.driver.ask(config)

    async def accept(self, payload=b"{}"):
        body = encode_body(Envelope("request", payload, "Root=1"))
        await self.driver.ask(AcceptEvent(reference(), self.driver.block, body))
        await self.settle()

    async def settle(self):
        for _ in range(50):
            await asyncio.sleep(0)
            await self.driver.settled()

    async def received(self):
        found = await self.driver.ask(ReceiveMessages(self.queue, 10, 0, None))
        addresses = [message.address for message in found.messages]
        bodies = await self.bodies.fetch(addresses)
        return [decode(bodies[address]) for address in addresses]

    @property
    def left(self):
        return sum(self.rooms.functions.count_bodies().values())


@contextlib.asynccontextmanager
async def server_with(**how):
    server = Server()
    await server.begin(**how)
    try:
        yield server
    finally:
        await server.driver.stop()


@played
async def test_an_event_runs_with_what_it_came_with():
    async with server_with() as server:
        await server.accept(b'{"a":1}')
        (run,) = server.runs
        assert (run.request_id, run.payload, run.function_arn) == ("request", b'{"a":1}', ARN)
        assert run.trace_header.startswith("Root=1")
        assert server.left == 0
        assert server.hand.count == 0


@played
async def test_an_event_that_is_not_in_memory_is_read():
    async with server_with() as server:
        server.is_held = True
        await server.accept(b'{"a":1}')
        await server.load()  # the memory of before is gone
        await server.settle()
        first, second = server.runs
        assert second.payload == first.payload
        server.end(second)
        await server.settle()
        assert server.left == 0


@played
async def test_an_outcome_of_an_earlier_memory_is_no_news():
    async with server_with() as server:
        server.is_held = True
        await server.accept()
        (run,) = server.runs
        await server.load()
        server.end(run)
        await server.settle()
        assert server.left == 1


@played
async def test_a_record_goes_to_a_queue_and_leaves_nothing_behind():
    async with server_with(on_success=QUEUE) as server:
        await server.accept(b'{"a":1}')
        (content,) = await server.received()
        record = json.loads(content.body)
        assert record["requestContext"]["condition"] == "Success"
        assert (record["requestPayload"], record["responsePayload"]) == ({"a": 1}, 1)
        assert content.trace_header.startswith("Root=1")
        assert server.left == 0


@played
async def test_a_record_is_sent_after_a_load_if_it_was_not_before():
    async with server_with(on_success=QUEUE) as server:
        server.runner._is_stopping = False
        server.driver.carry(SendResult, lambda effect: None)  # lost with the server
        await server.accept()
        assert server.left == 2
        server.driver.carry(SendResult, server.runner._send)
        await server.load()
        await server.settle()
        assert len(await server.received()) == 1
        assert len(server.runs) == 1
        assert server.left == 0


@played
async def test_a_target_that_is_gone_is_given_up(caplog):
    async with server_with(on_failure=QUEUE, dead_letter_arn=f"{QUEUE}-absent") as server:
        await server.driver.ask(DeleteQueue(server.queue))
        server.ending = Ending.ERROR
        await server.accept()
        assert server.left == 0
        assert f"cannot be sent to {QUEUE}-absent: " in caplog.text


@played
async def test_a_service_that_is_not_served_is_given_up(caplog):
    async with server_with(dead_letter_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:t") as server:
        server.ending = Ending.ERROR
        await server.accept()
        for wait_ms in (60_000, 120_000):
            server.clock.move(server.clock.now() + wait_ms)
            await server.settle()
        assert server.left == 0
        assert "does not serve sns" in caplog.text


@played
async def test_a_server_that_stops_counts_no_failure():
    async with server_with() as server:
        server.is_held = True
        await server.accept()
        server.runner.stop()
        server.ending = Ending.KILLED
        server.end(server.runs[0])
        await server.settle()
        event = server.rooms.functions.events.logs[16 + 1].find(0)
        assert event.failures == 0


@played
async def test_a_server_that_stops_begins_nothing():
    async with server_with() as server:
        server.runner.stop()
        await server.accept()
        assert server.runs == []
        assert server.left == 1


@played
async def test_what_the_journal_refuses_is_not_accepted():
    async with server_with() as server:

        async def refuse(block):
            raise AppendRefused("no room")

        append, server.journal.append = server.journal.append, refuse
        with pytest.raises(InternalFailure):
            await server.driver.ask(
                AcceptEvent(reference(), server.driver.block, encode_body(Envelope("r", b"1")))
            )
        server.journal.append = append
        await server.settle()
        assert server.runs == []


@played
async def test_a_second_function_is_invoked_with_the_record():
    target = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"
    async with server_with(on_success=target) as server:
        await server.driver.ask(creation("other"))
        await server.accept()
        first, second = server.runs
        assert second.function_arn == target
        assert json.loads(second.payload)["requestContext"]["requestId"] == first.request_id
        assert second.request_id != first.request_id


def test_a_dead_letter_says_what_went_wrong():
    effect = SendResult(
        function=16,
        event=0,
        target=QUEUE,
        is_dead_letter=True,
        function_arn=ARN,
        ending=EventEnding("EventAgeExceeded", 0, 0),
        address=BodyAddress(1, 16, 0),
        result=None,
    )
    content = dead_letter(effect, Envelope("request", b"[1]"), None, ACCOUNT)
    assert content.body == "[1]"
    told = {name: one.value for name, one in content.attributes.items()}
    assert told == {"RequestID": "request", "ErrorCode": "429", "ErrorMessage": "EventAgeExceeded"}
    result = Result("1", b'{"errorMessage":""}', "Unhandled")
    assert dead_letter(effect, Envelope("r", b"1"), result, "").attributes["ErrorMessage"].value


def test_a_send_is_refused_as_a_whole_or_for_itself():
    refusal = ServiceUnavailable("later")
    assert refusal_of(refusal) is refusal
    assert refusal_of(Sent((refusal,))) is refusal
    assert refusal_of(Sent((None,))) is None


@played
async def test_each_attempt_and_each_answer_of_a_target_are_told_in_their_order():
    history = MemoryHistory()
    server = Server(history)
    await server.begin(on_success=QUEUE)
    await server.accept()
    records = [one for page in history.pages for one in READER.records(page.head, 0, page.format)]
    assert [type(one) for one in records] == [EventHandedOut, EventTried, EventSentOn]
    _, tried, sent = records
    assert (tried.is_answered, tried.version, bool(tried.log_stream)) == (True, "$LATEST", True)
    (message,) = (await server.driver.ask(ReceiveMessages(server.queue, 10, 0, None))).messages
    assert (sent.target, sent.id, sent.error) == (QUEUE, message.message_id, "")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Invoked("r", "1", b"1", log_stream="s"), EventTried(16, 5, 3, True, "s", "1")),
        (
            Invoked("r", "1", b'{"errorType":"E","errorMessage":"m"}', "Unhandled", log_stream="s"),
            EventTried(16, 5, 3, False, "s", "1", "E", "m"),
        ),
        (
            InternalFailure("lost"),
            EventTried(16, 5, 3, False, "", "", "InternalFailure", "lost"),
        ),
    ],
)
def test_what_is_told_of_an_attempt(value, told):
    effect = RunEvent(16, 3, reference(), BodyAddress(1, 16, 6))
    assert tried_of(effect, value, 5) == told


def test_what_is_told_of_a_target_that_refuses():
    effect = SendResult(16, 3, QUEUE, True, ARN, None, BodyAddress(1, 16, 6), None)
    refusal = ServiceUnavailable("no " * 999)
    told = sent_on_of(effect, "m", refusal, 5, again=True)
    assert told == EventSentOn(16, 5, 3, QUEUE, True, "", refusal.message[:512], True)
