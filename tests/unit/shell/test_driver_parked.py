"""Ten thousand long polls on a thousand queues: they cost nothing and are answered in turn."""

import asyncio
import threading

import pytest

from headrace.core.sqs.commands import ReceiveMessages
from headrace.shell.clock import SystemClock
from headrace.store.memory import MemoryJournal
from tests.unit.shell.shard import living

pytestmark = pytest.mark.slow

QUEUES = 1_000
POLLS = 10_000


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts its turns: each is one return from epoll."""

    turns = 0

    def _run_once(self):
        self.turns += 1
        super()._run_once()


async def parked(shard, answered):
    """Park the polls, queue by queue in turn; return the queues."""
    queues = [await shard.create(f"queue-{number}") for number in range(QUEUES)]
    for number in range(POLLS):
        command = ReceiveMessages(queues[number % QUEUES], 1, 20_000)
        shard.driver.submit(command, lambda _, number=number: answered.append(number))
    await shard.driver.settled()
    return queues


def run(scenario):
    loop = CountingLoop()
    try:
        loop.run_until_complete(scenario(loop))
    finally:
        loop.close()


def test_the_loop_does_not_turn_while_they_wait():
    async def scenario(loop):
        async with living(MemoryJournal(), clock=SystemClock()) as shard:
            answered = []
            await parked(shard, answered)
            for _ in range(10):
                await asyncio.sleep(0)
            timers = [timer for timer in loop._scheduled if not timer.cancelled()]
            assert len(timers) <= 1, "one alarm for all of them"
            assert not loop._ready
            before = loop.turns
            idle = loop.create_future()
            # The only one to wake the loop is this thread.
            timer = threading.Timer(0.2, loop.call_soon_threadsafe, (idle.set_result, None))
            timer.start()
            await idle
            assert loop.turns - before <= 3
            assert not answered

    run(scenario)


def test_they_wake_in_the_order_in_which_they_came():
    async def scenario(loop):
        async with living(MemoryJournal()) as shard:
            answered = []
            queues = await parked(shard, answered)
            for queue in reversed(queues[:50]):
                await shard.send(queue, b"first")
            assert answered == list(reversed(range(50)))
            answered.clear()
            for _ in range(POLLS // QUEUES - 1):
                await shard.send(queues[7], b"more")
            assert answered == list(range(QUEUES + 7, POLLS, QUEUES))
            answered.clear()
            shard.clock.move_by(20_000)
            shard.driver.wake()
            await shard.driver.settled()
            # What is left ends in time: queue by queue, each in order.
            assert len(answered) == POLLS - 50 - (POLLS // QUEUES - 1)
            for queue in range(0, QUEUES, 97):
                mine = [number for number in answered if number % QUEUES == queue]
                assert mine == sorted(mine)

    run(scenario)
