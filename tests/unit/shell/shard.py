"""A shard without a network: journal, driver, keeper, bodies and the room of queues."""

import contextlib

from headrace.core.machine import Numbers
from headrace.core.shard import SHARD, Shard, ShardOpened
from headrace.core.sqs.commands import (
    ChangeVisibility,
    CreateQueue,
    DeleteMessages,
    DeleteQueue,
    OutgoingMessage,
    PurgeQueue,
    ReceiveMessages,
    SendMessages,
)
from headrace.core.sqs.queues import Queues
from headrace.shell.bodies import Bodies
from headrace.shell.driver import Driver
from headrace.shell.hand import Hand
from headrace.shell.keeper import Keeper
from headrace.shell.recovery import recover
from headrace.testing.clock import VirtualClock


class ShardUnderTest:
    """One shard; `start` may be called again on the same journal by another object."""

    def __init__(self, journal, clock=None, cache_bytes=64 * 1024 * 1024):
        self.journal = journal
        self.clock = clock or VirtualClock()
        self.driver = Driver(self.clock, journal, Hand())
        self.bodies = Bodies(journal, cache_bytes)
        self.keeper = Keeper(journal, self.clock, self.driver, self.bodies)
        self.driver.rebuild = self._rebuild
        self.rebuilds = []
        self.queues = None

    async def start(self):
        await self.journal.open()
        await self._load()

    async def _load(self):
        recovered = await recover(self.journal, self.clock, self._make_rooms, self._first_record)
        self.queues = recovered.rooms[1]
        self.queues.use_secret(recovered.rooms[0].secret)
        self.keeper.adopt(recovered)
        self.driver.start(recovered.rooms.values())

    async def _rebuild(self, reason):
        await self.keeper.halt()
        self.bodies.clear()
        await self.journal.open()
        await self._load()
        self.rebuilds.append(reason)

    def _make_rooms(self):
        numbers = Numbers()
        return {0: Shard(numbers), 1: Queues(b"", numbers)}

    def _first_record(self, now):
        return ShardOpened(SHARD, now, b"secret" * 4, self.clock.kind)

    async def stop(self):
        await self.driver.stop()
        await self.keeper.stop()
        await self.journal.close()

    async def crash(self):
        """End without a word: the journal is closed as it is."""
        await self.keeper.halt()
        await self.journal.close()

    # --- what clients do ------------------------------------------------------------------------

    async def create(self, name="orders", **attributes):
        command = CreateQueue("000000000000", "us-east-1", name, attributes, {})
        return (await self.driver.ask(command)).queue

    async def send(self, queue, *bodies):
        messages = tuple(OutgoingMessage(body, len(body)) for body in bodies)
        return await self.driver.ask(SendMessages(queue, self.driver.block, messages))

    async def receive(self, queue, at_most=10, timeout_ms=30_000, wait_ms=0):
        return (
            await self.driver.ask(ReceiveMessages(queue, at_most, wait_ms, timeout_ms))
        ).messages

    async def delete(self, queue, *messages):
        handles = tuple(message.receipt_handle for message in messages)
        return await self.driver.ask(DeleteMessages(queue, handles))

    async def show(self, queue, *messages):
        """Make received messages visible again."""
        entries = tuple((message.receipt_handle, 0) for message in messages)
        return await self.driver.ask(ChangeVisibility(queue, entries))

    async def purge(self, queue):
        return await self.driver.ask(PurgeQueue(queue))

    async def delete_queue(self, queue):
        return await self.driver.ask(DeleteQueue(queue))

    async def bodies_of(self, messages):
        found = await self.bodies.fetch([message.address for message in messages])
        return [found[message.address] for message in messages]

    async def drain(self, queue):
        """Receive and delete everything that is visible; return the bodies in order."""
        bodies = []
        while messages := await self.receive(queue):
            bodies += await self.bodies_of(messages)
            await self.delete(queue, *messages)
        return bodies

    async def all_bodies(self, queue):
        """Return the bodies of everything visible, and leave it visible."""
        received = []
        while messages := await self.receive(queue):
            received += messages
        bodies = await self.bodies_of(received)
        for start in range(0, len(received), 10):
            await self.show(queue, *received[start : start + 10])
        return bodies

    def state(self):
        """Return the snapshot of every machine: two shards with the same are the same."""
        return {
            (kind, machine): room.snapshot(machine)
            for kind, room in enumerate(self.driver.rooms)
            for machine in room.machines()
        }


@contextlib.asynccontextmanager
async def living(journal, **options):
    """Have a shard on a journal for as long as the block lasts; it ends in order."""
    shard = ShardUnderTest(journal, **options)
    try:
        await shard.start()
        yield shard
        await shard.stop()
    finally:
        await shard.crash()
