"""The methods every state machine has, and the effects that the driver itself carries out.

A **machine** is one queue, one function, one mapping: a thing with a number of its own, whose
changes are records. A **room** holds all machines of one kind on a shard and is what the driver
talks to; it is a state machine itself. The laws (each a property test in tests/laws):

1. Same story, same effects: no clock, no entropy but what a command carries, no set iteration.
2. Waking early does nothing.
3. After repeated `wake(now)` no deadline at or before `now` is left.
4. Time never goes back: `now` smaller than before is a bug.
5. Waking late equals waking on time: what fell due at d happens at d, not at `now`.
6. A refusal changes nothing: `ServiceError` leaves `apply` before any change.
7. A room rebuilt from its records (or from snapshots and later records) equals the one that lived,
   but for what is volatile by design (parked receives, environments, batches in hand).

Replay applies facts and never decides again. What time alone does writes no record; therefore each
record carries the instant `at` at which it happened, and `replay` first lets time pass to `at`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from headrace.base.errors import ServiceError
from headrace.base.instant import Instant


class Record(msgspec.Struct, frozen=True, array_like=True):
    """A durable fact about one machine. Subclasses add their fields behind these two.

    Subclasses are named in the past tense and carry a `tag` number that is never reused:
    1-99 `core/sqs`, 100-199 `core/functions`, 200-299 `core/mapping`, 300-309 the shard itself,
    310-329 `core/access`, 330-349 `core/objects`, 350-359 `core/logs`.
    New fields go to the end with a default, so that old bytes still decode.
    """

    machine: int  #: Number of the machine that it speaks of.
    at: Instant  #: When it happened.


class Remember(msgspec.Struct, frozen=True):
    """Effect: write a record into the block that is being filled.

    `bodies` are opaque bytes that go with it; they are kept under the addresses
    (block, record.machine, first), (block, record.machine, first + 1), ...
    """

    record: Record
    first: int = 0
    bodies: Sequence[bytes] = ()


class Reply(msgspec.Struct, frozen=True):
    """Effect: answer the caller who holds `ticket`, after the commit."""

    ticket: int
    value: "Any"  #: A reply value of the room, or a ServiceError.


class Forget(msgspec.Struct, frozen=True, gc=False):
    """Effect: `count` bodies of `block` are no longer needed by anyone."""

    block: int
    count: int


class BodyAddress(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where a body lies: in which block, and under which key inside it.

    `machine` and `number` are those of the message when it was first written; they stay although
    the message moves to another queue or its body to another block.
    """

    block: int
    machine: int
    number: int


class Frozen(Protocol):
    """The state of a large machine as it was at one moment; it may be read while that lives on."""

    size: int  #: Bytes, about.

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes of `Room.snapshot` in parts that take no time to speak of."""
        ...


@runtime_checkable
class FreezingRoom(Protocol):
    """A room whose machines may be so large that a snapshot in one go would take too long."""

    def freeze(self, machine: int) -> Frozen | None:
        """Return a machine's state as of now; None: it is small, take `snapshot`."""
        ...


class Room(Protocol):
    """All machines of one kind on a shard.

    Effects come back in the order in which they must happen. Effects other than `Remember`,
    `Reply` and `Forget` are the room's own; the shell carries them out after the commit.
    """

    #: The command types that this room takes.
    commands: tuple[type, ...]
    #: Those of them that are refused when disk space is low (sends, creations; never deletes).
    growing: tuple[type, ...]
    #: The record types that this room writes and replays.
    records: tuple[type[Record], ...]

    def apply(self, command: Any, now: Instant, ticket: int) -> list[Any]:
        """Decide a command; raise `ServiceError` before any change, or return effects.

        `ticket` is the caller's number for `Reply`. A command that is answered later (a parked
        receive, an invoke) returns no `Reply` for its ticket yet.
        """
        ...

    def next_deadline(self) -> Instant | None:
        """Return when `wake` has something to do next; None when nothing is due ever."""
        ...

    def wake(self, now: Instant, at_most: int) -> list[Any]:
        """Let time pass to `now`: what fell due happens, each at its own instant, in order.

        Stops after about `at_most` units of work; `next_deadline() <= now` tells that more is due.
        """
        ...

    def resume(self, now: Instant) -> list[Any]:
        """Return the effects that were decided and perhaps not carried out before a load."""
        ...

    def replay(self, record: Record, block: int) -> None:
        """Apply a fact read from block number `block`."""
        ...

    def machines(self) -> Iterable[int]:
        """Return the numbers of the machines that live here."""
        ...

    def snapshot(self, machine: int) -> bytes:
        """Return a machine's whole durable state, in the room's own versioned encoding."""
        ...

    def load(self, machine: int, state: bytes) -> None:
        """Add a machine from what `snapshot` returned."""
        ...

    def count_bodies(self) -> dict[int, int]:
        """Return how many bodies of each block are alive, over all machines here."""
        ...

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return (holder machine, address) of each living body in `blocks`, for compaction."""
        ...


class Numbers:
    """Hands out machine numbers of a shard; a number is never used again."""

    def __init__(self, first: int = 16) -> None:
        """Start at `first`; numbers below 16 are reserved for the shard and its directories."""
        self.next_number = first

    def take(self) -> int:
        """Return a number that was never returned before."""
        number = self.next_number
        self.next_number += 1
        return number

    def saw(self, number: int) -> None:
        """Learn from replay that `number` is taken."""
        if number >= self.next_number:
            self.next_number = number + 1


def answer_of(value: Any) -> Any:
    """Return `value`, or raise it if it is a refusal."""
    if isinstance(value, ServiceError):
        raise value
    return value
