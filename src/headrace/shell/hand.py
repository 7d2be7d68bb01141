"""Count what is in hand, so that a virtual clock moves only when nothing is.

In hand is: a command that is not parked, a block under way, an invoke that runs, a request that is
being read or answered. Parked receives and idle environments are not.
"""

from collections.abc import Callable


class Hand:
    """A count, and who wants to know when it is zero."""

    def __init__(self) -> None:
        """Start with nothing in hand."""
        self.count = 0
        self._when_empty: list[Callable[[], None]] = []

    def take(self) -> None:
        """One more thing is in hand."""
        self.count += 1

    def give_back(self) -> None:
        """One thing less is in hand."""
        if self.count:  # what was taken before a reset may come back after it
            self.count -= 1
        if self._when_empty and self.count == 0:
            waiting, self._when_empty = self._when_empty, []
            for callback in waiting:
                callback()

    def reset(self) -> None:
        """Nothing is in hand any more: memory is being rebuilt, and whoever waited was answered."""
        self.count = 0

    def when_empty(self, callback: Callable[[], None]) -> None:
        """Call `callback` once as soon as nothing is in hand; at once if that is so now."""
        if self.count == 0:
            callback()
        else:
            self._when_empty.append(callback)
