"""Receives whose clients leave: before, while and after messages are found for them."""

import asyncio
import json

from headrace.ports.journal import JournalDamaged
from headrace.store.memory import MemoryJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.entropy import SeededEntropy
from headrace.testing.server import serve
from tests.unit.shell.talk import run, turns, until, wire_to
from tests.unit.shell.test_service import ask, sqs

URL = "http://localhost/000000000000/q"
SEND = sqs("SendMessage", QueueUrl=URL, MessageBody="hello")
RECEIVE = sqs("ReceiveMessage", QueueUrl=URL, AttributeNames=["All"], MaxNumberOfMessages=10)
WAIT = sqs("ReceiveMessage", QueueUrl=URL, WaitTimeSeconds=20)


class SlowJournal(MemoryJournal):
    """A journal whose reads and appends the test holds back."""

    def __init__(self):
        super().__init__()
        self.may_read = asyncio.Event()
        self.may_append = asyncio.Event()
        self.may_append.set()
        self.is_damaged = False

    async def append(self, block):
        await self.may_append.wait()
        await super().append(block)

    async def read_bodies(self, seqs):
        await self.may_read.wait()
        if self.is_damaged:
            raise JournalDamaged("block 2 is no block")
        return await super().read_bodies(seqs)


def story_of(story):
    """Run `story(server, journal, wire, other)` with a queue `q` and two connections."""

    async def whole():
        journal = SlowJournal()
        options = {"journal": journal, "clock": VirtualClock(), "entropy": SeededEntropy()}
        async with (
            serve(**options) as server,
            wire_to(server) as wire,
            wire_to(server) as other,
        ):
            await ask(wire, sqs("CreateQueue", QueueName="q"))
            try:
                await story(server, journal, wire, other)
            finally:
                journal.may_read.set()
                journal.may_append.set()

    run(whole())


async def counts_of(wire):
    """Receive what is there now; return how often each message was received, this time included."""
    _, _, document = await ask(wire, RECEIVE)
    messages = document.get("Messages", [])
    return [int(message["Attributes"]["ApproximateReceiveCount"]) for message in messages]


def test_a_parked_receive_is_answered_when_a_message_comes():
    async def story(server, journal, wire, other):
        await wire.send(WAIT)
        await until(lambda: server.app.service.backstage.receives)
        await ask(other, SEND)
        _, _, body = await wire.answer()
        assert json.loads(body)["Messages"][0]["Body"] == "hello"
        assert not server.app.service.backstage.receives

    story_of(story)


def test_a_parked_receive_is_answered_when_its_time_is_over():
    async def story(server, journal, wire, other):
        await wire.send(WAIT)
        await until(lambda: server.app.service.backstage.receives)
        await server.advance(20)
        assert json.loads((await wire.answer())[2]) == {}

    story_of(story)


def test_a_parked_receive_whose_client_leaves_takes_no_message():
    async def story(server, journal, wire, other):
        await wire.send(WAIT)
        await until(lambda: server.app.service.backstage.receives)
        await wire.close()
        await until(lambda: not server.app.service.backstage.receives)
        await ask(other, SEND)
        assert await counts_of(other) == [1]
        await server.quiet()

    story_of(story)


def test_a_receive_whose_client_leaves_while_it_commits_is_undone():
    async def story(server, journal, wire, other):
        await ask(other, SEND)
        journal.may_append.clear()
        await wire.send(RECEIVE)
        await until(lambda: server.app.service.backstage.receives)
        await wire.close()
        await turns()
        journal.may_append.set()
        await server.quiet()
        assert await counts_of(other) == [1]

    story_of(story)


def test_a_receive_whose_client_leaves_while_bodies_are_read_is_undone():
    async def story(server, journal, wire, other):
        await ask(other, SEND)
        server.app.bodies.clear()
        await wire.send(RECEIVE)
        await until(lambda: server.app.service.backstage.tasks)
        await wire.close()
        await until(lambda: len(server.app.http.shared.connections) == 1)
        journal.may_read.set()
        await server.quiet()
        assert await counts_of(other) == [1]

    story_of(story)


def test_a_receive_whose_answer_lay_behind_another_when_its_client_left_is_undone():
    async def story(server, journal, wire, other):
        for _ in range(2):
            await ask(other, SEND)
        server.app.bodies.clear()
        receive = sqs("ReceiveMessage", QueueUrl=URL)
        await wire.send(receive)  # waits for its body
        await until(lambda: server.app.service.backstage.tasks)
        await ask(other, sqs("SendMessage", QueueUrl=URL, MessageBody="warm"))
        await wire.send(receive * 3)  # finds two cold ones at most, and a warm one
        await turns()
        await wire.close()
        await until(lambda: len(server.app.http.shared.connections) == 1)
        journal.may_read.set()
        await server.quiet()
        assert await counts_of(other) == [1, 1, 1]

    story_of(story)


def test_a_receive_whose_client_stays_is_not_undone():
    async def story(server, journal, wire, other):
        await ask(other, SEND)
        assert await counts_of(wire) == [1]
        await wire.close()
        await server.advance(29)
        assert await counts_of(other) == []
        await server.advance(1)
        assert await counts_of(other) == [2]

    story_of(story)


def test_a_body_that_cannot_be_read_is_answered_500():
    async def story(server, journal, wire, other):
        await ask(other, SEND)
        server.app.bodies.clear()
        journal.is_damaged = True
        journal.may_read.set()
        status, headers, _ = await ask(wire, RECEIVE)
        assert (status, headers["x-amzn-query-error"]) == (500, "InternalFailure;Receiver")
        assert (await ask(other, sqs("ListQueues")))[0] == 200

    story_of(story)


def test_draining_answers_parked_receives_with_nothing():
    async def story(server, journal, wire, other):
        await wire.send(WAIT)
        await until(lambda: server.app.service.backstage.receives)
        server.app.service.drain()
        assert json.loads((await wire.answer())[2]) == {}
        assert not server.app.service.backstage.receives

    story_of(story)


def test_draining_leaves_a_receive_that_commits_its_messages():
    async def story(server, journal, wire, other):
        await ask(other, SEND)
        journal.may_append.clear()
        await wire.send(RECEIVE)
        await until(lambda: server.app.service.backstage.receives)
        server.app.service.drain()
        journal.may_append.set()
        assert len(json.loads((await wire.answer())[2])["Messages"]) == 1

    story_of(story)


def test_a_parked_receive_is_answered_when_memory_must_be_rebuilt():
    async def story(server, journal, wire, other):
        await wire.send(WAIT)
        await until(lambda: server.app.service.backstage.receives)
        server.driver.fail("the test says so")
        assert (await wire.answer())[0] == 500
        await until(lambda: server.driver.running)
        await ask(other, SEND)
        assert await counts_of(other) == [1]

    story_of(story)
