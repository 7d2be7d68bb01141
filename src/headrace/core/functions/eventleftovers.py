"""Asynchronous invokes of deleted functions, let go of bit by bit.

A function may be deleted with a million of them. Nobody asks for them any more; which blocks held
how many of their bodies is told a chunk at a time.
"""

from collections import deque

from headrace.core.deadlines import Deadlines
from headrace.core.functions.eventlog import EventLog
from headrace.core.functions.eventoutbox import Outbox
from headrace.core.machine import Forget


class Leftovers:
    """Logs of functions that are gone; none of them is empty."""

    def __init__(self, outbox: Outbox) -> None:
        """Start without any; nothing of them is sent from `outbox` any more."""
        self._outbox = outbox
        self._logs: deque[tuple[int, EventLog, Deadlines[int]]] = deque()

    def __bool__(self) -> bool:
        """Tell whether something is left."""
        return bool(self._logs)

    def add(self, function: int, log: EventLog, due: Deadlines[int]) -> None:
        """Take a log, and when its events were to be tried again; nobody else knows them."""
        if not log.is_empty:
            self._logs.append((function, log, due))

    def clear(self) -> None:
        """Forget everything: a replay counts nothing."""
        self._logs.clear()

    def take(self) -> list[Forget]:
        """Let go of one chunk, if there is any; return how many bodies died by block."""
        if not self._logs:
            return []
        function, log, due = self._logs[0]
        numbers, bodies = log.take_apart()
        self._outbox.drop(function, numbers)
        for _ in numbers:
            due.take_next()
        if log.is_empty:
            self._logs.popleft()
        return [Forget(block, count) for block, count in sorted(bodies.items())]
