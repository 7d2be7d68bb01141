"""Write events as frames of `application/vnd.amazon.eventstream`.

A frame is its own length (u32, big-endian), the length of its headers (u32), a CRC-32 of these
eight bytes, the headers, the payload, and a CRC-32 of all before. A header is the length of its
name (u8), the name, a type (7: a string), the length of its value (u16) and the value.

Source: spec/lambda.md 2.3.
"""

import zlib
from typing import Any

import msgspec

from headrace.wire.model import Service

MEDIA_TYPE = "application/vnd.amazon.eventstream"

_STRING = 7
#: Bytes of a frame beside headers and payload: two lengths and two checksums.
_AROUND_BYTES = 16

_encode = msgspec.json.Encoder().encode


def encode_event(service: Service, stream: str, event: dict[str, Any]) -> bytes:
    """Return one event as a frame.

    Args:
        service: Whose model names the shapes.
        stream: Name of the stream's shape.
        event: The event's name and its members. A structure of nothing but a blob travels as these
            bytes; every other one as JSON, without members that are None.
    """
    ((name, members),) = event.items()
    member = next(one for one in service.shapes[stream].members if one.name == name)
    inner = service.shapes[member.shape].members
    if len(inner) == 1 and service.shapes[inner[0].shape].kind == "blob":
        return _frame(name, "application/octet-stream", members.get(inner[0].name, b""))
    there = {key: value for key, value in members.items() if value is not None}
    return _frame(name, "application/json", _encode(there))


def _frame(event_type: str, content_type: str, payload: bytes) -> bytes:
    headers = b"".join(
        (
            _header(b":event-type", event_type.encode()),
            _header(b":content-type", content_type.encode()),
            _header(b":message-type", b"event"),
        )
    )
    size = _AROUND_BYTES + len(headers) + len(payload)
    prelude = size.to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    start = prelude + zlib.crc32(prelude).to_bytes(4, "big") + headers
    checksum = zlib.crc32(payload, zlib.crc32(start))
    return b"".join((start, payload, checksum.to_bytes(4, "big")))


def _header(name: bytes, value: bytes) -> bytes:
    head = len(name).to_bytes(1, "big") + name + bytes((_STRING,))
    return head + len(value).to_bytes(2, "big") + value
