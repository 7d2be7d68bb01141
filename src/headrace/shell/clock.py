"""Service time from the machine's clocks: it follows the wall clock and never goes back."""

import asyncio
import time
from collections.abc import Callable

from headrace.base.instant import Instant, later

NS_PER_MS = 1_000_000

#: While service time is ahead of the wall clock it runs at this many tenths of its rate, so that it
#: neither stands still (leases and waits would never end) nor stays ahead for ever.
TENTHS_WHILE_AHEAD = 9

#: Longest sleep of an alarm, in milliseconds: the wall clock may be set forward meanwhile.
SLEEP_AT_MOST_MS = 10_000


class SystemAlarm:
    """A call at an instant, checked against service time whenever the loop wakes it."""

    def __init__(
        self, clock: "SystemClock", instant: Instant, callback: Callable[[], None]
    ) -> None:
        """Ask the running loop for a call at `instant`."""
        self._clock = clock
        self._instant = instant
        self._callback = callback
        self._handle: asyncio.TimerHandle | None = None
        self._wakes_at = instant  #: At or after that its timer wakes it.
        self._sleep()

    def cancel(self) -> None:
        """Call it off; does nothing if it has happened."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def move(self, instant: Instant) -> None:
        """Call at this instant instead; does nothing if it has happened or was called off.

        A timer that wakes it too early stays: the driver moves its alarm with nearly each command,
        and most often to later.
        """
        if self._handle is None:
            return
        self._instant = instant
        if instant < self._wakes_at:
            self._handle.cancel()
            self._sleep()

    def _sleep(self) -> None:
        now = self._clock.now()
        wait_ms = min(max(0, self._instant - now), SLEEP_AT_MOST_MS)
        self._wakes_at = later(now, wait_ms)
        self._handle = asyncio.get_running_loop().call_later(wait_ms / 1_000, self._ring)

    def _ring(self) -> None:
        if self._clock.now() < self._instant:
            self._sleep()  # timers are a little early, or the wall clock was set back
            return
        self._handle = None
        self._callback()


class SystemClock:
    """The Clock port: the wall clock, but for the times when that would mean going back."""

    kind = "system"

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Read these two clocks of the machine, in nanoseconds."""
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._service_ns = wall_ns()
        self._read_at_ns = monotonic_ns()

    def now(self) -> Instant:
        """Return the current instant."""
        read_at = self._monotonic_ns()
        slowly = self._service_ns + (read_at - self._read_at_ns) * TENTHS_WHILE_AHEAD // 10
        self._read_at_ns = read_at
        self._service_ns = now_ns = max(slowly, self._wall_ns())
        return Instant(now_ns // NS_PER_MS)

    def call_at(self, instant: Instant, callback: Callable[[], None]) -> SystemAlarm:
        """Call `callback` on the running event loop once service time has reached `instant`."""
        return SystemAlarm(self, instant, callback)

    def not_before(self, instant: Instant) -> None:
        """Never return less than `instant` from now on."""
        self._service_ns = max(self._service_ns, instant * NS_PER_MS)


class Stopwatch:
    """Machine time: how long real work takes, in monotonic nanoseconds; never virtual."""

    def read_ns(self) -> int:
        """Return nanoseconds since some fixed moment."""
        return time.monotonic_ns()


def wall_ms() -> int:
    """Return what the machine's own clock shows, in milliseconds since 1970.

    For deadlines that a function compares with its own clock; service time may be another.
    """
    return time.time_ns() // NS_PER_MS
