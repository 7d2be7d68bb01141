"""The content of a message as it lies in a block: encoded once, opaque to the rules.

Everything of a message that no rule needs: body, user attributes, who sent it, trace header. The
first byte of the encoding is a format number.
"""

from typing import Any

import msgspec

#: Format number of `encode`; a new layout takes the next one and the old reader stays.
FORMAT = 1


class Attribute(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A message attribute: its full DataType, and its value as text or bytes."""

    data_type: str
    #: `str`, or `bytes` for Binary. MessagePack tells them apart; msgspec has no such union.
    value: Any


class Content(msgspec.Struct, frozen=True, array_like=True):
    """What the sender wrote, and what we note about the sender."""

    body: str
    sender_id: str
    attributes: dict[str, Attribute] | None = None
    trace_header: str | None = None
    group_id: str | None = None
    deduplication_id: str | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Content).decode
_FORMAT_BYTE = bytes([FORMAT])


def encode(content: Content) -> bytes:
    """Return the bytes to keep in a block."""
    return _FORMAT_BYTE + _encode(content)


def decode(data: bytes | memoryview) -> Content:
    """Return the content again, from bytes of any format ever written.

    Raises:
        ValueError: The bytes are not a content of ours.
    """
    if not data or data[0] != FORMAT:
        raise ValueError("a message content of unknown format")
    return _decode(memoryview(data)[1:])
