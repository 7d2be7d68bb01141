"""All messages of a FIFO queue by group: which group comes next, and which message of it.

The order (spec/sqs.md 14.2, S-A1): groups stand by the moment at which their first message could be
received: when it was sent or its delay ended if nobody received it yet, else when its visibility
timeout ended or was ended; equal moments by message number. A group whose first message is in
flight is locked and stands nowhere.

Two heaps with lazy deletion, one entry a group: `_fresh` by send instant, so that another delay of
the queue moves nothing, and `_returned` by the instant of becoming visible. A group whose first
message may have changed is stirred, and placed anew before anybody asks for an order.
"""

import heapq
from array import array
from bisect import bisect_left, bisect_right, insort

from headrace.base.instant import Instant
from headrace.core.sqs.backlog import NO_NUMBER, Backlog
from headrace.core.sqs.grouped_lane import GroupedLane
from headrace.core.sqs.lane import Column, Piece, swapped
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.strand import Strand
from headrace.core.sqs.touched import STALE_MAX, Slot, Touched
from headrace.core.sqs.untold import Untold

#: Where a group stands: instant, its first message's number, its birth, in which heap.
Entry = tuple[int, int, int, bool]


class Group:
    """The messages of one group by number; a group without messages is dropped."""

    __slots__ = ("birth", "entry", "name", "touched", "untouched")

    def __init__(self, name: str, birth: int) -> None:
        """Come into being with the message whose number is `birth`."""
        self.name = name
        self.birth = birth
        self.untouched = Strand()
        self.touched: list[int] = []  #: Ascending.
        self.entry: Entry | None = None  #: The one entry in a heap that counts.

    def __bool__(self) -> bool:
        """Tell whether it has a message."""
        return bool(self.touched) or bool(self.untouched)

    def after(self, number: int) -> int:
        """Return the smallest number greater than `number`; `NO_NUMBER` when there is none."""
        untouched = self.untouched.first() if self.untouched else NO_NUMBER
        place = bisect_right(self.touched, number)
        return min(self.touched[place], untouched) if place < len(self.touched) else untouched


