"""A mapping's effects on a real driver, with a clock that a test moves and a pretended sandbox."""

import asyncio
import gc

import pytest

from headrace.base.errors import InternalFailure
from headrace.core.mapping.commands import (
    BatchFinished,
    UpdateMapping,
)
from headrace.core.mapping.limits import SETTLE_MS
from headrace.core.sqs.commands import (
    CreateQueue,
    DeleteMessages,
    DeleteQueue,
    ReceiveMessages,
)
from tests.unit.shell.pollersbench import (
    ACCOUNT,
    REGION,
    Server,
    run,
)


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


def test_nothing_of_a_batch_waits_for_the_garbage_collector():
    """The server lets it look for old circles hardly ever: each would stay for good."""

    async def story():
        server = Server()
        await server.create()
        await server.send("a")
        await server.quiet()
        gc.collect()
        gc.disable()
        try:
            for _ in range(5):
                await server.send("b")
                await server.quiet()
            assert server.delivered() == [["a"], *[["b"]] * 5]
            assert gc.collect() == 0
        finally:
            gc.enable()

    run(story())


def test_completions_that_are_refused_for_load_are_submitted_again(monkeypatch):
    monkeypatch.setattr("headrace.shell.telling.SUBMIT_AGAIN_S", 0)

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
