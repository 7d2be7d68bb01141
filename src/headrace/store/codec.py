"""Records and bodies to the bytes of a block, and back, with a format number.

Format 1. Head: CRC-32 (u32, big-endian) of the rest, then a MessagePack array of records, each an
array [tag, machine, at, ...]. Bodies: CRC-32 of the rest, count (u32), then per body its machine
(u32), number (u64) and length (u32), then the bodies themselves in that order.

To change a layout: add a new format number and a reader for it, keep the old reader, and add stored
bytes of the old format to the tests. A new field at the end of a record, with a default, needs no
new format.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Union

import msgspec

from headrace.core.machine import Record
from headrace.ports.journal import JournalDamaged

#: The format that is written now.
FORMAT = 1

_CRC = struct.Struct(">I")
_COUNT = struct.Struct(">I")
_ENTRY = struct.Struct(">IQI")
_encode = msgspec.msgpack.Encoder().encode

#: Key of a body inside its block: (machine, number).
BodyKey = tuple[int, int]


def encode_head(records: Sequence[Record]) -> bytes:
    """Return the head part of a block."""
    data = _encode(records)
    return _CRC.pack(zlib.crc32(data)) + data


def encode_bodies(keys: Sequence[BodyKey], bodies: Sequence[bytes]) -> bytes:
    """Return the bodies part of a block; empty when there are none."""
    if not keys:
        return b""
    entries = [
        _ENTRY.pack(machine, number, len(body))
        for (machine, number), body in zip(keys, bodies, strict=True)
    ]
    data = b"".join([_COUNT.pack(len(keys)), *entries, *bodies])
    return _CRC.pack(zlib.crc32(data)) + data


def decode_bodies(data: bytes, seq: int) -> dict[BodyKey, memoryview]:
    """Return each body of a block under its key, as views into `data`.

    Raises:
        JournalDamaged: The check sum does not fit; the text names block `seq`.
    """
    if not data:
        return {}
    view = memoryview(data)
    if len(data) < 8 or zlib.crc32(view[4:]) != _CRC.unpack_from(data)[0]:
        raise JournalDamaged(f"block {seq}: the bodies part is damaged (its check sum differs)")
    (count,) = _COUNT.unpack_from(data, 4)
    at = 8 + count * _ENTRY.size
    found: dict[BodyKey, memoryview] = {}
    for machine, number, length in _ENTRY.iter_unpack(view[8:at]):
        found[machine, number] = view[at : at + length]
        at += length
    return found


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
        if format != FORMAT:
            raise JournalDamaged(f"block {seq}: format {format} is not known to this version")
        if len(head) < 4 or zlib.crc32(memoryview(head)[4:]) != _CRC.unpack_from(head)[0]:
            raise JournalDamaged(f"block {seq}: the head is damaged (its check sum differs)")
        try:
            return self._decode(memoryview(head)[4:])
        except msgspec.MsgspecError as error:
            raise JournalDamaged(f"block {seq}: a record cannot be read ({error})") from error
