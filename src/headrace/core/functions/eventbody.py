"""What lies in blocks for an asynchronous invoke, and what is sent when it is over.

Two bodies: the **envelope** (the event as it was accepted) and the **result** (how its last attempt
was answered), which is there only while something of it must still be sent. Sent are the invocation
record, to destinations, and the event itself, to a dead-letter queue. Source: spec/lambda.md 6.2.
"""

from typing import Any

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.instants import format_moment
from headrace.core.functions.limits import ERROR_MESSAGE_LENGTH_MAX

#: Format number of both bodies; a new layout takes the next one and the old reader stays.
FORMAT = 1

_FORMAT_BYTE = bytes([FORMAT])

#: Characters that may stand in JSON and not in a message of a queue, and how JSON escapes them.
_ESCAPES = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


class Envelope(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An accepted event; new fields go to the end with a default."""

    request_id: str  #: The same on every attempt (A3).
    payload: bytes  #: JSON text.
    trace_header: str = ""


class Result(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How the last attempt was answered; new fields go to the end with a default."""

    executed_version: str
    payload: bytes  #: The function's answer, or its error document.
    function_error: str = ""  #: Empty when it did not fail.


class Ending(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How an event ended; kept with it and told to its destinations."""

    condition: str
    attempts: int  #: How often the function ran.
    at: Instant
    #: What it waited for when it became too old (`replies.EventSeen.waits_for`); empty: nothing.
    waits_for: str = ""


SUCCESS = "Success"
RETRIES_EXHAUSTED = "RetriesExhausted"
EVENT_AGE_EXCEEDED = "EventAgeExceeded"
ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"


def key_of(request_id: str) -> bytes:
    """Return the 16 bytes by which an event is found again; a request id is a UUID."""
    return bytes.fromhex(request_id.replace("-", ""))


_encode = msgspec.msgpack.Encoder().encode
_decode_envelope = msgspec.msgpack.Decoder(Envelope).decode
_decode_result = msgspec.msgpack.Decoder(Result).decode
_decode_json = msgspec.json.Decoder(msgspec.Raw).decode
_decode_document = msgspec.json.Decoder(dict[str, Any]).decode


def encode_body(content: Envelope | Result) -> bytes:
    """Return the bytes to keep in a block, a format number first."""
    return _FORMAT_BYTE + _encode(content)


def decode_envelope(data: bytes) -> Envelope:
    """Return an envelope again, from bytes of any format ever written.

    Raises:
        ValueError: The bytes are not an envelope of ours.
    """
    return _decode_envelope(_content(data))


def decode_result(data: bytes) -> Result:
    """Return a result again, from bytes of any format ever written.

    Raises:
        ValueError: The bytes are not a result of ours.
    """
    return _decode_result(_content(data))


def _content(data: bytes) -> memoryview:
    if not data or data[0] != FORMAT:
        raise ValueError("the body of an event in an unknown format")
    return memoryview(data)[1:]


def invocation_record(
    function_arn: str, envelope: Envelope, ending: Ending, result: Result | None
) -> str:
    """Return the JSON text that destinations get.

    Args:
        function_arn: With the qualifier that was invoked, or $LATEST.
        result: None when the function never ran, or its last answer is not known any more.
    """
    document: dict[str, Any] = {
        "version": "1.0",
        "timestamp": format_moment(ending.at),
        "requestContext": {
            "requestId": envelope.request_id,
            "functionArn": function_arn,
            "condition": ending.condition,
            "approximateInvokeCount": ending.attempts,
        },
        "requestPayload": msgspec.Raw(envelope.payload),
    }
    if result is not None:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": result.executed_version}
        if result.function_error:
            context["functionError"] = result.function_error
        document["responseContext"] = context
        document["responsePayload"] = _as_json(result.payload)
    return msgspec.json.encode(document).decode().translate(_ESCAPES)


def _as_json(payload: bytes) -> msgspec.Raw:
    """Return a function's answer as it stands in the record: text that is no JSON as a string."""
    try:
        payload.decode()
        _decode_json(payload)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return msgspec.Raw(msgspec.json.encode(payload.decode(errors="replace")))
    return msgspec.Raw(payload)


def original_event(envelope: Envelope) -> str:
    """Return the text that a dead-letter queue gets: the event as it came."""
    return envelope.payload.decode().translate(_ESCAPES)


def error_message(result: Result | None, condition: str) -> str:
    """Return the attribute ErrorMessage of a dead letter: what the function said went wrong."""
    message = ""
    if result is not None:
        try:
            message = str(_decode_document(result.payload).get("errorMessage", ""))
        except (msgspec.DecodeError, RecursionError):
            message = result.payload.decode(errors="replace")
    text = (message or condition)[:ERROR_MESSAGE_LENGTH_MAX]
    return "".join(sign for sign in text if sign in "\t\n\r" or " " <= sign < "\ufffe")
