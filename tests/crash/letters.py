"""A queue, its dead-letter queue and move tasks under load, and the census; standard or FIFO."""

import asyncio
import contextlib
import json
import time

from tests.crash import orders
from tests.crash.history import broken
from tests.crash.ledger import delete_batch
from tests.crash.letters_model import DEAD, RESCUED, SOURCE, LettersModel
from tests.crash.load import Worker, counts_of
from tests.crash.wire import Refused

MAX_RECEIVE_COUNT = 2
LEASES_S = (0, 0, 0, 1, 2)
#: Messages a second of a move task; None: as fast as it goes. Slow ones are killed midway.
RATES = (None, 100, 30, 15)
#: Tasks that are started between two censuses: ten are listed.
STARTS = 6
CENSUS_S = 30.0
CENSUS_LEASE_S = 60
#: Messages that are left in each standard queue.
LEFT = 60
GROUPS = 6


class Client(Worker):
    """One client of the three queues."""

    def __init__(self, port, scene):
        super().__init__(port, scene.model, scene.dice)
        self.scene = scene
        self.held = []  #: (place, letter, receipt handle, leased until).

    def actions(self):
        return (
            (self.send_batch, 2),
            (self.receive_source, 7),
            (self.receive_dead, 1),
            (self.receive_rescued, 1),
            (self.delete, 1),
        )

    def entry(self, number, letter):
        entry = {"Id": str(number), "MessageBody": letter.body}
        if self.scene.is_fifo:
            entry["MessageGroupId"] = str(self.dice.randrange(GROUPS))
            entry["MessageDeduplicationId"] = letter.token
        return entry

    async def send_batch(self):
        sizes = [self.dice.choice((0, 10, 2_000)) for _ in range(self.dice.randint(1, 10))]
        letters = [self.model.new_message(size) for size in sizes]
        entries = [self.entry(number, letter) for number, letter in enumerate(letters)]
        url = self.scene.urls[SOURCE]
        answer = await self.call("SendMessageBatch", QueueUrl=url, Entries=entries)
        for told in answer["Successful"]:
            self.model.sent(letters[int(told["Id"])], told)

    async def receive(self, place, leases_s):
        lease_s = self.dice.choice(leases_s)
        wait_s = self.dice.choice((0, 0, 1))
        self.held += await self.scene.receive(self.call, place, lease_s, wait_s)

    async def receive_source(self):
        await self.receive(SOURCE, LEASES_S)

    async def receive_dead(self):
        await self.receive(DEAD, (0, 0, 1))

    async def receive_rescued(self):
        await self.receive(RESCUED, LEASES_S)

    async def delete(self):
        """Delete one; a lease that is over, or a message that has moved, changes the outcome."""
        for place, letter, handle, leased_until in self.take(self.held, 1):
            with self.model.deleting([letter]):
                try:
                    url = self.scene.urls[place]
                    await self.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
                except Refused as refusal:
                    if not refusal.is_sure:
                        raise
                    self.model.kept(letter)
                else:
                    self.model.deleted_by(letter, leased_until, time.monotonic())


class Mover(Worker):
    """The one client that starts, lists and cancels move tasks."""

    def __init__(self, port, scene):
        super().__init__(port, scene.model, scene.dice)
        self.scene = scene
        self.starts = 0

    def actions(self):
        return ((self.start, 3), (self.list, 4), (self.cancel, 1))

    async def start(self):
        # So that no two start in the same millisecond, by which they are known.
        await asyncio.sleep(self.dice.uniform(0.01, 0.1))
        if self.starts == STARTS:
            return
        self.starts += 1
        words = {"SourceArn": self.scene.arns[DEAD]}
        if rate := self.dice.choice(RATES):
            words["MaxNumberOfMessagesPerSecond"] = rate
        if is_rescue := self.dice.random() < 0.5:
            words["DestinationArn"] = self.scene.arns[RESCUED]
        start = self.model.tasks.asked(is_rescue, time.monotonic())
        try:
            await self.call("StartMessageMoveTask", **words)
        except Refused as refusal:
            if not refusal.is_sure:
                raise
            self.model.tasks.refused(start)
        else:
            self.model.tasks.started(start)
        self.model.answers += 1

    async def list(self):
        await self.scene.list_tasks(self.call)

    async def cancel(self):
        running = [t for t in self.model.tasks.tasks.values() if "TaskHandle" in t.entry]
        if not running or self.dice.random() < 0.5:
            return
        task = running[-1]
        task.may_be_cancelled = True
        asked_at = time.monotonic()
        with contextlib.suppress(Refused):  # it is over
            answer = await self.call("CancelMessageMoveTask", TaskHandle=task.entry["TaskHandle"])
            moved = answer["ApproximateNumberOfMessagesMoved"]
            self.model.tasks.cancelled(task, moved, asked_at, time.monotonic())


