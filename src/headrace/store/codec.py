"""Records and bodies to the bytes of a block, and back, with a format number.

Format 1. Head: CRC-32 (u32, big-endian) of the rest, how many bodies the block has (u32), then a
MessagePack array of records, each an array [tag, machine, at, ...]. The head's format stands in the
block's row. Bodies, nothing at all when there are none: the format (u8), CRC-32 of the index, count
(u32) and the index, per body its machine (u32), number (u64), length (u32) and CRC-32 (u32); then
the bodies themselves. So one damaged body does not take the others with it.

To change a layout: add a new format number and a reader for it, keep the old reader, and add stored
bytes of the old format to tests/unit/store/test_codec.py. A new field at the end of a record, with
a default, needs no new format.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Union

import msgspec

from headrace.core.machine import Record
from headrace.ports.journal import JournalDamaged

#: The format that is written now.
FORMAT = 1

_CRC = struct.Struct(">I")
_HEAD = struct.Struct(">II")  # check sum, bodies
_BODIES = struct.Struct(">BI")  # format, check sum
_COUNT = struct.Struct(">I")
_ENTRY = struct.Struct(">IQII")  # machine, number, length, check sum
_encode = msgspec.msgpack.Encoder().encode
_decode_anything = msgspec.msgpack.Decoder(list[list[Any]]).decode

#: Key of a body inside its block: (machine, number).
BodyKey = tuple[int, int]


def encode_head(records: Sequence[Record], bodies_count: int = 0) -> bytes:
    """Return the head part of a block."""
    data = _COUNT.pack(bodies_count) + _encode(records)
    return _CRC.pack(zlib.crc32(data)) + data


def encode_bodies(keys: Sequence[BodyKey], bodies: Sequence[bytes]) -> bytes:
    """Return the bodies part of a block; empty when there are none."""
    if not keys:
        return b""
    entries = [
        _ENTRY.pack(machine, number, len(body), zlib.crc32(body))
        for (machine, number), body in zip(keys, bodies, strict=True)
    ]
    index = b"".join([_COUNT.pack(len(keys)), *entries])
    return b"".join([_BODIES.pack(FORMAT, zlib.crc32(index)), index, *bodies])


class FoundBodies(NamedTuple):
    """What could be read of a block's bodies part."""

    bodies: dict[BodyKey, bytes]
    damaged: list[BodyKey]  #: Those whose check sum differs.


def decode_bodies(data: bytes, seq: int) -> FoundBodies:
    """Return each body of a block under its key.

    Raises:
        JournalDamaged: Nothing can be read: unknown format, or the index is damaged; the text names
            block `seq`.
    """
    found = FoundBodies({}, [])
    if not data:
        return found
    view = memoryview(data)
    start = _BODIES.size + _COUNT.size
    if len(data) < start:
        raise JournalDamaged(f"block {seq}: the bodies part is damaged (it is cut off)")
    format, check_sum = _BODIES.unpack_from(data)
    (count,) = _COUNT.unpack_from(data, _BODIES.size)
    at = start + count * _ENTRY.size
    if zlib.crc32(view[_BODIES.size : at]) != check_sum:
        raise JournalDamaged(f"block {seq}: the bodies part is damaged (its check sum differs)")
    if format != FORMAT:
        raise JournalDamaged(f"block {seq}: format {format} is not known to this version")
    for machine, number, length, body_sum in _ENTRY.iter_unpack(view[start:at]):
        body = bytes(view[at : at + length])
        at += length
        if zlib.crc32(body) == body_sum:
            found.bodies[machine, number] = body
        else:
            found.damaged.append((machine, number))
    return found


def _checked_head(head: bytes, seq: int, format: int) -> memoryview:
    """Return the encoded records of a head whose format and check sum are right."""
    if format != FORMAT:
        raise JournalDamaged(f"block {seq}: format {format} is not known to this version")
    view = memoryview(head)
    if len(head) < _HEAD.size or zlib.crc32(view[_CRC.size :]) != _CRC.unpack_from(head)[0]:
        raise JournalDamaged(f"block {seq}: the head is damaged (its check sum differs)")
    return view[_HEAD.size :]


def bodies_count_of(head: bytes) -> int:
    """Return how many bodies a block has, without looking whether its head is whole."""
    return int(_HEAD.unpack_from(head)[1]) if len(head) >= _HEAD.size else 0


def machines_of_head(head: bytes, seq: int, format: int) -> dict[int, int]:
    """Return how many records of a head speak of each machine, without knowing their types.

    Raises:
        JournalDamaged: Unknown format or wrong check sum.
    """
    counts: dict[int, int] = {}
    for _, machine, *_ in _decode_anything(_checked_head(head, seq, format)):
        counts[machine] = counts.get(machine, 0) + 1
    return counts


class HeadReader:
    """Decodes heads into records of the given types."""

    def __init__(self, record_types: Iterable[type[Record]]) -> None:
        """Know these record types; their tags must differ."""
        # msgspec builds one decoder over the union of all tagged types.
        union: Any = Union[tuple(record_types)]  # noqa: UP007 - built at run time
        self._decode = msgspec.msgpack.Decoder(list[union]).decode

    def records(self, head: bytes, seq: int, format: int) -> list[Record]:
        """Return the records of a block's head, in order.

        Raises:
            JournalDamaged: Unknown format, wrong check sum, or a record that cannot be read.
        """
        try:
            return self._decode(_checked_head(head, seq, format))
        except msgspec.MsgspecError as error:
            raise JournalDamaged(f"block {seq}: a record cannot be read ({error})") from error
