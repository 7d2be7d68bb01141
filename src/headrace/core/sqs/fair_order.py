"""Whose turn it is on a standard queue with group ids, by heaps over streams and noisy groups.

A **stream** is the untouched messages of one group and one delay, or its returned ones. It stands
with its first number in one heap: the queue's, or that of its group while this is set aside. So
a group that becomes noisy costs a step for each of its streams, not for each of its messages. Heaps
have lazy deletion: an entry counts when its group says so.
"""

import heapq
from collections.abc import Callable
from typing import NamedTuple

from headrace.base.instant import Instant
from headrace.core.sqs.backlog import NO_NUMBER
from headrace.core.sqs.fair_group import Entry, FairGroup, Rank
from headrace.core.sqs.limits import Noise
from headrace.core.sqs.touched import STALE_MAX

#: The heaps that a stream may stand in.
QUIET, ASIDE, WAITING = range(3)


class Turn(NamedTuple):
    """The message that comes next."""

    number: int
    group: FairGroup
    key: int  #: Of the stream that it is the first of.


class FairOrder:
    """The order of the streams of a queue's groups."""

    def __init__(
        self, groups: dict[int, FairGroup], noise: Noise, sent_at: Callable[[int, int], int]
    ) -> None:
        """Start with groups, by birth, whose streams stand nowhere.

        Args:
            groups: The owner's, who adds and removes.
            noise: When a noisy group is quiet again.
            sent_at: Returns the send instant of an untouched message, by delay and number.
        """
        self.noise = noise
        self._groups = groups
        self._sent_at = sent_at
        self._seen = Instant(0)
        self._quiet: list[Entry] = []
        self._delayed: list[Entry] = []
        self._streams = 0  #: How many entries count.
        self._ranks: list[Rank] = []
        self._lapses: list[tuple[int, int]] = []  #: (when a noisy group may be quiet, birth).

    def heaps(self) -> tuple[list[Entry], list[Entry], list[Rank], list[tuple[int, int]]]:
        """Return all that would be let go of with this order."""
        return self._quiet, self._delayed, self._ranks, self._lapses

    def use_noise(self, noise: Noise) -> None:
        """Take other thresholds; they hold also for the groups that are idle now."""
        self.noise = noise
        self._lapses = []
        for group in self._groups.values():
            group.has_lapse_noted = False
            if group.is_aside:
                self.note_lapse(group)

    def first(self, now: Instant) -> Turn | None:
        """Return the message whose turn it is; None when none is visible."""
        self.promote(now)
        entry = self._top(self._quiet)
        if entry is None:
            rank = self._top_rank()
            if rank is None:
                return None
            entry = self._top(self._groups[rank[2]].ready)
            assert entry is not None, "a noisy group stands among the others without a message"
        return Turn(entry[0], self._groups[entry[1]], entry[2])

    def next_due(self) -> Instant | None:
        """Return when the next stream falls due that was not due when last looked at."""
        entry = self._top(self._delayed)
        return None if entry is None else Instant(entry[0])

    def promote(self, now: Instant) -> None:
        """Let what is due at `now` be taken from, and what was idle for long be quiet."""
        self._seen = now
        while (entry := self._top(self._delayed)) is not None and entry[0] <= now:
            heapq.heappop(self._delayed)
            self.place(self._groups[entry[1]], entry[2])
        while self._lapses and self._lapses[0][0] <= now:
            group = self._groups.get(heapq.heappop(self._lapses)[1])
            if group is None:
                continue
            group.has_lapse_noted = False
            if group.is_aside and group.has_lapsed(now, self.noise.idle_ms):
                self._set_aside(group, is_aside=False)
            elif group.is_aside:
                self.note_lapse(group)

    def place(self, group: FairGroup, key: int) -> None:
        """Let a stream stand where its first message belongs."""
        number = group.first_of(key)
        if number == NO_NUMBER:
            if group.entries.pop(key, None) is not None:
                self._streams -= 1
        else:
            # Without a delay everything is due, also what was sent after a late wake's instant.
            due = self._sent_at(key, number) + key if key > 0 else 0
            if due > self._seen:
                self._enter(group, self._delayed, (due, group.birth, key, WAITING))
            elif group.is_aside:
                self._enter(group, group.ready, (number, group.birth, key, ASIDE))
            else:
                self._enter(group, self._quiet, (number, group.birth, key, QUIET))
        if group.is_aside:
            self._rank_group(group)

    def judge(self, group: FairGroup, *, is_noisy: bool) -> None:
        """Let a group be noisy, or quiet, from now on."""
        group.is_noisy = is_noisy
        if is_noisy != group.is_aside:
            self._set_aside(group, is_aside=is_noisy)

    def note_lapse(self, group: FairGroup) -> None:
        """Let a noisy group be quiet when it has nothing in flight for long enough (6)."""
        if not group.in_flight and not group.has_lapse_noted:
            group.has_lapse_noted = True
            lapse_at = group.idle_since + self.noise.idle_ms
            heapq.heappush(self._lapses, (lapse_at, group.birth))

    def forget(self, group: FairGroup) -> None:
        """Learn that a group is gone."""
        self._streams -= len(group.entries)

    # --- inside ----------------------------------------------------------------------------------

    def _set_aside(self, group: FairGroup, *, is_aside: bool) -> None:
        """Let the group's streams stand by themselves, or among those of the queue."""
        group.is_aside = is_aside
        self._streams -= len(group.entries)
        group.entries.clear()
        group.ready.clear()
        group.rank = None
        for key in group.stream_keys():
            self.place(group, key)

    def _rank_group(self, group: FairGroup) -> None:
        entry = self._top(group.ready)
        rank = None if entry is None else (group.in_flight, entry[0], group.birth)
        if rank != group.rank:
            group.rank = rank
            if rank is not None:
                heapq.heappush(self._ranks, rank)
                if len(self._ranks) > STALE_MAX + 2 * len(self._groups):
                    self._ranks = [old for old in self._ranks if self._is_rank(old)]
                    heapq.heapify(self._ranks)

    def _enter(self, group: FairGroup, heap: list[Entry], entry: Entry) -> None:
        before = group.entries.get(entry[2])
        if before == entry:
            return
        if before is None:
            self._streams += 1
        group.entries[entry[2]] = entry
        heapq.heappush(heap, entry)
        streams = len(group.entries) if entry[3] == ASIDE else self._streams
        if len(heap) > STALE_MAX + 2 * streams:
            heap[:] = dict.fromkeys(old for old in heap if self._counts(old))
            heapq.heapify(heap)

    def _top(self, heap: list[Entry]) -> Entry | None:
        while heap:
            if self._counts(heap[0]):
                return heap[0]
            heapq.heappop(heap)
        return None

    def _top_rank(self) -> Rank | None:
        while self._ranks:
            if self._is_rank(self._ranks[0]):
                return self._ranks[0]
            heapq.heappop(self._ranks)
        return None

    def _counts(self, entry: Entry) -> bool:
        group = self._groups.get(entry[1])
        return group is not None and group.entries.get(entry[2]) == entry

    def _is_rank(self, rank: Rank) -> bool:
        group = self._groups.get(rank[2])
        return group is not None and group.rank == rank
