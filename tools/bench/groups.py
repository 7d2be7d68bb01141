"""Compare FIFO queues with few and with many groups, rules only; `python -m tools.bench.groups`.

Cycles of send, receive and delete of ten messages, on a room in this process; processor time of
this thread, the least of some turns taken one after the other.
"""

import argparse
import gc
import sys
import time
from typing import Any

from headrace.base.instant import Instant
from headrace.core.machine import Numbers, Reply
from headrace.core.sqs.commands import (
    CreateQueue,
    DeleteMessages,
    OutgoingMessage,
    ReceiveMessages,
    SendMessages,
)
from headrace.core.sqs.queues import Queues
from headrace.testing.clock import START

#: Messages that wait while it is measured; cycles of one turn, and turns.
WAITING = 200_000
CYCLES = 1_500
TURNS = 7


class FifoQueue:
    """A FIFO queue with messages waiting, over so many groups in turn."""

    def __init__(self, groups: int) -> None:
        """Fill it."""
        self.room = Queues(b"secret" * 6, Numbers())
        self.groups = groups
        self.now = int(START)
        self.sent = 0
        attributes = {"FifoQueue": "true"}
        create = CreateQueue("000000000000", "us-east-1", "groups.fifo", attributes, {})
        self.queue = self.ask(create).queue
        while self.sent < WAITING:
            self.send()

    def ask(self, command: Any) -> Any:
        """Return the reply."""
        effects = self.room.apply(command, Instant(self.now), 1)
        return next(effect.value for effect in effects if isinstance(effect, Reply))

    def send(self) -> None:
        """Send ten messages to the next groups."""
        numbers = range(self.sent, self.sent + 10)
        self.sent += 10
        self.now += 1
        messages = tuple(
            OutgoingMessage(b"body", 4, None, f"group-{number % self.groups}", str(number))
            for number in numbers
        )
        self.ask(SendMessages(self.queue, self.now - START, messages))

    def cycle(self) -> None:
        """Send ten, receive ten, delete them."""
        self.send()
        messages = self.ask(ReceiveMessages(self.queue, 10)).messages
        handles = tuple(message.receipt_handle for message in messages)
        self.ask(DeleteMessages(self.queue, handles))


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.groups", description=__doc__)
    parser.add_argument("--groups", type=int, default=100_000)
    arguments = parser.parse_args()
    queues = [FifoQueue(10), FifoQueue(arguments.groups)]
    gc.collect()
    gc.freeze()
    best = [float("inf"), float("inf")]
    for _ in range(TURNS):
        for place, queue in enumerate(queues):
            started = time.thread_time_ns()
            for _ in range(CYCLES):
                queue.cycle()
            best[place] = min(best[place], (time.thread_time_ns() - started) / CYCLES / 1_000)
    for queue, microseconds in zip(queues, best, strict=True):
        print(f"| {queue.groups:>9,} groups | {microseconds:>7.1f} us a cycle of ten |")
    print(f"| throughput, of that with 10 groups | {best[0] / best[1]:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
