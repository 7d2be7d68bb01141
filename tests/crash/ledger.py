"""A FIFO queue under load: sends, repeated sends, receives, deletes, and the census."""

import contextlib
import time
from collections import deque

from tests.crash.history import broken
from tests.crash.ledger_model import LedgerModel
from tests.crash.load import LEASES_S, Worker, counts_of
from tests.crash.wire import Refused

GROUPS = ("a", "b", "c", "d", "e")
#: Seconds within which a send is repeated: the window of five minutes, and slack for slow tests.
REPEAT_S = 240
#: Entries that may be sent again.
RECENT = 400
#: Seconds in which the queue must be empty when all is received and deleted.
CENSUS_S = 20.0
CENSUS_LEASE_S = 20


class Client(Worker):
    """One client of the queue."""

    def __init__(self, port, scene):
        super().__init__(port, scene.model, scene.dice)
        self.url = scene.url
        self.recent = scene.recent
        self.held = []  #: (entry, receipt handle).

    def actions(self):
        return (
            (self.send, 3),
            (self.send_batch, 2),
            (self.send_again, 3),
            (self.receive, 8),
            (self.delete, 3),
            (self.delete_batch, 4),
            (self.change_visibility, 1),
        )

    def ask(self, operation, **parameters):
        return self.call(operation, QueueUrl=self.url, **parameters)

    def new_entry(self):
        size = self.dice.choice((0, 10, 200, 2_000, 20_000))
        entry = self.model.new_entry(size, self.dice.choice(GROUPS))
        self.recent.append(entry)
        return entry

    def old_entry(self):
        """Return an entry to send again: one whose fate nobody knows, if the dice say so."""
        oldest = time.monotonic() - REPEAT_S
        asked = [e for e in self.recent if e.asked and e.first_asked_at > oldest]
        unknown = [entry for entry in asked if entry.sequence is None]
        if unknown and self.dice.random() < 0.5:
            return self.dice.choice(unknown)
        return self.dice.choice(asked) if asked else self.new_entry()

    def request_of(self, entry):
        return {
            "MessageBody": self.model.attempt(entry, time.monotonic()),
            "MessageGroupId": entry.group,
            "MessageDeduplicationId": entry.token,
        }

    async def send(self):
        await self.send_one(self.new_entry())

    async def send_again(self):
        await self.send_one(self.old_entry())

    async def send_one(self, entry):
        answer = await self.ask("SendMessage", **self.request_of(entry))
        self.model.sent(entry, answer)

    async def send_batch(self):
        """Send new entries, sometimes with old ones or one of them twice."""
        entries = [self.new_entry() for _ in range(self.dice.randint(1, 8))]
        if self.dice.random() < 0.5:
            entries.append(self.old_entry())
            entries.append(self.dice.choice(entries))
        requests = [{"Id": str(i)} | self.request_of(entry) for i, entry in enumerate(entries)]
        answer = await self.ask("SendMessageBatch", Entries=requests)
        for told in answer["Successful"]:
            self.model.sent(entries[int(told["Id"])], told)
        numbers = [one.sequence for one in dict.fromkeys(entries) if one.asked == 1]
        if numbers != sorted(numbers):
            raise broken(f"a batch was taken in another order: {numbers}", *entries)

    async def receive(self):
        lease_s = self.dice.choice(LEASES_S)
        asked_at = time.monotonic()
        answer = await self.ask(
            "ReceiveMessage",
            MaxNumberOfMessages=self.dice.randint(1, 10),
            VisibilityTimeout=lease_s,
            WaitTimeSeconds=self.dice.choice((0, 0, 1)),
            AttributeNames=["All"],
        )
        found = answer.get("Messages", [])
        taken = self.model.received_all(found, asked_at, time.monotonic(), lease_s)
        handles = [one["ReceiptHandle"] for one in found]
        self.held += zip(taken, handles, strict=True)

    async def delete(self):
        for entry, handle in self.take(self.held, 1):
            with self.model.deleting([entry]):
                try:
                    await self.ask("DeleteMessage", ReceiptHandle=handle)
                except Refused as refusal:  # the handle has expired
                    if not refusal.is_sure:
                        raise
                    self.model.kept(entry)
                else:
                    self.model.deleted(entry, time.monotonic())

    async def delete_batch(self):
        if taken := self.take(self.held, 10):
            await delete_batch(self.ask, self.model, taken)

    async def change_visibility(self):
        for entry, handle in self.take(self.held, 1):
            with self.model.changing_visibility([entry]), contextlib.suppress(Refused):
                await self.ask(
                    "ChangeMessageVisibility",
                    ReceiptHandle=handle,
                    VisibilityTimeout=self.dice.choice(LEASES_S),
                )
            self.held.append((entry, handle))


async def delete_batch(ask, model, taken):
    """Delete up to ten messages of a FIFO queue; those whose handle has expired stay."""
    requests = [{"Id": str(i), "ReceiptHandle": handle} for i, (_, handle) in enumerate(taken)]
    with model.deleting([entry for entry, _ in taken]):
        answer = await ask("DeleteMessageBatch", Entries=requests)
        for told in answer.get("Successful", ()):
            model.deleted(taken[int(told["Id"])][0], time.monotonic())
        for told in answer.get("Failed", ()):
            if told["SenderFault"]:
                model.kept(taken[int(told["Id"])][0])


class Ledger:
    """The queue, and what is known of it."""

    clients = 4
    #: Share of the rounds that leave the messages in the queue: to see all, one must delete all.
    left = 0.6

    def __init__(self, dice):
        self.dice = dice
        self.model = LedgerModel()
        self.recent = deque(maxlen=RECENT)
        self.url = ""

    def workers(self, port):
        return [Client(port, self) for _ in range(self.clients)]

    def summary(self):
        return f"ledger {len(self.model.living())}, {self.model.answers}"

    async def census(self, connection, is_last):
        """Compare the counts; in some rounds receive and delete everything, in order."""
        answer = await connection.call(
            "CreateQueue", QueueName="ledger.fifo", Attributes={"FifoQueue": "true"}
        )
        self.url = answer["QueueUrl"]
        there = sum(await counts_of(connection, self.url))
        least, most = len(self.model.living()), self.model.possible()
        if not least <= there <= most:
            promise = f"the server counts {there} FIFO messages, not {least} to {most}"
            raise broken(promise, self.model.server, *self.model.living()[:10])
        if is_last or self.dice.random() >= self.left:
            await self.drain(connection)

    async def drain(self, connection):
        """Receive and delete until nothing is there; everything that must be must turn up."""

        def ask(operation, **parameters):
            return connection.call(operation, QueueUrl=self.url, **parameters)

        end = time.monotonic() + CENSUS_S
        while sum(counts := await counts_of(connection, self.url)):
            if time.monotonic() > end:
                raise broken(f"the server counts {counts} and hands out nothing")
            asked_at = time.monotonic()
            answer = await ask(
                "ReceiveMessage",
                MaxNumberOfMessages=10,
                VisibilityTimeout=CENSUS_LEASE_S,
                WaitTimeSeconds=1,
                AttributeNames=["All"],
            )
            if found := answer.get("Messages"):
                now = time.monotonic()
                taken = self.model.received_all(found, asked_at, now, CENSUS_LEASE_S)
                handles = [one["ReceiptHandle"] for one in found]
                await delete_batch(ask, self.model, list(zip(taken, handles, strict=True)))
        if missing := self.model.living():
            promise = f"{len(missing)} FIFO messages are lost"
            raise broken(promise, self.model.server, *missing[:10])
