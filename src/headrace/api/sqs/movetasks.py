"""StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask.

A TaskHandle is base64 of {"taskId": ..., "sourceArn": ...}. Source: spec/sqs.md 7.4, 14.3.
"""

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.sqs import limits
from headrace.core.sqs.commands import CancelMoveTask, ListMoveTasks, StartMoveTask
from headrace.core.sqs.errors import InvalidParameterValue, MissingParameter
from headrace.core.sqs.movetask import FAILED, RUNNING
from headrace.core.sqs.replies import MoveTaskFound, MoveTasksFound


def _required(parameters: Parameters, name: str) -> str:
    value: str | None = parameters.get(name)
    if value is None:
        raise MissingParameter(f"The request must contain the parameter {name}.")
    return value


def start_move_task(parameters: Parameters, context: Context, rooms: Any) -> StartMoveTask:
    """Read StartMessageMoveTask; the room checks what it names.

    Raises:
        MissingParameter: There is no source.
    """
    return StartMoveTask(
        region=context.region,
        source_arn=_required(parameters, "SourceArn"),
        destination_arn=parameters.get("DestinationArn"),
        rate=parameters.get("MaxNumberOfMessagesPerSecond"),
        seed=context.seed,
    )


def answer_start_move_task(
    parameters: Parameters, context: Context, reply: MoveTaskFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with the handle."""
    return {"TaskHandle": _task_handle(reply)}


def list_move_tasks(parameters: Parameters, context: Context, rooms: Any) -> ListMoveTasks:
    """Read ListMessageMoveTasks.

    Raises:
        MissingParameter: There is no source.
        InvalidParameterValue: MaxResults is not 1 to 10.
    """
    source_arn = _required(parameters, "SourceArn")
    at_most = parameters.get("MaxResults")
    if at_most is None:
        at_most = 1
    elif not 1 <= at_most <= limits.MOVE_TASKS_LISTED_MAX:
        raise InvalidParameterValue(
            "Value for parameter MaxResults is invalid. Reason: "
            f"You must enter a number that's between 1 and {limits.MOVE_TASKS_LISTED_MAX}."
        )
    return ListMoveTasks(region=context.region, source_arn=source_arn, at_most=at_most)


def answer_list_move_tasks(
    parameters: Parameters, context: Context, reply: MoveTasksFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with an entry a task; only a running one has a handle, only a failed one a reason."""
    return {"Results": [_entry_of(task) for task in reply.tasks]}


def _entry_of(task: MoveTaskFound) -> Answer:
    entry: Answer = {
        "Status": task.status,
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started_at,
    }
    if task.status == RUNNING:
        entry["TaskHandle"] = _task_handle(task)
    if task.destination_arn:
        entry["DestinationArn"] = task.destination_arn
    if task.rate:
        entry["MaxNumberOfMessagesPerSecond"] = task.rate
    if task.status == FAILED:
        entry["FailureReason"] = task.failure_reason
    return entry


def cancel_move_task(parameters: Parameters, context: Context, rooms: Any) -> CancelMoveTask:
    """Read CancelMessageMoveTask.

    Raises:
        MissingParameter: There is no handle.
        InvalidParameterValue: It cannot be decoded.
    """
    handle = _required(parameters, "TaskHandle")
    try:
        content = msgspec.json.decode(base64.b64decode(handle, validate=True), type=_TaskReference)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        raise InvalidParameterValue("Value for parameter TaskHandle is invalid.") from None
    return CancelMoveTask(
        region=context.region, source_arn=content.source_arn, task_id=content.task_id
    )


def answer_cancel_move_task(
    parameters: Parameters, context: Context, reply: MoveTaskFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with the count as of now."""
    return {"ApproximateNumberOfMessagesMoved": reply.moved}


class _TaskReference(msgspec.Struct, frozen=True, rename="camel"):
    task_id: str
    source_arn: str


def _task_handle(task: MoveTaskFound) -> str:
    content = msgspec.json.encode(_TaskReference(task.task_id, task.source_arn))
    return base64.b64encode(content).decode()


OPERATIONS = {
    "StartMessageMoveTask": Operation(start_move_task, answer_start_move_task),
    "ListMessageMoveTasks": Operation(list_move_tasks, answer_list_move_tasks),
    "CancelMessageMoveTask": Operation(cancel_move_task, answer_cancel_move_task),
}
