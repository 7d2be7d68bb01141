"""Groups hear some at a time that messages expired; nobody can tell the difference but by waiting."""

from array import array

import pytest

from headrace.core.sqs.commands import PurgeQueue, ReceiveMessages
from headrace.core.sqs.untold import Untold
from tests.unit.core.sqs.bench import Bench

RETENTION_MS = 60_000
GROUPS = 40


def test_births_come_in_order_a_few_at_a_time():
    untold = Untold()
    untold.add(array("Q", [5, 6, 5]))
    untold.add(array("Q"))
    untold.add(array("Q", [7]))
    assert untold.take(2) == [5, 6]
    assert untold.take(1) == [5]
    assert untold
    assert untold.take(9) == [7]
    assert not untold


def make(name):
    """Return a bench with messages of many groups, of which some were touched, and its queue."""
    bench = Bench()
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    queue = bench.create(name, MessageRetentionPeriod="60", VisibilityTimeout="600", **fifo)
    for number in range(2 * GROUPS):
        more = {"group_id": f"g{number % GROUPS}"}
        if fifo:
            more["deduplication_id"] = str(number)
        bench.send(queue, **more)
        bench.now += 1
    bench.receive(queue, 7)
    bench.now += 1_000
    bench.send(queue, group_id="g3", **({"deduplication_id": "late"} if fifo else {}))
    return bench, queue


def send(bench, queue, group):
    more = {"deduplication_id": f"again {group}"} if bench.queue(queue).view.is_fifo else {}
    bench.send(queue, group_id=group, **more)


names = pytest.mark.parametrize("name", ["orders", "orders.fifo"])


@names
def test_one_wake_tells_a_bounded_number(name):
    bench, queue = make(name)
    backlog = bench.queue(queue).backlog
    told = []
    tell = backlog.tell
    backlog.tell = lambda at_most: told.append(tell(at_most)) or told[-1]
    bench.wake(RETENTION_MS - 1_000, at_most=10)
    assert told == [10]
    bench.wake_up()
    assert sum(told) == 2 * GROUPS - 7, "those that were touched expire each for itself"
    assert not backlog.is_behind


@names
def test_the_state_is_as_if_all_had_heard(name):
    (slow, queue), (fast, _) = make(name), make(name)
    fast.wake_up(RETENTION_MS - 1_000)
    slow.wake(RETENTION_MS - 1_000, at_most=1)
    states = [slow.room.snapshot(queue)]
    while slow.queue(queue).backlog.is_behind:
        assert slow.room.next_deadline() <= slow.now
        slow.wake(at_most=1)
        states.append(slow.room.snapshot(queue))
    assert len(states) > GROUPS
    assert states == [states[-1]] * len(states)
    slow.wake_up()
    assert slow.room.snapshot(queue) == fast.room.snapshot(queue)


@names
def test_what_is_sent_meanwhile_comes_into_groups_that_have_heard(name):
    (slow, queue), (fast, _) = make(name), make(name)
    fast.wake_up(RETENTION_MS - 1_000)
    slow.wake(RETENTION_MS - 1_000, at_most=1)
    assert slow.queue(queue).backlog.is_behind
    for bench in (slow, fast):
        send(bench, queue, "g39")
        send(bench, queue, "g3")
        send(bench, queue, "new")
    slow.wake_up()
    assert slow.room.snapshot(queue) == fast.room.snapshot(queue)
    assert slow.receive(queue) == fast.receive(queue) != ()


@names
def test_a_receive_waits_until_all_have_heard(name):
    bench, queue = make(name)
    bench.wake(RETENTION_MS - 1_000, at_most=1)
    backlog = bench.queue(queue).backlog
    backlog_tell, backlog.tell = backlog.tell, lambda at_most: 0  # they are more than it tells
    assert bench.ask(ReceiveMessages(queue, 10)) is None, "a short poll is answered later"
    ticket = bench.ticket
    backlog.tell = backlog_tell
    bench.wake_up()
    assert len(bench.replies[ticket].messages) == 1


@names
def test_a_purge_meanwhile_leaves_nothing(name):
    bench, queue = make(name)
    bench.wake(RETENTION_MS - 1_000, at_most=1)
    bench.ask(PurgeQueue(queue))
    assert not bench.queue(queue).backlog.is_behind
    send(bench, queue, "g3")
    assert len(bench.receive(queue)) == 1
