"""The asynchronous invokes that one function has accepted: facts, and nothing but facts.

Events are numbered from 0 in the order of acceptance. One that was never tried to its end is
**untried**: an entry in columns (`untried`). One that failed, or that is over and of which
something must still be sent, is an `Event` (`tried`). Of each event the body `2 * number` is kept,
of one that is over perhaps also `2 * number + 1` (`eventbody`).
"""

from collections import Counter

from msgspec.structs import replace

from headrace.base.instant import Instant
from headrace.core.functions import tried, untried
from headrace.core.functions.eventstate import FrozenEvents, columns_of, decode_stored
from headrace.core.functions.records import (
    EventAccepted,
    EventConcluded,
    EventFailed,
    EventSettled,
    EventsMoved,
)
from headrace.core.functions.tried import Event, Tried
from headrace.core.functions.untried import Untried
from headrace.core.machine import BodyAddress, Forget, Record


class EventLog:
    """All events of one function that are not over and done with."""

    __slots__ = ("_names", "_places", "_untried", "tried")

    def __init__(self) -> None:
        """Start without events."""
        self._untried = Untried()
        #: Qualifiers of the untried ones in the order of first use, and where each stands.
        self._names: list[str] = []
        self._places: dict[str, int] = {}
        #: Events that failed or are over.
        self.tried = Tried()

    @property
    def next_number(self) -> int:
        """The number that the next event gets; never used again."""
        return self._untried.next_number

    @property
    def is_empty(self) -> bool:
        """Whether no event is left."""
        return not self.tried.count and not self._untried.count

    @property
    def waiting(self) -> int:
        """How many events are not over, but for some that nobody has been told of yet."""
        return self._untried.count + self.tried.count

    @property
    def is_large(self) -> bool:
        """Whether it is too much to be written in one go."""
        span = self.next_number - self._untried.first
        return span > untried.CHUNK_EVENTS or self.tried.count > tried.CHUNK_NUMBERS

    def is_untried(self, number: int) -> bool:
        """Tell whether an event has not been tried to its end."""
        return self._untried.find(number) is not None

    def first_untried(self, at_least: int = 0) -> int:
        """Return the first untried number from `at_least` on; without any the next number."""
        return self._untried.first_from(at_least)

    def find(self, number: int) -> Event | None:
        """Return an event as it is now."""
        event = self.tried.get(number)
        if event is not None:
            return event
        found = self._untried.find(number)
        if found is None:
            return None
        block, at, name = found
        return Event(block, at, self._names[name])

    def accepted_at(self, number: int) -> Instant:
        """Return when an event that is here was accepted."""
        event = self.find(number)
        assert event is not None
        return event.accepted_at

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
        number = record.number
        event = self._try(number)
        if isinstance(record, EventFailed):
            self.tried.put(number, replace(event, failures=record.failures, due_at=record.due_at))
            return []
        if isinstance(record, EventConcluded):
            result_block = block if record.has_result else 0
            event = replace(
                event, ending=record.ending, targets=record.targets, result_block=result_block
            )
        else:
            gone = (record.target, record.is_dead_letter)
            left = tuple(target for target in event.targets if target != gone)
            event = replace(event, targets=left)
        if event.targets:
            self.tried.put(number, event)
            return []
        if self.tried.get(number) is not None:
            self.tried.remove(number)
        return _forgets_of(event)

    def bodies_in(self, blocks: frozenset[int]) -> list[tuple[int, int]]:
        """Return (block, number of the body) of each body in `blocks` that is needed."""
        found = [(block, 2 * number) for block, number in self._untried.bodies_in(blocks)]
        return found + self.tried.bodies_in(blocks)

    def count_bodies(self) -> Counter[int]:
        """Return how many bodies of each block are needed."""
        counts = self._untried.count_bodies()
        counts.update(self.tried.count_bodies())
        return counts

    def has_body_at(self, address: BodyAddress) -> bool:
        """Tell whether a body is needed and lies there."""
        event = self.find(address.number // 2)
        if event is None:
            return False
        block = event.result_block if address.number % 2 else event.block
        return block == address.block

    def take_apart(self) -> tuple[list[int], Counter[int]]:
        """Let go of a part of a log that is nobody's any more, until it is empty.

        Returns:
            Tried events that are gone, and how many bodies of each block died with this part.
        """
        if self.tried.count:
            return self.tried.pop_part()
        return [], self._untried.pop_bodies()

    def freeze(self) -> FrozenEvents:
        """Return the state as of now, to be read while the log lives on."""
        return FrozenEvents(self._untried, self.tried, self._names)

    def encode(self) -> bytes:
        """Return all of it as bytes."""
        return b"".join(FrozenEvents(self._untried, self.tried, self._names, freeze=False))

    def decode(self, state: bytes | memoryview) -> None:
        """Become what `encode` was asked of; this must be a new log."""
        stored = decode_stored(state)
        self._untried = Untried(stored.first, columns_of(stored))
        self.tried = Tried(stored.tried)
        if self._untried.count:
            self._names = stored.names
            self._places = {name: place for place, name in enumerate(stored.names)}

    def _accept(self, record: EventAccepted, block: int) -> None:
        missing = record.number - self.next_number  # lost with a block that salvage replaced
        assert missing >= 0
        if missing:
            self._untried.skip(missing)
        place = self._places.get(record.qualifier)
        if place is None:
            place = self._places[record.qualifier] = len(self._names)
            self._names.append(record.qualifier)
        self._untried.append(block, record.at, place)

    def _try(self, number: int) -> Event:
        """Return an event, which is untried no longer."""
        event = self.find(number)
        assert event is not None
        if self._untried.find(number) is not None:
            self._untried.remove(number)
            if not self._untried.count:
                self._names.clear()
                self._places.clear()
        return event

    def _place(self, body: int, block: int) -> None:
        number = body // 2
        event = self.tried.get(number)
        if event is None:
            self._untried.place(number, block)
        elif body % 2:
            self.tried.put(number, replace(event, result_block=block))
        else:
            self.tried.put(number, replace(event, block=block))


def _forgets_of(event: Event) -> list[Forget]:
    if not event.result_block or event.result_block == event.block:
        return [Forget(event.block, 2 if event.result_block else 1)]
    return [Forget(event.block, 1), Forget(event.result_block, 1)]
