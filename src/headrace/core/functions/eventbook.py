"""The asynchronous invokes of all functions as facts: logs by function, and where bodies lie."""

from collections import Counter
from typing import Any

from headrace.base.instant import Instant
from headrace.core.functions.commands import MoveEvents
from headrace.core.functions.eventlog import EventLog
from headrace.core.functions.eventstate import FrozenEvents
from headrace.core.functions.records import EventsMoved
from headrace.core.machine import BodyAddress, Forget, Record, Remember

Effects = list[Any]


class EventBook:
    """An `EventLog` for each function that ever accepted an event."""

    def __init__(self) -> None:
        """Start without events."""
        self.logs: dict[int, EventLog] = {}

    def take(self, record: Record, block: int) -> list[Forget]:
        """Apply a fact; return which bodies nobody needs any more."""
        return self.logs.setdefault(record.machine, EventLog()).take(record, block)

    def load(self, function: int, state: bytes | memoryview) -> None:
        """Take in a function's events from its snapshot, if it ever had any."""
        if state:
            log = self.logs[function] = EventLog()
            log.decode(state)

    def encode(self, function: int) -> bytes:
        """Return a function's events for its snapshot; empty if it never had any."""
        log = self.logs.get(function)
        return b"" if log is None else log.encode()

    def freeze(self, function: int) -> FrozenEvents | None:
        """Return a function's events as of now if they are too many to be written in one go."""
        log = self.logs.get(function)
        return log.freeze() if log is not None and log.is_large else None

    def count_bodies(self) -> dict[int, int]:
        """Return how many bodies of each block are needed."""
        counts: Counter[int] = Counter()
        for log in self.logs.values():
            counts.update(log.count_bodies())
        return dict(counts)

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return (function, address) of each body in `blocks` that is needed."""
        return [
            (function, BodyAddress(block, function, number))
            for function, log in self.logs.items()
            for block, number in log.bodies_in(blocks)
        ]

    def move(self, command: MoveEvents, now: Instant) -> Effects:
        """Note where bodies lie after compaction; what is not needed is dead there."""
        log = self.logs.get(command.function)
        addresses = [BodyAddress(*body) for body in command.bodies]
        moved = [one for one in addresses if log is not None and log.has_body_at(one)]
        effects: Effects = [Forget(one.block, 1) for one in moved]
        if moved:
            numbers = tuple(address.number for address in moved)
            record = EventsMoved(command.function, now, numbers)
            self.take(record, command.block)
            effects.insert(0, Remember(record))
        if len(moved) < len(addresses):
            effects.append(Forget(command.block, len(addresses) - len(moved)))
        return effects
