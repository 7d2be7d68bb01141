"""Service time, which machines live by, and machine time, which real work takes.

`Clock` may be virtual: it then stands still until it is moved. `monotonic_ns` is never virtual:
time-outs of functions and of sockets are real.
"""

from collections.abc import Callable
from typing import Protocol

from headrace.base.instant import Instant


class Alarm(Protocol):
    """A call that has been asked for and can be called off."""

    def cancel(self) -> None:
        """Call it off; does nothing if it has happened."""
        ...

    def move(self, instant: Instant) -> None:
        """Call at this instant instead; does nothing if it has happened or was called off."""
        ...


class Clock(Protocol):
    """Service time: milliseconds since 1970 that never go back."""

    #: "system" or "virtual"; recorded in the data folder, which lives by one of them for ever.
    kind: str

    def now(self) -> Instant:
        """Return the current instant."""
        ...

    def call_at(self, instant: Instant, callback: Callable[[], None]) -> Alarm:
        """Call `callback` on the event loop once service time has reached `instant`."""
        ...

    def not_before(self, instant: Instant) -> None:
        """Never return less than `instant` from now on (after a restart)."""
        ...