class Letters:
    """The three queues, and what is known of them."""

    clients = 3

    def __init__(self, dice, is_fifo=False):
        self.dice = dice
        self.is_fifo = is_fifo
        self.model = LettersModel(MAX_RECEIVE_COUNT)
        #: Share of the rounds that leave FIFO queues alone: to see all, one must delete all.
        self.left = 0.5 if is_fifo else 0.0
        self.urls = {}
        self.arns = {}

    def workers(self, port):
        clients = [Client(port, self) for _ in range(self.clients)]
        return [*clients, Mover(port, self)]

    def summary(self):
        moved = sum(self.model.tasks.moved(is_rescue) for is_rescue in (True, False))
        living = len(self.model.living())
        return f"{'FIFO ' * self.is_fifo}letters {living}, {self.model.answers}, {moved} moved"

    async def census(self, connection, is_last):
        """See the tasks end, then every message in one place; count what was moved."""
        await self.create(connection)
        await self.wait_for_tasks(connection)
        if is_last or self.dice.random() >= self.left:
            seen = await self.see_all(connection)
            if missing := [m for m in self.model.living() if m not in seen]:
                promise = f"{len(missing)} letters are lost"
                raise broken(promise, self.model.server, *missing[:10])
            self.model.check_moves()
            if not self.is_fifo:
                await self.let_go(connection, seen)

    async def create(self, connection):
        """Make the queues; the second time nothing changes."""
        ending = ".fifo" if self.is_fifo else ""
        attributes = {"FifoQueue": "true"} if self.is_fifo else {}
        for place in (DEAD, RESCUED, SOURCE):
            if place == SOURCE:
                policy = {
                    "deadLetterTargetArn": self.arns[DEAD],
                    "maxReceiveCount": MAX_RECEIVE_COUNT,
                }
                attributes = attributes | {"RedrivePolicy": json.dumps(policy)}
            answer = await connection.call(
                "CreateQueue", QueueName=f"letters-{place}{ending}", Attributes=attributes
            )
            url = self.urls[place] = answer["QueueUrl"]
            told = await connection.call(
                "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"]
            )
            self.arns[place] = told["Attributes"]["QueueArn"]

    async def list_tasks(self, call):
        asked_at = time.monotonic()
        answer = await call("ListMessageMoveTasks", SourceArn=self.arns[DEAD], MaxResults=10)
        self.model.answers += 1
        self.model.tasks.listed(answer.get("Results", []), asked_at, time.monotonic())

    async def wait_for_tasks(self, connection):
        end = time.monotonic() + CENSUS_S
        await self.list_tasks(connection.call)
        while self.model.tasks.is_one_active():
            if time.monotonic() > end:
                raise broken("a move task does not end", self.model.server)
            await asyncio.sleep(0.05)
            await self.list_tasks(connection.call)

    async def receive(self, call, place, lease_s, wait_s):
        """Receive from one place; return what a client holds."""
        asked_at = time.monotonic()
        self.model.unheard += place == SOURCE
        answer = await call(
            "ReceiveMessage",
            QueueUrl=self.urls[place],
            MaxNumberOfMessages=10,
            VisibilityTimeout=lease_s,
            WaitTimeSeconds=wait_s,
            AttributeNames=["All"],
        )
        self.model.unheard -= place == SOURCE
        now = time.monotonic()
        held = []
        for one in answer.get("Messages", ()):
            letter = self.model.received_from(place, self.arns[SOURCE], one, asked_at, now, lease_s)
            held.append((place, letter, one["ReceiptHandle"], asked_at + lease_s))
        return held

    async def see_all(self, connection):
        """Receive until each queue holds nothing else; return (place, handle) of each letter.

        What a FIFO queue hands out is deleted, or it would bar its group.
        """
        seen = {}
        end = time.monotonic() + CENSUS_S
        while True:
            counts = {p: await counts_of(connection, url) for p, url in self.urls.items()}
            held = {p: sum(place == p for place, _ in seen.values()) for p in self.urls}
            if self.is_fifo:
                held = dict.fromkeys(held, 0)
            if all(counts[p] == [0, held[p], 0] for p in self.urls):
                return seen
            if time.monotonic() > end:
                promise = f"the server counts {counts}, and handed out {held}"
                raise broken(promise, self.model.server)
            for place in self.urls:
                got = await self.receive(connection.call, place, CENSUS_LEASE_S, 0)
                for _, letter, handle, _ in got:
                    if letter in seen:
                        raise self.model.broken(letter, f"is in {place} and {seen[letter][0]}")
                    seen[letter] = place, handle
                if got and self.is_fifo:
                    await self.delete(connection, place, got)
            await asyncio.sleep(0.02)

    async def delete(self, connection, place, held):
        def ask(operation, **parameters):
            return connection.call(operation, QueueUrl=self.urls[place], **parameters)

        await delete_batch(ask, self.model, [(letter, handle) for _, letter, handle, _ in held])

    async def let_go(self, connection, seen):
        """Make what was seen visible again; delete what is too much."""
        for place, url in self.urls.items():

            def ask(operation, url=url, **parameters):
                return connection.call(operation, QueueUrl=url, **parameters)

            held = [(letter, handle) for letter, (p, handle) in seen.items() if p == place]
            self.dice.shuffle(held)
            for start in range(0, len(held), 10):
                part = held[start : start + 10]
                if start >= LEFT:
                    await orders.delete_batch(ask, self.model, part)
                else:
                    await orders.change_visibility_batch(ask, self.model, part, 0)
