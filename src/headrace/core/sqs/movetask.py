"""One message move task: what it is to do, how far it is, and when it goes on.

A task is part of its source queue's state: what it moved and how far it is are facts of one
machine, in one block. Source: spec/sqs.md 7.4, 14.3.
"""

from typing import NamedTuple

import msgspec

from headrace.base.instant import Instant
from headrace.core.sqs import limits

RUNNING = "RUNNING"
COMPLETED = "COMPLETED"
CANCELLING = "CANCELLING"
CANCELLED = "CANCELLED"
FAILED = "FAILED"

#: FailureReason in AWS's words; nobody saw the one for the time limit.
DESTINATION_IS_GONE = "AWS.SimpleQueueService.NonExistentQueue"
SOURCE_IS_UNKNOWN = "CouldNotDetermineMessageSource"
TOOK_TOO_LONG = "TaskTimedOut"


class MoveTask(msgspec.Struct, array_like=True, gc=False):
    """A task, active or over. The order of the fields is the snapshot's."""

    task_id: str
    destination_arn: str  #: Empty: each message to the queue that it came from.
    rate: int  #: Messages a second; 0: none was given.
    started_at: Instant
    to_move: int  #: Messages that were visible when it started.
    next_at: Instant  #: When it goes on.
    moved: int = 0
    status: str = RUNNING
    failure_reason: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it is not over yet."""
        return self.status in (RUNNING, CANCELLING)

    def progress(self, moved: int, now: Instant) -> None:
        """Count messages that were moved now, and wait for the next step."""
        self.moved += moved
        self.next_at = Instant(now + pace_of(self.rate).period_ms)


class Pace(NamedTuple):
    """How many messages a step may move, and how long it is until the next one."""

    messages: int
    period_ms: int


def pace_of(rate: int) -> Pace:
    """Return the steps of a rate in messages a second; 0 is the highest there is.

    The first step comes at once. A step moves one message, or as many as are allowed in
    `MOVE_STEP_MS`; it is never sooner than the rate allows.
    """
    rate = rate or limits.MOVE_RATE_MAX
    messages = max(1, rate * limits.MOVE_STEP_MS // 1_000)
    return Pace(messages, -(-messages * 1_000 // rate))


def active_task(tasks: list[MoveTask]) -> MoveTask | None:
    """Return the one task of a queue that is not over; None when all are."""
    return tasks[-1] if tasks and tasks[-1].is_active else None


def remember(tasks: list[MoveTask], task: MoveTask) -> None:
    """Add a new task, and forget the oldest when there are too many."""
    tasks.append(task)
    del tasks[: -limits.MOVE_TASKS_LISTED_MAX]
