"""What was received and handed to nobody goes back: at a stop, and when no slot comes free."""

from headrace.core.functions.commands import ReserveConcurrency
from headrace.core.mapping.limits import QUICK_MS
from headrace.core.sqs.commands import DeleteQueue, ReceiveMessages
from tests.unit.shell.pollersbench import HANDLE, Server, run


async def counts(server):
    """Receive what is visible; return how often each was received before."""
    received = await server.driver.ask(ReceiveMessages(server.queue, 10))
    return [message.receive_count - 1 for message in received.messages]


def test_a_batch_that_collects_was_never_received():
    async def story():
        server = Server()
        await server.create(window_s=300)
        await server.send("a")
        await server.quiet()
        assert await counts(server) == []
        assert await server.pollers.stop(60)
        await server.quiet()
        assert await counts(server) == [0]
        assert server.events == []

    run(story())


def test_a_throttled_batch_was_never_received():
    async def story():
        server = Server()
        await server.create()
        await server.driver.ask(ReserveConcurrency(HANDLE, 0))
        await server.send("a", "b")
        await server.quiet()
        assert await counts(server) == []
        assert await server.pollers.stop(60)
        await server.quiet()
        assert await counts(server) == [0, 0]

    run(story())


def test_what_runs_at_the_end_of_the_time_keeps_its_receive():
    async def story():
        server = Server()
        await server.create()
        server.is_held = True
        await server.send("a")
        await server.quiet()
        assert not await server.pollers.stop(0.01)
        await server.quiet()
        assert await counts(server) == []
        server.clock.move(30_000)
        assert await counts(server) == [1]

    run(story())


def test_what_was_received_for_a_function_that_is_quick_no_more_was_never_received():
    async def story():
        server = Server()
        await server.create(batch_size=1)
        for _ in range(4):
            await server.send(*"abcde")
            await server.quiet()
        assert server.left() == 0
        server.events.clear()
        server.is_held = True
        await server.send(*map(str, range(30)))
        await server.quiet()
        server.clock.move(QUICK_MS - 1)
        await server.quiet()
        assert server.in_flight() > len(server.events)
        server.clock.move(1)
        await server.quiet()
        begun = len(server.events)
        assert server.in_flight() == begun
        given_back = []
        while found := await counts(server):
            given_back += found
        assert given_back == [0] * (30 - begun)

    run(story())


def test_a_queue_that_went_gets_nothing_back():
    async def story():
        server = Server()
        await server.create(window_s=300)
        await server.send("a")
        await server.quiet()
        await server.driver.ask(DeleteQueue(server.queue))
        assert await server.pollers.stop(60)

    run(story())
