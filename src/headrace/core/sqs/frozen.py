"""Parts of a queue's state that are no columns, kept as they are while the queue lives on.

A snapshot of a deep queue is written a part a turn (`core/sqs/state.py`). What is in here yields
MessagePack: the beginning of an array, then its elements, some thousand at a time.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from headrace.core.sqs.touched import Slot, Touched

#: Elements in a part: encoding so many takes about a millisecond.
PART_ELEMENTS = 2_000
#: Bytes of an element, about: what is still to be read is worth so much.
SLOT_BYTES = 48
NAME_BYTES = 24

_encode = msgspec.msgpack.Encoder().encode


class Part(Protocol):
    """Bytes of a state that are read a part at a time."""

    @property
    def size(self) -> int:
        """How many bytes it is, about."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        ...


class FrozenSlots:
    """The touched messages of a queue by number; who changes one has its old bytes kept before."""

    def __init__(self, touched: Touched, *, freeze: bool) -> None:
        """Take them as they are now; without `freeze` they must not change before all are read."""
        slots = touched.slots
        numbers = sorted(slots)
        self._count = len(numbers)
        self._parts = deque(
            [slots[number] for number in numbers[start : start + PART_ELEMENTS]]
            for start in range(0, len(numbers), PART_ELEMENTS)
        )
        self._changed: dict[int, bytes] = {}
        self._unread_from = 0
        self._end: Callable[[], None] = touched.watch(self.keep) if freeze else _nothing
        self.size = self._count * SLOT_BYTES

    def keep(self, slot: Slot) -> None:
        """Keep what a message is now, before it changes, if it has not been read yet."""
        number = slot.number
        if number >= self._unread_from and number not in self._changed:
            self._changed[number] = _encode(slot)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes, once."""
        yield array_header(self._count)
        while self._parts:
            part = self._parts.popleft()
            self._unread_from = part[-1].number + 1
            yield self._bytes_of(part)
        self._changed.clear()
        self._end()

    def _bytes_of(self, part: list[Slot]) -> bytes:
        if not self._changed:
            return b"".join(map(_encode, part))
        take = self._changed.pop
        return b"".join([take(slot.number, b"") or _encode(slot) for slot in part])


class FrozenNames:
    """Names of groups, in order."""

    def __init__(self, names: Sequence[str]) -> None:
        """Take a list that nobody changes."""
        self._names = names
        self.size = len(names) * NAME_BYTES

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        yield array_header(len(self._names))
        for start in range(0, len(self._names), PART_ELEMENTS):
            yield b"".join(map(_encode, self._names[start : start + PART_ELEMENTS]))


def array_header(count: int) -> bytes:
    """Return the beginning of an array of so many elements in MessagePack, as short as can be."""
    if count < 1 << 4:
        return bytes([0x90 | count])
    if count < 1 << 16:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")


def _nothing() -> None:
    """Nobody watches."""
