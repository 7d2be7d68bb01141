"""Wait for processes; stop and continue whole trees of them, found through /proc.

A stopped process neither forks nor continues itself, but others may continue it. Killing is not
done here: the keeper of each environment does it (`child/`).
"""

import asyncio
import contextlib
import os
import signal
from enum import IntEnum

#: How often a tree is stopped before it counts as one that will not stop.
STOP_ROUNDS_MAX = 200


def pid_of(handle: int) -> int:
    """Return the pid, in our namespace, behind a pidfd; 0 when it is gone."""
    with open(f"/proc/self/fdinfo/{handle}") as file:
        for line in file:
            if line.startswith("Pid:"):
                return max(int(line.split()[1]), 0)
    return 0


class Held(IntEnum):
    """Whether a tree stands still; false says that it does not."""

    NOT = 0
    SOON = 1  #: Some have the signal before them, and no processor yet to see it.
    SURELY = 2


def stop_tree(root: int) -> Held:
    """Send SIGSTOP to every process below `root`.

    Processes that wake each other up are stopped again and again, until all are found stopped
    twice in a row: one that was seen stopped may be woken by one that stops just after. Nobody
    wakes one that is alone.
    """
    quiet = 0
    for _ in range(STOP_ROUNDS_MAX):
        states = {pid: _state_of(pid) for pid in descendants(root)}
        running = [pid for pid, state in states.items() if state is Held.NOT]
        quiet = 0 if running else quiet + 1
        is_alone = len(states) == 1
        if quiet == 2 or (quiet and is_alone):
            return Held.SURELY if is_alone else min(states.values(), default=Held.SURELY)
        for pid in running:
            send_signal(pid, signal.SIGSTOP)
    return Held.NOT


def _state_of(pid: int) -> Held:
    """Return whether a process is stopped or dead, or has a stop signal before it.

    One without CPU left for this period stops only when it gets some; in the middle of a system
    call it may until then do one thing more, such as waking another up.
    """
    try:
        with open(f"/proc/{pid}/status") as file:
            facts = dict(line.split(":", 1) for line in file)
    except OSError:
        return Held.SURELY
    if facts["State"].strip()[0] in "TtZX":
        return Held.SURELY
    is_pending = int(facts["ShdPnd"], 16) >> (signal.SIGSTOP - 1) & 1
    return Held.SOON if is_pending else Held.NOT


def continue_tree(root: int) -> None:
    """Send SIGCONT to every process below `root`."""
    for pid in descendants(root):
        send_signal(pid, signal.SIGCONT)


def descendants(root: int) -> list[int]:
    """Return the pids below a process, parents before children; empty when it is gone."""
    found: list[int] = []
    waiting = [root] if root else []
    while waiting:
        pid = waiting.pop(0)
        children = children_of(pid)
        found.extend(children)
        waiting.extend(children)
    return found


def children_of(pid: int) -> list[int]:
    """Return the children of a process, of all its threads; empty when it is gone."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found: list[int] = []
    for thread in threads:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children") as file:
            found.extend(int(word) for word in file.read().split())
    return found


def send_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
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
