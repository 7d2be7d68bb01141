"""A server that stops gives back what it received and handed to nobody."""

from headrace.core.functions.commands import ReserveConcurrency
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


def test_a_queue_that_went_gets_nothing_back():
    async def story():
        server = Server()
        await server.create(window_s=300)
        await server.send("a")
        await server.quiet()
        await server.driver.ask(DeleteQueue(server.queue))
        assert await server.pollers.stop(60)

    run(story())
