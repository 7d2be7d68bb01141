"""The shard's own small machine: its secret, the clock it lives by, the next machine number.

It is the first room to be loaded and writes the first record of a new journal. Message ids and
receipt handles derive from the secret; a data folder lives by one kind of clock for ever.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from headrace.base.instant import Instant
from headrace.core.machine import BodyAddress, Numbers, Record, Remember, Reply

#: Machine number of the shard itself.
SHARD = 0
FORMAT = b"\x01"


class OpenShard(msgspec.Struct, frozen=True, gc=False):
    """Begin a new shard; does nothing when it has begun. Reply: `ShardFound`."""

    secret: bytes  #: 16 to 64 random bytes.
    clock_kind: str  #: "system" or "virtual".


class ShardFound(msgspec.Struct, frozen=True, gc=False):
    """What the shard lives by; its clock may be another than the caller's."""

    secret: bytes
    clock_kind: str


class ShardOpened(Record, frozen=True, tag=300):
    """The shard began."""

    secret: bytes
    clock_kind: str


class ShardState(msgspec.Struct, frozen=True, array_like=True):
    """Everything durable of the shard."""

    secret: bytes
    clock_kind: str
    next_number: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ShardState).decode


class Shard:
    """The shard as a `core.machine.Room` of one machine."""

    commands: tuple[type, ...] = (OpenShard,)
    growing: tuple[type, ...] = (OpenShard,)
    records: tuple[type[Record], ...] = (ShardOpened,)

    def __init__(self, numbers: Numbers) -> None:
        """Make a shard that has not begun; `numbers` are those of its rooms."""
        self.secret = b""  #: Empty until it has begun.
        self.clock_kind = ""  #: Empty until it has begun.
        self._numbers = numbers

    @property
    def is_open(self) -> bool:
        """Whether the shard has begun."""
        return bool(self.secret)

    def apply(self, command: OpenShard, now: Instant, ticket: int) -> list[Any]:
        """Begin, once."""
        if self.is_open:
            return [Reply(ticket, ShardFound(self.secret, self.clock_kind))]
        record = ShardOpened(SHARD, now, command.secret, command.clock_kind)
        self._open(record)
        return [Remember(record), Reply(ticket, ShardFound(self.secret, self.clock_kind))]

    def next_deadline(self) -> Instant | None:
        """Return None: time changes nothing here."""
        return None

    def wake(self, now: Instant, at_most: int) -> list[Any]:
        """Do nothing."""
        return []

    def resume(self, now: Instant) -> list[Any]:
        """Do nothing."""
        return []

    def replay(self, record: Record, block: int) -> None:
        """Apply the fact that the shard began."""
        assert isinstance(record, ShardOpened)
        self._open(record)

    def machines(self) -> Iterable[int]:
        """Return the shard's number, once it has begun."""
        return (SHARD,) if self.is_open else ()

    def snapshot(self, machine: int) -> bytes:
        """Return the state, with the next machine number."""
        state = ShardState(self.secret, self.clock_kind, self._numbers.next_number)
        return FORMAT + _encode(state)

    def load(self, machine: int, state: bytes) -> None:
        """Take what `snapshot` returned.

        Raises:
            ValueError: The format is unknown.
        """
        if state[:1] != FORMAT:
            raise ValueError("the state of a shard in an unknown format")
        found = _decode(memoryview(state)[1:])
        self.secret = found.secret
        self.clock_kind = found.clock_kind
        self._numbers.saw(found.next_number - 1)

    def count_bodies(self) -> dict[int, int]:
        """Return nothing: the shard has no bodies."""
        return {}

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return nothing: the shard has no bodies."""
        return []

    def _open(self, record: ShardOpened) -> None:
        self.secret = record.secret
        self.clock_kind = record.clock_kind
