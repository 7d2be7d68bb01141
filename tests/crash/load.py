"""Mixed load until the server goes away; every answer is told to a model."""

import asyncio
import contextlib

from tests.crash.wire import Connection, Gone

#: Visibility timeouts in seconds: short, so that messages are handed out again and again.
LEASES_S = (0, 1, 1, 1, 2)


class Worker:
    """One client that does what the dice say."""

    #: No further request.
    enough = False

    def __init__(self, port, model, dice):
        self.connection = Connection(port)
        self.model = model
        self.dice = dice

    def actions(self):
        """Return what it does and how often, in shares."""
        raise NotImplementedError

    async def run(self):
        """Work until the server is gone."""
        names, weights = zip(*self.actions(), strict=True)
        try:
            while True:
                await self.dice.choices(names, weights)[0]()
        except Gone:
            return
        finally:
            self.connection.close()

    async def call(self, operation, **parameters):
        if self.enough:
            raise Gone(operation)
        return await self.connection.call(operation, **parameters)

    def take(self, held, at_most):
        """Take some entries off a list, and forget the rest of one that has become long."""
        self.dice.shuffle(held)
        taken = held[:at_most]
        held[:] = held[at_most:][:200]
        return taken


async def load(workers):
    """Let clients work until the server is gone."""
    await asyncio.gather(*(worker.run() for worker in workers))


async def census_of(scenes, port, is_last):
    """Let each scene see at the same time, over a connection of its own, what there is."""

    async def see(scene):
        with contextlib.closing(Connection(port)) as connection:
            await scene.census(connection, is_last)

    seeing = [asyncio.ensure_future(see(scene)) for scene in scenes]
    try:
        await asyncio.gather(*seeing)
    finally:
        for one in seeing:
            one.cancel()
        await asyncio.gather(*seeing, return_exceptions=True)


async def counts_of(connection, url):
    """Return how many messages the server counts: visible, in flight, delayed."""
    answer = await connection.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
    names = ("", "NotVisible", "Delayed")
    return [int(answer["Attributes"][f"ApproximateNumberOfMessages{name}"]) for name in names]
