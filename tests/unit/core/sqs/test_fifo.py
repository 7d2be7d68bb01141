"""A FIFO queue on its own: numbers, counts, limits, many groups."""

import itertools

from headrace.core.sqs import commands
from headrace.core.sqs.fair import FairQueue
from headrace.core.sqs.fifo import FifoQueue, make_queue, sequence_number
from headrace.core.sqs.state import decode_queue, encode_queue
from tests.unit.core.sqs.bench import Bench, written


def send(bench, queue, *groups):
    bench.block += 1
    messages = tuple(
        commands.OutgoingMessage(b"body", 4, None, group, f"{bench.ticket}.{place}")
        for place, group in enumerate(groups)
    )
    return bench.ask(commands.SendMessages(queue, bench.block, messages)).results


def test_sequence_numbers_are_twenty_digits_and_ascend():
    """5.3; 11, row 50."""
    found = [sequence_number(number) for number in (1, 2, 10, 10**6, 10**12)]
    assert {len(text) for text in found} == {20}
    assert found == sorted(found)
    assert len({int(two) - int(one) for one, two in itertools.pairwise(found)}) > 1


def test_the_attributes_say_which_type_it_is():
    bench = Bench()
    number = bench.create("q.fifo", FifoQueue="true")
    queue = bench.queue(number)
    assert isinstance(queue, FifoQueue)
    assert isinstance(decode_queue(number, encode_queue(queue)), FifoQueue)
    plain = make_queue(9, queue.identity, bench.queue(bench.create("p")).attributes, {}, 0)
    assert type(plain) is FairQueue


def test_beyond_the_in_flight_limit_nothing_comes_and_nothing_is_refused():
    """4.9."""
    bench = Bench(in_flight_max=3)
    queue = bench.create("q.fifo", FifoQueue="true")
    send(bench, queue, *"aabbc")
    messages = bench.receive(queue)
    assert len(messages) == 3
    assert bench.receive(queue) == ()
    assert bench.receive(queue, wait_ms=1_000) is None
    ticket = bench.ticket
    assert bench.delete(queue, messages[:2]) == (None, None)
    assert [message.number for message in bench.replies[ticket].messages] == [5], "b is locked"
    assert bench.wake_up(1_000) == []


def test_groups_without_messages_are_dropped():
    bench = Bench()
    number = bench.create("q.fifo", FifoQueue="true")
    for turn in range(50):
        send(bench, number, f"group-{turn}")
        bench.delete(number, bench.receive(number))
    queue = bench.queue(number)
    assert queue.backlog.groups_count() == 0
    assert not queue.backlog._stirred
    send(bench, number, *(f"group-{turn}" for turn in range(10)))
    bench.ask(commands.PurgeQueue(number))
    assert queue.backlog.groups_count() == 0


def test_the_window_outlives_snapshots_at_every_instant():
    """5.2, durability: whatever was accepted when, after a load the same ids are duplicates."""
    bench = Bench()
    queue = bench.create("q.fifo", FifoQueue="true")
    for turn in range(40):
        messages = (commands.OutgoingMessage(b"b", 1, None, "g", f"id {turn}"),)
        bench.ask(commands.SendMessages(queue, 1, messages))
        bench.now += 20_000
        lived, loaded = bench.queue(queue), bench.reload().directory.queues[queue]
        for earlier in range(turn + 1):
            key = lived.deduplication_key(f"id {earlier}", "g", bench.now)
            found = loaded.window.find(key, bench.now)
            assert found == lived.window.find(key, bench.now)
            age_ms = (turn + 1 - earlier) * 20_000
            assert found == (earlier + 1 if age_ms < 300_000 else None)


def test_a_window_that_is_over_is_in_no_snapshot_once_a_message_is_received():
    bench = Bench()
    queue = bench.create("q.fifo", FifoQueue="true")
    send(bench, queue, *"ab")
    bench.now += 300_000
    assert written(bench.queue(queue).window.encode())[0] != b""
    bench.receive(queue)
    assert written(bench.queue(queue).window.encode()) == [b"", b"", b""]
