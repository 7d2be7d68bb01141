"""Look for long turns of the event loop when queues are deep; `python -m tools.bench.turns`.

The real driver, keeper and rooms in this process, on a journal in memory and a virtual clock. A
turn is the processor time of this thread between two looks for events, the least of some repeats of
the longest one: what else the machine does hardly counts. Loading is not looked at.
"""

import argparse
import asyncio
import gc
import heapq
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.commands import AcceptEvent, DeleteFunction, ReserveConcurrency
from headrace.core.functions.effects import DropCode, RunEvent
from headrace.core.functions.functions import Functions
from headrace.core.functions.names import FunctionReference
from headrace.core.machine import Numbers, Record, Room
from headrace.core.mapping.commands import CreateMapping, Source, Target
from headrace.core.mapping.mappings import Mappings
from headrace.core.mapping.settings import Settings
from headrace.core.shard import SHARD, Shard, ShardOpened
from headrace.core.sqs.commands import (
    DeleteQueue,
    GetQueueAttributes,
    OutgoingMessage,
    PurgeQueue,
    ReceiveMessages,
    SendMessages,
)
from headrace.core.sqs.content import Content, encode
from headrace.core.sqs.queues import Queues
from headrace.ports.journal import Snapshot
from headrace.shell.bodies import Bodies
from headrace.shell.driver import Driver
from headrace.shell.hand import Hand
from headrace.shell.keeper import Keeper
from headrace.shell.pollers import Pollers
from headrace.shell.recovery import recover
from headrace.shell.rooms import Rooms
from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.clock import START, VirtualClock
from headrace.testing.entropy import SeededEntropy
from tools.bench.histories import (
    ACCOUNT,
    DEAD_LETTERS,
    ENVELOPE,
    QUEUE,
    REGION,
    accepted,
    arn_of,
    copy_of,
    created,
    disk_of,
    failed,
    function_created,
    received,
    reserved,
    sent,
)

#: Longest turn that is allowed, in milliseconds.
GOAL_MS = 20.0
#: Turns in a row in which nobody else had anything to do: what was set off is over.
QUIET_TURNS = 20
HOUR_MS = 3_600_000
FUNCTION = FunctionReference(ACCOUNT, REGION, "deep", None)
#: As the server has it (shell/lifecycle.py), without all that it imports.
GC_THRESHOLDS = (2_000, 5, 50_000)


class MeasuredLoop(asyncio.SelectorEventLoop):
    """An event loop that notes how long its turns are."""

    def __init__(self) -> None:
        """Start with no turn measured."""
        super().__init__()
        self.longest_ns = 0
        self.turns = 0
        self.is_measuring = False

    def _run_once(self) -> None:
        started = time.thread_time_ns()
        super()._run_once()  # type: ignore[misc]
        if self.is_measuring:
            self.turns += 1
            self.longest_ns = max(self.longest_ns, time.thread_time_ns() - started)

    @property
    def others_ready(self) -> int:
        """How many callbacks are to be called in the next turn."""
        return len(self._ready)  # type: ignore[attr-defined]


class SteppedClock(VirtualClock):
    """A virtual clock whose alarms ring one in a turn, as a machine's timers do."""

    def move(self, instant: Instant) -> None:
        """Stand at `instant`; what is due rings in the turns that follow."""
        self.not_before(instant)
        self._ring_one()

    def _ring_one(self) -> None:
        due = self.next_alarm()
        if due is not None and due <= self.now():
            loop = asyncio.get_running_loop()
            loop.call_soon(heapq.heappop(self._alarms)[2].ring)
            loop.call_soon(self._ring_one)


