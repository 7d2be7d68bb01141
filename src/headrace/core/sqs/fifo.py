"""A FIFO queue: what differs from a standard one.

A message can be received when it is visible and no earlier message of its group is in flight or
delayed; messages taken in one receive do not block their successors in the same receive
(spec/sqs.md 5.1, 13.2). The order of groups is core/sqs/fifo_backlog.py's business, duplicates are
core/sqs/deduplication.py's.
"""

from collections.abc import Iterable, Sequence

import msgspec

from headrace.base.instant import Instant
from headrace.core.sqs.attempts import Attempt, Attempts
from headrace.core.sqs.attributes import FIFO, GROUP_SCOPE, SCOPE
from headrace.core.sqs.backlog import NO_NUMBER
from headrace.core.sqs.deduplication import Window, key_of
from headrace.core.sqs.fair import FairQueue
from headrace.core.sqs.fifo_backlog import FifoBacklog, Group
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.limits import DEDUPLICATION_WINDOW_MS
from headrace.core.sqs.queue import Identity, Queue, TakeLimits, Taken
from headrace.core.sqs.records import Arrival, MessagesSent
from headrace.core.sqs.touched import Slot

#: Sequence numbers look like AWS's: 20 digits, in steps.
_SEQUENCE_START = 18_850_000_000_000_000_000
_SEQUENCE_STEP = 256


def sequence_number(number: int) -> str:
    """Return the SequenceNumber of the message with this number: 20 digits, ascending."""
    return str(_SEQUENCE_START + number * _SEQUENCE_STEP)


