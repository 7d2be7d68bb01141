"""How many events of a function may be under way: some at once, more while they are not enough.

After a restart a million events may be due at one instant. Each that is handed out and finds no
environment free starts one, so they are handed out as a service of AWS's grows: a few environments
first, and a hundred more each second in which what waits is not worked off fast enough. Volatile.
"""

from headrace.base.instant import Instant, later
from headrace.core.functions import limits


class Pace:
    """How many events may be under way of one function whose environments are all busy."""

    __slots__ = ("allowed", "ended", "since")

    def __init__(self) -> None:
        """Begin with few."""
        self.allowed = limits.EVENTS_AT_FIRST
        self.ended = 0  #: How many have ended since `since`.
        self.since: Instant | None = None  #: None: nothing has waited yet.

    def hold(self, waiting: int, now: Instant, *, is_growing: bool = False) -> Instant:
        """Take note that events wait although there is room; return when to look again.

        Of so many that wait the last would have its turn in ten seconds at the pace of the last
        second, or more are allowed from now on. While it `is_growing`, environments start that
        have not shown yet how many are enough.
        """
        if self.since is None or is_growing:
            self.since, self.ended = now, 0
        elapsed_ms = now - self.since
        if elapsed_ms >= limits.EVENT_PACE_MS:
            if waiting * elapsed_ms > self.ended * limits.EVENT_WAIT_MS:
                more = self.allowed + limits.GROWTH_PER_SECOND
                self.allowed = min(more, limits.EVENTS_IN_HAND_MAX)
            self.since, self.ended = now, 0
        return later(self.since, limits.EVENT_PACE_MS)
