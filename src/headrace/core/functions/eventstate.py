"""A function's asynchronous invokes as the bytes of a snapshot, written a part at a time.

One MessagePack array (`Stored`); columns are bytes as they are in memory, of little-endian numbers.
"""

from array import array
from collections.abc import Iterator

import msgspec

from headrace.core.functions.tried import Event, Tried
from headrace.core.functions.untried import Untried

#: Bytes of a tried event, about: what is still to be written is worth so much.
_EVENT_BYTES = 64

_encode = msgspec.msgpack.Encoder().encode


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """A log as a snapshot holds it."""

    next_number: int
    first: int
    blocks: bytes
    instants: bytes
    qualifiers: bytes
    names: list[str]
    tried: dict[int, Event]


decode_stored = msgspec.msgpack.Decoder(Stored).decode


class FrozenEvents:
    """A log's state as of one moment."""

    def __init__(
        self, untried: Untried, tried: Tried, names: list[str], *, freeze: bool = True
    ) -> None:
        """Take the state now; without `freeze` the log must not change before all is read."""
        self._head = _array_header(len(Stored.__struct_fields__)) + b"".join(
            (_encode(untried.next_number), _encode(untried.first))
        )
        self._columns = list(untried.columns(freeze=freeze))
        self._names = _encode(names)
        self._count = tried.count
        self._tried = tried.parts(freeze=freeze)
        columns = sum(_size_of(parts) for parts in self._columns)
        self.size = columns + len(self._names) + _EVENT_BYTES * self._count  #: Bytes, about.

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        yield self._head
        for parts in self._columns:
            yield _bytes_header(_size_of(parts))
            for part in parts:
                yield part.tobytes()
        yield self._names + _map_header(self._count)
        for events in self._tried:
            yield b"".join(_encode(number) + _encode(events[number]) for number in sorted(events))


class FrozenFunction:
    """A function's state as of one moment, with its events."""

    def __init__(self, before: bytes, events: FrozenEvents) -> None:
        """Take what stands before the events, and them."""
        self._before = before
        self._events = events
        self.size = len(before) + events.size  #: Bytes, about.

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        yield self._before
        yield from self._events


def columns_of(stored: Stored) -> tuple["array[int]", "array[int]", "array[int]"]:
    """Return blocks, instants and qualifiers of the untried events from `first` on."""
    columns = array("Q"), array("q"), array("I")
    for column, data in zip(
        columns, (stored.blocks, stored.instants, stored.qualifiers), strict=True
    ):
        column.frombytes(data)
    return columns


def _size_of(parts: list["array[int]"]) -> int:
    return sum(len(part) * part.itemsize for part in parts)


def _array_header(count: int) -> bytes:
    return bytes([0x90 | count])


def _bytes_header(size: int) -> bytes:
    """Return the beginning of so many bytes in MessagePack, as short as it can be."""
    if size < 1 << 8:
        return b"\xc4" + size.to_bytes(1, "big")
    if size < 1 << 16:
        return b"\xc5" + size.to_bytes(2, "big")
    return b"\xc6" + size.to_bytes(4, "big")


def _map_header(count: int) -> bytes:
    """Return the beginning of a map of so many entries in MessagePack, as short as it can be."""
    if count < 1 << 4:
        return bytes([0x80 | count])
    if count < 1 << 16:
        return b"\xde" + count.to_bytes(2, "big")
    return b"\xdf" + count.to_bytes(4, "big")
