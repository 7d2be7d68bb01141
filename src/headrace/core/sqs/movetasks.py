"""Message move tasks: start, list, cancel, and what each does when its next step is due.

A step receives some messages of the source, lets them depart, and lets them arrive elsewhere as
new messages, all in one block: a restart finds each of them in exactly one queue and the task as
far as it was. Source: spec/sqs.md 7.4, 14.3.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

from headrace.base.arn import parse_arn
from headrace.base.instant import Instant
from headrace.core.deadlines import Deadlines
from headrace.core.machine import Remember, Reply
from headrace.core.sqs import limits
from headrace.core.sqs.commands import CancelMoveTask, ListMoveTasks, StartMoveTask
from headrace.core.sqs.deadletter import arrive_anew, depart
from headrace.core.sqs.delivery import Delivery, Effects, forgets_of
from headrace.core.sqs.directory import Directory
from headrace.core.sqs.errors import (
    InvalidParameterValue,
    OverLimit,
    QueueDoesNotExist,
    ResourceNotFound,
)
from headrace.core.sqs.movetask import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    DESTINATION_IS_GONE,
    FAILED,
    RUNNING,
    SOURCE_IS_UNKNOWN,
    TOOK_TOO_LONG,
    MoveTask,
    active_task,
    pace_of,
    remember,
)
from headrace.core.sqs.queue import Queue, TakeLimits
from headrace.core.sqs.ranges import ranges_of
from headrace.core.sqs.records import (
    MessagesReceived,
    MessagesReturned,
    MoveTaskProgressed,
    MoveTaskStarted,
    MoveTaskTurned,
)
from headrace.core.sqs.replies import MoveTaskFound, MoveTasksFound
from headrace.core.sqs.touched import Slot


class Sorted(NamedTuple):
    """Where the messages of one step go."""

    by_target: dict[int, list[Slot]]
    rest: list[Slot]  #: From the first one on that cannot be moved.
    failure: str  #: Why it cannot; empty when all can.


class MoveTasks:
    """Decides the commands about move tasks, and carries the tasks out."""

    def __init__(self, directory: Directory, delivery: Delivery) -> None:
        """Move the messages of the queues in `directory`."""
        self.deadlines: Deadlines[int] = (
            Deadlines()
        )  #: Of each active task, by its source's number.
        self._directory = directory
        self._delivery = delivery
        self.decide: dict[type, Callable[[Any, Instant, int], Effects]] = {
            StartMoveTask: self.start_move_task,
            ListMoveTasks: self.list_move_tasks,
            CancelMoveTask: self.cancel_move_task,
        }

    # --- commands -----------------------------------------------------------------------------

    def start_move_task(self, command: StartMoveTask, now: Instant, ticket: int) -> Effects:
        """Begin a task; its first step is due at once.

        Raises:
            InvalidParameterValue, ResourceNotFound, OverLimit: As the table of 7.4 says.
        """
        source = self._check_start(command)
        record = MoveTaskStarted(
            source.number,
            now,
            _id_of(command.seed),
            command.destination_arn or "",
            command.rate or 0,
            source.counts(now)[0],
        )
        task = started(source, record)
        self.deadlines.put(source.number, task.next_at)
        return [Remember(record), Reply(ticket, _found(source, task))]

    def list_move_tasks(self, command: ListMoveTasks, now: Instant, ticket: int) -> Effects:
        """Return the newest tasks of a source.

        Raises:
            InvalidParameterValue, ResourceNotFound: The source is no ARN, or not there.
        """
        source = self._queue(command.source_arn, "SourceArn", command.region)
        newest = source.tasks[::-1][: command.at_most]
        return [Reply(ticket, MoveTasksFound(tuple(_found(source, task) for task in newest)))]

    def cancel_move_task(self, command: CancelMoveTask, now: Instant, ticket: int) -> Effects:
        """Let a running task end at its next step instead of moving more (S-A9).

        Raises:
            ResourceNotFound: The source is not there, or has no such task that is running.
        """
        source = self._queue(command.source_arn, "SourceArn", command.region)
        task = active_task(source.tasks)
        if task is None or task.task_id != command.task_id or task.status != RUNNING:
            raise ResourceNotFound("Task does not exist.")
        record = MoveTaskTurned(source.number, now, CANCELLING)
        turned(source, record)
        return [Remember(record), Reply(ticket, _found(source, task))]

    def _check_start(self, command: StartMoveTask) -> Queue:
        """Return the source of a task that may begin."""
        destination_arn = command.destination_arn
        _check_arn(command.source_arn, "SourceArn")
        if destination_arn is not None:
            _check_arn(destination_arn, "DestinationArn")
        if destination_arn == command.source_arn:
            raise InvalidParameterValue(
                "Source queue arn and destination queue arn cannot be the same."
            )
        if command.rate is not None and not 1 <= command.rate <= limits.MOVE_RATE_MAX:
            raise InvalidParameterValue(
                "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: "
                f"You must enter a number that's between 1 and {limits.MOVE_RATE_MAX}."
            )
        source = self._queue(command.source_arn, "SourceArn", command.region)
        if not self._directory.is_dead_letter_queue(source):
            raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
        if destination_arn is not None:
            destination = self._queue(destination_arn, "DestinationArn", command.region)
            if destination.view.is_fifo != source.view.is_fifo:
                raise InvalidParameterValue(
                    "The source queue and destination queue must be of the same queue type."
                )
        if active_task(source.tasks) is not None:
            raise InvalidParameterValue(
                "There is already a task running. Only one active task is allowed for a source "
                "queue arn at a given time."
            )
        self._check_count(source.identity.account)
        return source

    def _check_count(self, account: str) -> None:
        queues = self._directory.queues
        active = sum(queues[number].identity.account == account for number in self.deadlines)
        if active >= limits.MOVE_TASKS_ACTIVE_MAX:
            raise OverLimit(
                f"There are {active} active message move tasks, "
                f"maximum allowed is {limits.MOVE_TASKS_ACTIVE_MAX}."
            )

    def _queue(self, arn: str, parameter: str, region: str) -> Queue:
        """Return the queue that a parameter names."""
        _check_arn(arn, parameter)
        try:
            queue = self._directory.queues[self._directory.find_arn(arn)]
        except QueueDoesNotExist:
            queue = None
        if queue is None or queue.identity.region != region:
            raise ResourceNotFound(
                f"The resource that you specified for the {parameter} parameter doesn't exist."
            )
        return queue

    # --- time ---------------------------------------------------------------------------------

    def resume(self, now: Instant) -> None:
        """Let the active tasks go on from now: what a pause has missed is not made up for."""
        for queue in self._directory.queues.values():
            task = active_task(queue.tasks)
            if task is not None:
                task.next_at = max(task.next_at, now)
                self.deadlines.put(queue.number, task.next_at)

    def step(self, number: int, due: Instant, effects: Effects) -> int:
        """Carry out the step of a source's task that is due; return how much work it was."""
        source = self._directory.queues[number]
        task = active_task(source.tasks)
        assert task is not None, "only active tasks have a deadline"
        if source.backlog.is_behind:
            told = source.backlog.tell(limits.SETTLE_AT_MOST)
            self.deadlines.put(number, due)  # the step itself comes when all groups have heard
            return told + 1
        at = max(due, source.now)
        if task.status == CANCELLING:
            work = self._turn(source, CANCELLED, "", at, effects)
        elif at >= task.started_at + limits.MOVE_TASK_MS_MAX:
            work = self._turn(source, FAILED, TOOK_TOO_LONG, at, effects)
        else:
            work = self._move(source, task, at, effects)
        if task.is_active:
            self.deadlines.put(number, task.next_at)
        return work + 1

    def _move(self, source: Queue, task: MoveTask, at: Instant, effects: Effects) -> int:
        """Move as many messages as one step may."""
        if task.destination_arn and self._target(task.destination_arn) is None:
            return self._turn(source, FAILED, DESTINATION_IS_GONE, at, effects)
        visible_at = Instant(at + 1)  # any instant that is not over: they leave at once
        source.now = at
        taken = source.take(pace_of(task.rate).messages, at, visible_at, TakeLimits())
        effects += forgets_of(taken.expired)
        by_target, rest, failure = self._sort(taken.slots, task.destination_arn)
        moved = [slot for slots in by_target.values() for slot in slots]
        if taken.slots:
            source.handed_out(taken.slots)
            numbers = ranges_of([slot.number for slot in taken.slots])
            effects.append(Remember(MessagesReceived(source.number, at, visible_at, numbers)))
        if rest:
            numbers = sorted(slot.number for slot in rest)
            source.undo_receive(numbers, at)
            effects.append(Remember(MessagesReturned(source.number, at, ranges_of(numbers))))
        if moved:
            source.delete([slot.number for slot in moved])
            effects.append(depart(source, moved, at))
            for number, slots in by_target.items():
                target = self._directory.queues[number]
                effects.append(arrive_anew(target, slots, max(at, target.now)))
                self._delivery.stir(target, at)
        effects.append(Remember(MoveTaskProgressed(source.number, at, len(moved))))
        task.progress(len(moved), at)
        self._delivery.stir(source, at)
        if failure:
            self._turn(source, FAILED, failure, at, effects)
        elif not source.has_visible():
            self._turn(source, COMPLETED, "", at, effects)
        return len(taken.slots) + len(taken.expired)

    def _sort(self, slots: list[Slot], destination_arn: str) -> Sorted:
        """Tell where each message goes, up to the first one that nobody knows it of."""
        by_target: dict[int, list[Slot]] = {}
        for place, slot in enumerate(slots):
            arn = destination_arn or slot.source_arn
            target = self._target(arn)
            if target is None:
                failure = DESTINATION_IS_GONE if arn else SOURCE_IS_UNKNOWN
                return Sorted(by_target, slots[place:], failure)
            by_target.setdefault(target, []).append(slot)
        return Sorted(by_target, [], "")

    def _target(self, arn: str) -> int | None:
        try:
            return self._directory.find_arn(arn)
        except QueueDoesNotExist:
            return None

    def _turn(self, source: Queue, status: str, reason: str, at: Instant, effects: Effects) -> int:
        record = MoveTaskTurned(source.number, at, status, reason)
        turned(source, record)
        effects.append(Remember(record))
        return 0


