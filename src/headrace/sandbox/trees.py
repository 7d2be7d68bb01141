"""Wait for processes; stop and continue whole trees of them, found through /proc.

A stopped process neither forks nor continues itself, so a tree is stopped when a round finds
nothing new. Killing is not done here: the keeper of each environment does it (`child/`).
"""

import asyncio
import contextlib
import os
import signal


def pid_of(handle: int) -> int:
    """Return the pid, in our namespace, behind a pidfd; 0 when it is gone."""
    with open(f"/proc/self/fdinfo/{handle}") as file:
        for line in file:
            if line.startswith("Pid:"):
                return max(int(line.split()[1]), 0)
    return 0


def stop_tree(root: int) -> None:
    """Send SIGSTOP to every process below `root`."""
    stopped: set[int] = set()
    while True:
        fresh = [pid for pid in descendants(root) if pid not in stopped]
        if not fresh:
            return
        for pid in fresh:
            _send(pid, signal.SIGSTOP)
        stopped.update(fresh)


def continue_tree(root: int) -> None:
    """Send SIGCONT to every process below `root`."""
    for pid in descendants(root):
        _send(pid, signal.SIGCONT)


def descendants(root: int) -> list[int]:
    """Return the pids below a process, parents before children; empty when it is gone."""
    found: list[int] = []
    waiting = [root] if root else []
    while waiting:
        pid = waiting.pop(0)
        children = _children(pid)
        found.extend(children)
        waiting.extend(children)
    return found


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found: list[int] = []
    for thread in threads:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children") as file:
            found.extend(int(word) for word in file.read().split())
    return found


def _send(pid: int, number: signal.Signals) -> None:
    if pid > 1:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_readable(loop: asyncio.AbstractEventLoop, descriptor: int) -> asyncio.Future[None]:
    """Return a future that completes when a descriptor becomes readable."""
    ready: asyncio.Future[None] = loop.create_future()

    def note() -> None:
        loop.remove_reader(descriptor)
        if not ready.done():
            ready.set_result(None)

    def forget(_: asyncio.Future[None]) -> None:
        if ready.cancelled():
            loop.remove_reader(descriptor)  # Only then: the number may be another file's by now.

    loop.add_reader(descriptor, note)
    ready.add_done_callback(forget)
    return ready
