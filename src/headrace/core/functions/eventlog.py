"""The asynchronous invokes that one function has accepted: facts, and nothing but facts.

Events are numbered from 0 in the order of acceptance. One that was never tried to its end is
**untried**: an entry in columns, 20 bytes. One that failed, or that is over and of which something
must still be sent, is an `Event`. Of each event the body `2 * number` is kept, of one that is over
perhaps also `2 * number + 1` (`eventbody`).
"""

from array import array
from collections import Counter
from itertools import compress

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.eventbody import Ending
from headrace.core.functions.records import (
    EventAccepted,
    EventConcluded,
    EventFailed,
    EventSettled,
    EventsMoved,
)
from headrace.core.machine import BodyAddress, Forget, Record

#: Entries that have gone at the head of the columns before they are cut off.
_CUT_FROM = 4_096


class Event(msgspec.Struct, array_like=True):
    """An event that failed or is over; new fields go to the end with a default."""

    block: int  #: Where its envelope lies.
    accepted_at: Instant
    qualifier: str  #: As the caller gave it; empty: none.
    failures: int = 0  #: How often the function failed.
    due_at: Instant = Instant(0)  #: When it is tried again.
    ending: Ending | None = None  #: None: not over.
    #: Where something of it must still be sent: ARN, and whether it is a dead-letter queue.
    targets: tuple[tuple[str, bool], ...] = ()
    result_block: int = 0  #: Where its result lies; 0: there is none.


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    """A log as a snapshot holds it; columns as they are in memory, of little-endian numbers."""

    next_number: int
    first: int
    blocks: bytes
    instants: bytes
    qualifiers: bytes
    names: list[str]
    touched: dict[int, Event]


class EventLog:
    """All events of one function that are not over and done with."""

    __slots__ = ("_blocks", "_head", "_instants", "_names", "_qualifiers", "first", "touched")

    def __init__(self) -> None:
        """Start without events."""
        self.first = 0  #: Number of the event of the columns' entry 0.
        self._head = 0  # entries that have gone at the beginning
        self._blocks = array("Q")  # 0: not untried
        self._instants = array("q")
        self._qualifiers = array("I")
        self._names: list[str] = []
        #: Events that failed or are over, by number.
        self.touched: dict[int, Event] = {}

    @property
    def next_number(self) -> int:
        """The number that the next event gets; never used again."""
        return self.first + len(self._blocks)

    @property
    def first_untried(self) -> int:
        """No number below is untried."""
        return self.first + self._head

    @property
    def is_empty(self) -> bool:
        """Whether no event is left."""
        return not self.touched and self._head == len(self._blocks)

    def is_untried(self, number: int) -> bool:
        """Tell whether an event has not been tried to its end."""
        place = number - self.first
        return self._head <= place < len(self._blocks) and self._blocks[place] != 0

    def find(self, number: int) -> Event | None:
        """Return an event; of an untried one a copy."""
        event = self.touched.get(number)
        if event is not None or not self.is_untried(number):
            return event
        place = number - self.first
        name = self._names[self._qualifiers[place]]
        return Event(self._blocks[place], Instant(self._instants[place]), name)

    def take(self, record: Record, block: int) -> list[Forget]:
        """Apply a fact whose bodies lie in `block`; return which bodies nobody needs any more."""
        if isinstance(record, EventAccepted):
            self._accept(record, block)
            return []
        if isinstance(record, EventsMoved):
            for number in record.numbers:
                self._place(number, block)
            return []
        assert isinstance(record, EventFailed | EventConcluded | EventSettled)
        event = self._touch(record.number)
        if isinstance(record, EventFailed):
            event.failures, event.due_at = record.failures, record.due_at
            return []
        if isinstance(record, EventConcluded):
            event.ending = record.ending
            event.targets = record.targets
            event.result_block = block if record.has_result else 0
        else:
            gone = (record.target, record.is_dead_letter)
            event.targets = tuple(target for target in event.targets if target != gone)
        return self._forget(record.number) if not event.targets else []

    def bodies_in(self, blocks: frozenset[int]) -> list[tuple[int, int]]:
        """Return (block, number of the body) of each body in `blocks` that is needed."""
        column = self._blocks[self._head :]
        wanted = map(blocks.__contains__, column)
        found = [
            (column[place], 2 * (self.first_untried + place))
            for place in compress(range(len(column)), wanted)
        ]
        for number, event in self.touched.items():
            if event.block in blocks:
                found.append((event.block, 2 * number))
            if event.result_block in blocks:
                found.append((event.result_block, 2 * number + 1))
        return found

    def count_bodies(self) -> Counter[int]:
        """Return how many bodies of each block are needed."""
        counts = Counter(self._blocks[self._head :])
        counts.pop(0, None)
        for event in self.touched.values():
            counts[event.block] += 1
            if event.result_block:
                counts[event.result_block] += 1
        return counts

    def has_body_at(self, address: BodyAddress) -> bool:
        """Tell whether a body is needed and lies there."""
        event = self.find(address.number // 2)
        if event is None:
            return False
        block = event.result_block if address.number % 2 else event.block
        return block == address.block

    def _accept(self, record: EventAccepted, block: int) -> None:
        missing = record.number - self.next_number  # lost with a block that salvage replaced
        assert missing >= 0
        self._blocks.extend([0] * missing)
        self._instants.extend([0] * missing)
        self._qualifiers.extend([0] * missing)
        if record.qualifier not in self._names:
            self._names.append(record.qualifier)
        self._blocks.append(block)
        self._instants.append(record.at)
        self._qualifiers.append(self._names.index(record.qualifier))

    def _touch(self, number: int) -> Event:
        """Return an event that can be changed; it is untried no longer."""
        event = self.find(number)
        assert event is not None
        if number not in self.touched:
            self.touched[number] = event
            self._blocks[number - self.first] = 0
            self._trim()
        return event

    def _forget(self, number: int) -> list[Forget]:
        event = self.touched.pop(number)
        if not event.result_block or event.result_block == event.block:
            return [Forget(event.block, 2 if event.result_block else 1)]
        return [Forget(event.block, 1), Forget(event.result_block, 1)]

    def _place(self, body: int, block: int) -> None:
        number = body // 2
        event = self.touched.get(number)
        if event is None:
            assert self.is_untried(number)
            self._blocks[number - self.first] = block
        elif body % 2:
            event.result_block = block
        else:
            event.block = block

    def _trim(self) -> None:
        blocks = self._blocks
        while self._head < len(blocks) and not blocks[self._head]:
            self._head += 1
        if self._head >= _CUT_FROM and 2 * self._head >= len(blocks):
            for column in (blocks, self._instants, self._qualifiers):
                del column[: self._head]
            self.first += self._head
            self._head = 0

    def encode(self) -> bytes:
        """Return all of it as bytes."""
        stored = _Stored(
            self.next_number,
            self.first_untried,
            self._blocks[self._head :].tobytes(),
            self._instants[self._head :].tobytes(),
            self._qualifiers[self._head :].tobytes(),
            self._names,
            dict(sorted(self.touched.items())),
        )
        return msgspec.msgpack.encode(stored)

    def decode(self, state: bytes) -> None:
        """Become what `encode` was asked of; this must be a new log."""
        stored = msgspec.msgpack.decode(state, type=_Stored)
        self.first = stored.first
        self._blocks.frombytes(stored.blocks)
        self._instants.frombytes(stored.instants)
        self._qualifiers.frombytes(stored.qualifiers)
        self._names = stored.names
        self.touched = stored.touched
