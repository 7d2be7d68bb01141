"""Kill a server at random instants under load, again and again, and look for broken promises.

python -m tests.crash.torture ROUNDS [SEED]
"""

import asyncio
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.load import load
from tests.crash.model import Model, Violation
from tests.crash.server import Process
from tests.crash.wire import Connection

CLIENTS = 12
#: Seconds of load before the kill, at least and at most.
LOAD_S = (0.05, 1.2)
#: Seconds in which every message must turn up after a start: the longest lease, and slack.
CENSUS_S = 20.0
#: Messages left for the next round; the rest is deleted.
LEFT = 300
#: Seconds of the lease that the census takes.
CENSUS_LEASE_S = 120


class Torture:
    """Rounds of load, kill, start and census on one data folder."""

    def __init__(self, folder, seed):
        self.folder = Path(folder)
        self.dice = random.Random(seed)
        self.model = Model()
        self.round = 0
        self.extra_queues = []
        #: Flags of the server.
        self.words = ()
        #: What is started, by the dice.
        self.modules = ("headrace", "tests.crash.busy_keeper")

    def run(self, rounds, say):
        """Do some rounds and end with an orderly stop and one more census.

        Raises:
            Violation: The server broke a promise.
        """
        for _ in range(rounds):
            self.round += 1
            server = Process(self.folder, self.dice.choice(self.modules), self.words)
            try:
                asyncio.run(self.one_round(server))
            finally:
                server.kill()
            say(
                f"round {self.round}: {self.model.answers} answers kept, "
                f"{len(self.model.living())} messages alive"
            )
        server = Process(self.folder, "headrace", self.words)
        try:
            asyncio.run(self.census(server.port))
        finally:
            status = server.stop()
        if status != 0:
            raise Violation(f"the last stop ended with status {status}")
        server = Process(self.folder, "headrace", self.words)
        try:
            asyncio.run(self.census(server.port))
        finally:
            server.kill()

    async def one_round(self, server):
        """Check what the last kill left, then load and kill."""
        url = await self.census(server.port)
        await self.create_extra_queue(server.port)
        loading = asyncio.create_task(load(server.port, url, self.model, self.dice, CLIENTS))
        done, _ = await asyncio.wait([loading], timeout=self.dice.uniform(*LOAD_S))
        if not done:
            server.child.kill()
        await loading

    async def create_extra_queue(self, port):
        """Creations are promises too."""
        name = f"extra-{self.round}"
        with contextlib.closing(Connection(port)) as connection:
            await connection.call("CreateQueue", QueueName=name)
            self.extra_queues.append(name)
            for known in self.extra_queues[-5:]:
                await connection.call("GetQueueUrl", QueueName=known)

    async def census(self, port):
        """Receive every message there is; return the queue's URL.

        Everything that must be there must turn up, and nothing that must not. Afterwards all of it
        is visible, but for what is too much and is deleted.
        """
        with contextlib.closing(Connection(port)) as connection:
            return await self.count_all(connection)

    async def count_all(self, connection):
        """Do what `census` says, over one connection."""
        answer = await connection.call("CreateQueue", QueueName="orders")
        url = answer["QueueUrl"]
        seen = {}
        end = time.monotonic() + CENSUS_S
        while missing := [m for m in self.model.living() if m.body not in seen]:
            if time.monotonic() > end:
                await self.complain(connection, url, missing)
            asked_at = time.monotonic()
            found = await connection.call(
                "ReceiveMessage",
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=CENSUS_LEASE_S,
                WaitTimeSeconds=1,
                AttributeNames=["ApproximateReceiveCount"],
            )
            for one in found.get("Messages", ()):
                message = self.model.received(one, asked_at, time.monotonic(), CENSUS_LEASE_S)
                seen[message.body] = one["ReceiptHandle"]
        await self.check_counts(connection, url)
        await self.let_go(connection, url, seen)
        return url

    async def complain(self, connection, url, missing):
        names = ", ".join(message.body[:12] for message in missing[:10])
        counts = await connection.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
        raise Violation(f"{len(missing)} messages are lost: {names}; the server has {counts}")

    async def check_counts(self, connection, url):
        """The server's own counts must fit, too."""
        answer = await connection.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
        names = ("", "NotVisible", "Delayed")
        there = sum(
            int(answer["Attributes"][f"ApproximateNumberOfMessages{name}"]) for name in names
        )
        least, most = len(self.model.living()), self.model.possible()
        if not least <= there <= most:
            raise Violation(f"the server counts {there} messages, not {least} to {most}")

    async def let_go(self, connection, url, seen):
        """Make what was received visible again; delete what is too much."""
        bodies = list(seen)
        self.dice.shuffle(bodies)
        for start in range(0, len(bodies), 10):
            part = bodies[start : start + 10]
            messages = [self.model.message_of(body) for body in part]
            entries = [{"Id": str(i), "ReceiptHandle": seen[body]} for i, body in enumerate(part)]
            if start >= LEFT:
                for message in messages:
                    self.model.delete_asked(message)
                answer = await connection.call("DeleteMessageBatch", QueueUrl=url, Entries=entries)
                for entry in answer["Successful"]:
                    self.model.deleted(messages[int(entry["Id"])], time.monotonic())
                continue
            for entry in entries:
                entry["VisibilityTimeout"] = 0
            with self.model.changing_visibility(messages):
                await connection.call("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=entries)


def main(rounds, seed):
    """Run, print each round and how to run it again; return the exit status."""
    print(f"seed {seed}: python -m tests.crash.torture {rounds} {seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="headrace-crash-") as folder:
        torture = Torture(Path(folder) / "data", seed)
        torture.run(rounds, lambda line: print(line, flush=True))
    print(f"{rounds} kills in {time.monotonic() - began:.0f} s, no promise broken", flush=True)
    return 0


if __name__ == "__main__":
    ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    sys.exit(main(ROUNDS, SEED))
