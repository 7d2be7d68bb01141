"""What all mappings have under way, and whose turn it is when room comes free. Volatile."""

from collections.abc import Iterator
from typing import Any

from headrace.base.instant import Instant
from headrace.core.mapping import tags
from headrace.core.mapping.batch import Batch
from headrace.core.mapping.commands import BatchFinished, PlaceFreed, Polled, PollFailed
from headrace.core.mapping.delivery import Delivery
from headrace.core.mapping.hand import Held
from headrace.core.mapping.mapping import Mapping
from headrace.core.mapping.payload import Sifter
from headrace.core.mapping.tally import Tally
from headrace.core.mapping.turns import Turns, limit_of

#: What the shell tells of work that is under way.
Notice = Polled | PollFailed | BatchFinished | PlaceFreed


class Deliveries:
    """The deliveries of the mappings that ask, or have asked, for messages."""

    def __init__(self) -> None:
        """Start without any."""
        self.by_mapping: dict[int, Delivery] = {}
        self._turns = Turns()
        self._held = Held()

    @property
    def has_waiting(self) -> bool:
        """Whether a mapping waits for room."""
        return bool(self._turns)

    def tally(self, mapping: int) -> Tally:
        """Return what a mapping has counted since the last start."""
        delivery = self.by_mapping.get(mapping)
        return Tally() if delivery is None else delivery.tally

    def sifter(self, mapping: int) -> Sifter | None:
        """Return what sifts the messages of a mapping; None: it asks for none."""
        delivery = self.by_mapping.get(mapping)
        return None if delivery is None else delivery.sifter

    def in_hand(self) -> Iterator[tuple[int, str, Batch]]:
        """Go through the batches of all, each with its mapping and queue."""
        for number, delivery in self.by_mapping.items():
            for batch in delivery.in_hand:
                yield number, delivery.source_arn, batch

    def follow(self, number: int, mapping: Mapping | None, now: Instant) -> list[Any]:
        """Start or stop asking for messages, as a mapping's state says; None: it is gone."""
        delivery = self.by_mapping.get(number)
        if mapping is None or not mapping.polls:
            return [] if delivery is None else delivery.stop(now)
        if delivery is None:
            delivery = self.by_mapping[number] = Delivery(
                number, mapping.source_arn, mapping.in_force, now, self._held
            )
        delivery.bisects = tags.bisects(mapping.tags)
        return delivery.run(mapping.in_force, now)

    def follow_tags(self, number: int, now_has: dict[str, str]) -> None:
        """Let the tags of a mapping rule from now on."""
        if number in self.by_mapping:
            self.by_mapping[number].bisects = tags.bisects(now_has)

    def take(self, command: Notice, now: Instant) -> tuple[list[Any], list[int]]:
        """Take note of what the shell tells; return also which mappings that has changed."""
        match command:
            case Polled():
                return self.polled(command, now), [command.mapping]
            case PollFailed():
                return self.poll_failed(command, now), [command.mapping]
            case PlaceFreed():
                effects, taker = self.freed(command, now)
                return effects, [] if taker is None else [taker]
            case BatchFinished():
                effects, taker = self.finished(command, now)
                return effects, [command.mapping] if taker is None else [taker, command.mapping]

    def polled(self, command: Polled, now: Instant) -> list[Any]:
        """Take what a receive brought."""
        delivery = self.by_mapping.get(command.mapping)
        return [] if delivery is None else delivery.polled(command, now)

    def poll_failed(self, command: PollFailed, now: Instant) -> list[Any]:
        """Take note that a receive was refused."""
        delivery = self.by_mapping.get(command.mapping)
        return [] if delivery is None else delivery.poll_failed(command.poll, now)

    def finished(self, command: BatchFinished, now: Instant) -> tuple[list[Any], int | None]:
        """Take note that a batch has ended; return also to which mapping its place went, if any.

        That comes first, so that nobody else is before it.
        """
        giver = self.by_mapping.get(command.mapping)
        if giver is None:
            return [], None
        taker = self._next(giver, command)
        effects = [] if taker is None else self.by_mapping[taker].take_turn(now)
        return effects + giver.finished(command, now), taker

    def freed(self, command: PlaceFreed, now: Instant) -> tuple[list[Any], int | None]:
        """Take note of a place that no mapping had; return also which mapping has it now."""
        taker = self._turns.next(
            limit_of(command.function_arn, command.frees),
            0,
            lambda number: self.by_mapping[number].running,
            is_wanted=False,
        )
        return ([], None) if taker is None else (self.by_mapping[taker].take_turn(now), taker)

    def _next(self, giver: Delivery, command: BatchFinished) -> int | None:
        if not giver.runs(command.batch):
            return None
        return self._turns.next(
            limit_of(giver.settings.function_arn, command.frees),
            giver.mapping,
            lambda number: self.by_mapping[number].running - (number == giver.mapping),
            is_wanted=giver.has_more,
        )

    def wake(self, number: int, at: Instant) -> list[Any]:
        """Do the one thing of a mapping that falls due next, at or before `at`."""
        delivery = self.by_mapping.get(number)
        return [] if delivery is None else delivery.wake(at)

    def rest(self, number: int, *, is_gone: bool) -> Instant | None:
        """See who waits for room, and forget what is over; return a mapping's next deadline."""
        delivery = self.by_mapping.get(number)
        if delivery is None:
            return None
        if delivery.waits is None:
            self._turns.leave(number)
        else:
            self._turns.wait(number, *delivery.waits)
        if is_gone and delivery.is_idle:
            del self.by_mapping[number]
        return delivery.deadlines.next()
