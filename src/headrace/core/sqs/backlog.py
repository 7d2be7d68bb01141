"""All untouched messages of a queue: one lane for each delay, merged by message number.

A lane whose oldest message is due stands in `_ready` by that message's number, any other in
`_waiting` by the instant when its oldest message falls due; so a receive looks at few lanes
although a queue may have 901 of them, and messages fall due without a step for each.
"""

import heapq
from collections.abc import Iterable, Iterator

from headrace.base.instant import Instant
from headrace.core.sqs.lane import Column, Columns, Lane, Piece
from headrace.core.sqs.leftovers import Leftovers

#: Greater than every message number.
NO_NUMBER = 1 << 62


class Backlog:
    """Runs of untouched messages, waiting or due."""

    def __init__(self) -> None:
        """Start empty."""
        self.count = 0  #: Messages.
        #: Groups have yet to hear that messages expired: no order may be asked for until `tell`
        #: has told them all.
        self.is_behind = False
        self._lanes: dict[int, Lane] = {}
        self._ready: list[tuple[int, int]] = []
        self._waiting: list[tuple[int, int]] = []
        self._is_sorted = True

    def append(self, first: int, count: int, block: int, sent_at: Instant, delay_ms: int) -> None:
        """Add messages behind all others."""
        lane = self._lanes.get(delay_ms)
        if lane is None:
            lane = self._lanes[delay_ms] = Lane(delay_ms)
        self.count += count
        was_empty = not lane.count
        lane.append(first, count, block, sent_at)
        if was_empty and self._is_sorted:
            self._place(lane)

    def first(self, now: Instant) -> int:
        """Return the smallest number that is due at `now`; `NO_NUMBER` when none is."""
        self.promote(now)
        return self._ready[0][0] if self._ready else NO_NUMBER

    def next_due(self) -> Instant | None:
        """Return when the next lane falls due that was not due when last looked at."""
        self._sort()
        return Instant(self._waiting[0][0]) if self._waiting else None

    def promote(self, now: Instant) -> None:
        """Let the lanes whose oldest message is due at `now` stand among the ready ones."""
        self._sort()
        waiting = self._waiting
        while waiting and waiting[0][0] <= now:
            delay_ms = heapq.heappop(waiting)[1]
            heapq.heappush(self._ready, (self._lanes[delay_ms].first_number(), delay_ms))

    def take(self, at_most: int, now: Instant, below: int = NO_NUMBER) -> list[Piece]:
        """Remove and return due messages in order of their numbers, all smaller than `below`."""
        self.promote(now)
        ready = self._ready
        pieces: list[Piece] = []
        while ready and at_most > 0 and ready[0][0] < below:
            delay_ms = ready[0][1]
            lane = self._lanes[delay_ms]
            limit = below
            if len(ready) > 1:
                limit = min(below, min(ready[1:3])[0])
            # Without a delay everything is due, also what was sent after a late wake's instant.
            taken = lane.take(at_most, limit, now - delay_ms if delay_ms else NO_NUMBER)
            assert taken, "a lane stands among the ready ones and is not"
            count = sum(piece[1] for piece in taken)
            at_most -= count
            self.count -= count
            pieces += taken
            self._replace_front(lane, now)
        return pieces

    def remove(self, number: int) -> Piece | None:
        """Remove one message wherever it stands; None when it is not here."""
        for lane in self._lanes.values():
            piece = lane.remove(number)
            if piece is not None:
                self.count -= 1
                self._is_sorted = False
                return piece
        return None

    def move_bodies(self, first: int, count: int, block: int, old: int | None) -> tuple[int, int]:
        """Note that bodies lie in `block` now; see `Lane.move_bodies`."""
        for lane in self._lanes.values():
            moved, before = lane.move_bodies(first, count, block, old)
            if moved:
                return moved, before
        return 0, 0

    def oldest_sent_at(self) -> Instant | None:
        """Return when the oldest message was sent; None when there is none."""
        return min(
            (lane.first_sent_at() for lane in self._lanes.values() if lane.count), default=None
        )

    def drop_sent_by(self, sent_by: int, leftovers: Leftovers) -> None:
        """Remove every message sent at `sent_by` or before."""
        for lane in self._lanes.values():
            lane.drop_sent_by(sent_by, leftovers)
        self._recount()

    def tell(self, at_most: int) -> int:
        """Tell at most so many groups that messages expired; return how many there were."""
        return 0

    def drop_all(self, leftovers: Leftovers) -> None:
        """Remove every message."""
        for lane in self._lanes.values():
            lane.drop_all(leftovers)
        self._recount()

    def delayed_count(self, now: Instant) -> int:
        """Return how many messages are not due at `now`."""
        return sum(
            lane.count - lane.count_sent_by(now - lane.delay_ms)
            for lane in self._lanes.values()
            if lane.delay_ms and lane.count
        )

    def runs(self) -> Iterator[Piece]:
        """Yield every run, lane by lane."""
        for lane in self._lanes.values():
            yield from lane.runs()

    def lanes(self) -> Iterable[Lane]:
        """Return the lanes."""
        return self._lanes.values()

    def columns(self, low_block: int = 0, high_block: int = NO_NUMBER) -> Iterator[Columns]:
        """Yield columns of runs, some thousand at a time; see `Lane.columns`."""
        for lane in self._lanes.values():
            yield from lane.columns(low_block, high_block)

    def encode(self, *, freeze: bool = False) -> list[tuple[int, list[Column]]]:
        """Return (delay in ms, columns) of each lane that holds something, shortest first.

        They are read at once, or stay as they are now.
        """
        lanes = [self._lanes[delay_ms] for delay_ms in sorted(self._lanes)]
        return [
            (lane.delay_ms, lane.freeze() if freeze else lane.encode())
            for lane in lanes
            if lane.count
        ]

    def decode(self, lanes: Iterable[tuple[int, list[bytes]]]) -> None:
        """Fill the empty backlog with what `encode` returned."""
        for delay_ms, columns in lanes:
            lane = self._lanes[delay_ms] = Lane(delay_ms)
            lane.decode(columns)
        self._recount()

    def _recount(self) -> None:
        self._lanes = {delay_ms: lane for delay_ms, lane in self._lanes.items() if lane.count}
        self.count = sum(lane.count for lane in self._lanes.values())
        self._is_sorted = False

    def _place(self, lane: Lane) -> None:
        if lane.delay_ms:
            heapq.heappush(self._waiting, (lane.first_sent_at() + lane.delay_ms, lane.delay_ms))
        else:
            heapq.heappush(self._ready, (lane.first_number(), 0))

    def _replace_front(self, lane: Lane, now: Instant) -> None:
        """Put the lane at the front of `_ready` where its new oldest message belongs."""
        if not lane.count:
            heapq.heappop(self._ready)
            del self._lanes[lane.delay_ms]
        elif lane.delay_ms and lane.first_sent_at() + lane.delay_ms > now:
            heapq.heappop(self._ready)
            self._place(lane)
        else:
            heapq.heapreplace(self._ready, (lane.first_number(), lane.delay_ms))

    def _sort(self) -> None:
        """Make both heaps anew after removals that did not go through them."""
        if self._is_sorted:
            return
        self._is_sorted = True
        self._ready = []
        self._waiting = []
        for lane in self._lanes.values():
            if lane.count:
                self._place(lane)