class QuickJournal(MemoryJournal):
    """A journal in memory that does nothing on the loop that others do in a thread."""

    async def write_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Keep them unchecked."""
        self.disk.snapshots.update({snapshot.machine: snapshot for snapshot in snapshots})


class Server:
    """A shard without a network, loaded from a disk."""

    def __init__(self, disk: MemoryDisk) -> None:
        """Nothing is loaded before `start`."""
        self.journal = QuickJournal(disk)
        self.clock = SteppedClock()
        self.driver = Driver(self.clock, self.journal, Hand())
        self.bodies = Bodies(self.journal, 64 * 1024 * 1024)
        self.keeper = Keeper(self.journal, self.clock, self.driver, self.bodies)
        for effect in (RunEvent, DropCode):
            self.driver.carry(effect, _nobody)
        self.rooms = Rooms()
        self.pollers = Pollers(self.driver, self.rooms, self.bodies, SeededEntropy())

    async def start(self) -> None:
        """Load."""
        await self.journal.open()
        loaded = await recover(self.journal, self.clock, _make_rooms, _first_record)
        shard: Any = loaded.rooms[0]
        queues: Any = loaded.rooms[1]
        queues.use_secret(shard.secret)
        self.rooms.replace(queues, loaded.rooms[2], loaded.rooms[3])
        self.keeper.adopt(loaded)
        self.driver.start(loaded.rooms.values())

    async def quiet(self) -> None:
        """Return when nothing happens any more unless time passes."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, MeasuredLoop)
        quiet = 0
        while quiet < QUIET_TURNS:
            await asyncio.sleep(0)
            quiet = 0 if loop.others_ready or self.pollers.busy else quiet + 1

    def send(self, group: str | None = None) -> SendMessages:
        """Return the command to send one message now."""
        message = OutgoingMessage(b"body", 4, None, group, "one more" if group else None)
        return SendMessages(QUEUE, self.driver.block, (message,))

    async def stop(self) -> None:
        """End in order."""
        await self.driver.stop()
        await self.keeper.halt()


def _make_rooms() -> Mapping[int, Room]:
    numbers = Numbers()
    return {
        0: Shard(numbers),
        1: Queues(b"", numbers),
        2: Functions(numbers),
        3: Mappings(numbers),
    }


def _first_record(now: Instant) -> Record:
    return ShardOpened(SHARD, now, b"secret" * 4, "virtual")


Act = Callable[[Server], Awaitable[None]]


class Situation(NamedTuple):
    """What is measured: a past, and what happens then."""

    name: str
    disk: Callable[[int], MemoryDisk]  #: For a million messages, or fewer.
    act: Act
    prepare: Act | None = None  #: What happens before that and is not measured.
    share: float = 1.0  #: Of the million.


# --- pasts ----------------------------------------------------------------------------------------


def standard(messages: int) -> MemoryDisk:
    """Return messages on a standard queue, each a run of its own."""
    return disk_of([created(QUEUE, "deep"), *sent(messages)])


def delayed(messages: int) -> MemoryDisk:
    """Return messages on a standard queue that fall due within a second, in an hour's quarter."""
    return disk_of([created(QUEUE, "deep"), *sent(messages, run=1_000, delay_s=900)])


def fifo(messages: int) -> MemoryDisk:
    """Return messages of 100,000 groups."""
    past = sent(messages, groups=100_000, is_fifo=True)
    return disk_of([created(QUEUE, "deep.fifo"), *past])


def fifo_delayed(messages: int) -> MemoryDisk:
    """Return messages of 100,000 groups on a queue with a delay."""
    past = sent(messages, run=10, groups=100_000, is_fifo=True)
    return disk_of([created(QUEUE, "deep.fifo", DelaySeconds="900"), *past])


def fair(messages: int) -> MemoryDisk:
    """Return messages of 100,000 groups on a standard queue."""
    return disk_of([created(QUEUE, "deep"), *sent(messages, groups=100_000)])


def returned(messages: int) -> MemoryDisk:
    """Return messages that were all received once, were not deleted, and may not be again."""
    redrive = f'{{"deadLetterTargetArn":"{arn_of("dead")}","maxReceiveCount":1}}'
    at = START + messages
    return disk_of(
        [
            created(DEAD_LETTERS, "dead"),
            created(QUEUE, "deep", RedrivePolicy=redrive),
            *sent(messages, run=10),
            *received(messages, at, at + 30_000),
        ]
    )


