"""One standard queue: where each of its messages is, and what becomes of it.

A message is in exactly one place: untouched in the backlog (waiting for the end of its delay, or
visible), or touched (in flight, or returned and visible). Order is the message number everywhere,
so a returned message comes before a newer one. What happens is first decided, then written down as
a record, and both the living queue and a replay come to the same state from it.

Not here: effects, replies, parked receives' answers and other queues (core/sqs/queues.py).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from headrace.base.arn import queue_arn
from headrace.base.instant import Instant
from headrace.core.sqs.attributes import CONTENT_DEDUPLICATION, FIFO, settings_of
from headrace.core.sqs.backlog import NO_NUMBER, Backlog
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.limits import SETTLE_AT_MOST
from headrace.core.sqs.longpoll import LongPolls
from headrace.core.sqs.movetask import MoveTask
from headrace.core.sqs.records import Arrival, MessagesSent
from headrace.core.sqs.redrive import last_from
from headrace.core.sqs.touched import Slot, Touched

#: Later than every instant.
NEVER = Instant(1 << 62)


class QueueView(msgspec.Struct, frozen=True, gc=False):
    """What others may know of a queue without asking it."""

    queue: int
    account: str
    region: str
    name: str
    arn: str
    is_fifo: bool
    visibility_timeout_s: int
    maximum_message_size: int  #: Bytes.
    message_retention_period_s: int
    delay_s: int
    receive_message_wait_time_s: int
    is_content_deduplicated: bool = False  #: FIFO only: ContentBasedDeduplication.


class Identity(msgspec.Struct, frozen=True, gc=False):
    """What a queue is called."""

    account: str
    region: str
    name: str


class Taken(NamedTuple):
    """What a receive found."""

    slots: list[Slot]  #: Handed out, in order of their numbers.
    departing: list[Slot]  #: Received too often; no longer here.
    expired: list[Slot]  #: No longer here.
    is_cut: bool  #: It stopped at the limit of moves and found nothing to hand out yet.


class Queue:
    """One standard queue."""

    def __init__(
        self,
        number: int,
        identity: Identity,
        attributes: dict[str, str],
        tags: dict[str, str],
        now: Instant,
    ) -> None:
        """Make an empty queue with normalized attributes, created now."""
        self.number = number
        self.identity = identity
        self.arn = queue_arn(identity.region, identity.account, identity.name)
        self.tags = tags
        self.created_at = now
        self.modified_at = now
        self.purged_at = Instant(0)
        self.now = now  #: Time has passed up to here.
        self.next_message = 1
        self.backlog = Backlog()
        self.parked = LongPolls()
        self.tasks: list[MoveTask] = []  #: Move tasks of its messages, oldest first.
        self.is_pressing = False  #: Parked receives have more to do at this very instant.
        #: Messages whose home is not their number here: (home, home number) to number.
        self.arrived: dict[tuple[int, int], int] = {}
        #: A bound: nothing in the backlog expires before.
        self._backlog_expires_at = NEVER
        self.attributes = attributes
        self.settings = settings_of(attributes)
        self.touched = Touched(self.settings.retention_ms)
        self.touched.put_last(last_from(self.settings.redrive))
        self.view = _view_of(self)

    # --- settings -----------------------------------------------------------------------------

    def set_attributes(self, attributes: dict[str, str], now: Instant) -> None:
        """Take other attributes; retention holds for messages that are here already (2.6)."""
        self.attributes = attributes
        self.settings = settings_of(attributes)
        self.modified_at = now
        self.touched.retain(self.settings.retention_ms)
        self.touched.put_last(last_from(self.settings.redrive))
        self.look_at_backlog()
        self.view = _view_of(self)

    def counts(self, now: Instant) -> tuple[int, int, int]:
        """Return how many messages are visible, in flight and delayed (3.2)."""
        delayed = self.backlog.delayed_count(now)
        in_flight = self.touched.in_flight
        visible = self.backlog.count - delayed + len(self.touched.slots) - in_flight
        return visible, in_flight, delayed

    # --- time ---------------------------------------------------------------------------------

    def next_deadline(self) -> Instant:
        """Return when time changes something next, or `NEVER`; it may be too early, never late."""
        if self.is_pressing or self.backlog.is_behind:
            return self.now
        deadline = self._backlog_expires_at
        event = self.touched.next_event()
        if event is not None and event < deadline:
            deadline = event
        if self.parked:
            wait_end = self.parked.next_deadline()
            if wait_end is not None and wait_end < deadline:
                deadline = wait_end
            due = self.backlog.next_due()
            if due is not None and due < deadline:
                deadline = due
        return deadline

    def pass_time(self, now: Instant, at_most: int, leftovers: Leftovers) -> tuple[list[Slot], int]:
        """Let delays, visibility timeouts and retention pass to `now`.

        Returns:
            Touched messages that expired, and how much work that was; `at_most` tells that more
            may be due. Expired untouched messages go to `leftovers`.
        """
        self.now = max(self.now, now)
        if self._backlog_expires_at <= now:
            self.expire_backlog(now, leftovers)
        told = self.backlog.tell(at_most) if self.backlog.is_behind else 0
        expired, work = self.touched.settle(now, at_most - told)
        self._leave(expired)
        if not self.backlog.is_behind:
            self.backlog.promote(now)
        return expired, told + work

    def expire_backlog(self, now: Instant, leftovers: Leftovers) -> None:
        """Drop the untouched messages whose retention is over; their groups hear of it later."""
        retention_ms = self.settings.retention_ms
        self.backlog.drop_sent_by(now - retention_ms, leftovers)
        self.look_at_backlog()

    def look_at_backlog(self) -> None:
        """Learn anew when the oldest untouched message expires."""
        oldest = self.backlog.oldest_sent_at()
        self._backlog_expires_at = (
            NEVER if oldest is None else Instant(oldest + self.settings.retention_ms)
        )

    def has_visible(self) -> bool:
        """Tell whether a receive would find a message now; perhaps not, while groups are told."""
        return (
            self.backlog.is_behind
            or self.touched.first_returned() is not None
            or self.backlog.first(self.now) != NO_NUMBER
        )

    # --- messages -----------------------------------------------------------------------------

    def accept(self, record: MessagesSent, block: int) -> None:
        """Take new messages, whose bodies lie in `block`, behind all others."""
        first, at, delays = record.first, record.at, record.delays_ms
        end = self.next_message = first + record.count
        for delay_ms in delays[:-1]:
            self.backlog.append(first, 1, block, at, delay_ms)
            first += 1
        self.backlog.append(first, end - first, block, at, delays[-1])
        expires_at = at + self.settings.retention_ms
        if expires_at < self._backlog_expires_at:
            self._backlog_expires_at = Instant(expires_at)

    def take(self, at_most: int, now: Instant, visible_at: Instant, limits: "TakeLimits") -> Taken:
        """Find visible messages, oldest first, and put them in flight until `visible_at`."""
        taken: list[Slot] = []
        departing: list[Slot] = []
        expired: list[Slot] = []
        touched = self.touched
        while len(taken) < at_most:
            slot = touched.first_returned()
            below = NO_NUMBER if slot is None or touched.is_last(slot) else slot.number
            pieces = self.backlog.take(at_most - len(taken), now, below)
            if pieces:
                taken += self._touch(pieces, now, visible_at)
                continue
            if slot is None:
                break
            touched.take_returned()
            if touched.is_expired(slot, now):
                expired.append(slot)
                touched.drop(slot.number)
                if len(expired) >= SETTLE_AT_MOST and not taken:
                    return self._cut(departing, expired)
            elif limits.max_receives and slot.queue_receives >= limits.max_receives:
                departing.append(slot)
                touched.drop(slot.number)
                if len(departing) >= limits.moves_at_most:
                    break
            else:
                self._receive_again(slot, now, visible_at)
                taken.append(slot)
        if visible_at <= now:
            # Only now, so that no message stands twice in one answer (13.2).
            for slot in taken:
                touched.show(slot, visible_at)
        self._leave(expired)
        self._leave(departing)
        is_cut = bool(departing) and not taken and len(departing) >= limits.moves_at_most
        return Taken(taken, departing, expired, is_cut)

    def _cut(self, departing: list[Slot], expired: list[Slot]) -> Taken:
        """Stop in the middle of expired messages: the receive goes on in another turn."""
        self._leave(expired)
        self._leave(departing)
        return Taken([], departing, expired, is_cut=True)

    def receive(self, numbers: Iterable[int], now: Instant, visible_at: Instant) -> None:
        """Replay that these messages were received."""
        for number in numbers:
            slot = self.touched.slots.get(number)
            if slot is None:
                piece = self.backlog.remove(number)
                if piece is None:
                    continue
                (slot,) = self._touch((piece,), now, visible_at)
            else:
                self._receive_again(slot, now, visible_at)
            if visible_at <= now:
                self.touched.show(slot, visible_at)

    def handed_out(self, slots: Sequence[Slot]) -> None:
        """Learn that what `take` returned was handed out, and what departed is gone."""

    def delete(self, numbers: Iterable[int]) -> list[Slot]:
        """Remove touched messages; return those that were here."""
        slots = [slot for number in numbers if (slot := self.touched.drop(number)) is not None]
        self._leave(slots)
        return slots

    def undo_receive(self, numbers: Iterable[int], now: Instant) -> None:
        """Make touched messages visible as if their newest receive had not been."""
        for number in numbers:
            if (slot := self.touched.slots.get(number)) is None:
                continue
            self.touched.about_to_change(slot)
            slot.receive_count -= 1
            slot.queue_receives -= 1
            if not slot.receive_count:
                slot.first_received_at = Instant(0)
            self.touched.show(slot, now)

    def change_visibility(
        self, numbers: Sequence[int], visible_at: Sequence[Instant], now: Instant
    ) -> None:
        """Set from when on touched messages are visible."""
        for number, instant in zip(numbers, visible_at, strict=True):
            slot = self.touched.slots.get(number)
            if slot is None:
                continue
            if instant > now:
                self.touched.hide(slot, instant)
            else:
                self.touched.show(slot, instant)

    def arrive(self, arrivals: Iterable[Arrival], source_arn: str, now: Instant) -> None:
        """Take messages from another queue: visible at once, numbered as the newest."""
        for arrival in arrivals:
            number = self.next_message
            self.next_message = number + 1
            self.touched.add(
                Slot(
                    number=number,
                    block=arrival.block,
                    home=arrival.home,
                    home_number=arrival.home_number,
                    sent_at=arrival.sent_at,
                    first_received_at=arrival.first_received_at,
                    received_at=Instant(0),
                    receive_count=arrival.receive_count,
                    queue_receives=0,
                    visible_at=now,
                    is_in_flight=False,
                    source_arn=source_arn,
                    id_home=arrival.id_home,
                    id_number=arrival.id_number,
                    group=arrival.group,
                    first_sent_at=arrival.first_sent_at,
                )
            )
            self.arrived[arrival.home, arrival.home_number] = number

    def purge(self, now: Instant, leftovers: Leftovers) -> None:
        """Remove every message."""
        self.purged_at = now
        self.drop_all(leftovers)

    def drop_all(self, leftovers: Leftovers) -> None:
        """Remove every message; their bodies go to `leftovers`."""
        self.backlog.drop_all(leftovers)
        self._backlog_expires_at = NEVER
        leftovers.add_structures(*self.touched.heaps(), self.arrived)
        leftovers.add_slots(self.touched.clear())
        self.arrived = {}

    # --- inside -------------------------------------------------------------------------------

    def _touch(
        self, pieces: Iterable[tuple[int, int, int, int]], now: Instant, visible_at: Instant
    ) -> list[Slot]:
        """Make slots, in flight, of messages just taken out of the backlog."""
        home = self.number
        slots: list[Slot] = []
        for first, count, block, sent in pieces:
            sent_at = Instant(sent)
            slots += [
                # In the order of the fields: this is the hottest line of all.
                Slot(
                    number,
                    block,
                    home,
                    number,
                    sent_at,
                    now,
                    now,
                    1,
                    1,
                    visible_at,
                    is_in_flight=True,
                )
                for number in range(first, first + count)
            ]
        self.touched.add_received(slots)
        return slots

    def _receive_again(self, slot: Slot, now: Instant, visible_at: Instant) -> None:
        self.touched.about_to_change(slot)
        if not slot.first_received_at:
            slot.first_received_at = now
        slot.received_at = now
        slot.receive_count += 1
        slot.queue_receives += 1
        self.touched.hide(slot, visible_at)

    def _leave(self, slots: Iterable[Slot]) -> None:
        """Forget where messages that are gone came from."""
        if self.arrived:
            for slot in slots:
                self.arrived.pop((slot.home, slot.home_number), None)


def _view_of(queue: Queue) -> QueueView:
    identity = queue.identity
    attributes = queue.attributes
    return QueueView(
        queue=queue.number,
        account=identity.account,
        region=identity.region,
        name=identity.name,
        arn=queue.arn,
        is_fifo=FIFO in attributes,
        visibility_timeout_s=int(attributes["VisibilityTimeout"]),
        maximum_message_size=queue.settings.maximum_message_size,
        message_retention_period_s=int(attributes["MessageRetentionPeriod"]),
        delay_s=int(attributes["DelaySeconds"]),
        receive_message_wait_time_s=queue.settings.receive_message_wait_time_s,
        is_content_deduplicated=attributes.get(CONTENT_DEDUPLICATION) == "true",
    )


class TakeLimits(NamedTuple):
    """What bounds one `Queue.take`."""

    max_receives: int = 0  #: Receives after which a message departs; 0: it never does.
    moves_at_most: int = 0  #: Departures in one go.
