"""Who is next when room comes free: mappings share concurrency as evenly as they ask for it.

Mappings whose batches were throttled under the same limit take turns: the place of a batch that
ends goes to the one with the fewest batches running, of equals to the one that has waited longest
and not to the one that has just had it.
Only a mapping that has still fewer, and more to do, keeps its place.
The place of an invoke that was no mapping's goes to them in the same way.
Without that a busy mapping would take each place again in the instant in which it comes free, and
the batches of others would find none whenever they try. While a mapping is the only caller, there
is nothing to share: its batches are tried again by time alone, as on AWS (spec/esm.md 4.3).
"""

from collections.abc import Callable

from headrace.base.instant import Instant
from headrace.core.mapping.commands import Limit


def limit_of(function_arn: str, limit: Limit) -> str:
    """Return what names a limit: the account and region of a function, or the function itself."""
    if limit is Limit.NONE:
        return ""
    parts = function_arn.split(":")
    return ":".join(parts[:5] if limit is Limit.ACCOUNT else parts[:7])


class Turns:
    """Mappings that wait, by limit; each waits under one."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._waiting: dict[str, dict[int, Instant]] = {}  # to mapping, to since when
        self._limits: dict[int, str] = {}  # by mapping

    def __bool__(self) -> bool:
        """Tell whether anybody waits."""
        return bool(self._limits)

    def wait(self, mapping: int, limit: str, since: Instant) -> None:
        """A mapping waits for room under `limit`."""
        if self._limits.get(mapping) != limit:
            self.leave(mapping)
            self._limits[mapping] = limit
        self._waiting.setdefault(limit, {})[mapping] = since

    def leave(self, mapping: int) -> None:
        """A mapping waits no longer, if it did."""
        limit = self._limits.pop(mapping, None)
        if limit is not None:
            waiting = self._waiting[limit]
            del waiting[mapping]
            if not waiting:
                del self._waiting[limit]

    def next(
        self, limit: str, giver: int, running: Callable[[int], int], *, is_wanted: bool
    ) -> int | None:
        """Return the mapping whose turn it is.

        Args:
            limit: Under which a place came free.
            giver: The mapping that had the place; 0: it was no mapping's.
            running: How many batches a mapping runs, without the one that has ended.
            is_wanted: Whether the giver would use the place again at once. It keeps it while it
                has less than those who wait.

        Returns:
            None where nobody else waits, or the giver keeps the place for what it receives next.
        """
        waiting = self._waiting.get(limit)
        if not waiting or (len(waiting) == 1 and giver in waiting):
            return None
        first = min(
            waiting,
            key=lambda mapping: (running(mapping), mapping == giver, waiting[mapping], mapping),
        )
        return None if is_wanted and running(giver) < running(first) else first