# --- facts, also replayed -----------------------------------------------------------------------


def started(queue: Queue, record: MoveTaskStarted) -> MoveTask:
    """Add the task that a record speaks of."""
    task = MoveTask(
        task_id=record.task_id,
        destination_arn=record.destination_arn,
        rate=record.rate,
        started_at=record.at,
        to_move=record.to_move,
        next_at=record.at,
    )
    remember(queue.tasks, task)
    return task


def progressed(queue: Queue, record: MoveTaskProgressed) -> None:
    """Note how far the newest task is."""
    queue.tasks[-1].progress(record.moved, record.at)


def turned(queue: Queue, record: MoveTaskTurned) -> None:
    """Give the newest task its new status."""
    queue.tasks[-1].status = record.status
    queue.tasks[-1].failure_reason = record.failure_reason


def _found(source: Queue, task: MoveTask) -> MoveTaskFound:
    return MoveTaskFound(
        task_id=task.task_id,
        source_arn=source.arn,
        destination_arn=task.destination_arn,
        rate=task.rate,
        status=task.status,
        started_at=task.started_at,
        moved=task.moved,
        to_move=task.to_move,
        failure_reason=task.failure_reason,
    )


def _id_of(seed: bytes) -> str:
    """Return a UUID that derives from a request's seed."""
    text = blake2b(b"move task", key=seed, digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _check_arn(arn: str, parameter: str) -> None:
    try:
        parse_arn(arn)
    except ValueError:
        raise InvalidParameterValue(
            f"You must use this format to specify the {parameter}: "
            "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
        ) from None
