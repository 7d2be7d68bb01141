"""Instants and durations as whole milliseconds, and every unit conversion.

`Instant` is milliseconds since 1970 in service time, which never goes back. A duration is a plain
`int` of milliseconds whose name ends in `_ms`. Seconds appear only where AWS says seconds
(`_s`), and only the functions here multiply by 1,000.
"""

from typing import TYPE_CHECKING, NewType

#: Milliseconds since 1970-01-01T00:00:00Z, in service time.
if TYPE_CHECKING:
    Instant = NewType("Instant", int)
else:
    Instant = int  # calling a NewType costs several times as much, and some are made per request

MS_PER_S = 1_000


def ms_of_s(seconds: int) -> int:
    """Return a duration of whole seconds as milliseconds."""
    return seconds * MS_PER_S


def s_of_ms(milliseconds: int) -> int:
    """Return a duration or instant in milliseconds as whole seconds, rounded down."""
    return milliseconds // MS_PER_S


def later(instant: Instant, milliseconds: int) -> Instant:
    """Return the instant that lies `milliseconds` after `instant`."""
    return Instant(instant + milliseconds)
