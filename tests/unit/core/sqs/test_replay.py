"""Facts of machines that are gone, or that time passed by, do no harm."""

from headrace.core.machine import Numbers
from headrace.core.sqs.attributes import default_attributes
from headrace.core.sqs.queues import Queues
from headrace.core.sqs.records import (
    MessagesDeleted,
    MessagesReceived,
    MessagesReturned,
    MessagesSent,
    QueueCreated,
    QueueDeleted,
    VisibilityChanged,
)


def replayed(*records):
    numbers = Numbers()
    room = Queues(b"s" * 32, numbers)
    room.replay(QueueCreated(20, 1, "1", "r", "q", default_attributes(), {}), 1)
    for block, record in enumerate(records, 2):
        room.replay(record, block)
    return room, numbers


def test_machine_numbers_seen_are_taken():
    _, numbers = replayed()
    assert numbers.take() == 21


def test_time_passes_to_each_fact():
    room, _ = replayed(
        MessagesSent(20, 10, 1, [0], 1),
        MessagesReceived(20, 10, 30, [1, 1]),
        MessagesSent(20, 40, 2, [0], 1),
    )
    assert room.directory.queues[20].counts(40) == (2, 0, 0)


def test_facts_of_a_queue_that_is_gone_change_nothing():
    room, _ = replayed(QueueDeleted(20, 5), MessagesSent(20, 6, 1, [0], 1), QueueDeleted(20, 7))
    assert list(room.machines()) == [1]


def test_facts_of_messages_that_are_gone_change_nothing():
    room, _ = replayed(
        MessagesSent(20, 10, 1, [0], 1),
        MessagesDeleted(20, 11, [5, 1]),
        MessagesReturned(20, 12, [5, 1]),
        MessagesReceived(20, 12, 50, [5, 1]),
        VisibilityChanged(20, 13, [5], [99]),
    )
    assert room.count_bodies() == {2: 1}
    assert room.directory.queues[20].counts(13) == (1, 0, 0)
