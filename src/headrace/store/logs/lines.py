"""Events as lines of a file, and back.

A file begins with a line that names its stream. Then comes a line for each event: its instant, by
how many ms its ingestion came later, and its text:

    #headrace-log 1 {"stream":"2026/11/28/[$LATEST]0f...","created_at":1795000000000,...}
    1795000000123 0 START RequestId: ...
    1795000000200 5|without a line end of its own
    1795000000300 0 the first line
    <tab>the second line of the same event

Behind a space a message ends in the line's own end, behind a bar it does not. Files of servers
before this format have neither head nor numbers: each line is an event of the file's own instant.
"""

import hashlib
import re
from collections.abc import Iterator

import msgspec

from headrace.base.logtext import INNER_END
from headrace.core.logs.events import StoredEvent

HEAD = b"#headrace-log 1 "

#: Decimal places of an event's id, from its instant to its place in a file.
_STREAM_RANGE = 10**20
_SEGMENT_RANGE = 10**6
_OFFSET_RANGE = 10**16

#: An event with all its lines.
EVENT = re.compile(rb"^(\d{1,14}) (-?\d{1,14})([ |])([^\n]*(?:\n\t[^\n]*)*)\n", re.MULTILINE)
#: Where an event begins behind another one.
NEXT_EVENT = re.compile(rb"\n(\d{1,14}) -?\d{1,14}[ |]")
_EMPTY_LINES = re.compile(rb"\n\n+")
_PLAIN_EVENT = re.compile(rb"^()()()([^\n]+)\n", re.MULTILINE)


class Head(msgspec.Struct, frozen=True):
    """What a file says of its stream."""

    stream: str
    created_at: int
    #: Whether its events lie in the order of their instants, because they were written at them.
    ordered: bool = False


_encode_head = msgspec.json.Encoder().encode
_decode_head = msgspec.json.Decoder(Head).decode


def head_line(stream: str, created_at: int, *, ordered: bool) -> bytes:
    """Return the first line of a file."""
    return HEAD + _encode_head(Head(stream, created_at, ordered)) + b"\n"


def read_head(line: bytes) -> Head | None:
    """Return what a file's first line says; None: it is no head of ours."""
    if not line.startswith(HEAD) or not line.endswith(b"\n"):
        return None
    try:
        return _decode_head(line[len(HEAD) :])
    except msgspec.DecodeError:
        return None


def lines_of(text: bytes, at: int) -> bytes:
    """Return lines that a function wrote at an instant, as events."""
    text = text.strip(b"\n")
    if not text:
        return b""
    if b"\n\n" in text:
        text = _EMPTY_LINES.sub(b"\n", text)
    start = b"%d 0 " % at
    if INNER_END in text:
        return b"".join(_written(line, at) for line in text.split(b"\n"))
    return start + text.replace(b"\n", b"\n" + start) + b"\n"


def _written(line: bytes, at: int) -> bytes:
    """Return a line that may be several of one event, see `base/logtext.py`."""
    mark = b" "
    if line.endswith(INNER_END):
        line, mark = line[:-1], b"|"
    if not line:
        return b""
    return b"%d 0%b%b\n" % (at, mark, line.replace(INNER_END, b"\n\t"))


def event_of(at: int, ingested_at: int, message: str) -> bytes:
    """Return one event, whatever its message holds."""
    text = message.encode("utf-8", "replace")
    mark = b"|"
    if text.endswith(b"\n"):
        text, mark = text[:-1], b" "
    text = text.replace(b"\n", b"\n\t")
    return b"%d %d%b%b\n" % (at, ingested_at - at, mark, text)


class Place(msgspec.Struct, frozen=True, gc=False):
    """Which file of which stream bytes come from, and how to read them."""

    stream: str
    segment: int
    plain_at: int | None = None  #: The instant of all events, in a file without numbers.

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """What finds events in such a file."""
        return EVENT if self.plain_at is None else _PLAIN_EVENT


def parse(
    place: Place, data: bytes, offset: int, since: int = 0, until: int | None = None
) -> Iterator[StoredEvent]:
    """Yield the events in bytes that lie at `offset` of a file; what is none is left out.

    Only those between two instants (in ms, inclusive) are taken apart.
    """
    base = _id_base(place)
    for match in place.pattern.finditer(data):
        at, late, mark, text = match.groups()
        if place.plain_at is not None:
            instant = ingested_at = place.plain_at
        else:
            instant = int(at)
            ingested_at = instant + int(late)
        if instant < since or (until is not None and instant > until):
            continue
        if place.plain_at is not None:
            text += b"\n"
        else:
            text = text.replace(b"\n\t", b"\n")
            if mark == b" ":
                text += b"\n"
        id = instant * _INSTANT_STEP + base + offset + match.start()
        message = text.decode("utf-8", "replace")
        yield StoredEvent(id, place.stream, instant, ingested_at, message)


_INSTANT_STEP = _STREAM_RANGE * _SEGMENT_RANGE * _OFFSET_RANGE


def _id_base(place: Place) -> int:
    number = hashlib.blake2b(place.stream.encode(), digest_size=8).digest()
    key = int.from_bytes(number, "big")
    return (key * _SEGMENT_RANGE + place.segment) * _OFFSET_RANGE


def instant_of(id: int) -> int:
    """Return the instant of an event from its id."""
    return id // _INSTANT_STEP


def least_id(at: int) -> int:
    """Return an id that is not greater than that of any event at an instant."""
    return at * _INSTANT_STEP
