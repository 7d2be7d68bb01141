"""How an end is judged, from a wait status and what the control group knows."""

import asyncio
import os
import signal
import subprocess

import pytest

from headrace.sandbox.processes import Ended, ProcessTree
from headrace.sandbox.trees import Held, wait_readable


class FakeGroup:
    """A control group with a memory peak of 3 MiB."""

    def __init__(self, oom_kills=0):
        self._oom_kills = oom_kills

    def oom_kill_count(self):
        return self._oom_kills

    def memory_peak_bytes(self):
        return 3 * 1_048_576


def tree(group=None, *, kills_with_keeper=True):
    loop = asyncio.get_running_loop()
    return ProcessTree(loop, group=group, kills_with_keeper=kills_with_keeper, memory_mb=128)


@pytest.mark.parametrize(
    "status, oom_kills, kills, before_kill, expected",
    [
        (3 << 8, 0, False, False, (Ended.EXITED, 3, 0)),
        (11, 0, False, False, (Ended.KILLED, 0, 11)),
        (9, 1, False, False, (Ended.OUT_OF_MEMORY, 0, 9)),
        (9, 1, True, False, (Ended.KILLED, 0, 9)),
        (9, 1, True, True, (Ended.OUT_OF_MEMORY, 0, 9)),
        (9, 0, False, False, (Ended.KILLED, 0, 9)),
    ],
)
def test_an_end_is_what_the_status_and_the_group_say(
    status, oom_kills, kills, before_kill, expected
):
    async def story():
        processes = tree(FakeGroup(oom_kills))
        if kills:
            processes.kill()
        processes.judge(status, before_kill=before_kill)
        assert (processes.ended, processes.exit_status, processes.signal) == expected
        assert processes.memory_peak_mb() == 3

    asyncio.run(story())


@pytest.mark.parametrize("last", [Held.SURELY, Held.NOT])
def test_what_is_only_about_to_stop_is_looked_at_again(monkeypatch, last):
    """In the middle of a system call it may still wake another up."""
    looks = [Held.SOON, Held.SOON, last]
    monkeypatch.setattr("headrace.sandbox.processes.trees.stop_tree", lambda _: looks.pop(0))
    monkeypatch.setattr("headrace.sandbox.processes.limits.STOP_LOOK_S", 0)

    async def story():
        processes = tree()
        killed = []
        monkeypatch.setattr(processes, "kill", lambda: killed.append(True))
        processes.freeze()
        assert (len(looks), killed) == (2, [])
        while looks:
            await asyncio.sleep(0)
        assert killed == ([] if last is Held.SURELY else [True])
        looks.append(Held.SOON)
        processes.is_frozen = False
        processes.freeze()
        processes.thaw()
        for _ in range(5):
            await asyncio.sleep(0)
        assert looks == []  # after a thaw nobody stops it again

    asyncio.run(story())


def test_the_larger_peak_counts_and_never_more_than_there_is():
    async def story():
        processes = tree(FakeGroup())
        processes.note_peak(4_000)
        assert processes.memory_peak_mb() == 4
        processes.note_peak(1_000_000)
        assert processes.memory_peak_mb() == 128

    asyncio.run(story())


@pytest.mark.parametrize("kills_with_keeper", [True, False])
def test_a_kill_before_the_start_comes_with_the_start(kills_with_keeper):
    async def story():
        keeper = subprocess.Popen(["sleep", "60"])
        processes = tree(kills_with_keeper=kills_with_keeper)
        processes.kill()
        handle = os.pidfd_open(keeper.pid)
        processes.adopt(handle)
        await wait_readable(asyncio.get_running_loop(), handle)
        expected = signal.SIGKILL if kills_with_keeper else signal.SIGTERM
        assert keeper.wait() == -expected
        processes.judge(9, before_kill=False)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)

    asyncio.run(story())


def test_sigterm_goes_to_the_children_of_the_keeper():
    async def story():
        keeper = subprocess.Popen(
            ["sh", "-c", "sleep 60 & echo up; wait $!; echo $?"], stdout=subprocess.PIPE
        )
        assert keeper.stdout.readline() == b"up\n"
        processes = tree()
        processes.adopt(os.pidfd_open(keeper.pid))
        processes.terminate()
        assert keeper.stdout.readline() == b"%d\n" % (128 + signal.SIGTERM)
        keeper.wait()
        keeper.stdout.close()
        processes.judge(0, before_kill=False)

    asyncio.run(story())
