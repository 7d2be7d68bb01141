"""Kill a server at random instants under load, again and again, and look for broken promises.

python -m tests.crash.torture ROUNDS [SEED [FLAGS OF THE SERVER]]
"""

import asyncio
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.history import Violation
from tests.crash.ledger import Ledger
from tests.crash.letters import Letters
from tests.crash.load import census_of, load
from tests.crash.orders import Orders
from tests.crash.server import Process
from tests.crash.wire import Connection

#: Seconds of load before the kill, at least and at most.
LOAD_S = (0.05, 1.2)


def every_scene(dice):
    """Return one of each kind of queues, and what is done with them."""
    return [Orders(dice), Ledger(dice), Letters(dice), Letters(dice, is_fifo=True)]


class Torture:
    """Rounds of load, kill, start and census on one data folder."""

    def __init__(self, folder, seed, scenes=every_scene):
        self.folder = Path(folder)
        self.seed = seed
        self.dice = random.Random(seed)
        self.scenes = scenes(self.dice)
        self.round = 0
        self.extra_queues = []
        #: Flags of the server.
        self.words = ()
        #: What is started, by the dice.
        self.modules = ("headrace", "tests.crash.busy_keeper")

    @property
    def answers(self):
        """Return how many requests were acknowledged."""
        return sum(scene.model.answers for scene in self.scenes)

    def run(self, rounds, say):
        """Do some rounds and end with an orderly stop and one more census.

        Raises:
            Violation: The server broke a promise.
        """
        try:
            self.run_all(rounds, say)
        except Violation as violation:
            words = [str(rounds), str(self.seed), *self.words]
            again = f"python -m tests.crash.torture {' '.join(words)}"
            raise Violation(f"round {self.round} of {again}: {violation}") from violation

    def run_all(self, rounds, say):
        """Do what `run` says."""
        for _ in range(rounds):
            self.round += 1
            server = Process(self.folder, self.dice.choice(self.modules), self.words)
            self.note(f"round {self.round}: started")
            try:
                asyncio.run(self.one_round(server))
            finally:
                server.kill()
            say(f"round {self.round}: " + "; ".join(scene.summary() for scene in self.scenes))
        server = Process(self.folder, "headrace", self.words)
        self.note("started")
        try:
            asyncio.run(self.census(server.port))
        finally:
            status = server.stop()
        self.note("stopped in order")
        if status != 0:
            raise Violation(f"the last stop ended with status {status}")
        server = Process(self.folder, "headrace", self.words)
        self.note("started")
        try:
            asyncio.run(self.census(server.port, is_last=True))
        finally:
            server.kill()

    def note(self, line):
        """Let every history know of it."""
        for scene in self.scenes:
            scene.model.server.note(line)

    async def one_round(self, server):
        """Check what the last kill left, then load and kill."""
        await self.census(server.port)
        await self.create_extra_queue(server.port)
        loading = asyncio.create_task(load(self.workers(server.port)))
        done, _ = await asyncio.wait([loading], timeout=self.dice.uniform(*LOAD_S))
        if not done:
            server.child.kill()
            self.note("killed")
        await loading

    async def create_extra_queue(self, port):
        """Creations are promises too."""
        name = f"extra-{self.round}"
        with contextlib.closing(Connection(port)) as connection:
            await connection.call("CreateQueue", QueueName=name)
            self.extra_queues.append(name)
            for known in self.extra_queues[-5:]:
                await connection.call("GetQueueUrl", QueueName=known)

    async def census(self, port, is_last=False):
        """See everything there is, and compare it with what must be there."""
        await census_of(self.scenes, port, is_last)

    def workers(self, port):
        """Return the clients of all scenes; a census must have been before."""
        return [worker for scene in self.scenes for worker in scene.workers(port)]


def main(rounds, seed, words):
    """Run, print each round and how to run it again; return the exit status."""
    print(f"seed {seed}: python -m tests.crash.torture {rounds} {seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="headrace-crash-") as folder:
        torture = Torture(Path(folder) / "data", seed)
        torture.words = words
        torture.run(rounds, lambda line: print(line, flush=True))
    print(f"{rounds} kills in {time.monotonic() - began:.0f} s, no promise broken", flush=True)
    return 0


if __name__ == "__main__":
    ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    sys.exit(main(ROUNDS, SEED, sys.argv[3:]))
