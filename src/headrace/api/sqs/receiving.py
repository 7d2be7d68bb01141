"""ReceiveMessage: parameters to command, reply and bodies to answer.

Source: spec/sqs.md 2.9, 4.5, 14.5.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.api.sqs.attributes import Wanted, body_digest, digest, select, wanted_of
from headrace.api.sqs.ids import checked_id
from headrace.api.sqs.locate import find_queue
from headrace.base.instant import ms_of_s
from headrace.core.sqs import limits
from headrace.core.sqs.commands import ReceiveMessages
from headrace.core.sqs.content import Attribute, Content, decode
from headrace.core.sqs.errors import InvalidAttributeName, InvalidParameterValue
from headrace.core.sqs.replies import Received, ReceivedMessage

#: What may be asked for in MessageSystemAttributeNames. SqsManagedSseEnabled and queue attributes
#: are in the model's enum too; AWS skips names that do not apply.
SYSTEM_ATTRIBUTES = (
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "AWSTraceHeader",
    "MessageGroupId",
    "MessageDeduplicationId",
    "SequenceNumber",
    "DeadLetterQueueSourceArn",
)
_KNOWN_NAMES = frozenset(SYSTEM_ATTRIBUTES) | limits.QUEUE_ATTRIBUTE_NAMES | {"All"}


def receive_message(parameters: Parameters, context: Context, rooms: Any) -> ReceiveMessages:
    """Read ReceiveMessage.

    Raises:
        ServiceError: The queue is unknown, a number is out of range, or a name is no attribute.
    """
    queue = find_queue(parameters, context, rooms.queues)
    at_most = parameters.get("MaxNumberOfMessages")
    if at_most is None:
        at_most = 1
    elif not 1 <= at_most <= limits.RECEIVE_MESSAGES_MAX:
        raise _out_of_range("MaxNumberOfMessages", at_most, "Must be between 1 and 10")
    wait_s = parameters.get("WaitTimeSeconds")
    if wait_s is None:
        wait_s = rooms.queues.describe(queue).receive_message_wait_time_s
    elif not 0 <= wait_s <= limits.WAIT_TIME_S_MAX:
        raise _out_of_range("WaitTimeSeconds", wait_s, "Must be >= 0 and <= 20")
    visibility_s = parameters.get("VisibilityTimeout")
    if visibility_s is not None and not 0 <= visibility_s <= limits.VISIBILITY_TIMEOUT_S_MAX:
        raise _out_of_range("VisibilityTimeout", visibility_s, "Must be >= 0 and <= 43200")
    for name in system_names(parameters):
        if name not in _KNOWN_NAMES:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
    return ReceiveMessages(
        queue=queue,
        at_most=at_most,
        wait_ms=ms_of_s(wait_s),
        visibility_timeout_ms=None if visibility_s is None else ms_of_s(visibility_s),
        attempt_id=checked_id(parameters, "ReceiveRequestAttemptId"),
    )


def _out_of_range(parameter: str, value: int, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"Value {value} for parameter {parameter} is invalid. Reason: {reason}, if provided."
    )


def system_names(parameters: Parameters) -> list[str]:
    """Return the names of system attributes that were asked for, under both of AWS's members."""
    newer: Iterable[str] = parameters.get("MessageSystemAttributeNames") or ()
    older: Iterable[str] = parameters.get("AttributeNames") or ()
    return [*newer, *older]


def answer_receive_message(
    parameters: Parameters, context: Context, reply: Received, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with the messages; the wire leaves the member out when there are none."""
    names = frozenset(system_names(parameters))
    wanted = wanted_of(parameters.get("MessageAttributeNames") or ())
    return {
        "Messages": [
            message_members(message, decode(bodies[message.address]), names, wanted)
            for message in reply.messages
        ]
    }


def message_members(
    message: ReceivedMessage,
    content: Content,
    names: Collection[str],
    wanted: Wanted,
) -> Answer:
    """Return the members of one message, with what was asked for."""
    members: Answer = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "MD5OfBody": body_digest(content.body),
        "Body": content.body,
    }
    if names:
        members["Attributes"] = system_attributes(message, content, names)
    if content.attributes and wanted.names:
        chosen = select(content.attributes, wanted)
        if chosen:
            members["MD5OfMessageAttributes"] = digest(chosen)
            members["MessageAttributes"] = {
                name: _attribute_members(attribute) for name, attribute in chosen.items()
            }
    return members


def _attribute_members(attribute: Attribute) -> Answer:
    member = "StringValue" if isinstance(attribute.value, str) else "BinaryValue"
    return {member: attribute.value, "DataType": attribute.data_type}


def system_attributes(
    message: ReceivedMessage, content: Content, names: Collection[str]
) -> dict[str, str]:
    """Return those system attributes that were asked for and apply, in AWS's texts (4.5)."""
    found = {
        "SenderId": content.sender_id,
        "SentTimestamp": str(message.sent_at),
        "ApproximateReceiveCount": str(message.receive_count),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_at),
        "AWSTraceHeader": content.trace_header,
        "MessageGroupId": content.group_id,
        "MessageDeduplicationId": message.deduplication_id or content.deduplication_id,
        "SequenceNumber": message.sequence_number or None,
        "DeadLetterQueueSourceArn": message.dead_letter_source_arn or None,
    }
    wanted = SYSTEM_ATTRIBUTES if "All" in names else frozenset(names)
    return {name: value for name, value in found.items() if value is not None and name in wanted}


OPERATIONS = {"ReceiveMessage": Operation(receive_message, answer_receive_message)}
