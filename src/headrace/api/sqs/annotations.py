"""TagQueue, UntagQueue, ListQueueTags, AddPermission, RemovePermission.

Source: spec/sqs.md 8.1, 8.2.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.api.sqs.locate import find_own_queue
from headrace.api.sqs.queues import answer_nothing
from headrace.core.sqs.commands import (
    AddPermission,
    ListQueueTags,
    RemovePermission,
    TagQueue,
    UntagQueue,
)
from headrace.core.sqs.errors import MissingParameter
from headrace.core.sqs.replies import TagsFound


def tag_queue(parameters: Parameters, context: Context, rooms: Any) -> TagQueue:
    """Read TagQueue.

    Raises:
        MissingParameter: There are no tags; the queue is looked up first.
    """
    queue = find_own_queue(parameters, context, rooms.queues, "TagQueue")
    tags = parameters.get("Tags")
    if not tags:
        raise MissingParameter("The request must contain the parameter Tags.")
    return TagQueue(queue=queue, tags=dict(tags))


def untag_queue(parameters: Parameters, context: Context, rooms: Any) -> UntagQueue:
    """Read UntagQueue; the room refuses an empty list of keys."""
    queue = find_own_queue(parameters, context, rooms.queues, "UntagQueue")
    return UntagQueue(queue=queue, keys=tuple(parameters.get("TagKeys") or ()))


def list_queue_tags(parameters: Parameters, context: Context, rooms: Any) -> ListQueueTags:
    """Read ListQueueTags."""
    return ListQueueTags(queue=find_own_queue(parameters, context, rooms.queues, "ListQueueTags"))


def answer_list_queue_tags(
    parameters: Parameters, context: Context, reply: TagsFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with the tags; the member is left out when there are none."""
    return {"Tags": reply.tags} if reply.tags else {}


def _label(parameters: Parameters) -> str:
    label: str | None = parameters.get("Label")
    if not label:
        raise MissingParameter("The request must contain the parameter Label.")
    return label


def add_permission(parameters: Parameters, context: Context, rooms: Any) -> AddPermission:
    """Read AddPermission; the room checks actions and accounts.

    Raises:
        MissingParameter: There is no label; the queue is looked up first.
    """
    return AddPermission(
        queue=find_own_queue(parameters, context, rooms.queues, "AddPermission"),
        label=_label(parameters),
        accounts=tuple(parameters.get("AWSAccountIds") or ()),
        actions=tuple(parameters.get("Actions") or ()),
    )


def remove_permission(parameters: Parameters, context: Context, rooms: Any) -> RemovePermission:
    """Read RemovePermission.

    Raises:
        MissingParameter: There is no label; the queue is looked up first.
    """
    return RemovePermission(
        queue=find_own_queue(parameters, context, rooms.queues, "RemovePermission"),
        label=_label(parameters),
    )


OPERATIONS = {
    "TagQueue": Operation(tag_queue, answer_nothing),
    "UntagQueue": Operation(untag_queue, answer_nothing),
    "ListQueueTags": Operation(list_queue_tags, answer_list_queue_tags),
    "AddPermission": Operation(add_permission, answer_nothing),
    "RemovePermission": Operation(remove_permission, answer_nothing),
}
