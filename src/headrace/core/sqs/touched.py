"""Messages of a queue that somebody received, or that came from another queue.

Each is a `Slot`: in flight until `visible_at`, or returned (visible). Untouched messages are runs
(core/sqs/backlog.py). Two heaps with lazy deletion say what happens next (`_events`: a slot becomes
visible, or its retention is over) and which returned message is the oldest (`_returned`).
"""

import heapq
from collections.abc import Callable

import msgspec

from headrace.base.instant import Instant

#: Stale entries that a heap may hold before it is made anew, beside one for each living slot.
STALE_MAX = 64
#: Stands before the number of a returned message that comes after all others.
LAST = 1 << 62


class Slot(msgspec.Struct, array_like=True, gc=False):
    """One touched message. The order of the fields is the snapshot's; new ones go to the end."""

    number: int
    block: int
    home: int  #: Machine where it was first written,
    home_number: int  #: and its number there: they make its body's address.
    sent_at: Instant
    first_received_at: Instant  #: 0 while never received.
    received_at: Instant  #: Of the newest receive: the 12 hours count from here.
    receive_count: int  #: Over all queues that it went through.
    queue_receives: int  #: In this queue: what maxReceiveCount is compared with.
    visible_at: Instant
    is_in_flight: bool
    source_arn: str = ""  #: The queue that it came from by redrive.
    #: Machine where it became the message that it is, and its number there: they make its id. 0:
    #: where it was first written. Another after a move task made a new message of it (7.4).
    id_home: int = 0
    id_number: int = 0
    group: str = ""
    #: When its sender sent it, if that is not `sent_at`; else 0. (Retention counts from `sent_at`.)
    first_sent_at: Instant = Instant(0)


