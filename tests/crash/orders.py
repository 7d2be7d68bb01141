"""A standard queue under load: sends, receives, deletes, visibility changes, and the census."""

import contextlib
import time

from tests.crash.history import broken
from tests.crash.load import LEASES_S, Worker, counts_of
from tests.crash.model import Model
from tests.crash.wire import Refused

#: Seconds in which every message must turn up after a start: the longest lease, and slack.
CENSUS_S = 20.0
#: Messages left for the next round; the rest is deleted.
LEFT = 300
#: Seconds of the lease that the census takes.
CENSUS_LEASE_S = 120


class Client(Worker):
    """One client of the queue."""

    def __init__(self, port, scene):
        super().__init__(port, scene.model, scene.dice)
        self.url = scene.url
        self.held = []  #: (message, receipt handle).

    def actions(self):
        return (
            (self.send, 4),
            (self.send_batch, 3),
            (self.receive, 6),
            (self.delete, 3),
            (self.delete_batch, 2),
            (self.change_visibility, 1),
            (self.change_visibility_batch, 1),
            (self.read_attributes, 1),
        )

    def ask(self, operation, **parameters):
        return self.call(operation, QueueUrl=self.url, **parameters)

    def new_message(self):
        return self.model.new_message(self.dice.choice((0, 10, 200, 2_000, 20_000)))

    async def send(self):
        message = self.new_message()
        delay = {"DelaySeconds": 1} if self.dice.random() < 0.1 else {}
        answer = await self.ask("SendMessage", MessageBody=message.body, **delay)
        self.model.sent(message, answer)

    async def send_batch(self):
        messages = [self.new_message() for _ in range(self.dice.randint(1, 10))]
        entries = [{"Id": str(i), "MessageBody": one.body} for i, one in enumerate(messages)]
        answer = await self.ask("SendMessageBatch", Entries=entries)
        for entry in answer["Successful"]:
            self.model.sent(messages[int(entry["Id"])], entry)

    async def receive(self):
        lease_s = self.dice.choice(LEASES_S)
        asked_at = time.monotonic()
        answer = await self.ask(
            "ReceiveMessage",
            MaxNumberOfMessages=self.dice.randint(1, 10),
            VisibilityTimeout=lease_s,
            WaitTimeSeconds=self.dice.choice((0, 0, 1)),
            AttributeNames=["ApproximateReceiveCount"],
        )
        answered_at = time.monotonic()
        for found in answer.get("Messages", ()):
            message = self.model.received(found, asked_at, answered_at, lease_s)
            self.held.append((message, found["ReceiptHandle"]))

    async def delete(self):
        for message, handle in self.take(self.held, 1):
            with self.model.deleting([message]):
                await self.ask("DeleteMessage", ReceiptHandle=handle)
                self.model.deleted(message, time.monotonic())

    async def delete_batch(self):
        if taken := self.take(self.held, 10):
            await delete_batch(self.ask, self.model, taken)

    async def change_visibility(self):
        for message, handle in self.take(self.held, 1):
            with self.model.changing_visibility([message]), contextlib.suppress(Refused):
                # Refused when it is deleted or visible: there is nothing to change.
                await self.ask(
                    "ChangeMessageVisibility",
                    ReceiptHandle=handle,
                    VisibilityTimeout=self.dice.choice(LEASES_S),
                )
            self.held.append((message, handle))

    async def change_visibility_batch(self):
        if taken := self.take(self.held, 10):
            timeout_s = self.dice.choice(LEASES_S)
            await change_visibility_batch(self.ask, self.model, taken, timeout_s)

    async def read_attributes(self):
        await self.ask("GetQueueAttributes", AttributeNames=["All"])


async def delete_batch(ask, model, taken):
    """Delete up to ten messages of a standard queue, given with their receipt handles."""
    entries = [{"Id": str(i), "ReceiptHandle": handle} for i, (_, handle) in enumerate(taken)]
    with model.deleting([message for message, _ in taken]):
        answer = await ask("DeleteMessageBatch", Entries=entries)
        for entry in answer["Successful"]:
            model.deleted(taken[int(entry["Id"])][0], time.monotonic())


async def change_visibility_batch(ask, model, taken, timeout_s):
    """Change the visibility of up to ten messages, given with their receipt handles."""
    entries = [
        {"Id": str(i), "ReceiptHandle": handle, "VisibilityTimeout": timeout_s}
        for i, (_, handle) in enumerate(taken)
    ]
    with model.changing_visibility([message for message, _ in taken]):
        await ask("ChangeMessageVisibilityBatch", Entries=entries)


class Orders:
    """The queue, and what is known of it."""

    clients = 8

    def __init__(self, dice):
        self.dice = dice
        self.model = Model()
        self.url = ""

    def workers(self, port):
        return [Client(port, self) for _ in range(self.clients)]

    def summary(self):
        return f"orders {len(self.model.living())} alive, {self.model.answers} answers"

    async def census(self, connection, is_last):
        """Receive every message there is.

        Everything that must be there must turn up, and nothing that must not. Afterwards all of it
        is visible, but for what is too much and is deleted.
        """
        answer = await connection.call("CreateQueue", QueueName="orders")
        self.url = answer["QueueUrl"]
        seen = {}  # of messages: receipt handle
        end = time.monotonic() + CENSUS_S
        while missing := [m for m in self.model.living() if m not in seen]:
            if time.monotonic() > end:
                raise await self.lost(connection, missing)
            asked_at = time.monotonic()
            found = await connection.call(
                "ReceiveMessage",
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=CENSUS_LEASE_S,
                WaitTimeSeconds=1,
                AttributeNames=["ApproximateReceiveCount"],
            )
            for one in found.get("Messages", ()):
                message = self.model.received(one, asked_at, time.monotonic(), CENSUS_LEASE_S)
                seen[message] = one["ReceiptHandle"]
        await self.check_counts(connection)
        await self.let_go(connection, list(seen.items()))

    async def lost(self, connection, missing):
        """Return the violation that messages are missing."""
        counts = await counts_of(connection, self.url)
        promise = f"{len(missing)} messages are lost; the server counts {counts}"
        return broken(promise, self.model.server, *missing[:10])

    async def check_counts(self, connection):
        """The server's own counts must fit, too."""
        there = sum(await counts_of(connection, self.url))
        least, most = len(self.model.living()), self.model.possible()
        if not least <= there <= most:
            promise = f"the server counts {there} messages, not {least} to {most}"
            raise broken(promise, self.model.server)

    async def let_go(self, connection, seen):
        """Make what was received visible again; delete what is too much."""

        def ask(operation, **parameters):
            return connection.call(operation, QueueUrl=self.url, **parameters)

        self.dice.shuffle(seen)
        for start in range(0, len(seen), 10):
            part = seen[start : start + 10]
            if start >= LEFT:
                await delete_batch(ask, self.model, part)
            else:
                await change_visibility_batch(ask, self.model, part, 0)