def events(count: int) -> MemoryDisk:
    """Return asynchronous invokes that nobody has tried of a function that runs one at a time."""
    past = [function_created("deep"), reserved(1), *accepted(count)]
    return disk_of(past, ENVELOPE)


def failed_events(count: int) -> MemoryDisk:
    """Return asynchronous invokes that all failed once and are tried again in a minute."""
    at = START + count
    past = [
        function_created("deep"),
        reserved(1),
        *accepted(count),
        *failed(count, at, at + 60_000),
    ]
    return disk_of(past, ENVELOPE)


def empty(_count: int) -> MemoryDisk:
    """Return a queue without messages."""
    return disk_of([created(QUEUE, "deep")])


# --- what happens ---------------------------------------------------------------------------------


async def pass_15_minutes(server: Server) -> None:
    """Let everything fall due while somebody waits for it, and look at the counts."""
    server.driver.submit(ReceiveMessages(QUEUE, 10, None), _nobody)
    server.clock.move_by(900_000 + 2_000_000)
    await server.quiet()
    await server.driver.ask(ReceiveMessages(QUEUE, 10))
    await server.driver.ask(GetQueueAttributes(QUEUE, ("All",)))
    await server.quiet()


async def expire(server: Server) -> None:
    """Let the retention of everything end."""
    server.clock.move_by(5 * 24 * HOUR_MS)
    await server.quiet()


async def purge(server: Server) -> None:
    """Purge, then send one more."""
    await server.driver.ask(PurgeQueue(QUEUE))
    await server.quiet()


async def delete(server: Server) -> None:
    """Delete the queue."""
    await server.driver.ask(DeleteQueue(QUEUE))
    await server.quiet()


async def keep(server: Server) -> None:
    """Have a round of the keeper after one more message: snapshot, deletion, compaction."""
    await server.driver.ask(server.send())
    server.keeper.want_round()
    await server.quiet()


async def keep_fifo(server: Server) -> None:
    """Have a round of the keeper after one more message of a group."""
    await server.driver.ask(server.send("one more"))
    server.keeper.want_round()
    await server.quiet()


async def first_group(server: Server) -> None:
    """Send the first message with a group id."""
    await server.driver.ask(server.send("first"))
    await server.driver.ask(ReceiveMessages(QUEUE, 10))
    await server.quiet()


async def let_return(server: Server) -> None:
    """Let all visibility timeouts end."""
    server.clock.move_by(60_000)
    await server.quiet()


async def receive(server: Server) -> None:
    """Receive once, for as long as it takes."""
    server.driver.submit(ReceiveMessages(QUEUE, 10, 20_000), _nobody)
    await server.quiet()


async def keep_events(server: Server) -> None:
    """Have a round of the keeper after one more asynchronous invoke."""
    await server.driver.ask(AcceptEvent(FUNCTION, server.driver.block, ENVELOPE))
    server.keeper.want_round()
    await server.quiet()


async def give_up(server: Server) -> None:
    """Give up all asynchronous invokes: nothing of the account is left for the function."""
    await server.driver.ask(ReserveConcurrency(FUNCTION, 0))
    await server.quiet()


async def delete_function(server: Server) -> None:
    """Delete the function."""
    await server.driver.ask(DeleteFunction(FUNCTION))
    await server.quiet()


def _nobody(_: Any) -> None:
    pass


async def map_with(server: Server, fields: int) -> None:
    """Map the queue with a filter for a field that is wrong in each object, and absent ones."""
    absent = {f"f{number}": [{"exists": False}] for number in range(fields)}
    pattern = msgspec.json.encode({"body": {"x": {**absent, "a": [2]}}}).decode()
    settings = Settings(FUNCTION.arn, filters=(pattern,))
    target, source = Target(FUNCTION.arn, "deep", 3), Source(arn_of("deep"), 30)
    await server.driver.ask(CreateMapping(b"seed" * 4, ACCOUNT, REGION, source, target, settings))
    server.clock.move_by(HOUR_MS)
    await server.quiet()


