"""Events that were read and come behind others: no more of them than a page can hold.

Where the events of all files lie between the same instants, all of a group is read before the first
event can be shown. What surely lies behind the end of the page is let go of meanwhile, and from
then on not even taken apart.
"""

import heapq
from collections.abc import Iterator

from headrace.core.logs.events import EventQuery, StoredEvent
from headrace.store.logs.paging import look_bytes, page_bytes

#: Bytes and events beyond what a page needs from which on it is worth it to let go of some.
SPARE_BYTES = 4 * 1_048_576
SPARE_EVENTS = 1_000


class Waiting:
    """The events of a query that are not shown yet, in its order."""

    def __init__(self, query: EventQuery) -> None:
        """Start without events."""
        self._sign = -1 if query.descending else 1
        self._heap: list[tuple[int, StoredEvent]] = []
        self._bytes = 0
        self._looked_max = self._page_max = query.searched_bytes_max
        self._events_max = query.searched_bytes_max
        if query.matches is None:  # Else any number of them may not pass.
            self._page_max, self._events_max = query.bytes_max, query.limit
        #: Between which instants events may still be wanted, inclusive.
        self.since, self.until = query.since, query.until

    def add(self, event: StoredEvent) -> None:
        """Have an event wait."""
        heapq.heappush(self._heap, (self._sign * event.id, event))
        self._bytes += look_bytes(event)
        if (
            self._bytes > 2 * min(self._looked_max, self._page_max) + SPARE_BYTES
            or len(self._heap) > 2 * self._events_max + SPARE_EVENTS
        ):
            self._let_go()

    def before(self, key: int) -> Iterator[StoredEvent]:
        """Yield those that come before an instant; in descending order it is negative."""
        while self._heap and self._sign * self._heap[0][1].at < key:
            yield self._take()

    def rest(self) -> Iterator[StoredEvent]:
        """Yield all."""
        while self._heap:
            yield self._take()

    def is_beyond(self, key: int) -> bool:
        """Tell whether nothing from an instant on can be wanted any more."""
        if self._sign < 0:
            return -key < self.since
        return self.until is not None and key > self.until

    def _take(self) -> StoredEvent:
        _, event = heapq.heappop(self._heap)
        self._bytes -= look_bytes(event)
        return event

    def _let_go(self) -> None:
        """Keep what fills a page, and one event more, which tells that the page is not the last."""
        kept: list[tuple[int, StoredEvent]] = []
        looked = page = 0
        while self._heap:  # Not sorted at once: the loop would wait for a hundred thousand.
            one = heapq.heappop(self._heap)
            kept.append(one)
            if looked >= self._looked_max or page >= self._page_max or len(kept) > self._events_max:
                break
            looked += look_bytes(one[1])
            page += page_bytes(one[1])
        self._heap = kept
        self._bytes = sum(look_bytes(event) for _, event in kept)
        last = self._heap[-1][1].at
        if self._sign < 0:
            self.since = last
        else:
            self.until = last