class FifoBacklog(Backlog):
    """The untouched messages of a FIFO queue, and the order of its groups."""

    def __init__(self, retention_ms: int, delay_ms: int) -> None:
        """Start empty, with the queue's retention and delay."""
        super().__init__()
        self.delay_ms = delay_ms
        self.touched = FifoTouched(retention_ms, self)
        self._seen = Instant(0)
        self._stirred: dict[int, Group] = {}
        self._forget_all()

    # --- messages come and go -------------------------------------------------------------------

    def add(self, piece: Piece, name: str) -> None:
        """Take new messages of one group behind all others."""
        first, count, _, sent_at = piece
        group = self._named(name) or self._make(name, first)
        if not group:
            self._enter(group, self._fresh, (sent_at, first, group.birth, False))
        group.untouched.append(first, count)
        self._lane.add(piece, group.birth)
        self.count += count

    def take_first(self, group: Group, now: Instant) -> Piece | None:
        """Move the group's first untouched message to the touched; None when it is delayed.

        The caller makes a slot of it.
        """
        number = group.untouched.first()
        # Without a delay everything is due, also what was sent after a late wake's instant.
        if self.delay_ms and self._sent_at(number) + self.delay_ms > now:
            return None
        return self._touch(group, number)

    def remove(self, number: int) -> Piece | None:
        """Move one message to the touched, wherever it stands (a repaired journal says so)."""
        group = self.group_of(number)
        return None if group is None else self._touch(group, number)

    def join(self, slot: Slot) -> None:
        """Learn of a touched message that did not come out of here."""
        group = self._named(slot.group)
        if group is None:  # a load adds the touched messages to groups that are empty until then
            group = self._make(slot.group, slot.number)
        insort(group.touched, slot.number)
        self._stirred[group.birth] = group

    def leave(self, slot: Slot) -> None:
        """Learn that a touched message is gone."""
        group = self._groups[slot.group]
        del group.touched[bisect_left(group.touched, slot.number)]
        self._trim(group)
        self._look_at(group)

    def stir(self, name: str) -> None:
        """Learn that a message of this group became visible, or is so no longer."""
        group = self._groups[name]
        self._stirred[group.birth] = group

    def drop_sent_by(self, sent_by: int, leftovers: Leftovers) -> None:
        """Remove every untouched message sent at `sent_by` or before; `tell` their groups."""
        self._lane.expire(sent_by, leftovers, self._untold)
        self.count = self._lane.count
        self.is_behind = bool(self._untold)

    def tell(self, at_most: int) -> int:
        """Tell at most so many groups that messages expired; return how many there were."""
        births = self._untold.take(at_most)
        for birth in births:
            group = self._by_birth.get(birth)
            if group is not None:
                self._trim(group)
                self._look_at(group)
        self.is_behind = bool(self._untold)
        return len(births)

    def drop_all(self, leftovers: Leftovers) -> None:
        """Remove every untouched message, and forget all groups: nothing is touched any more."""
        self._lane.drop_all(leftovers)
        heaps = self._fresh, self._returned
        leftovers.add_structures(*heaps, self._stirred, self._groups, self._by_birth)
        self._forget_all()

    # --- order ----------------------------------------------------------------------------------

    def first_group(self, now: Instant) -> Group | None:
        """Return the group whose turn it is, which has a message to hand out; None: none has."""
        self._seen = now
        self._settle()
        fresh, returned = self._top(self._fresh), self._top(self._returned)
        if fresh is not None and self.delay_ms and fresh[0] + self.delay_ms > now:
            fresh = None
        if fresh is None:
            entry = returned
        elif returned is None or (fresh[0] + self.delay_ms, fresh[1]) < returned[:2]:
            entry = fresh
        else:
            entry = returned
        return None if entry is None else self._by_birth[entry[2]]

    def first(self, now: Instant) -> int:
        """Return the number of a message that can be handed out; `NO_NUMBER` when none can."""
        group = self.first_group(now)
        return NO_NUMBER if group is None else group.after(0)

    def next_due(self) -> Instant | None:
        """Return when the next group falls due, if none was due when last looked at."""
        if not self.delay_ms:
            return None
        self._settle()
        fresh = self._top(self._fresh)
        due = None if fresh is None else Instant(fresh[0] + self.delay_ms)
        return None if due is None or due <= self._seen else due

    def promote(self, now: Instant) -> None:
        """Note that delays were looked at; what is due is computed when an order is asked for."""
        self._seen = now

    # --- reading --------------------------------------------------------------------------------

    def group_of(self, number: int) -> Group | None:
        """Return the group of an untouched message; None when it is not here."""
        looked_up = self._lane.look_up(number)
        return None if looked_up is None else self._by_birth[looked_up[1]]

    def groups_count(self) -> int:
        """Return how many groups have messages."""
        return len(self._living())

    def delayed_count(self, now: Instant) -> int:
        """Return how many messages are not due at `now`."""
        if not self.delay_ms:
            return 0
        return self._lane.count - self._lane.count_sent_by(now - self.delay_ms)

    def encode_groups(self) -> tuple[Column, list[str]]:
        """Return births and names of the groups, by birth, ascending, as of now."""
        groups = self._living()
        births = array("Q", groups)  # they come to be in this order
        return Column([(births, 0)]), [group.name for group in groups.values()]

    def encode_lane(self, *, freeze: bool = False) -> list[Column]:
        """Return the columns of the untouched messages; see `Backlog.encode`."""
        return self._lane.freeze() if freeze else self._lane.encode()

    def decode_lane(self, columns: list[bytes], births: bytes, names: list[str]) -> None:
        """Fill the empty backlog with what `encode_groups` and `encode_lane` returned."""
        column = array("Q")
        column.frombytes(births)
        for birth, name in zip(swapped(column), names, strict=True):
            self._make(name, birth)
        self._lane.decode(columns)
        self.count = self._lane.count
        for first, count, birth in self._lane.grouped_runs():
            self._by_birth[birth].untouched.append(first, count)
        self._stirred = dict(self._by_birth)

    # --- inside ---------------------------------------------------------------------------------

    def _forget_all(self) -> None:
        self._lane = GroupedLane(0)
        self._lanes = {0: self._lane}
        self.count = 0
        self._groups: dict[str, Group] = {}
        self._by_birth: dict[int, Group] = {}
        self._fresh: list[Entry] = []
        self._returned: list[Entry] = []
        self._stirred = {}
        self._untold = Untold()
        self.is_behind = False

    def _named(self, name: str) -> Group | None:
        """Return the group of this name, which has heard what expired; None: there is none."""
        group = self._groups.get(name)
        if group is None or not self.is_behind:
            return group
        self._trim(group)
        self._look_at(group)
        return self._groups.get(name)

    def _trim(self, group: Group) -> None:
        """Let a group know what expired; it may have no messages then."""
        if self.is_behind:
            group.untouched.drop_below(self._first_living())

    def _first_living(self) -> int:
        return self._lane.first_number() if self._lane.count else NO_NUMBER

    def _living(self) -> dict[int, Group]:
        """Return the groups that have messages, by birth, also before they heard what expired."""
        if not self.is_behind:
            return self._by_birth
        first = self._first_living()
        return {
            birth: group
            for birth, group in self._by_birth.items()
            if group.touched or (group.untouched and group.untouched.last() >= first)
        }

    def _make(self, name: str, birth: int) -> Group:
        group = self._groups[name] = self._by_birth[birth] = Group(name, birth)
        return group

    def _touch(self, group: Group, number: int) -> Piece:
        piece = self._lane.remove(number)
        assert piece is not None, "a group names a message that is not here"
        self.count -= 1
        if group.untouched.first() == number:
            group.untouched.drop(1)
        else:
            group.untouched.remove(number)
        insort(group.touched, number)
        self._stirred[group.birth] = group
        return piece

    def _look_at(self, group: Group) -> None:
        """Drop a group without messages; stir any other."""
        if group:
            self._stirred[group.birth] = group
        else:
            del self._groups[group.name]
            del self._by_birth[group.birth]
            self._stirred.pop(group.birth, None)

    def _settle(self) -> None:
        """Place the stirred groups."""
        if not self._stirred:
            return
        stirred, self._stirred = self._stirred, {}
        for group in stirred.values():
            self._trim(group)
            if group:
                self._place_group(group)

    def _place_group(self, group: Group) -> None:
        number = group.after(0)
        slot = self.touched.slots.get(number)
        if slot is None:
            entry = (self._sent_at(number), number, group.birth, False)
            self._enter(group, self._fresh, entry)
        elif slot.is_in_flight:
            group.entry = None
        else:
            self._enter(group, self._returned, (slot.visible_at, number, group.birth, True))

    def _sent_at(self, number: int) -> int:
        looked_up = self._lane.look_up(number)
        assert looked_up is not None, "a group names a message that is not here"
        return looked_up[0]

    def _enter(self, group: Group, heap: list[Entry], entry: Entry) -> None:
        if group.entry == entry:
            return
        group.entry = entry
        heapq.heappush(heap, entry)
        if len(heap) > STALE_MAX + 2 * len(self._groups):
            heap[:] = dict.fromkeys(old for old in heap if self._counts(old))
            heapq.heapify(heap)

    def _top(self, heap: list[Entry]) -> Entry | None:
        while heap:
            if self._counts(heap[0]):
                return heap[0]
            heapq.heappop(heap)
        return None

    def _counts(self, entry: Entry) -> bool:
        group = self._by_birth.get(entry[2])
        return group is not None and group.entry == entry


class FifoTouched(Touched):
    """The touched messages of a FIFO queue; their groups hear of every change."""

    def __init__(self, retention_ms: int, backlog: FifoBacklog) -> None:
        """Start empty."""
        super().__init__(retention_ms)
        self._backlog = backlog

    def put_last(self, receives: int) -> None:
        """Do nothing: a group keeps its order."""

    def add(self, slot: Slot) -> None:
        """Take a new slot that did not come out of the backlog."""
        self._backlog.join(slot)
        super().add(slot)

    def drop(self, number: int) -> Slot | None:
        """Remove and return a slot; None when it is not here."""
        slot = super().drop(number)
        if slot is not None:
            self._backlog.leave(slot)
        return slot

    def _place(self, slot: Slot) -> None:
        super()._place(slot)
        self._backlog.stir(slot.group)
