"""Queue operations: parameters to commands, replies to answers."""

import base64
from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters, Prepared
from headrace.api.sqs.locate import find_own_queue, find_queue
from headrace.base.arn import format_queue_url
from headrace.core.sqs import limits
from headrace.core.sqs.commands import (
    CreateQueue,
    DeleteQueue,
    FindQueue,
    GetQueueAttributes,
    ListQueues,
    ListSourceQueues,
    PurgeQueue,
    SetQueueAttributes,
)
from headrace.core.sqs.errors import InvalidParameterValue, MissingParameter
from headrace.core.sqs.replies import AttributesFound, QueueFound, QueuesFound


def create_queue(parameters: Parameters, context: Context, rooms: Any) -> CreateQueue:
    """Read CreateQueue (spec/sqs.md 2.1); the room checks name and attributes.

    Raises:
        InvalidParameterValue: There is no name.
    """
    name = parameters.get("QueueName")
    if name is None:
        raise InvalidParameterValue(
            "Value for parameter QueueName is invalid. Reason: Must specify a queue name."
        )
    if name == "":
        raise InvalidParameterValue("Queue name cannot be empty")
    return CreateQueue(
        account=context.account,
        region=context.region,
        name=name,
        attributes=dict(parameters.get("Attributes") or {}),
        tags=dict(parameters.get("tags") or {}),
    )


def get_queue_url(parameters: Parameters, context: Context, rooms: Any) -> FindQueue:
    """Read GetQueueUrl (spec/sqs.md 2.3).

    Raises:
        MissingParameter: There is no name.
    """
    name = parameters.get("QueueName")
    if not name:
        raise MissingParameter("The request must contain the parameter QueueName.")
    account = parameters.get("QueueOwnerAWSAccountId") or context.account
    return FindQueue(account=account, region=context.region, name=name)


def answer_queue_url(
    parameters: Parameters, context: Context, reply: QueueFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with the URL of the queue."""
    return {"QueueUrl": format_queue_url(context.base_url, reply.account, reply.name)}


def list_queues(parameters: Parameters, context: Context, rooms: Any) -> ListQueues:
    """Read ListQueues (spec/sqs.md 2.4).

    Raises:
        InvalidParameterValue: MaxResults is not 1 to 1,000, or the token is not one of ours.
    """
    return ListQueues(
        account=context.account,
        region=context.region,
        prefix=parameters.get("QueueNamePrefix") or "",
        after=_name_of_token(parameters.get("NextToken")),
        at_most=_page_size(parameters),
    )


def _page_size(parameters: Parameters) -> int:
    at_most: int | None = parameters.get("MaxResults")
    if at_most is None:
        return limits.LIST_QUEUES_MAX
    if not 1 <= at_most <= limits.LIST_QUEUES_MAX:
        raise InvalidParameterValue(
            f"Value {at_most} for parameter MaxResults is invalid. "
            "Reason: MaxResults must be an integer between 1 and 1000."
        )
    return at_most


def answer_list_queues(
    parameters: Parameters, context: Context, reply: QueuesFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with URLs; a token only when a page size was asked for and more remain."""
    return _page("QueueUrls", context.account, parameters, context, reply)


def list_source_queues(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read ListDeadLetterSourceQueues (spec/sqs.md 2.13).

    Raises:
        InvalidParameterValue: As for ListQueues; the queue is looked up first.
    """
    queue = find_queue(parameters, context, rooms.queues)
    account = rooms.queues.describe(queue).account
    command = ListSourceQueues(
        queue=queue,
        after=_name_of_token(parameters.get("NextToken")),
        at_most=_page_size(parameters),
    )

    def answer(
        parameters: Parameters, context: Context, reply: QueuesFound, bodies: Mapping[Any, bytes]
    ) -> Answer:
        return _page("queueUrls", account, parameters, context, reply)

    return Prepared(command, answer)


def _page(
    member: str, account: str, parameters: Parameters, context: Context, reply: QueuesFound
) -> Answer:
    answer: Answer = {
        member: [format_queue_url(context.base_url, account, name) for name in reply.names]
    }
    if reply.more and parameters.get("MaxResults") is not None:
        answer["NextToken"] = base64.b64encode(reply.names[-1].encode()).decode()
    return answer


def _name_of_token(token: str | None) -> str:
    if not token:
        return ""
    try:
        return base64.b64decode(token, validate=True).decode()
    except ValueError:
        raise InvalidParameterValue(
            f"Value {token} for parameter NextToken is invalid. Reason: Invalid NextToken."
        ) from None


def delete_queue(parameters: Parameters, context: Context, rooms: Any) -> DeleteQueue:
    """Read DeleteQueue (spec/sqs.md 2.2)."""
    return DeleteQueue(queue=find_own_queue(parameters, context, rooms.queues, "DeleteQueue"))


def purge_queue(parameters: Parameters, context: Context, rooms: Any) -> PurgeQueue:
    """Read PurgeQueue (spec/sqs.md 2.12)."""
    return PurgeQueue(queue=find_queue(parameters, context, rooms.queues))


def get_queue_attributes(
    parameters: Parameters, context: Context, rooms: Any
) -> GetQueueAttributes:
    """Read GetQueueAttributes (spec/sqs.md 2.5)."""
    queue = find_queue(parameters, context, rooms.queues)
    return GetQueueAttributes(queue=queue, names=tuple(parameters.get("AttributeNames") or ()))


def answer_attributes(
    parameters: Parameters, context: Context, reply: AttributesFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with the attributes that apply; the wire leaves the member out when there are none."""
    return {"Attributes": reply.attributes}


def set_queue_attributes(
    parameters: Parameters, context: Context, rooms: Any
) -> SetQueueAttributes:
    """Read SetQueueAttributes (spec/sqs.md 2.6).

    Raises:
        MissingParameter: There are no attributes.
    """
    queue = find_own_queue(parameters, context, rooms.queues, "SetQueueAttributes")
    attributes = parameters.get("Attributes")
    if not attributes:
        raise MissingParameter("The request must contain the parameter Attributes.")
    return SetQueueAttributes(queue=queue, attributes=dict(attributes))


def answer_nothing(
    parameters: Parameters, context: Context, reply: Any, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer that it is done."""
    return {}


OPERATIONS = {
    "CreateQueue": Operation(create_queue, answer_queue_url),
    "GetQueueUrl": Operation(get_queue_url, answer_queue_url),
    "ListQueues": Operation(list_queues, answer_list_queues),
    "ListDeadLetterSourceQueues": Operation(list_source_queues, answer_nothing),
    "DeleteQueue": Operation(delete_queue, answer_nothing),
    "PurgeQueue": Operation(purge_queue, answer_nothing),
    "GetQueueAttributes": Operation(get_queue_attributes, answer_attributes),
    "SetQueueAttributes": Operation(set_queue_attributes, answer_nothing),
}
