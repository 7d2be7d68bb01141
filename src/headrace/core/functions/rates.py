"""How fast a function may be invoked and may grow, whatever it has in hand.

Two buckets for each function, which fill as time passes: requests, ten a second for each unit of
its concurrency, and environments, a thousand in ten seconds. Source: spec/lambda.md 6.1. Volatile,
as all of the fleet; what environments that are there ahead of need serve is not counted.
"""

from headrace.base.instant import Instant
from headrace.core.functions import limits

#: A bucket counts thousandths, of which so many come back a millisecond as whole ones a second.
_WHOLE = 1_000


class Buckets:
    """One bucket for each function; one that is full is not kept for long.

    Invariant: no bucket holds less than nothing.
    """

    def __init__(self) -> None:
        """Start with full ones."""
        #: What is left, in thousandths, and as of when.
        self._left: dict[int, tuple[int, Instant]] = {}

    def has_room(self, function: int, size: int, per_second: int, now: Instant) -> bool:
        """Return whether one more can be taken from a bucket that holds `size` when full."""
        return self._in(function, size, per_second, now) >= _WHOLE

    def take(self, function: int, size: int, per_second: int, now: Instant) -> None:
        """Take one, or what there is: what was accepted is served though time has passed since."""
        left = max(0, self._in(function, size, per_second, now) - _WHOLE)
        if len(self._left) >= limits.RATES_KEPT_MAX and function not in self._left:
            # All others have been let be for so long that they are full, or will be.
            oldest = min(self._left, key=lambda one: self._left[one][1])
            del self._left[oldest]
        self._left[function] = (left, now)

    def _in(self, function: int, size: int, per_second: int, now: Instant) -> int:
        full = size * _WHOLE
        found = self._left.get(function)
        if found is None:
            return full
        left, at = found
        return min(full, left + (now - at) * per_second)
