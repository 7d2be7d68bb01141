"""What processes hold, and when it is too much."""

import asyncio
import mmap
import os
import signal

import pytest

from headrace.sandbox import limits, memory
from headrace.sandbox.memory import MemoryWatch, held_by

MIB_KB = 1_024


class Loop:
    """A loop whose only clock is the list of what is planned."""

    def __init__(self):
        self.planned = []

    def call_later(self, delay_s, action):
        handle = asyncio.TimerHandle(delay_s, action, (), self)
        self.planned.append(handle)
        return handle

    def _timer_handle_cancelled(self, handle):
        self.planned.remove(handle)

    def get_debug(self):
        return False

    def next(self):
        handle = self.planned.pop(0)
        handle._run()
        return round(handle.when() * 1_000)


@pytest.fixture
def watch(monkeypatch):
    """A watch over 100 MB, and what it is shown and has said."""
    shown, peaks, excesses = [], [], []
    monkeypatch.setattr(memory.trees, "descendants", lambda root: [root])
    monkeypatch.setattr(memory, "held_by", lambda pids, enough_kb: shown.pop(0) * MIB_KB)
    loop = Loop()
    watch = MemoryWatch(loop, 100, peaks.append, lambda: excesses.append(True))
    return watch, loop, shown, peaks, excesses


def test_the_more_room_is_left_the_later_is_the_next_look(watch):
    watch, loop, shown, peaks, excesses = watch
    shown += [0, 40, 90, 101]
    watch.begin(7)
    assert [loop.next() for _ in range(4)] == [100, 100, 60, limits.MEMORY_LOOK_MS_MIN]
    assert peaks == [one * MIB_KB for one in (0, 40, 90, 101)]
    assert (excesses, loop.planned) == ([True], [])


def test_a_large_function_is_looked_at_all_the_same():
    loop = Loop()
    MemoryWatch(loop, 10_240, print, print).begin(7)
    assert loop.planned[0].when() == limits.MEMORY_LOOK_MS_MAX / 1_000


def test_nothing_is_looked_at_before_the_beginning_and_after_the_end(watch):
    watch, loop, *_ = watch
    watch.begin(0)
    assert loop.planned == []
    watch.begin(7)
    watch.end()
    watch.end()
    assert loop.planned == []


def test_what_is_shared_counts_for_each_unless_that_makes_it_too_much():
    size = 32
    with mmap.mmap(-1, size << 20) as held:
        held.write(b"x" * (size << 20))
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            held[0 : size << 20]  # It has the pages when it has read them.
            os.write(writer, b"1")
            signal.pause()
        try:
            os.read(reader, 1)
            both = [os.getpid(), child]
            alone = held_by([os.getpid()], 1 << 40)
            assert alone > size * MIB_KB
            assert held_by(both, 1 << 40) > alone + size * MIB_KB
            assert held_by(both, 0) < alone + size * MIB_KB // 2
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(reader)
            os.close(writer)


def test_a_process_that_is_gone_holds_nothing():
    assert held_by([2**22 + 1], 0) == held_by([2**22 + 1], 1) == 0
