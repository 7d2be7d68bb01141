"""Has memory rebuilt from the journal after a failure: once at a time, with ever longer pauses.

Some failures end by themselves, as when somebody makes room on a database's disk; a server that had
given up would go on refusing everything, and its lease would keep every other one from helping.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from headrace.shell.limits import REBUILD_PAUSE_S_MAX, REBUILDS_AT_ONCE

log = logging.getLogger(__name__)

#: Loads new rooms and starts the driver with them; is told why.
Rebuild = Callable[[str], Awaitable[None]]


class Rebuilding:
    """Rebuilds whenever it is wanted, again if it is wanted anew meanwhile."""

    def __init__(self) -> None:
        """Have nothing to run yet."""
        self._task: asyncio.Task[None] | None = None
        self._is_wanted = False
        self._in_a_row = 0
        self._stopped = asyncio.Event()

    def want(self, rebuild: Rebuild, reason: str, append: asyncio.Future[None] | None) -> None:
        """Have memory rebuilt once an append under way has ended one way or the other."""
        self._is_wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(rebuild, reason, append))
            self._task.add_done_callback(_tell_of_failure)

    def forget_failures(self) -> None:
        """A block was written: what comes is a new failure."""
        self._in_a_row = 0

    def stop(self) -> None:
        """Wait no more for what fails again and again."""
        self._stopped.set()

    async def _run(
        self, rebuild: Rebuild, reason: str, append: asyncio.Future[None] | None
    ) -> None:
        while self._is_wanted:
            self._in_a_row += 1
            if self._in_a_row > REBUILDS_AT_ONCE:
                await self._pause()
                if self._stopped.is_set():
                    return
            if append is not None and not append.done():
                await asyncio.wait([append])
            self._is_wanted = False
            await rebuild(reason)

    async def _pause(self) -> None:
        """Wait for twice as long each time, until the server stops."""
        pause_s = min(2 ** (self._in_a_row - REBUILDS_AT_ONCE - 1), REBUILD_PAUSE_S_MAX)
        log.critical("memory fails again and again: everything is refused for %d s", pause_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._stopped.wait()


def _tell_of_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("memory cannot be rebuilt: everything is refused from now on", exc_info=error)
