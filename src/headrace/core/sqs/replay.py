"""Apply facts read from the journal to the queues; nothing is decided again."""

from collections.abc import Callable
from typing import Any

from headrace.core.machine import Record
from headrace.core.sqs.attributes import changed
from headrace.core.sqs.directory import Directory
from headrace.core.sqs.fifo import FifoQueue
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.movetasks import progressed, started, turned
from headrace.core.sqs.queue import Queue
from headrace.core.sqs.ranges import numbers_of
from headrace.core.sqs.records import (
    BodiesMoved,
    MessagesArrived,
    MessagesDeleted,
    MessagesDeparted,
    MessagesReceived,
    MessagesReturned,
    MessagesSent,
    MoveTaskProgressed,
    MoveTaskStarted,
    MoveTaskTurned,
    NameFreed,
    QueueAttributesSet,
    QueueCreated,
    QueueDeleted,
    QueuePurged,
    QueueTagsSet,
    VisibilityChanged,
)
from headrace.core.sqs.relocation import place_bodies

#: So much overdue that a queue lets pass before a fact: all of it.
EVERYTHING = 1 << 62


def replay(directory: Directory, record: Record, block: int, leftovers: Leftovers) -> None:
    """Let time pass to the record's instant for its queue, then apply the fact.

    A record of a queue that is gone changes nothing.
    """
    if isinstance(record, QueueCreated):
        directory.created(record)
    elif isinstance(record, NameFreed):
        directory.freed(record)
    elif isinstance(record, QueueDeleted):
        directory.deleted(record.machine)
    else:
        queue = directory.queues.get(record.machine)
        if queue is not None:
            queue.pass_time(record.at, EVERYTHING, leftovers)
            _apply(queue, record, block, leftovers)


def _apply(queue: Queue, record: Record, block: int, leftovers: Leftovers) -> None:
    if isinstance(record, MessagesSent):
        queue.accept(record, block)
    elif isinstance(record, BodiesMoved):
        place_bodies(queue, record.home, record.numbers, block)
    elif isinstance(record, QueuePurged):
        queue.purge(record.at, leftovers)
    else:
        _FACTS[type(record)](queue, record)


def _received(queue: Queue, record: MessagesReceived) -> None:
    queue.receive(numbers_of(record.numbers), record.at, record.visible_at)
    if record.attempt and isinstance(queue, FifoQueue):
        numbers = list(numbers_of(record.numbers))
        queue.remember_attempt(record.attempt, numbers, record.at, record.visible_at)


def _returned(queue: Queue, record: MessagesReturned) -> None:
    queue.undo_receive(numbers_of(record.numbers), record.at)


def _deleted(queue: Queue, record: MessagesDeleted) -> None:
    queue.delete(numbers_of(record.numbers))


def _departed(queue: Queue, record: MessagesDeparted) -> None:
    queue.delete(record.numbers)


def _arrived(queue: Queue, record: MessagesArrived) -> None:
    queue.next_message = record.first
    queue.arrive(record.messages, record.source_arn, record.at)


def _changed(queue: Queue, record: VisibilityChanged) -> None:
    queue.change_visibility(record.numbers, record.visible_at, record.at)
    if record.attempt and isinstance(queue, FifoQueue):
        queue.attempts.answered_again(record.attempt, record.visible_at[0])


def _set(queue: Queue, record: QueueAttributesSet) -> None:
    queue.set_attributes(changed(queue.attributes, record.attributes), record.at)


def _tagged(queue: Queue, record: QueueTagsSet) -> None:
    queue.tags = changed(queue.tags, record.tags)


#: Facts that concern one queue and nothing else.
_FACTS: dict[type[Record], Callable[[Queue, Any], object]] = {
    MessagesReceived: _received,
    MessagesReturned: _returned,
    MessagesDeleted: _deleted,
    MessagesDeparted: _departed,
    MessagesArrived: _arrived,
    VisibilityChanged: _changed,
    QueueAttributesSet: _set,
    MoveTaskStarted: started,
    MoveTaskProgressed: progressed,
    MoveTaskTurned: turned,
    QueueTagsSet: _tagged,
}