async def sift(server: Server) -> None:
    """Send a message of 100,000 objects, and wait until the mapping has deleted it."""
    body = '{"x":[' + ",".join(['{"a":1}'] * 100_000) + "]}"
    message = OutgoingMessage(encode(Content(body, "AIDA", None, None)), len(body))
    await server.driver.ask(SendMessages(QUEUE, server.driver.block, (message,)))
    await server.quiet()


SITUATIONS = (
    Situation("delayed, all fall due: standard", delayed, pass_15_minutes),
    Situation("delayed, all fall due: FIFO", fifo_delayed, pass_15_minutes),
    Situation("over-received, one receive (a tenth)", returned, receive, let_return, share=0.1),
    Situation("visibility timeouts end (a tenth)", returned, let_return, share=0.1),
    Situation("purge: standard", standard, purge),
    Situation("purge: FIFO, 100,000 groups", fifo, purge),
    Situation("purge: fair, 100,000 groups", fair, purge),
    Situation("purge: received ones (a tenth)", returned, purge, share=0.1),
    Situation("delete the queue: standard", standard, delete),
    Situation("delete the queue: FIFO", fifo, delete),
    Situation("delete the queue: fair", fair, delete),
    Situation("retention ends: standard", standard, expire),
    Situation("retention ends: FIFO", fifo, expire),
    Situation("retention ends: fair", fair, expire),
    Situation("retention ends: received ones (a tenth)", returned, expire, share=0.1),
    Situation("a round of the keeper: standard", standard, keep),
    Situation("a round of the keeper: FIFO", fifo, keep_fifo),
    Situation("a round of the keeper: fair", fair, keep),
    Situation("a round of the keeper: received ones (a tenth)", returned, keep, share=0.1),
    Situation("the first group id: standard", standard, first_group),
    Situation("a round of the keeper: events", events, keep_events),
    Situation("a round of the keeper: failed events", failed_events, keep_events, share=0.1),
    Situation("no concurrency is left: events", events, give_up),
    Situation("delete the function: events", events, delete_function),
    Situation("a filter, 100,000 objects in a body", empty, sift, partial(map_with, fields=0)),
    Situation("the same, 140 absent fields", empty, sift, partial(map_with, fields=140)),
    Situation("delete the function: failed events", failed_events, delete_function, share=0.1),
)


# --- measuring ------------------------------------------------------------------------------------


async def live(situation: Situation, disk: MemoryDisk) -> None:
    """Load, prepare, and measure what happens."""
    server = Server(disk)
    await server.start()
    await server.quiet()
    if situation.prepare is not None:
        await situation.prepare(server)
    gc.collect()
    gc.freeze()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, MeasuredLoop)
    await asyncio.sleep(0)
    loop.is_measuring = True
    await situation.act(server)
    loop.is_measuring = False
    await server.stop()
    gc.unfreeze()


def measure(situation: Situation, messages: int, repeats: int) -> tuple[float, int]:
    """Return the longest turn in milliseconds, the least of all repeats, and the turns."""
    disk = situation.disk(int(messages * situation.share))
    longest: list[float] = []
    turns = 0
    for _ in range(repeats):
        loop = MeasuredLoop()
        loop.run_until_complete(live(situation, copy_of(disk)))
        longest.append(loop.longest_ns / 1e6)
        turns = loop.turns
        loop.close()
        gc.collect()
    return min(longest), turns


def main() -> int:
    """Measure and print; return 1 when a turn was too long."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.turns", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", default="", help="a part of the situations' names")
    arguments = parser.parse_args()
    gc.set_threshold(*GC_THRESHOLDS)
    is_too_long = False
    for situation in SITUATIONS:
        if arguments.only not in situation.name:
            continue
        longest, turns = measure(situation, arguments.messages, arguments.repeats)
        is_too_long = is_too_long or longest > GOAL_MS
        mark = " !" if longest > GOAL_MS else ""
        print(f"| {situation.name:<48} | {longest:>9.1f} | {turns:>7,} |{mark}", flush=True)
    return int(is_too_long)


if __name__ == "__main__":
    sys.exit(main())
