"""Measure the server itself: how long commits take, and how late the event loop is."""

import asyncio
import os
from pathlib import Path

from headrace.base.histogram import Histogram
from headrace.ports.journal import Block
from headrace.shell.block import OpenBlock
from headrace.shell.clock import Stopwatch
from headrace.shell.driver import Driver

#: Bounds of commits and of lateness, in microseconds.
BOUNDS_US = (250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000, 100_000, 250_000, 1_000_000)
#: Seconds between two looks at how late the loop is.
LOOK_EVERY_S = 0.5

_STATUS = Path("/proc/self/statm")


class Meter:
    """Counts blocks, and times their commits and the loop."""

    def __init__(self, driver: Driver) -> None:
        """Listen to a driver; the loop is timed from `start` to `stop`."""
        self.commit_us = Histogram(BOUNDS_US)
        self.late_us = Histogram(BOUNDS_US)
        self.records = 0
        self.head_bytes = 0
        self.body_bytes = 0
        self._read_ns = Stopwatch().read_ns
        self._sealed_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        driver.on_block_sealed.append(self._sealed)
        driver.on_block_durable.append(self._durable)

    def start(self) -> None:
        """Begin to look how late the loop is."""
        loop = asyncio.get_running_loop()
        due = loop.time() + LOOK_EVERY_S

        def look() -> None:
            self.late_us.observe(max(0, int((loop.time() - due) * 1_000_000)))
            self.start()

        self._timer = loop.call_at(due, look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _sealed(self, block: OpenBlock) -> None:
        """Note that a block goes to the journal; one does at a time."""
        self.records += len(block.records)
        self.body_bytes += block.bodies_size
        self._sealed_ns = self._read_ns()

    def _durable(self, block: Block) -> None:
        self.head_bytes += len(block.head)
        self.commit_us.observe((self._read_ns() - self._sealed_ns) // 1_000)


def resident_bytes() -> int:
    """Return how much memory this process holds; 0: this system does not say."""
    try:
        return int(_STATUS.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
