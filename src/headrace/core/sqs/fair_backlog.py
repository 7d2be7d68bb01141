"""All messages of a standard queue with group ids: which one comes next when a group is noisy.

A group is noisy when it holds too large a share of the messages in flight (spec/sqs.md 6; 12, Q20).
Quiet groups come first, all their messages by number; then the noisy ones, that with fewest
messages in flight first. Messages without a group id are never noisy.

The untouched messages of all groups with one delay stand in one lane (core/sqs/grouped_lane.py), so
a number alone finds block and group; the order is core/sqs/fair_order.py's.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from headrace.base.instant import Instant
from headrace.core.sqs.backlog import NO_NUMBER, Backlog
from headrace.core.sqs.fair_group import RETURNED, FairGroup
from headrace.core.sqs.fair_order import FairOrder, Turn
from headrace.core.sqs.frozen import FrozenNames, Part
from headrace.core.sqs.grouped_lane import GroupedLane
from headrace.core.sqs.lane import Column, Piece, swapped
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.limits import Noise
from headrace.core.sqs.strand import DeepStrand
from headrace.core.sqs.touched import Slot, Touched
from headrace.core.sqs.untold import Untold


class FairState(msgspec.Struct, array_like=True):
    """The untouched messages of a queue with group ids, and which groups are noisy."""

    births: bytes  #: Of each group, ascending,
    names: list[str]  #: and what they are called.
    lanes: list[tuple[int, list[bytes]]]  #: As `QueueState.lanes`, with a column of births.
    noisy: list[tuple[int, int]]  #: (birth, since when nothing is in flight; 0: something is).


class FairBacklog(Backlog):
    """The untouched messages of a standard queue with group ids, and whose turn it is."""

    def __init__(self, retention_ms: int, noise: Noise, clock: Callable[[], Instant]) -> None:
        """Start empty; `clock` tells up to where time has passed for the queue."""
        super().__init__()
        self.noise = noise
        self._clock = clock
        self.touched = FairTouched(retention_ms, self)
        self.forget_groups()

    def use_noise(self, noise: Noise) -> None:
        """Take other thresholds."""
        self.noise = noise
        self._order.use_noise(noise)

    # --- messages come and go -------------------------------------------------------------------

    def add(self, piece: Piece, delay_ms: int, name: str) -> None:
        """Take new messages of one group, "" for none, behind all others."""
        first, count, _, sent_at = piece
        group = self._named(name) or self._make(name, first)
        if group.is_noisy:
            is_noisy = group.is_still_noisy(Instant(sent_at), self.noise.idle_ms)
            self._order.judge(group, is_noisy=is_noisy)
        is_new = delay_ms not in group.untouched
        group.append(delay_ms, first, count)
        self._lane_of(delay_ms).add(piece, group.birth)
        group.count += count
        self.count += count
        if is_new:
            self._order.place(group, delay_ms)

    def take_turn(self, turn: Turn) -> Piece:
        """Move the untouched message whose turn it is to the touched; the caller makes a slot."""
        return self._touch(turn.group, turn.key, turn.number)

    def group_of(self, number: int) -> FairGroup | None:
        """Return the group of an untouched message; None when it is not here."""
        found = self._find(number)
        return None if found is None else found[0]

    def is_noisy(self, name: str, now: Instant) -> bool:
        """Tell whether the messages of this group come behind others now; changes nothing."""
        group = self._groups.get(name)
        return group is not None and group.is_still_noisy(now, self.noise.idle_ms)

    def remove(self, number: int) -> Piece | None:
        """Move one message to the touched, wherever it stands; None when it is not here."""
        found = self._find(number)
        return None if found is None else self._touch(*found, number)

    def drop_sent_by(self, sent_by: int, leftovers: Leftovers) -> None:
        """Remove every untouched message sent at `sent_by` or before; `tell` their groups."""
        for delay_ms in tuple(self._lanes):
            self._lane_of(delay_ms).expire(sent_by, leftovers, self._untold)
        self._recount()
        self.is_behind = bool(self._untold)

    def tell(self, at_most: int) -> int:
        """Tell at most so many groups that messages expired; return how many there were."""
        births = self._untold.take(at_most)
        for birth in births:
            if (group := self._by_birth.get(birth)) is not None:
                self._trim(group)
        self.is_behind = bool(self._untold)
        return len(births)

    def drop_all(self, leftovers: Leftovers) -> None:
        """Remove every untouched message, and forget all groups: nothing is touched any more."""
        super().drop_all(leftovers)
        leftovers.add_structures(*self._order.heaps(), self._groups, self._by_birth)
        self.forget_groups()

    def forget_groups(self) -> None:
        """Start anew without any message."""
        self._lanes = {}
        self.count = 0
        self._groups: dict[str, FairGroup] = {}
        self._by_birth: dict[int, FairGroup] = {}
        self._order = FairOrder(self._by_birth, self.noise, self._sent_at)
        self._untold = Untold()
        self.is_behind = False
        self._make("", 0)

    def assess(self, names: Iterable[str], now: Instant) -> None:
        """Find out which of these groups are noisy, after messages came or were handed out."""
        idle_ms = self.noise.idle_ms
        for name in dict.fromkeys(names):
            group = self._named(name)
            if group is not None and group.birth:
                is_loud = self.noise.is_loud(group.in_flight, self.touched.in_flight)
                is_noisy = (is_loud and group.waiting > 0) or group.is_still_noisy(now, idle_ms)
                self._order.judge(group, is_noisy=is_noisy)

    # --- what the touched messages tell ---------------------------------------------------------

    def join(self, slot: Slot) -> None:
        """Learn of a touched message that did not come out of here."""
        group = self._named(slot.group) or self._make(slot.group, slot.number)
        group.count += 1
        if slot.is_in_flight:
            self.rise(slot)
        else:
            self._show(group, slot.number)

    def rise(self, slot: Slot) -> None:
        """Learn that a touched message is in flight now."""
        group = self._group_with(slot)
        if group.is_noisy and group.has_lapsed(self._clock(), self.noise.idle_ms):
            self._order.judge(group, is_noisy=False)
        group.in_flight += 1
        self._order.place(group, RETURNED)

    def fall(self, slot: Slot, at: Instant) -> None:
        """Learn that a touched message became visible at `at`."""
        group = self._group_with(slot)
        self._count_down(group, at)
        self._show(group, slot.number)

    def leave(self, slot: Slot, expires_at: Instant) -> None:
        """Learn that a touched message is gone, at `expires_at` at the latest."""
        group = self._group_with(slot)
        group.count -= 1
        if slot.is_in_flight:
            self._count_down(group, min(self._clock(), expires_at))
        self._look_at(group, RETURNED)

    # --- order ----------------------------------------------------------------------------------

    def first_in_turn(self, now: Instant) -> Turn | None:
        """Return the message whose turn it is; None when none is visible."""
        return self._order.first(now)

    def first(self, now: Instant) -> int:
        """Return the number of the message whose turn it is; `NO_NUMBER` when none is visible."""
        turn = self.first_in_turn(now)
        return NO_NUMBER if turn is None else turn.number

    def next_due(self) -> Instant | None:
        """Return when the next stream falls due that was not due when last looked at."""
        return self._order.next_due()

    def promote(self, now: Instant) -> None:
        """Let what is due at `now` be taken from, and what was idle for long be quiet."""
        self._order.promote(now)

    # --- snapshots ------------------------------------------------------------------------------

    def encode_fair(self, write: Callable[[Sequence[Part]], Any], *, freeze: bool) -> FairState:
        """Return everything that is durable of it; `write` makes bytes of parts."""
        by_birth = self._by_birth
        if self.is_behind:
            first = self._first_living
            by_birth = {at: one for at, one in by_birth.items() if not at or one.lives(first)}
        # The messages without a group id, which come first, are not written.
        (births,) = write([Column([(array("Q", by_birth), 1)])])
        (names,) = write([FrozenNames([group.name for group in by_birth.values()][1:])])
        noisy = [
            (group.birth, 0 if group.in_flight else group.idle_since)
            for group in by_birth.values()
            if group.is_noisy
        ]
        lanes = [(delay_ms, write(columns)) for delay_ms, columns in self.encode(freeze=freeze)]
        return FairState(births, names, lanes, noisy)

    def decode_fair(self, state: FairState) -> None:
        """Fill the empty backlog; then the slots are added, and then comes `decode_noise`."""
        births = array("Q")
        births.frombytes(state.births)
        for birth, name in zip(swapped(births), state.names, strict=True):
            self._make(name, birth)
        self.decode(state.lanes)

    def adopt(self, backlog: Backlog, touched: Touched) -> None:
        """Take all messages of a queue without groups, without a step for each."""
        group = self._by_birth[0]
        for old in backlog.lanes():
            if old.count:
                columns = deque(old.numbers())
                lane = self._lane_of(old.delay_ms)
                lane.adopt(old)
                group.untouched[old.delay_ms] = DeepStrand(columns)
                group.count += lane.count
                self.count += lane.count
                self._order.place(group, old.delay_ms)
        self.touched.adopt(touched)
        group.adopt(touched)
        self._order.place(group, RETURNED)

    def decode(self, lanes: Iterable[tuple[int, list[bytes]]]) -> None:
        """Fill the empty lanes."""
        for delay_ms, columns in lanes:
            lane = self._lane_of(delay_ms)
            lane.decode(columns)
            self.count += lane.count
            for first, count, birth in lane.grouped_runs():
                group = self._by_birth[birth]
                group.append(delay_ms, first, count)
                group.count += count
        for group in self._by_birth.values():
            for delay_ms in group.untouched:
                self._order.place(group, delay_ms)

    def decode_noise(self, state: FairState) -> None:
        """Note which groups are noisy."""
        for birth, idle_since in state.noisy:
            group = self._by_birth[birth]
            group.idle_since = Instant(idle_since)
            self._order.judge(group, is_noisy=True)
            self._order.note_lapse(group)

    # --- inside ---------------------------------------------------------------------------------

    def _named(self, name: str) -> FairGroup | None:
        """Return the group of this name, which has heard what expired; None: there is none."""
        group = self._groups.get(name)
        if group is None or not self.is_behind:
            return group
        self._trim(group)
        return self._groups.get(name)

    def _group_with(self, slot: Slot) -> FairGroup:
        """Return the group of a touched message, which has heard what expired."""
        group = self._groups[slot.group]
        if self.is_behind:
            self._trim(group)
        return group

    def _trim(self, group: FairGroup) -> None:
        """Let a group know what expired; drop it when it has no messages then."""
        changed = [
            delay_ms
            for delay_ms in tuple(group.untouched)
            if group.drop_below(delay_ms, self._first_living(delay_ms))
        ]
        if group.count or not group.birth:
            for delay_ms in changed:
                self._order.place(group, delay_ms)
        else:
            self._look_at(group, RETURNED)

    def _first_living(self, delay_ms: int) -> int:
        lane = self._lanes.get(delay_ms)
        return lane.first_number() if lane is not None and lane.count else NO_NUMBER

    def _make(self, name: str, birth: int) -> FairGroup:
        group = FairGroup(name, birth, self.touched.slots)
        self._groups[name] = self._by_birth[birth] = group
        return group

    def _lane_of(self, delay_ms: int) -> GroupedLane:
        lane = self._lanes.get(delay_ms)
        if lane is None:
            lane = self._lanes[delay_ms] = GroupedLane(delay_ms)
        assert isinstance(lane, GroupedLane)
        return lane

    def _find(self, number: int) -> tuple[FairGroup, int] | None:
        for delay_ms in self._lanes:
            looked_up = self._lane_of(delay_ms).look_up(number)
            if looked_up is not None:
                return self._by_birth[looked_up[1]], delay_ms
        return None

    def _sent_at(self, delay_ms: int, number: int) -> int:
        looked_up = self._lane_of(delay_ms).look_up(number)
        assert looked_up is not None, "a group names a message that is not here"
        return looked_up[0]

    def _touch(self, group: FairGroup, delay_ms: int, number: int) -> Piece:
        lane = self._lanes[delay_ms]
        piece = lane.remove(number)
        assert piece is not None, "a group names a message that is not here"
        if not lane.count:
            del self._lanes[delay_ms]
        self.count -= 1
        group.take(delay_ms, number)
        self._order.place(group, delay_ms)
        return piece

    def _show(self, group: FairGroup, number: int) -> None:
        group.returned.add(number, group.count)
        self._order.place(group, RETURNED)

    def _count_down(self, group: FairGroup, at: Instant) -> None:
        group.in_flight -= 1
        if not group.in_flight and group.is_noisy:
            group.idle_since = at
            self._order.note_lapse(group)

    def _look_at(self, group: FairGroup, key: int) -> None:
        """Place a stream of the group anew; drop a group without messages."""
        if group.count or not group.birth:
            self._order.place(group, key)
        else:
            self._order.forget(group)
            del self._groups[group.name]
            del self._by_birth[group.birth]


class FairTouched(Touched):
    """The touched messages of a queue with group ids; their groups hear of every change."""

    def __init__(self, retention_ms: int, backlog: FairBacklog) -> None:
        """Start empty."""
        super().__init__(retention_ms)
        self._backlog = backlog

    def put_last(self, receives: int) -> None:
        """Do nothing: what waits longest comes first, in the order of the groups."""

    def add(self, slot: Slot) -> None:
        """Take a new slot that did not come out of the backlog."""
        super().add(slot)
        self._backlog.join(slot)

    def add_received(self, slots: list[Slot]) -> None:
        """Take new slots that came out of the backlog and are in flight."""
        super().add_received(slots)
        for slot in slots:
            self._backlog.rise(slot)

    def hide(self, slot: Slot, visible_at: Instant) -> None:
        """Put a slot that is here in flight until `visible_at`."""
        was_in_flight = slot.is_in_flight
        super().hide(slot, visible_at)
        if not was_in_flight:
            self._backlog.rise(slot)

    def show(self, slot: Slot, visible_at: Instant) -> None:
        """Make a slot that is here visible from `visible_at` on, which is now."""
        was_in_flight = slot.is_in_flight
        super().show(slot, visible_at)
        if was_in_flight:
            self._backlog.fall(slot, visible_at)

    def clear(self) -> dict[int, Slot]:
        """Remove and return all slots."""
        slots = super().clear()
        self._backlog.forget_groups()
        return slots

    def drop(self, number: int) -> Slot | None:
        """Remove and return a slot; None when it is not here."""
        slot = super().drop(number)
        if slot is not None:
            self._backlog.leave(slot, Instant(slot.sent_at + self._retention_ms))
        return slot
