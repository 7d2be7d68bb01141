"""The processes of one environment: how they are stopped, killed and judged.

The server holds a pidfd of their keeper. Every way in which they can end arrives as one thing, a
wait status; `judge` turns it into what the port calls it.
"""

import asyncio
import contextlib
import os
import signal
from enum import Enum

from headrace.sandbox import limits, peers, trees
from headrace.sandbox.cgroups import Group
from headrace.sandbox.memory import MemoryWatch
from headrace.sandbox.trees import Held

_MEGABYTE = 1_048_576


class Ended(Enum):
    """How an environment ended, as far as anyone can know."""

    EXITED = "exited"
    KILLED = "killed"
    OUT_OF_MEMORY = "out_of_memory"


class ProcessTree:
    """A keeper and all below it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        group: Group | None,
        kills_with_keeper: bool,
        memory_mb: int,
        oom_kills: int = 0,
    ) -> None:
        """Begin without a process.

        Args:
            oom_kills: How many the kernel had killed in the group before.
            kills_with_keeper: Whether the keeper is the pid namespace's init, so that its death
                takes all others.
        """
        self.kills_with_keeper = kills_with_keeper
        self.group = group
        self.handle = -1
        self.ended: Ended | None = None
        self.exit_status = 0
        self.signal = 0
        self.is_frozen = False
        self._loop = loop
        self._memory_mb = memory_mb
        self._oom_kills = oom_kills
        self.pid = 0  #: Of the keeper, in our namespace; 0: not known.
        self._kill_sent = False
        self._peak_kb = 0
        self._peak_bytes = 0
        self._patience: asyncio.TimerHandle | None = None
        self._has_too_much = False  #: Whether we killed it for its memory.
        #: None where a control group does that.
        self._watch: MemoryWatch | None = None
        if group is None:
            self._watch = MemoryWatch(loop, memory_mb, self.note_peak, self._kill_for_memory)

    def adopt(self, handle: int) -> None:
        """Take the pidfd of the keeper."""
        self.handle = handle
        self.pid = trees.pid_of(handle)
        if self.ended is not None:
            self._close_handle()
        elif self._kill_sent:
            self.kill()

    def limit_cpu(self) -> None:
        """Hold it to its share, when the init phase is over: before, that would take seconds."""
        if self.group is not None:
            self.group.limit_cpu(self._memory_mb)

    def watch_memory(self) -> None:
        """Kill it from now on when it has too much memory and no control group sees to that."""
        if self._watch is not None and self.ended is None:
            self._watch.begin(self.pid)

    def let_memory_be(self) -> None:
        """Watch no more: what does nothing takes nothing."""
        if self._watch is not None:
            self._watch.end()

    def owns(self, port: int, our_port: int, user: int) -> bool:
        """Return whether a connection to `our_port` comes from one of these processes."""
        return peers.may_speak(port, our_port, user, self.pid)

    def freeze(self) -> None:
        """Stop all, until `thaw`, or kill what will not stop."""
        if self.ended is None and not self.is_frozen:
            self.is_frozen = True
            self._hold()

    def _hold(self) -> None:
        """Stop all that run; look again while some are only about to stop."""
        if not self.is_frozen or self.ended is not None:
            return
        held = trees.stop_tree(self.pid)
        if held is Held.NOT:
            self.kill()  # Its processes wake each other up; no honest function's do.
        elif held is Held.SOON:
            self._loop.call_later(limits.STOP_LOOK_S, self._hold)

    def thaw(self) -> None:
        """Let all go on that are stopped."""
        if self.is_frozen:
            self.is_frozen = False
            if self.ended is None:
                trees.continue_tree(self.pid)

    def terminate(self) -> None:
        """Send SIGTERM to the runtime, or to who watches over it and passes it on."""
        for pid in trees.children_of(self.pid):
            trees.send_signal(pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill everything, politely where the keeper has to do the work."""
        self._kill_sent = True
        if self.handle < 0 or self.ended is not None:
            return
        number = signal.SIGKILL if self.kills_with_keeper else signal.SIGTERM
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, number)
        if not self.kills_with_keeper:
            if self._patience is not None:
                self._patience.cancel()
            self._patience = self._loop.call_later(limits.KILL_PATIENCE_S, self._kill_hard)

    def kill_later(self) -> None:
        """Kill everything if it does not end by itself."""
        if self.ended is None and self._patience is None:
            self._patience = self._loop.call_later(limits.KILL_PATIENCE_S, self.kill)

    def note_peak(self, peak_kb: int) -> None:
        """Take note of how much memory the runtime says it has used, in KiB."""
        self._peak_kb = max(self._peak_kb, peak_kb)

    def memory_peak_mb(self) -> int:
        """Return the peak since the start, rounded up."""
        if self.ended is None:
            self._read_peak()
        peak = max(self._peak_bytes, self._peak_kb * 1024)
        return min(-(-peak // _MEGABYTE), self._memory_mb)

    def judge(self, status: int, *, before_kill: bool) -> None:
        """Find out what the end was, while the control group still knows.

        Args:
            status: The wait status of the runtime.
            before_kill: Whether it surely ended before we killed anything.
        """
        self._read_peak()
        self.let_memory_be()
        if self._patience is not None:
            self._patience.cancel()
        if os.WIFEXITED(status):
            self.ended = Ended.EXITED
            self.exit_status = os.WEXITSTATUS(status)
        else:
            self.signal = os.WTERMSIG(status)
            self.ended = Ended.KILLED
            is_ours = self._kill_sent and not before_kill
            is_kernels = not is_ours and self._has_oom_kills()
            if self.signal == signal.SIGKILL and (is_kernels or self._has_too_much):
                self.ended = Ended.OUT_OF_MEMORY
        self._close_handle()

    def _kill_for_memory(self) -> None:
        self._has_too_much = True
        self.kill()

    def _has_oom_kills(self) -> bool:
        return self.group is not None and self.group.oom_kill_count() > self._oom_kills

    def _kill_hard(self) -> None:
        """Kill the keeper too; what it leaves is adopted and killed by the zygote."""
        if self.handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def _read_peak(self) -> None:
        if self.group is not None:
            self._peak_bytes = max(self._peak_bytes, self.group.memory_peak_bytes())

    def _close_handle(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1
