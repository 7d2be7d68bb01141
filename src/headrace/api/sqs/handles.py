"""DeleteMessage, ChangeMessageVisibility and their batch forms: what is done by receipt handle.

Source: spec/sqs.md 2.10, 2.11, 14.5.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.api.sqs.entries import batch_answer, check_entries, failed_entry
from headrace.api.sqs.locate import find_queue
from headrace.base.errors import ServiceError
from headrace.core.sqs.commands import ChangeVisibility, DeleteMessages
from headrace.core.sqs.errors import MissingParameter
from headrace.core.sqs.replies import EntriesDone


def _required(parameters: Parameters, name: str) -> Any:
    value = parameters.get(name)
    if value is None or value == "":
        raise MissingParameter(f"The request must contain the parameter {name}.")
    return value


def delete_message(parameters: Parameters, context: Context, rooms: Any) -> DeleteMessages:
    """Read DeleteMessage.

    Raises:
        MissingParameter: There is no handle; the queue is looked up first.
    """
    queue = find_queue(parameters, context, rooms.queues)
    return DeleteMessages(queue=queue, receipt_handles=(_required(parameters, "ReceiptHandle"),))


def delete_message_batch(parameters: Parameters, context: Context, rooms: Any) -> DeleteMessages:
    """Read DeleteMessageBatch; wrong handles fail for themselves."""
    queue = find_queue(parameters, context, rooms.queues)
    entries = check_entries(parameters, "DeleteMessageBatchRequestEntry")
    return DeleteMessages(queue=queue, receipt_handles=tuple(_handles(entries)))


def change_visibility(parameters: Parameters, context: Context, rooms: Any) -> ChangeVisibility:
    """Read ChangeMessageVisibility.

    Raises:
        MissingParameter: Handle or time-out is missing; the queue is looked up first.
    """
    queue = find_queue(parameters, context, rooms.queues)
    handle = _required(parameters, "ReceiptHandle")
    return ChangeVisibility(
        queue=queue, entries=((handle, _required(parameters, "VisibilityTimeout")),)
    )


def change_visibility_batch(
    parameters: Parameters, context: Context, rooms: Any
) -> ChangeVisibility:
    """Read ChangeMessageVisibilityBatch; a missing time-out counts as 0 (2.11 leaves it open)."""
    queue = find_queue(parameters, context, rooms.queues)
    entries = check_entries(parameters, "ChangeMessageVisibilityBatchRequestEntry")
    times = [entry.get("VisibilityTimeout") or 0 for entry in entries]
    return ChangeVisibility(queue=queue, entries=tuple(zip(_handles(entries), times, strict=True)))


def _handles(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the handle of each entry; a missing one becomes "", which no queue ever issued."""
    return [entry.get("ReceiptHandle") or "" for entry in entries]


def answer_single(
    parameters: Parameters, context: Context, reply: EntriesDone, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with nothing.

    Raises:
        ServiceError: The entry was refused.
    """
    (result,) = reply.results
    if result is not None:
        raise result
    return {}


def answer_batch(
    parameters: Parameters, context: Context, reply: EntriesDone, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer per entry, in the order of the request."""
    successful: list[Answer] = []
    failed: list[Answer] = []
    for entry, result in zip(parameters["Entries"], reply.results, strict=True):
        if isinstance(result, ServiceError):
            failed.append(failed_entry(entry["Id"], result))
        else:
            successful.append({"Id": entry["Id"]})
    return batch_answer(successful, failed)


OPERATIONS = {
    "DeleteMessage": Operation(delete_message, answer_single),
    "DeleteMessageBatch": Operation(delete_message_batch, answer_batch),
    "ChangeMessageVisibility": Operation(change_visibility, answer_single),
    "ChangeMessageVisibilityBatch": Operation(change_visibility_batch, answer_batch),
}
