"""A queue's state as bytes: whole, canonical, and readable for ever."""

import pytest

from headrace.core.sqs import commands, frozen, lane
from headrace.core.sqs.state import (
    DirectoryState,
    FrozenQueue,
    decode_directory,
    decode_queue,
    encode_directory,
    encode_queue,
)
from tests.unit.core.sqs.bench import Bench, redrive_to


def test_everything_durable_survives():
    bench = Bench()
    bench.create("dead")
    queue = bench.create("orders", RedrivePolicy=redrive_to("dead"), VisibilityTimeout="5")
    dead = bench.room.find_arn(redrive_to("dead").split('"')[3])
    bench.send(queue, 3)
    bench.send(queue, 2, delay_s=60)
    bench.receive(queue, at_most=2, visibility_ms=0)
    bench.receive(queue, at_most=1)
    bench.ask(commands.SetQueueAttributes(queue, {"DelaySeconds": "1"}))
    bench.ask(commands.PurgeQueue(bench.create("purged")))
    for number, lived in bench.room.directory.queues.items():
        loaded = decode_queue(number, encode_queue(lived))
        assert encode_queue(loaded) == encode_queue(lived)
        assert loaded.arrived == lived.arrived
        assert loaded.counts(bench.now) == lived.counts(bench.now)
        assert loaded.next_deadline() == lived.next_deadline()
        assert loaded.view == lived.view
        assert loaded.purged_at == lived.purged_at
    assert bench.queue(dead).arrived


def test_the_directory_survives():
    state = DirectoryState([("1", "r", "q", 5)])
    assert decode_directory(encode_directory(state)) == state


@pytest.mark.parametrize("data", [b"", b"\x09abc"])
def test_other_formats_are_refused(data):
    with pytest.raises(ValueError, match="unknown format"):
        decode_queue(16, data)
    with pytest.raises(ValueError, match="unknown format"):
        decode_directory(data)


def deep(bench, name, **attributes):
    """Return a queue with many runs in some chunks, a few touched messages, and groups, if any."""
    queue = bench.create(name, **attributes)
    for number in range(60):
        group = None if name == "plain" else f"g{number % 7}"
        more = {"deduplication_id": str(number)} if name.endswith(".fifo") else {}
        bench.send(queue, group_id=group, **more)
        bench.now += 1
    bench.receive(queue, 3)
    return queue


@pytest.mark.parametrize("name", ["plain", "fair", "orders.fifo"])
def test_a_frozen_queue_is_what_it_was_whatever_happens_then(name, monkeypatch):
    monkeypatch.setattr(lane, "CHUNK_RUNS", 8)
    bench = Bench(purge_interval_ms=0)
    attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    number = deep(bench, name, MessageRetentionPeriod="60", **attributes)
    queue = bench.queue(number)
    changes = [
        lambda: bench.delete(number, bench.receive(number, 10)),
        lambda: bench.send(
            number, group_id="late", **({"deduplication_id": "x"} if attributes else {})
        ),
        lambda: [queue.backlog.move_bodies(each, 1, 99, None) for each in range(20, 50)],
        lambda: queue.backlog.remove(40),
        lambda: bench.wake_up(59_990),
        lambda: bench.ask(commands.PurgeQueue(number)),
    ]
    for change in changes:
        expected = encode_queue(queue)
        state = FrozenQueue(queue)
        assert len(expected) / 2 <= state.size <= 2 * len(expected)
        change()
        assert b"".join(state) == expected
        assert encode_queue(queue) != expected
        assert encode_queue(decode_queue(number, expected)) == expected


def test_a_frozen_queue_comes_in_parts(monkeypatch):
    monkeypatch.setattr(lane, "CHUNK_RUNS", 8)
    monkeypatch.setattr(frozen, "PART_ELEMENTS", 1)
    bench = Bench()
    queue = bench.queue(deep(bench, "plain"))
    parts = list(FrozenQueue(queue))
    assert len(parts) >= 4 * 60 // 8
    assert max(map(len, parts[1:-1])) <= 8 * 8
