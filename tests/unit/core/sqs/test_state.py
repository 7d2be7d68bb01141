"""A queue's state as bytes: whole, canonical, and readable for ever."""

import pytest

from headrace.core.sqs import commands
from headrace.core.sqs.state import (
    DirectoryState,
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
