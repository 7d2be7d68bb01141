"""Hold an environment to its memory where there are no control groups: look, and kill.

RLIMIT_DATA limits each process by itself. What all of them hold together is looked at while an
event is in hand: the more room is left, the later the next look. A look costs a small file for
each process; only when their sum is too much are they asked for what they share, which costs the
kernel a walk through their pages.
"""

import asyncio
import contextlib
from collections.abc import Callable

from headrace.sandbox import limits, trees

_KILOBYTE = 1_024


class MemoryWatch:
    """Looks at the memory of a process tree from time to time."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        memory_mb: int,
        on_peak: Callable[[int], None],
        on_excess: Callable[[], None],
    ) -> None:
        """Begin without looking.

        Args:
            on_peak: Is told what is held, in KiB, at each look.
            on_excess: Called once when it is more than `memory_mb`.
        """
        self._loop = loop
        self._memory_kb = memory_mb * _KILOBYTE
        self._on_peak = on_peak
        self._on_excess = on_excess
        self._root = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, root: int) -> None:
        """Look from now on at all processes below a pid; 0: there is none."""
        self.end()
        if root:
            self._root = root
            self._plan(self._memory_kb)

    def end(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _plan(self, room_kb: int) -> None:
        """Look again when what is left may be filled, reckoned at 1 MB a millisecond."""
        room_ms = room_kb // _KILOBYTE
        delay_ms = min(max(room_ms, limits.MEMORY_LOOK_MS_MIN), limits.MEMORY_LOOK_MS_MAX)
        self._timer = self._loop.call_later(delay_ms / 1_000, self._look)

    def _look(self) -> None:
        self._timer = None
        held_kb = held_by(trees.descendants(self._root), self._memory_kb)
        self._on_peak(held_kb)
        if held_kb > self._memory_kb:
            self._on_excess()
        else:
            self._plan(self._memory_kb - held_kb)


def held_by(pids: list[int], enough_kb: int) -> int:
    """Return how much memory processes hold together, in KiB.

    Pages that several of them share count for each, unless that makes it more than `enough_kb`;
    then each counts its share. Those of files do not count.
    """
    held_kb = sum(_resident_kb(pid) for pid in pids)
    return held_kb if held_kb <= enough_kb else sum(_share_kb(pid) for pid in pids)


def _resident_kb(pid: int) -> int:
    """Return what a process holds that is no file's; 0 when it is gone."""
    return _sum_of(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:"))


def _share_kb(pid: int) -> int:
    """Return the same, with each page divided by how many have it.

    Of a process that hides its pages (it is not dumpable), nothing is taken off.
    """
    try:
        return _sum_in(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))
    except OSError:
        return _resident_kb(pid)


def _sum_of(path: str, names: tuple[str, ...]) -> int:
    with contextlib.suppress(OSError):
        return _sum_in(path, names)
    return 0


def _sum_in(path: str, names: tuple[str, ...]) -> int:
    with open(path) as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(names))
