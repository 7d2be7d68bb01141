"""The event document that the function gets: one record per message (spec/esm.md section 3)."""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from headrace.core.mapping.commands import MessageAttribute, PolledMessage
from headrace.core.mapping.filters.sieve import Sieve
from headrace.core.mapping.limits import LONG_BURDEN, LOOP_TURNS_MAX
from headrace.core.mapping.settings import Settings

_HEAD = b'{"Records":['
_TAIL = b"]}"
#: Bytes of an event document beside its records and the commas between them.
FRAME_BYTES = len(_HEAD) + len(_TAIL)

#: Messages that a function is to see, each with its record of the event document.
Wanted = Sequence[tuple[PolledMessage, bytes]]

_encode = msgspec.json.Encoder().encode
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]*+)\.?(?P<fraction>[0-9]*+)"
    r"(?:[eE](?P<exponent>[+-]?[0-9]{1,9}))?"
)
#: Powers of ten that a number may have (spec/sqs.md 4.3); beyond, the text stays as it is.
_EXPONENT_MAX = 128


def event_of(records: Sequence[bytes]) -> bytes:
    """Return the event document with these encoded records."""
    return b"".join((_HEAD, b",".join(records), _TAIL))


class SystemAttributes(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """`attributes` of a record, in AWS's order; what is empty is left out."""

    receive_count: str = msgspec.field(name="ApproximateReceiveCount", default="")
    trace_header: str = msgspec.field(name="AWSTraceHeader", default="")
    sent_at: str = msgspec.field(name="SentTimestamp", default="")
    sequence_number: str = msgspec.field(name="SequenceNumber", default="")
    group_id: str = msgspec.field(name="MessageGroupId", default="")
    sender_id: str = msgspec.field(name="SenderId", default="")
    deduplication_id: str = msgspec.field(name="MessageDeduplicationId", default="")
    first_received_at: str = msgspec.field(name="ApproximateFirstReceiveTimestamp", default="")
    dead_letter_source_arn: str = msgspec.field(name="DeadLetterQueueSourceArn", default="")


class Record(msgspec.Struct, frozen=True):
    """One record of the event document, its members in AWS's order."""

    message_id: str = msgspec.field(name="messageId")
    receipt_handle: str = msgspec.field(name="receiptHandle")
    body: str
    attributes: SystemAttributes
    message_attributes: dict[str, Any] = msgspec.field(name="messageAttributes")
    attributes_md5: str | msgspec.UnsetType | None = msgspec.field(name="md5OfMessageAttributes")
    body_md5: str = msgspec.field(name="md5OfBody")
    event_source: str = msgspec.field(name="eventSource")
    event_source_arn: str = msgspec.field(name="eventSourceARN")
    region: str = msgspec.field(name="awsRegion")


def record_of(message: PolledMessage, source_arn: str, region: str, *, windowed: bool) -> Record:
    """Return one record of the event document.

    Args:
        message: What was received.
        source_arn: The queue.
        region: Its region.
        windowed: Whether the mapping has a batching window: AWS's poller then writes null for the
            digest of attributes that are not there, and leaves it out otherwise.
    """
    return Record(
        message.message_id,
        message.receipt_handle,
        message.body,
        _system_attributes(message),
        {attribute.name: _attribute(attribute) for attribute in message.attributes},
        message.attributes_md5 or (None if windowed else msgspec.UNSET),
        hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "aws:sqs",
        source_arn,
        region,
    )


class Sifted(NamedTuple):
    """What becomes of the messages of one receive, in their order."""

    wanted: Wanted
    unwanted: Sequence[tuple[PolledMessage, str]]  #: What passes no filter, with the reason.
    looping: Sequence[PolledMessage]  #: What has gone round too often (esm.md 5.5).


def sift(
    messages: Sequence[PolledMessage], sieve: Sieve, source_arn: str, region: str, *, windowed: bool
) -> Sifted:
    """Return which messages the function is to see, each with its record, and which it is not."""
    wanted, unwanted, looping = [], [], []
    for message in messages:
        record = record_of(message, source_arn, region, windowed=windowed)
        members = msgspec.to_builtins(record) if sieve.has_patterns else {}
        if not sieve.passes(members):
            unwanted.append((message, sieve.why_not(members)))
        elif message.turns >= LOOP_TURNS_MAX:
            looping.append(message)
        else:
            wanted.append((message, encode_record(record)))
    return Sifted(wanted, unwanted, looping)


class Sifter:
    """Sifts what a mapping receives, under its settings as they are now; never changed.

    Whoever has it may do so anywhere, on a thread too: what comes of it depends on nothing else.
    """

    __slots__ = ("_region", "_sieve", "_source_arn", "_windowed")

    def __init__(self, settings: Settings, source_arn: str, region: str) -> None:
        """Compile the filters."""
        self._sieve = Sieve(settings.filters)
        self._source_arn = source_arn
        self._region = region
        self._windowed = settings.window_s > 0

    def sift(self, messages: Sequence[PolledMessage]) -> Sifted:
        """Return which messages the function is to see, each with its record, and which not."""
        return sift(messages, self._sieve, self._source_arn, self._region, windowed=self._windowed)

    def takes_long(self, messages: Sequence[PolledMessage]) -> bool:
        """Tell whether the loop had better not wait for that: a matter of some milliseconds."""
        length = sum([len(message.body) for message in messages])
        return length * self._sieve.burden > LONG_BURDEN


def encode_record(record: Record) -> bytes:
    """Return the bytes of a record."""
    return _encode(record)


def _system_attributes(message: PolledMessage) -> SystemAttributes:
    return SystemAttributes(
        str(message.receive_count),
        message.trace_header,
        str(message.sent_at),
        message.sequence_number,
        message.group_id,
        message.sender_id,
        message.deduplication_id,
        str(message.first_received_at),
        message.dead_letter_source_arn,
    )


def _attribute(attribute: MessageAttribute) -> dict[str, Any]:
    value = attribute.value
    if isinstance(value, bytes):
        scalar = {"binaryValue": base64.b64encode(value).decode()}
    elif attribute.data_type.partition(".")[0] == "Number":
        scalar = {"stringValue": normal_number(value)}
    else:
        scalar = {"stringValue": value}
    return {
        **scalar,
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": attribute.data_type,
    }


def normal_number(text: str) -> str:
    """Return a number without needless zeros and exponent: 0012.3400 becomes 12.34."""
    match = _NUMBER.fullmatch(text)
    if match is None or not match["whole"] + match["fraction"]:
        return text
    exponent = int(match["exponent"] or 0)
    if abs(exponent) > _EXPONENT_MAX:
        return text
    digits = match["whole"] + match["fraction"]
    point = len(match["whole"]) + exponent
    digits = "0" * -point + digits.ljust(point, "0")
    point = max(point, 0)
    value = digits[:point].lstrip("0") or "0"
    fraction = digits[point:].rstrip("0")
    if fraction:
        value = f"{value}.{fraction}"
    return f"-{value}" if match["sign"] == "-" and value != "0" else value
