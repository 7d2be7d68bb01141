"""SendMessage and SendMessageBatch: parameters to commands, replies to answers.

Source: spec/sqs.md 2.7, 2.8, 4.2 to 4.6.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters, Prepared
from headrace.api.sqs.attributes import (
    body_digest,
    digest,
    holds_forbidden,
    parse_attributes,
    parse_system_attributes,
    size_of,
)
from headrace.api.sqs.entries import batch_answer, check_entries, failed_entry
from headrace.api.sqs.ids import checked_id
from headrace.api.sqs.locate import find_queue
from headrace.base.errors import ServiceError
from headrace.core.sqs import limits
from headrace.core.sqs.commands import OutgoingMessage, SendMessages
from headrace.core.sqs.content import Attribute, Content, encode
from headrace.core.sqs.errors import (
    BatchRequestTooLong,
    InvalidMessageContents,
    InvalidParameterValue,
    MissingParameter,
)
from headrace.core.sqs.replies import Sent, SentMessage

_INVALID_CHARACTERS = (
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
    "#xE000 to #xFFFD | #x10000 to #x10FFFF"
)
#: Members of a message that is nothing but its body: the body, and the queue's URL or the entry's
#: id. Most messages are, and each look for a member that is not there costs time.
PLAIN_MEMBERS = 2


def send_message(parameters: Parameters, context: Context, rooms: Any) -> SendMessages:
    """Read SendMessage.

    Raises:
        ServiceError: As 2.7 says; the queue is looked up first.
    """
    queue = find_queue(parameters, context, rooms.queues)
    is_content_deduplicated = rooms.queues.describe(queue).is_content_deduplicated
    message = _read_message(parameters, context, is_content_deduplicated)
    return SendMessages(queue, context.block, (message,))


def answer_send_message(
    parameters: Parameters, context: Context, reply: Sent, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with id and digests.

    Raises:
        ServiceError: The message was refused.
    """
    result = reply.results[0]
    if isinstance(result, ServiceError):
        raise result
    return _sent_members(parameters, result)


