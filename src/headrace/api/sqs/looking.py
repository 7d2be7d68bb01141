"""Look at messages without receiving them: what LocalStack's developer endpoint is asked, and more.

Not an operation of AWS's. The answer has the members of ReceiveMessage; where a message is and why
stands among its attributes. No receipt handle is given out, since nothing was received.
"""

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Parameters
from headrace.api.sqs.attributes import wanted_of
from headrace.api.sqs.locate import find_queue
from headrace.api.sqs.receiving import message_members
from headrace.base.instant import Instant
from headrace.core.sqs import limits
from headrace.core.sqs.commands import LookAtMessages
from headrace.core.sqs.content import decode
from headrace.core.sqs.errors import InvalidParameterValue
from headrace.core.sqs.looking import DELAYED, IN_FLIGHT, VISIBLE
from headrace.core.sqs.replies import MessagesSeen, SeenMessage

#: What stands where a receipt handle would; the same text as LocalStack's.
NO_HANDLE = "SQS/BACKDOOR/ACCESS"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRUE = ("true", "1")
_ALL = wanted_of(["All"])


def look_at_messages(parameters: Parameters, context: Context, rooms: Any) -> LookAtMessages:
    """Read QueueUrl, ShowInvisible, ShowDelayed, MaxResults and NextToken, all of them texts.

    Raises:
        ServiceError: There is no such queue, or a number is none.
    """
    queue = find_queue(parameters, context, rooms.queues)
    return LookAtMessages(
        queue=queue,
        after=_number_of_token(parameters.get("NextToken") or ""),
        at_most=_page_size(parameters.get("MaxResults") or ""),
        in_flight=_is_true(parameters.get("ShowInvisible")),
        delayed=_is_true(parameters.get("ShowDelayed")),
    )


def answer_messages_seen(
    parameters: Parameters, context: Context, reply: MessagesSeen, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with the messages whose bodies are there, and a token when others follow.

    A page ends early at the first message without a body: the shell bounds their bytes.
    """
    messages: list[Answer] = []
    token = ""
    for seen in reply.messages:
        body = bodies.get(seen.message.address)
        if body is None:
            break
        token = token_of(seen.message.number)
        members = message_members(seen.message, decode(body), ["All"], _ALL)
        members["ReceiptHandle"] = NO_HANDLE
        if not seen.message.receive_count:
            del members["Attributes"]["ApproximateFirstReceiveTimestamp"]
        members["Attributes"] |= _place(seen, reply)
        messages.append(members)
    answer: Answer = {"Messages": messages}
    if reply.more or len(messages) < len(reply.messages):
        answer["NextToken"] = token
    return answer


def plain(answer: Answer) -> Answer:
    """Return an answer for JSON in the shape of the XML: singular names, name and value pairs."""
    result = {"Message": [_plain_message(message) for message in answer["Messages"]]}
    if "NextToken" in answer:
        result["NextToken"] = answer["NextToken"]
    return result


def token_of(number: int) -> str:
    """Return the token of a page that begins behind this message."""
    return base64.b64encode(str(number).encode()).decode()


def _number_of_token(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except ValueError:
        raise InvalidParameterValue(
            f"Value {token} for parameter NextToken is invalid. Reason: Invalid NextToken."
        ) from None


def _page_size(text: str) -> int:
    if not text:
        return limits.LOOK_MESSAGES_MAX
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= limits.LOOK_MESSAGES_MAX:
        return int(text)
    raise InvalidParameterValue(
        f"Value {text} for parameter MaxResults is invalid. Reason: "
        f"MaxResults must be an integer between 1 and {limits.LOOK_MESSAGES_MAX}."
    )


def _is_true(text: Any) -> bool:
    return str(text).lower() in _TRUE


def _place(seen: SeenMessage, reply: MessagesSeen) -> dict[str, str]:
    """Return where a message is, as attributes."""
    return {
        "IsVisible": str(seen.state == VISIBLE).lower(),
        "IsDelayed": str(seen.state == DELAYED).lower(),
        "State": seen.state,
        "VisibleTimestamp": str(seen.visible_at),
        "ExpiresTimestamp": str(seen.expires_at),
        "Reason": "; ".join(reasons_of(seen, reply)),
    }


def reasons_of(seen: SeenMessage, reply: MessagesSeen) -> Iterator[str]:
    """Yield why a message is where it is, as far as its queue's state tells."""
    message = seen.message
    if seen.state == DELAYED:
        yield f"delayed until {_text_of(seen.visible_at)}"
    elif seen.state == IN_FLIGHT:
        yield f"received and not deleted: in flight until {_text_of(seen.visible_at)}"
    elif message.receive_count:
        yield "received and not deleted: visible again"
    else:
        yield "never received"
    if seen.waits_behind:
        until = _text_of(seen.waits_until)
        yield f"waits behind {seen.waits_behind} of its group, which is in flight until {until}"
    if seen.is_noisy:
        yield "its group is noisy: messages of quieter groups come first"
    if message.receive_count:
        yield f"received {message.receive_count} times, {seen.queue_receives} of them here"
    if message.dead_letter_source_arn:
        yield f"came as a dead letter from {message.dead_letter_source_arn}"
    if seen.is_redriven:
        yield "a move task has made it a new message"
    if reply.target_arn:
        left = reply.max_receive_count - seen.queue_receives
        when = f"after {left} more receives" if left > 0 else "at the next receive"
        yield f"goes to {reply.target_arn} {when}"


def _text_of(instant: Instant) -> str:
    at = _EPOCH + timedelta(milliseconds=instant)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain_message(message: Answer) -> Answer:
    members: Answer = {name: value for name, value in message.items() if isinstance(value, str)}
    members["Attribute"] = _pairs(message["Attributes"])
    if "MessageAttributes" in message:
        members["MessageAttribute"] = _pairs(
            {
                name: {key: _plain_value(text) for key, text in value.items()}
                for name, value in message["MessageAttributes"].items()
            }
        )
    return members


def _pairs(members: Mapping[str, Any]) -> list[Answer]:
    return [{"Name": name, "Value": value} for name, value in members.items()]


def _plain_value(value: str | bytes) -> str:
    return value if isinstance(value, str) else base64.b64encode(value).decode()
