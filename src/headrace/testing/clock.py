"""Service time that stands still until it is moved."""

import asyncio
import heapq
import itertools
from collections.abc import Callable

from headrace.base.instant import Instant, later

#: Where virtual time begins unless a test says otherwise: 2027-01-15T08:00:00Z.
START = Instant(1_800_000_000_000)


class VirtualAlarm:
    """A call at an instant of virtual time."""

    def __init__(self, clock: "VirtualClock", callback: Callable[[], None]) -> None:
        """Hold what is to be called."""
        self._clock = clock
        self._callback: Callable[[], None] | None = callback
        self.place = 0  #: Number of its entry in the clock's order; others are stale.

    def is_at(self, place: int) -> bool:
        """Tell whether it is still to be called, by this entry."""
        return self._callback is not None and self.place == place

    def cancel(self) -> None:
        """Call it off; does nothing if it has happened."""
        self._callback = None

    def move(self, instant: Instant) -> None:
        """Call it at this instant instead; does nothing if it has happened or was called off."""
        if self._callback is not None:
            self._clock.set(self, instant)

    def ring_at(self, place: int) -> None:
        """Call it if it has not been called, called off or moved since it got this entry."""
        if self.is_at(place):
            self.ring()

    def ring(self) -> None:
        """Call it, once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class VirtualClock:
    """The Clock port for tests."""

    kind = "virtual"

    def __init__(self, start: Instant = START) -> None:
        """Stand at `start`."""
        self._now = start
        self._alarms: list[tuple[Instant, int, VirtualAlarm]] = []
        self._count = itertools.count()

    def now(self) -> Instant:
        """Return the instant to which it was last moved."""
        return self._now

    def call_at(self, instant: Instant, callback: Callable[[], None]) -> VirtualAlarm:
        """Call `callback` when time is moved to `instant` or beyond; soon, if it is there now."""
        alarm = VirtualAlarm(self, callback)
        self.set(alarm, instant)
        return alarm

    def set(self, alarm: VirtualAlarm, instant: Instant) -> None:
        """Have an alarm ring when time is moved to `instant`; soon, if it is there now."""
        alarm.place = place = next(self._count)
        heapq.heappush(self._alarms, (instant, place, alarm))
        if instant <= self._now:
            asyncio.get_running_loop().call_soon(alarm.ring_at, place)

    def not_before(self, instant: Instant) -> None:
        """Never return less than `instant` from now on."""
        self._now = max(self._now, instant)

    def next_alarm(self) -> Instant | None:
        """Return when the next alarm rings; None when there is none."""
        while self._alarms and not self._alarms[0][2].is_at(self._alarms[0][1]):
            heapq.heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def move(self, instant: Instant) -> None:
        """Stand at `instant` and ring what is due, in order. Time never goes back."""
        assert instant >= self._now, "time never goes back"
        self._now = instant
        while (due := self.next_alarm()) is not None and due <= instant:
            heapq.heappop(self._alarms)[2].ring()

    def move_by(self, milliseconds: int) -> None:
        """Move by so much."""
        self.move(later(self._now, milliseconds))