def send_message_batch(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read SendMessageBatch; entries that are wrong for themselves are refused one by one.

    Raises:
        ServiceError: As the table of 2.8 says, in its order.
    """
    queue = find_queue(parameters, context, rooms.queues)
    entries = check_entries(parameters, "SendMessageBatchRequestEntry")
    plain = _plain_bodies(entries)
    size = sum(map(_size_as_sent, entries)) if plain is None else sum(map(len, plain))
    if size > limits.BATCH_BYTES_MAX:
        raise BatchRequestTooLong(
            f"Batch requests cannot be longer than {limits.BATCH_BYTES_MAX} bytes. "
            f"You have sent {size} bytes."
        )
    view = rooms.queues.describe(queue)
    if view.is_fifo:
        _check_fifo_entries(entries, view.is_content_deduplicated)
    read: list[OutgoingMessage | ServiceError] = []
    good: list[OutgoingMessage] = []
    if plain is not None:
        sender_id, trace_header = context.sender_id, context.trace_header
        good = [
            OutgoingMessage(encode(Content(body, sender_id, None, trace_header)), len(body))
            for body in plain
        ]
        read += good
    else:
        for entry in entries:
            try:
                message = _read_message(entry, context, view.is_content_deduplicated)
            except ServiceError as refusal:
                read.append(refusal)
            else:
                read.append(message)
                good.append(message)
    command = SendMessages(queue, context.block, tuple(good)) if good else None

    def answer(
        parameters: Parameters, context: Context, reply: Sent | None, bodies: Mapping[Any, bytes]
    ) -> Answer:
        return _answer_entries(entries, read, reply.results if reply is not None else ())

    return Prepared(command, answer)


def _plain_bodies(entries: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """Return the bodies if there is nothing else and all are of allowed ASCII; else None.

    Most batches are so, and one look at all of them is several times faster than one at each.
    """
    if max(map(len, entries)) > PLAIN_MEMBERS:
        return None
    bodies: list[str] = [entry.get("MessageBody") or "" for entry in entries]
    text = "".join(bodies)
    return bodies if all(bodies) and text.isascii() and not holds_forbidden(text) else None


def _check_fifo_entries(
    entries: Sequence[Mapping[str, Any]],
    is_content_deduplicated: bool,  # noqa: FBT001 - as read
) -> None:
    """Refuse the whole batch when an entry lacks an id that a FIFO queue needs (2.8, 7 and 8)."""
    if any(entry.get("MessageGroupId") is None for entry in entries):
        raise InvalidParameterValue("The request must contain the parameter MessageGroupId.")
    if not is_content_deduplicated and any(
        entry.get("MessageDeduplicationId") is None for entry in entries
    ):
        raise InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )


def _answer_entries(
    entries: Sequence[Mapping[str, Any]],
    read: Sequence[OutgoingMessage | ServiceError],
    results: Sequence[SentMessage | ServiceError],
) -> Answer:
    successful: list[Answer] = []
    failed: list[Answer] = []
    taken = iter(results)
    for entry, message in zip(entries, read, strict=True):
        result = message if isinstance(message, ServiceError) else next(taken)
        if isinstance(result, SentMessage):
            members = _sent_members(entry, result)
            members["Id"] = entry["Id"]
            successful.append(members)
        else:
            failed.append(_in_batch_words(entry["Id"], result))
    return batch_answer(successful, failed)


def _in_batch_words(entry_id: str, refusal: ServiceError) -> Answer:
    """Return a failed entry; the text about a message's size differs from the single send's."""
    failed = failed_entry(entry_id, refusal)
    failed["Message"] = failed["Message"].replace(
        "One or more parameters are invalid.", "One or more parameters cannot be validated."
    )
    return failed


def _read_message(
    given: Mapping[str, Any],
    context: Context,
    is_content_deduplicated: bool,  # noqa: FBT001 - a setting, passed on
) -> OutgoingMessage:
    """Check one message's own parameters, in AWS's order, and return it."""
    body = given.get("MessageBody")
    if not body:
        raise MissingParameter("The request must contain the parameter MessageBody.")
    if holds_forbidden(body):
        raise InvalidMessageContents(_INVALID_CHARACTERS)
    size = len(body) if body.isascii() else len(body.encode())
    if len(given) == PLAIN_MEMBERS and not is_content_deduplicated:
        plain = Content(body, context.sender_id, None, context.trace_header)
        return OutgoingMessage(encode(plain), size)
    attributes = parse_attributes(given.get("MessageAttributes"))
    system = parse_system_attributes(given.get("MessageSystemAttributes"))
    delay_s = given.get("DelaySeconds")
    if delay_s is not None and not 0 <= delay_s <= limits.DELAY_S_MAX:
        raise InvalidParameterValue(
            f"Value {delay_s} for parameter DelaySeconds is invalid. "
            f"Reason: DelaySeconds must be >= 0 and <= {limits.DELAY_S_MAX}."
        )
    group_id = checked_id(given, "MessageGroupId")
    deduplication_id = checked_id(given, "MessageDeduplicationId")
    if deduplication_id is None and is_content_deduplicated:
        deduplication_id = hashlib.sha256(body.encode()).hexdigest()
    content = Content(
        body=body,
        sender_id=context.sender_id,
        attributes=attributes,
        trace_header=_trace_header(system, context),
        group_id=group_id,
        deduplication_id=deduplication_id,
    )
    if attributes is not None:
        size += size_of(attributes)
    return OutgoingMessage(encode(content), size, delay_s, group_id, deduplication_id)


def _trace_header(system: Mapping[str, Attribute] | None, context: Context) -> str | None:
    if system is None:
        return context.trace_header
    value: str = system["AWSTraceHeader"].value
    return value


def _size_as_sent(entry: Mapping[str, Any]) -> int:
    """Return what an entry adds to the size of its batch, before it is checked (4.2)."""
    body = entry.get("MessageBody") or ""
    size = len(body) if body.isascii() else len(body.encode(errors="surrogatepass"))
    if len(entry) == PLAIN_MEMBERS:
        return size
    for name, value in (entry.get("MessageAttributes") or {}).items():
        size += len(name.encode()) + len((value.get("DataType") or "").encode())
        size += len((value.get("StringValue") or "").encode(errors="surrogatepass"))
        size += len(value.get("BinaryValue") or b"")
    return size


def _sent_members(given: Mapping[str, Any], result: SentMessage) -> Answer:
    """Return the members that describe a sent message; digests are of the current request."""
    members: Answer = {
        "MD5OfMessageBody": body_digest(given["MessageBody"]),
        "MessageId": result.message_id,
    }
    if result.sequence_number:
        members["SequenceNumber"] = result.sequence_number
    if len(given) == PLAIN_MEMBERS:
        return members
    attributes = given.get("MessageAttributes")
    if attributes:
        parsed = parse_attributes(attributes)
        members["MD5OfMessageAttributes"] = digest(parsed or {})
    system = given.get("MessageSystemAttributes")
    if system:
        members["MD5OfMessageSystemAttributes"] = digest(parse_system_attributes(system) or {})
    return members


OPERATIONS = {
    "SendMessage": Operation(send_message, answer_send_message),
    "SendMessageBatch": Operation(send_message_batch, answer_send_message),
}
