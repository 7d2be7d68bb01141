"""One group of a standard queue: its waiting messages by delay, and whether it is noisy."""

import heapq
from collections.abc import Callable

from headrace.base.instant import Instant
from headrace.core.sqs.backlog import NO_NUMBER
from headrace.core.sqs.strand import Strand
from headrace.core.sqs.touched import STALE_MAX, Slot, Touched

#: Where a stream stands: its first number (while that one is delayed: when it falls due), birth of
#: its group, its key, and which heap it stands in.
Entry = tuple[int, int, int, int]
#: Where a noisy group stands: messages in flight, number of its first visible message, birth.
Rank = tuple[int, int, int]
#: The key of the stream of returned messages; any other is a delay in ms.
RETURNED = -1


class Returned:
    """Numbers of a group's returned messages; those that are so no longer leave when seen."""

    __slots__ = ("_numbers", "_slots")

    def __init__(self, slots: dict[int, Slot]) -> None:
        """Start empty; `slots` are the queue's touched messages."""
        self._slots = slots
        self._numbers: list[int] = []

    def first(self) -> int:
        """Return the smallest number; `NO_NUMBER` when there is none."""
        numbers = self._numbers
        while numbers and not self._is_here(numbers[0]):
            heapq.heappop(numbers)
        return numbers[0] if numbers else NO_NUMBER

    def add(self, number: int, at_most: int) -> None:
        """Take a message that became visible; the group has `at_most` messages."""
        heapq.heappush(self._numbers, number)
        if len(self._numbers) > STALE_MAX + 2 * at_most:
            self._numbers = sorted({old for old in self._numbers if self._is_here(old)})

    def adopt(self, numbers: list[int]) -> None:
        """Take a heap of numbers of which some may be returned messages no longer."""
        self._numbers = numbers

    def _is_here(self, number: int) -> bool:
        slot = self._slots.get(number)
        return slot is not None and not slot.is_in_flight


class FairGroup:
    """The messages of one group by the place where they wait."""

    __slots__ = (
        "birth",
        "count",
        "entries",
        "has_lapse_noted",
        "idle_since",
        "in_flight",
        "is_aside",
        "is_noisy",
        "name",
        "rank",
        "ready",
        "returned",
        "untouched",
    )

    def __init__(self, name: str, birth: int, slots: dict[int, Slot]) -> None:
        """Come into being with the message whose number is `birth`; 0: the messages without id."""
        self.name = name
        self.birth = birth
        self.count = 0  #: Messages, those in flight included.
        self.in_flight = 0
        self.untouched: dict[int, Strand] = {}  #: By delay in ms; none is empty.
        self.returned = Returned(slots)
        self.entries: dict[int, Entry] = {}  #: The one entry of each stream that counts.
        #: It was found noisy. Changes only with records, so that a replay finds it so too.
        self.is_noisy = False
        self.idle_since = Instant(0)  #: Since when a noisy group has nothing in flight.
        self.has_lapse_noted = False  #: Somebody will look whether it is idle for too long.
        self.is_aside = False  #: Its streams stand in `ready`, not among those of the queue.
        self.ready: list[Entry] = []
        self.rank: Rank | None = None  #: The one among the noisy groups that counts.

    @property
    def waiting(self) -> int:
        """Return how many messages are not in flight: its backlog."""
        return self.count - self.in_flight

    def first_of(self, key: int) -> int:
        """Return the smallest number of a stream; `NO_NUMBER` when it is empty."""
        if key == RETURNED:
            return self.returned.first()
        strand = self.untouched.get(key)
        return NO_NUMBER if strand is None else strand.first()

    def append(self, key: int, first: int, count: int) -> None:
        """Add untouched messages with the delay `key`, behind all others."""
        strand = self.untouched.get(key)
        if strand is None:
            strand = self.untouched[key] = Strand()
        strand.append(first, count)

    def take(self, key: int, number: int) -> None:
        """Remove one untouched message, mostly the first one."""
        strand = self.untouched[key]
        if strand.first() == number:
            strand.drop(1)
        else:
            strand.remove(number)
        if not strand:
            del self.untouched[key]

    def drop_below(self, key: int, number: int) -> bool:
        """Remove the untouched messages with the delay `key` and smaller numbers: they are gone.

        Returns whether there were any.
        """
        strand = self.untouched[key]
        dropped = strand.drop_below(number)
        self.count -= dropped
        if not strand:
            del self.untouched[key]
        return dropped > 0

    def lives(self, first_living: Callable[[int], int]) -> bool:
        """Tell whether it has messages, also before it heard what expired.

        `first_living` returns by delay the smallest number that did not.
        """
        strands = self.untouched.items()
        return self.count > sum(strand.count_below(first_living(key)) for key, strand in strands)

    def adopt(self, touched: Touched) -> None:
        """Take all touched messages of a queue that had no groups."""
        self.count += len(touched.slots)
        self.in_flight = touched.in_flight
        self.returned = Returned(touched.slots)
        self.returned.adopt(list(touched.heaps()[1]))

    def stream_keys(self) -> tuple[int, ...]:
        """Return the keys of the streams that may hold something."""
        return (RETURNED, *self.untouched)

    def has_lapsed(self, now: Instant, noise_ms: int) -> bool:
        """Tell whether it had nothing in flight for so long that it is noisy no longer (6)."""
        return not self.in_flight and self.idle_since + noise_ms <= now

    def is_still_noisy(self, now: Instant, noise_ms: int) -> bool:
        """Tell whether it was found noisy, and has something that waits and was not idle since."""
        return self.is_noisy and self.waiting > 0 and not self.has_lapsed(now, noise_ms)
