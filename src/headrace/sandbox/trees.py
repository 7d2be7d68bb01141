"""Wait for processes; stop and continue whole trees of them, found through /proc.

A stopped process neither forks nor continues itself, but others may continue it. Killing is not
done here: the keeper of each environment does it (`child/`).
"""

import asyncio
import contextlib
import os
import signal
from enum import IntEnum
from typing import NamedTuple

#: How often a tree is stopped before it counts as one that will not stop.
STOP_ROUNDS_MAX = 200
#: Bytes that are read at once of a file in /proc.
READ_BYTES = 4_096


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


class Facts(NamedTuple):
    """What /proc says of a process in one read."""

    state: str  #: R, S, D, T, t, Z, X, ...
    threads: int


def stop_tree(root: int) -> Held:
    """Send SIGSTOP to every process below `root`.

    Processes that wake each other up are stopped again and again, until all are found stopped
    twice in a row: one that was seen stopped may be woken by one that stops just after. Nobody
    wakes one that is alone.
    """
    quiet = 0
    for _ in range(STOP_ROUNDS_MAX):
        states = look_below(root)
        running = [pid for pid, state in states.items() if state is Held.NOT]
        quiet = 0 if running else quiet + 1
        is_alone = len(states) == 1
        if quiet == 2 or (quiet and is_alone):
            return Held.SURELY if is_alone else min(states.values(), default=Held.SURELY)
        for pid in running:
            send_signal(pid, signal.SIGSTOP)
    return Held.NOT


def look_below(root: int) -> dict[int, Held]:
    """Return every process below `root`, parents before children, and whether it stands still.

    That is looked at before its children are: one that surely stands still has no further ones.
    """
    states: dict[int, Held] = {}
    found = children_of(root)
    for pid in found:
        facts = _facts_of(pid)
        states[pid] = _state_of(pid, facts)
        if facts is not None:
            found += _children_of(pid, facts.threads)
    return states


def _state_of(pid: int, facts: Facts | None) -> Held:
    """Return whether a process is stopped or dead, or has a stop signal before it.

    One without CPU left for this period stops only when it gets some; in the middle of a system
    call it may until then do one thing more, such as waking another up.
    """
    if facts is None or facts.state in "TtZX":
        return Held.SURELY
    try:
        status = _read(f"/proc/{pid}/status")
    except OSError:
        return Held.SURELY
    pending = status.partition(b"\nShdPnd:")[2].split(None, 1)[0]
    return Held.SOON if int(pending, 16) >> (signal.SIGSTOP - 1) & 1 else Held.NOT


def continue_tree(root: int) -> None:
    """Send SIGCONT to every process below `root`."""
    for pid in descendants(root):
        send_signal(pid, signal.SIGCONT)


def descendants(root: int) -> list[int]:
    """Return the pids below a process, parents before children; empty when it is gone."""
    found = children_of(root)
    for pid in found:
        found += children_of(pid)
    return found


def children_of(pid: int) -> list[int]:
    """Return the children of a process, of all its threads; empty when it is gone."""
    facts = _facts_of(pid)
    return [] if facts is None else _children_of(pid, facts.threads)


def _children_of(pid: int, threads: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task") if threads > 1 else [pid]:
            with contextlib.suppress(OSError):
                found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def _facts_of(pid: int) -> Facts | None:
    """Return what is known of a process; None when it is gone."""
    try:
        stat = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()  # its name may hold anything
    return Facts(fields[0].decode(), int(fields[17]))


def _read(path: str) -> bytes:
    """Return what a file in /proc holds; a file object would cost three times the system calls.

    The kernel fills what it is given, but for the last entry that does not fit.
    """
    text = b""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while part := os.read(descriptor, READ_BYTES):
            text += part
            if len(part) < READ_BYTES // 2:
                break
    finally:
        os.close(descriptor)
    return text


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