class Touched:
    """The slots of one queue by number."""

    def __init__(self, retention_ms: int) -> None:
        """Start empty, with the queue's retention."""
        self.slots: dict[int, Slot] = {}
        self.in_flight = 0
        self._retention_ms = retention_ms
        self._events: list[tuple[int, int]] = []
        self._returned: list[int] = []  #: Numbers, with `LAST` where a message comes last.
        self._last_from = 0
        self._watchers: list[Callable[[Slot], None]] = []

    def watch(self, told: Callable[[Slot], None]) -> Callable[[], None]:
        """Have `told` called with a slot before it changes, until what is returned is called."""
        watchers = self._watchers
        watchers.append(told)
        return lambda: watchers.remove(told)

    def about_to_change(self, slot: Slot) -> None:
        """Tell who wants to know: comes before any change of a slot that is here."""
        for told in self._watchers:
            told(slot)

    def put_last(self, receives: int) -> None:
        """Let returned messages that were received so often come last; 0: none does."""
        if receives != self._last_from:
            self._last_from = receives
            self._rebuild_returned()

    def is_last(self, slot: Slot) -> bool:
        """Tell whether a slot comes after all messages that were received less often."""
        return 0 < self._last_from <= slot.queue_receives

    def retain(self, retention_ms: int) -> None:
        """Take another retention; it holds for the messages that are here too."""
        if retention_ms != self._retention_ms:
            self._retention_ms = retention_ms
            self._rebuild_events()

    def add(self, slot: Slot) -> None:
        """Take a new slot, in flight or returned."""
        self.slots[slot.number] = slot
        self._place(slot)

    def add_received(self, slots: list[Slot]) -> None:
        """Take new slots that are in flight."""
        here = self.slots
        events = self._events
        retention_ms = self._retention_ms
        for slot in slots:
            number = slot.number
            here[number] = slot
            expires_at = slot.sent_at + retention_ms
            visible_at = slot.visible_at
            heapq.heappush(events, (min(visible_at, expires_at), number))
        self.in_flight += len(slots)
        self._limit_events()

    def hide(self, slot: Slot, visible_at: Instant) -> None:
        """Put a slot that is here in flight until `visible_at`."""
        if self._watchers:
            self.about_to_change(slot)
        if slot.is_in_flight:
            self.in_flight -= 1
        slot.is_in_flight = True
        slot.visible_at = visible_at
        self._place(slot)

    def show(self, slot: Slot, visible_at: Instant) -> None:
        """Make a slot that is here visible from `visible_at` on, which is now."""
        if self._watchers:
            self.about_to_change(slot)
        if slot.is_in_flight:
            self.in_flight -= 1
        slot.is_in_flight = False
        slot.visible_at = visible_at
        self._place(slot)

    def drop(self, number: int) -> Slot | None:
        """Remove and return a slot; None when it is not here."""
        slot = self.slots.pop(number, None)
        if slot is not None and slot.is_in_flight:
            self.in_flight -= 1
        return slot

    def heaps(self) -> tuple[list[tuple[int, int]], list[int]]:
        """Return what `clear` lets go of beside the slots."""
        return self._events, self._returned

    def adopt(self, other: "Touched") -> None:
        """Take all slots of another, which is not used any more."""
        self.slots, self.in_flight = other.slots, other.in_flight
        self._watchers = other._watchers  # noqa: SLF001 - one list, from which they end
        self._events, self._returned = other.heaps()

    def clear(self) -> dict[int, Slot]:
        """Remove and return all slots."""
        slots, self.slots = self.slots, {}
        self.in_flight = 0
        self._events = []
        self._returned = []
        return slots

    def is_expired(self, slot: Slot, now: Instant) -> bool:
        """Tell whether the retention of a slot is over."""
        return slot.sent_at + self._retention_ms <= now

    def first_returned(self) -> Slot | None:
        """Return the visible slot whose turn is next; None when there is none."""
        while self._returned:
            turn = self._returned[0]
            slot = self.slots.get(turn & ~LAST)
            if slot is not None and not slot.is_in_flight and turn == self._turn_of(slot):
                return slot
            heapq.heappop(self._returned)
            self._limit_returned()
        return None

    def take_returned(self) -> None:
        """Take what `first_returned` returned out of the order; it is hidden, shown or dropped."""
        number = heapq.heappop(self._returned)
        # It may stand there more than once: returned, hidden by its old handle, returned again.
        while self._returned and self._returned[0] == number:
            heapq.heappop(self._returned)

    def next_event(self) -> Instant | None:
        """Return when a slot becomes visible or expires next; perhaps too early, never too late."""
        if not self._events:
            return None
        self._limit_events()
        events, slots = self._events, self.slots
        for _ in range(STALE_MAX):
            if not events:
                return None
            at, number = events[0]
            slot = slots.get(number)
            if slot is not None and at == self._event_at(slot):
                return Instant(at)
            heapq.heappop(events)
        # So many stale ones in a row: the rest another time, so that no command takes long.
        return Instant(events[0][0]) if events else None

    def settle(self, now: Instant, at_most: int) -> tuple[list[Slot], int]:
        """Let time pass to `now`: slots become visible, or expire and are removed.

        Returns:
            The expired slots, and how many entries were looked at: `at_most` when more may be due.
        """
        expired: list[Slot] = []
        done = 0
        while self._events and self._events[0][0] <= now and done < at_most:
            done += 1
            at, number = heapq.heappop(self._events)
            slot = self.slots.get(number)
            if slot is None or at != self._event_at(slot):
                continue
            if self.is_expired(slot, Instant(at)):
                self.drop(number)
                expired.append(slot)
            else:
                self.show(slot, slot.visible_at)
        return expired, done

    def _event_at(self, slot: Slot) -> int:
        expires_at = slot.sent_at + self._retention_ms
        return min(slot.visible_at, expires_at) if slot.is_in_flight else expires_at

    def _place(self, slot: Slot) -> None:
        if slot.is_in_flight:
            self.in_flight += 1
        else:
            heapq.heappush(self._returned, self._turn_of(slot))
            self._limit_returned()
        heapq.heappush(self._events, (self._event_at(slot), slot.number))
        self._limit_events()

    def _limit_returned(self) -> None:
        if len(self._returned) > STALE_MAX + 2 * (len(self.slots) - self.in_flight):
            self._rebuild_returned()

    def _rebuild_returned(self) -> None:
        slots = self.slots.values()
        self._returned = [self._turn_of(slot) for slot in slots if not slot.is_in_flight]
        heapq.heapify(self._returned)

    def _turn_of(self, slot: Slot) -> int:
        return slot.number | LAST if self.is_last(slot) else slot.number

    def _limit_events(self) -> None:
        if len(self._events) > STALE_MAX + 2 * len(self.slots):
            self._rebuild_events()

    def _rebuild_events(self) -> None:
        self._events = [(self._event_at(slot), number) for number, slot in self.slots.items()]
        heapq.heapify(self._events)
