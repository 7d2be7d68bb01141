"""Parts of a queue's state that stay as they are while the queue lives on."""

from itertools import islice

import msgspec
import pytest

from headrace.core.sqs import frozen, lane
from headrace.core.sqs.frozen import FrozenNames, array_header
from headrace.core.sqs.ranges import ranges_of
from headrace.core.sqs.relocation import place_bodies
from headrace.core.sqs.state import FrozenQueue, encode_queue
from tests.unit.core.sqs.bench import Bench
from tests.unit.core.sqs.test_state import deep


@pytest.mark.parametrize("count", [0, 1, 15, 16, 65_535, 65_536])
def test_an_array_begins_as_short_as_it_can(count):
    assert array_header(count) + b"\xc0" * count == msgspec.msgpack.encode([None] * count)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_names_come_in_parts(count, monkeypatch):
    monkeypatch.setattr(frozen, "PART_ELEMENTS", 2)
    names = [f"group {number}" for number in range(count)]
    parts = list(FrozenNames(names))
    assert msgspec.msgpack.decode(b"".join(parts)) == names
    assert len(parts) == 1 + (count + 1) // 2


@pytest.mark.parametrize("name", ["plain", "fair", "orders.fifo"])
def test_touched_messages_may_change_between_any_two_parts(name, monkeypatch):
    monkeypatch.setattr(lane, "CHUNK_RUNS", 8)
    monkeypatch.setattr(frozen, "PART_ELEMENTS", 2)
    bench = Bench()
    attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    number = deep(bench, name, VisibilityTimeout="1", **attributes)
    queue = bench.queue(number)
    bench.receive(number, 4)
    touched = queue.touched.slots
    changes = [
        lambda: queue.change_visibility(list(touched), [bench.now + 5] * len(touched), bench.now),
        lambda: queue.undo_receive(list(touched), bench.now),
        lambda: bench.receive(number, 10),
        lambda: bench.wake_up(bench.now + 1_000),
        lambda: place_bodies(queue, number, ranges_of(sorted(touched)), 1_000 + len(touched)),
        lambda: queue.delete(list(touched)[1:3]),
    ]
    parts = sum(1 for _ in FrozenQueue(queue))
    for place in range(parts):
        change = changes[place % len(changes)]
        expected = encode_queue(queue)
        reading = iter(FrozenQueue(queue))
        begun = b"".join(islice(reading, place))
        change()
        assert begun + b"".join(reading) == expected
    assert parts > len(changes)


def test_messages_that_a_queue_takes_along_when_it_becomes_fair_are_watched_further():
    bench = Bench()
    number = deep(bench, "plain")
    queue = bench.queue(number)
    expected = encode_queue(queue)
    state = FrozenQueue(queue)
    bench.send(number, group_id="first")
    queue.undo_receive(list(queue.touched.slots), bench.now)
    assert b"".join(state) == expected


def test_who_has_read_all_is_told_no_more(monkeypatch):
    told = []
    monkeypatch.setattr(frozen.FrozenSlots, "keep", lambda _, slot: told.append(slot))
    bench = Bench()
    queue = bench.queue(deep(bench, "plain"))
    unread = iter(FrozenQueue(queue))
    queue.undo_receive(list(queue.touched.slots)[:1], bench.now)
    assert told
    told.clear()
    b"".join(unread)
    queue.undo_receive(list(queue.touched.slots), bench.now)
    assert not told
