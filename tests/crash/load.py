"""Mixed load on one queue until the server goes away; every answer is told to the model."""

import asyncio
import contextlib
import time

from tests.crash.wire import Connection, Gone, Refused

#: Visibility timeouts in seconds: short, so that messages are handed out again and again.
LEASES_S = (0, 1, 1, 1, 2)


class Worker:
    """One client that does what the dice say."""

    def __init__(self, port, url, model, dice):
        self.connection = Connection(port)
        self.url = url
        self.model = model
        self.dice = dice
        self.held = []  #: (message, receipt handle).

    async def run(self):
        """Work until the server is gone."""
        actions = (
            (self.send, 4),
            (self.send_batch, 3),
            (self.receive, 6),
            (self.delete, 3),
            (self.delete_batch, 2),
            (self.change_visibility, 1),
            (self.change_visibility_batch, 1),
            (self.read_attributes, 1),
        )
        names = [action for action, _ in actions]
        weights = [weight for _, weight in actions]
        try:
            while True:
                await self.dice.choices(names, weights)[0]()
        except Gone:
            return
        finally:
            self.connection.close()

    def call(self, operation, **parameters):
        return self.connection.call(operation, QueueUrl=self.url, **parameters)

    def new_body(self):
        size = self.dice.choice((0, 10, 200, 2_000, 20_000))
        return self.model.new_body("x" * size)

    async def send(self):
        body = self.new_body()
        delay = {"DelaySeconds": 1} if self.dice.random() < 0.1 else {}
        answer = await self.call("SendMessage", MessageBody=body, **delay)
        self.model.sent(body, answer["MessageId"])

    async def send_batch(self):
        bodies = [self.new_body() for _ in range(self.dice.randint(1, 10))]
        entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]
        answer = await self.call("SendMessageBatch", Entries=entries)
        for entry in answer["Successful"]:
            self.model.sent(bodies[int(entry["Id"])], entry["MessageId"])

    async def receive(self):
        lease_s = self.dice.choice(LEASES_S)
        asked_at = time.monotonic()
        answer = await self.call(
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

    def take_held(self, at_most):
        """Take some messages off those that this client has received."""
        self.dice.shuffle(self.held)
        taken, self.held = self.held[:at_most], self.held[at_most:][:200]
        return taken

    async def delete(self):
        for message, handle in self.take_held(1):
            self.model.delete_asked(message)
            await self.call("DeleteMessage", ReceiptHandle=handle)
            self.model.deleted(message, time.monotonic())

    async def delete_batch(self):
        taken = self.take_held(10)
        if taken:
            for message, _ in taken:
                self.model.delete_asked(message)
            entries = [{"Id": str(i), "ReceiptHandle": h} for i, (_, h) in enumerate(taken)]
            answer = await self.call("DeleteMessageBatch", Entries=entries)
            for entry in answer["Successful"]:
                self.model.deleted(taken[int(entry["Id"])][0], time.monotonic())

    async def change_visibility(self):
        for message, handle in self.take_held(1):
            with self.model.changing_visibility([message]), contextlib.suppress(Refused):
                # Refused when it is deleted or visible: there is nothing to change.
                await self.call(
                    "ChangeMessageVisibility",
                    ReceiptHandle=handle,
                    VisibilityTimeout=self.dice.choice(LEASES_S),
                )
            self.held.append((message, handle))

    async def change_visibility_batch(self):
        taken = self.take_held(10)
        if taken:
            timeout_s = self.dice.choice(LEASES_S)
            entries = [
                {"Id": str(i), "ReceiptHandle": handle, "VisibilityTimeout": timeout_s}
                for i, (_, handle) in enumerate(taken)
            ]
            with self.model.changing_visibility([message for message, _ in taken]):
                await self.call("ChangeMessageVisibilityBatch", Entries=entries)

    async def read_attributes(self):
        await self.call("GetQueueAttributes", AttributeNames=["All"])


async def load(port, url, model, dice, clients):
    """Run some clients until the server is gone."""
    workers = [Worker(port, url, model, dice) for _ in range(clients)]
    await asyncio.gather(*(worker.run() for worker in workers))
