"""One queue's own decisions: order, once in an answer, retention, deadlines."""

from headrace.core.sqs.attributes import default_attributes
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.queue import NEVER, Identity, Queue, TakeLimits
from headrace.core.sqs.records import Arrival, MessagesSent

RETENTION = 345_600_000


def make(**attributes):
    identity = Identity("111111111111", "us-east-1", "q")
    return Queue(16, identity, default_attributes() | attributes, {}, 0)


def accept(queue, count, now, delays=(0,), block=1):
    queue.accept(MessagesSent(16, now, queue.next_message, list(delays), count), block)


def take(queue, at_most, now, visible_at, **limits):
    return [
        slot.number for slot in queue.take(at_most, now, visible_at, TakeLimits(**limits)).slots
    ]


def test_returned_messages_come_in_their_own_place():
    queue = make()
    accept(queue, 4, 0)
    assert take(queue, 2, 0, 10) == [1, 2]
    queue.pass_time(10, 99, Leftovers())
    accept(queue, 1, 10)
    assert take(queue, 9, 10, 20) == [1, 2, 3, 4, 5]


def test_a_message_stands_once_in_an_answer_though_it_stays_visible():
    queue = make()
    accept(queue, 2, 0)
    assert take(queue, 9, 0, 0) == [1, 2]
    assert take(queue, 9, 0, 0) == [1, 2]
    assert queue.counts(0) == (2, 0, 0)


def test_a_message_beyond_its_receives_departs():
    queue = make()
    accept(queue, 3, 0)
    take(queue, 2, 0, 0)
    taken = queue.take(9, 0, 10, TakeLimits(max_receives=1, moves_at_most=9))
    assert [slot.number for slot in taken.departing] == [1, 2]
    assert [slot.number for slot in taken.slots] == [3]
    assert not taken.is_cut


def test_deadlines_of_a_queue_without_waiting_receives():
    queue = make()
    assert queue.next_deadline() == NEVER
    accept(queue, 1, 5, delays=(7_000,))
    assert queue.next_deadline() == 5 + RETENTION, "nobody waits for the end of the delay"
    accept(queue, 1, 6)
    take(queue, 1, 6, 50)
    assert queue.next_deadline() == 50


def test_an_expired_message_is_never_handed_out_however_late_time_passes():
    queue = make()
    accept(queue, 2, 0)
    take(queue, 1, 0, 0)
    queue.expire_backlog(RETENTION, Leftovers())
    taken = queue.take(9, RETENTION, RETENTION + 1, TakeLimits())
    assert [slot.number for slot in taken.expired] == [1]
    assert taken.slots == []
    assert queue.counts(RETENTION) == (0, 0, 0)


def test_a_shorter_retention_expires_what_is_there():
    queue = make()
    accept(queue, 2, 0)
    take(queue, 1, 0, 10)
    queue.set_attributes(default_attributes() | {"MessageRetentionPeriod": "60"}, 100)
    assert queue.next_deadline() <= 60_000
    expired, _ = queue.pass_time(60_000, 99, Leftovers())
    assert [slot.number for slot in expired] == [1]
    assert queue.counts(60_000) == (0, 0, 0)


def test_arrivals_are_visible_as_the_newest():
    queue = make()
    accept(queue, 1, 0)
    queue.arrive([Arrival(7, 20, 3, 0, 1, 4)], "arn", 5)
    assert take(queue, 9, 5, 10) == [1, 2]
    slot = queue.touched.slots[2]
    assert (slot.home, slot.home_number, slot.receive_count, slot.queue_receives) == (20, 3, 5, 1)
    assert queue.arrived == {(20, 3): 2}
    queue.delete([2])
    assert queue.arrived == {}


def test_a_purge_leaves_all_bodies_over():
    queue, leftovers = make(), Leftovers()
    accept(queue, 3, 0, block=4)
    take(queue, 1, 0, 10)
    queue.purge(5, leftovers)
    assert sum(forget.count for forget in leftovers.take(99)) == 3
    assert queue.counts(5) == (0, 0, 0)
    assert queue.next_deadline() == NEVER
    assert queue.purged_at == 5
