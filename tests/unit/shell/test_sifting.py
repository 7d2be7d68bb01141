"""Large messages are held against the filters of their mapping beside the loop."""

import asyncio
import json
import threading

import pytest

from headrace.base.errors import InternalFailure
from headrace.core.mapping import payload
from headrace.core.mapping.commands import Polled, UpdateMapping
from headrace.core.mapping.limits import LONG_BURDEN, SETTLE_MS
from headrace.shell.sifting import Sifting
from tests.unit.shell.pollersbench import Server, run

FILTERS = ('{"body":{"kind":["good"]}}',)


def large(kind):
    """Return a body that takes long."""
    return json.dumps({"kind": kind, "text": "x" * (LONG_BURDEN // 2)})


class Watch:
    """Notes the thread of each sifting, which waits for `go` when it is beside the loop."""

    def __init__(self, monkeypatch):
        self.threads = []
        self.go = threading.Event()
        self.go.set()
        sift = payload.sift

        def watched(*arguments, **named):
            self.threads.append(threading.current_thread())
            if not self.is_on_the_loop[-1]:
                self.go.wait(10)
            return sift(*arguments, **named)

        monkeypatch.setattr(payload, "sift", watched)

    @property
    def is_on_the_loop(self):
        """Of each sifting."""
        return [thread is threading.main_thread() for thread in self.threads]


@pytest.fixture
def watch(monkeypatch):
    return Watch(monkeypatch)


async def until(holds):
    """Wait for a thread."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0)


async def idle(server):
    """Wait until nothing is in hand."""
    await until(lambda: not server.hand.count)
    await server.quiet()


def test_only_what_takes_long_leaves_the_loop(watch):
    async def story():
        server = Server()
        await server.create(filters=FILTERS)
        await server.send('{"kind":"good"}')
        await idle(server)
        good = large("good")
        await server.send(good, '{"kind":"bad"}', '{"kind":"good"}')
        await idle(server)
        assert watch.is_on_the_loop == [True, False]
        assert server.delivered() == [['{"kind":"good"}'], [good, '{"kind":"good"}']]
        assert server.left() == 0

    run(story())


def test_the_loop_goes_on_meanwhile_and_the_mapping_receives_nothing_else(watch):
    async def story():
        server = Server()
        await server.create(filters=FILTERS)
        watch.go.clear()
        first, second = large("good"), '{"kind":"good","n":2}'
        await server.send(first)
        await until(lambda: watch.threads)
        await server.send(second)
        await server.quiet()
        assert server.events == []
        assert server.pollers.busy == 1
        watch.go.set()
        await idle(server)
        assert server.delivered() == [[first], [second]]

    run(story())


def test_filters_that_changed_meanwhile_rule(watch):
    async def story():
        server = Server()
        await server.create(filters=FILTERS)
        watch.go.clear()
        await server.send(large("good"))
        await until(lambda: watch.threads)
        other = ('{"body":{"kind":["other"]}}',)
        await server.driver.ask(UpdateMapping(server.mapping, filters=other))
        server.clock.move(SETTLE_MS)
        await server.quiet()
        watch.go.set()
        await idle(server)
        assert watch.is_on_the_loop == [False, False]
        assert server.events == []
        assert server.left() == 0, "it passed no filter"

    run(story())


def test_what_was_sifted_for_rooms_that_are_gone_is_dropped_and_comes_again(watch):
    async def story():
        server = Server()
        await server.create(filters=FILTERS)
        watch.go.clear()
        body = large("good")
        await server.send(body)
        await until(lambda: watch.threads)
        server.journal.fails = True
        with pytest.raises(InternalFailure):
            await server.send("lost")
        await server.quiet()
        watch.go.set()
        await until(lambda: not server.pollers.busy)
        assert server.events == []
        assert server.hand.count == 0
        server.clock.move(30_000)
        await idle(server)
        assert server.delivered() == [[body]]

    run(story())


def test_of_several_mappings_one_is_sifted_for_at_a_time(watch):
    class Rooms:
        mappings = None

    class Mappings:
        def sifter(self, mapping):
            return sifters.get(mapping)

    class Sifter:
        def sift(self, messages):
            now.append(len(now) + 1)
            most.append(len(now))
            watch.go.wait(0.01)
            now.pop()
            return ()

    now, most, sifters = [], [], {1: Sifter(), 2: Sifter()}
    Rooms.mappings = Mappings()

    async def story():
        sifting = Sifting(Rooms)
        watch.go.clear()
        polls = [Polled(mapping, 1, (), 5) for mapping in (1, 2, 1, 3)]
        done = await asyncio.gather(*map(sifting.sifted, polls))
        assert [one.sifted for one in done] == [
            (sifters[1], ()),
            (sifters[2], ()),
            (sifters[1], ()),
            None,
        ]
        assert most == [1, 1, 1]

    run(story())
