"""A whole server in this process, its time in the test's hand."""

import asyncio
import json
import urllib.request

import pytest

from headrace.core.sqs.commands import CreateQueue, OutgoingMessage, ReceiveMessages, SendMessages
from headrace.core.sqs.content import Content, encode
from headrace.ports.journal import JournalInUse
from headrace.shell.config import Config
from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.clock import START, VirtualClock
from headrace.testing.server import serve, serve_in_thread
from tests.unit.shell.talk import run

HOUR_S = 3_600


async def create_queue(driver, **attributes):
    found = await driver.ask(CreateQueue("000000000000", "us-east-1", "q", attributes, {}))
    return found.queue


async def send(driver, queue, text, delay_s=None):
    message = OutgoingMessage(encode(Content(text, "me")), len(text), delay_s)
    await driver.ask(SendMessages(queue, driver.block, (message,)))


def test_hours_pass_at_once():
    async def story():
        async with serve(clock=VirtualClock()) as server:
            driver = server.driver
            queue = await create_queue(driver, VisibilityTimeout=str(2 * HOUR_S))
            await send(driver, queue, "a", delay_s=600)
            receive = ReceiveMessages(queue, 1, 20_000, None)
            assert (await asyncio.gather(driver.ask(receive), server.advance(20)))[0].messages == ()
            await server.advance(580)
            (message,) = (await driver.ask(receive)).messages
            assert message.receive_count == 1
            await server.advance(2 * HOUR_S)
            (message,) = (await driver.ask(receive)).messages
            assert message.receive_count == 2
            assert server.clock.now() == START + (600 + 2 * HOUR_S) * 1_000

    run(story())


def test_what_is_due_on_the_way_happens_at_its_own_instant():
    async def story():
        async with serve(clock=VirtualClock()) as server:
            queue = await create_queue(server.driver)
            answers = []
            receive = ReceiveMessages(queue, 1, 20_000, None)
            server.driver.submit(receive, lambda reply: answers.append(server.clock.now()))
            await server.advance(HOUR_S)
            assert answers == [START + 20_000]

    run(story())


def test_the_machines_time_cannot_be_moved():
    async def story():
        async with serve() as server:
            with pytest.raises(AssertionError):
                await server.advance(1)

    run(story())


def test_a_server_on_a_thread_is_reached_over_http():
    with serve_in_thread(clock=VirtualClock()) as server:
        with urllib.request.urlopen(f"{server.endpoint_url}/_headrace/health") as answer:
            assert json.load(answer)["state"] == "running"
        server.advance(5)
        server.quiet()
        assert server.call(server.app.parts.clock.now) == START + 5_000


def test_a_server_that_cannot_start_says_so_in_the_test():
    disk = MemoryDisk()
    with (
        serve_in_thread(journal=MemoryJournal(disk)),
        pytest.raises(JournalInUse),
        serve_in_thread(journal=MemoryJournal(disk)),
    ):
        raise AssertionError("it started")


def test_a_folder_is_found_again(tmp_path):
    async def story():
        async with serve(Config(port=0, account="123456789012"), data=tmp_path) as server:
            queue = await create_queue(server.driver)
            await send(server.driver, queue, "kept")
        async with serve(data=tmp_path) as server:
            received = await server.driver.ask(ReceiveMessages(queue, 1))
            bodies = await server.app.bodies.fetch([received.messages[0].address])
            assert b"kept" in next(iter(bodies.values()))

    run(story())