class FifoQueue(Queue):
    """One FIFO queue."""

    backlog: FifoBacklog

    def __init__(
        self,
        number: int,
        identity: Identity,
        attributes: dict[str, str],
        tags: dict[str, str],
        now: Instant,
    ) -> None:
        """Make an empty queue with normalized attributes, created now."""
        super().__init__(number, identity, attributes, tags, now)
        self.backlog = FifoBacklog(self.settings.retention_ms, self.settings.delay_ms)
        self.touched = self.backlog.touched
        self.window = Window()
        self.attempts = Attempts()
        #: The scope before the last change, and until when it holds (12, Q7).
        self.former_scope = ""
        self.former_scope_until = Instant(0)

    def set_attributes(self, attributes: dict[str, str], now: Instant) -> None:
        """Take other attributes; delay and retention hold for messages that are here already."""
        scope = self.scope(now)
        if attributes[SCOPE] != self.attributes[SCOPE]:
            self.former_scope = scope
            self.former_scope_until = Instant(now + DEDUPLICATION_WINDOW_MS)
        super().set_attributes(attributes, now)
        self.backlog.delay_ms = self.settings.delay_ms

    def scope(self, now: Instant) -> str:
        """Return the DeduplicationScope in force: another one waits until the window is over."""
        if now < self.former_scope_until:
            return self.former_scope
        return self.attributes[SCOPE]

    def deduplication_key(self, deduplication_id: str, group_id: str, now: Instant) -> bytes:
        """Return what an id is remembered by, in the scope that is in force."""
        is_by_group = self.scope(now) == GROUP_SCOPE
        return key_of(deduplication_id, group_id if is_by_group else None)

    def find_duplicate(
        self, key: bytes, deduplication_id: str, group_id: str, now: Instant
    ) -> int | None:
        """Return the number of the message accepted with this id and `key`; None: none was.

        After the scope has changed it may be remembered in the one that was in force before.
        """
        number = self.window.find(key, now)
        if number is None and self.former_scope:
            is_by_group = self.scope(now) == GROUP_SCOPE
            other = key_of(deduplication_id, None if is_by_group else group_id)
            number = self.window.find(other, now)
        return number

    def has_visible(self) -> bool:
        """Tell whether a receive would find a message now; perhaps not, while groups are told."""
        return self.backlog.is_behind or self.backlog.first_group(self.now) is not None

    # --- messages -----------------------------------------------------------------------------

    def accept(self, record: MessagesSent, block: int) -> None:
        """Take new messages, whose bodies lie in `block`, behind all others."""
        first = record.first
        end = self.next_message = first + record.count
        groups = record.groups or []
        for name in groups[:-1]:
            self.backlog.add((first, 1, block, record.at), name)
            first += 1
        self.backlog.add((first, end - first, block, record.at), groups[-1])
        self.window.add(record.keys, record.first, record.at)
        expires_at = Instant(record.at + self.settings.retention_ms)
        self._backlog_expires_at = min(self._backlog_expires_at, expires_at)

    def take(self, at_most: int, now: Instant, visible_at: Instant, limits: TakeLimits) -> Taken:
        """Find visible messages, group by group, and put them in flight until `visible_at`."""
        found = Taken([], [], [], is_cut=False)
        moves_at_most = limits.moves_at_most or NO_NUMBER
        while len(found.slots) < at_most and len(found.departing) < moves_at_most:
            group = self.backlog.first_group(now)
            if group is None:
                break
            self._drain(group, at_most, now, visible_at, limits, found)
        if visible_at <= now:
            # Only now, so that no message stands twice in one answer (13.2).
            for slot in found.slots:
                self.touched.show(slot, visible_at)
        if found.slots:
            self.window.let_go(now)
        self._leave(found.expired)
        self._leave(found.departing)
        is_cut = not found.slots and len(found.departing) >= moves_at_most
        return found._replace(is_cut=is_cut)

    def receive(self, numbers: Iterable[int], now: Instant, visible_at: Instant) -> None:
        """Replay that these messages were received."""
        for number in numbers:
            slot = self.touched.slots.get(number)
            if slot is None:
                group = self.backlog.group_of(number)
                piece = self.backlog.remove(number)
                if group is None or piece is None:
                    continue
                slot = self._touch_one(piece, group.name, now, visible_at)
            else:
                self._receive_again(slot, now, visible_at)
            if visible_at <= now:
                self.touched.show(slot, visible_at)
        self.window.let_go(now)

    def arrive(self, arrivals: Iterable[Arrival], source_arn: str, now: Instant) -> None:
        """Take messages from another queue; their retention begins anew (7.2; 12, Q6)."""
        here = [
            msgspec.structs.replace(
                arrival, sent_at=now, first_sent_at=arrival.first_sent_at or arrival.sent_at
            )
            for arrival in arrivals
        ]
        super().arrive(here, source_arn, now)

    def drop_all(self, leftovers: Leftovers) -> None:
        """Remove every message, and forget what was sent and received (2.12)."""
        super().drop_all(leftovers)
        leftovers.add_structures(self.window.places)
        self.window = Window()
        self.attempts = Attempts()

    # --- attempts -------------------------------------------------------------------------------

    def remember_attempt(
        self, key: bytes, numbers: Sequence[int], now: Instant, visible_at: Instant
    ) -> None:
        """Keep what a receive with an attempt id was answered."""
        counts = [self.touched.slots[number].receive_count for number in numbers]
        self.attempts.add(Attempt(key, now, visible_at, list(numbers), counts))

    def find_attempt(self, key: bytes, now: Instant) -> list[Slot]:
        """Return the messages that an attempt is answered with again; empty: it is a new one."""
        slots = self.touched.slots
        attempt = self.attempts.find(key, slots, now)
        return [] if attempt is None else [slots[number] for number in attempt.numbers]

    # --- inside -------------------------------------------------------------------------------

    def _drain(
        self,
        group: Group,
        at_most: int,
        now: Instant,
        visible_at: Instant,
        limits: TakeLimits,
        found: Taken,
    ) -> None:
        """Take from one group until a message of it cannot be received yet."""
        touched = self.touched
        number = group.after(0)
        while number != NO_NUMBER and len(found.slots) < at_most:
            slot = touched.slots.get(number)
            if slot is None:
                piece = self.backlog.take_first(group, now)
                if piece is None:
                    return
                found.slots.append(self._touch_one(piece, group.name, now, visible_at))
            elif slot.is_in_flight:
                return
            elif touched.is_expired(slot, now):
                found.expired.append(slot)
                touched.drop(number)
            elif limits.max_receives and slot.queue_receives >= limits.max_receives:
                found.departing.append(slot)
                touched.drop(number)
                if len(found.departing) >= limits.moves_at_most:
                    return
            else:
                self._receive_again(slot, now, visible_at)
                found.slots.append(slot)
            number = group.after(number)

    def _touch_one(
        self, piece: tuple[int, int, int, int], group: str, now: Instant, visible_at: Instant
    ) -> Slot:
        (slot,) = self._touch((piece,), now, visible_at)
        slot.group = group
        return slot


def make_queue(
    number: int,
    identity: Identity,
    attributes: dict[str, str],
    tags: dict[str, str],
    now: Instant,
) -> Queue:
    """Return an empty queue of the type that its attributes say."""
    kind = FifoQueue if FIFO in attributes else FairQueue
    return kind(number, identity, attributes, tags, now)
