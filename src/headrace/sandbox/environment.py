"""One environment as the server sees it: its socket, its log, its end.

Every way in which an environment can end arrives as one thing, the wait status of its runtime;
`_judge` turns it into what the port calls it. Before any outcome is given out, the socket and the
log are read empty, so that an answer given just before death counts and no line comes late.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable
from enum import Enum

from headrace.ports.sandbox import (
    EnvironmentSpec,
    InitOutcome,
    InitStatus,
    Invocation,
    InvokeOutcome,
    InvokeStatus,
    LogTaker,
    SandboxUnavailable,
)
from headrace.sandbox import limits, peers, trees
from headrace.sandbox.cgroups import Group
from headrace.sandbox.dialogue import Answer, Dialogue, FrameDialogue
from headrace.sandbox.frames import BrokenFrame, Connection, Header
from headrace.sandbox.logs import LogPipe
from headrace.sandbox.trees import wait_readable

_MEGABYTE = 1_048_576


class _Ended(Enum):
    """How an environment ended, as far as anyone can know."""

    EXITED = "exited"
    KILLED = "killed"
    OUT_OF_MEMORY = "out_of_memory"


class LinuxEnvironment:
    """A process tree that runs one function; see `ports.sandbox.Environment`."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        spec: EnvironmentSpec,
        stream: socket.socket,
        log: int,
        take_log: LogTaker,
        *,
        group: Group | None,
        kills_with_keeper: bool,
    ) -> None:
        self.environment_id = spec.environment_id
        self.init = InitOutcome(InitStatus.EXITED, 0)
        self.exited: asyncio.Future[None] = loop.create_future()
        self._spec = spec
        self._loop = loop
        self._group = group
        #: Whether the keeper is the pid namespace's init, so that its death takes all others.
        self._kills_with_keeper = kills_with_keeper
        self._connection = Connection(loop, stream, self._on_frame, self._on_stream_end)
        #: Replaced by `speak_through` when the function's program does not speak frames.
        self._frames = FrameDialogue(self._connection, self.take_answer)
        self._dialogue: Dialogue = self._frames
        self._speaks_frames = True
        self._log = LogPipe(loop, log, take_log)
        self._handle = -1
        self._pid = 0
        # The init phase's answer may come before anyone waits for it.
        self._turn: asyncio.Future[Answer | None] | None = loop.create_future()
        self._frozen = False
        self._kill_sent = False
        self._timed_out = False
        self._ended: _Ended | None = None
        self._exit_status = 0
        self._signal = 0
        self._peak_kb = 0
        self._peak_bytes = 0
        self._patience: asyncio.TimerHandle | None = None
        self._on_gone: list[Callable[[], None]] = []

    # --- the sandbox's side ------------------------------------------------------------------

    def when_gone(self, action: Callable[[], None]) -> None:
        """Run an action once when nothing of the environment is left alive."""
        self._on_gone.append(action)

    def owns(self, port: int, our_port: int, user: int) -> bool:
        """Return whether a connection to `our_port` comes from a process of this environment."""
        return peers.may_speak(port, our_port, user, self._pid)

    def speak_through(self, dialogue: Dialogue) -> None:
        """Use another protocol than frames for events; frames still tell what went wrong."""
        self._dialogue = dialogue
        self._speaks_frames = False

    def take_answer(self, answer: Answer) -> None:
        """Take what the runtime said; dropped when nobody asked or its time is over."""
        if self._turn is None or self._turn.done() or self._timed_out:
            return
        self._log.drain()
        self._turn.set_result(answer)

    def adopt(self, handle: int) -> None:
        """Take the pidfd of the keeper."""
        self._handle = handle
        self._pid = trees.pid_of(handle)
        if self._ended is not None:
            self._close_handle()
        elif self._kill_sent:
            self._send_kill()

    async def initialise(self, started_ns: int) -> None:
        """Wait for the init phase and set `init`.

        Raises:
            SandboxUnavailable: The process could not enter its fences.
        """
        assert self._turn is not None
        answer = await self._wait(self._turn, self._spec.init_limit_ms)
        duration = time.monotonic_ns() - started_ns
        if answer is None:
            status = InitStatus.TIMED_OUT if self._timed_out else InitStatus(self._end().value)
            self.init = InitOutcome(
                status,
                duration,
                exit_status=self._exit_status,
                signal=self._signal,
                memory_peak_mb=self._memory_peak_mb(),
            )
        elif answer.kind == "ready":
            if self._group is not None:
                # Not before: importing at a small function's share would take seconds.
                self._group.limit_cpu(self._spec.memory_mb)
            self.init = InitOutcome(InitStatus.OK, duration, memory_peak_mb=self._memory_peak_mb())
        elif answer.kind == "init_error":
            self.init = InitOutcome(
                InitStatus.ERROR,
                duration,
                answer.payload,
                memory_peak_mb=self._memory_peak_mb(),
            )
            await self.kill()
        elif answer.kind == "fault":
            await self.kill()
            self.init = InitOutcome(
                InitStatus.FAULT, duration, answer.payload, error_type=answer.error_type
            )
        else:
            await self.kill()
            raise SandboxUnavailable(f"The sandbox could not be entered: {answer.error_type}.")

    def end(self) -> None:
        """Kill the whole tree without waiting."""
        self._send_kill()

    def note_end(self, status: int | None) -> None:
        """Take note that the runtime has ended; None when the zygote died before it could say."""
        if self._ended is not None:
            return
        if status is None and self._handle >= 0:
            # Everything below a dead zygote dies; when this environment has, the kernel tells.
            gone = wait_readable(self._loop, self._handle)
            gone.add_done_callback(lambda _: self._note_status(signal.SIGKILL))
            if not self._kills_with_keeper:
                self._send_kill()
            return
        self._note_status(signal.SIGKILL if status is None else status)

    # --- ports.sandbox.Environment -----------------------------------------------------------

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        """Run one event; see the port."""
        if self._frozen:
            self._thaw()
        started = time.monotonic_ns()
        answer = await self._ask(invocation)
        duration = time.monotonic_ns() - started
        peak = self._memory_peak_mb()
        if answer is None:
            status = InvokeStatus.TIMED_OUT if self._timed_out else InvokeStatus(self._end().value)
            return InvokeOutcome(
                status,
                duration,
                exit_status=self._exit_status,
                signal=self._signal,
                memory_peak_mb=peak,
            )
        if answer.kind == "result":
            return InvokeOutcome(
                InvokeStatus.ANSWERED, duration, answer.payload, memory_peak_mb=peak
            )
        if answer.kind == "too_large":
            return InvokeOutcome(InvokeStatus.TOO_LARGE, duration, memory_peak_mb=peak)
        return InvokeOutcome(
            InvokeStatus.ERROR,
            duration,
            answer.payload,
            memory_peak_mb=peak,
            error_type=answer.error_type,
        )

    def freeze(self) -> None:
        """Stop all processes until the next invoke, or kill what will not stop."""
        if self._ended is None and not self._frozen and self._turn is None:
            self._frozen = True
            if not trees.stop_tree(self._pid):
                self._send_kill()  # Its processes wake each other up; no honest function's do.

    async def kill(self) -> None:
        """Kill the whole tree and wait until it is gone."""
        if self._ended is None:
            self._send_kill()
            await asyncio.shield(self.exited)

    # --- inside ------------------------------------------------------------------------------

    def _thaw(self) -> None:
        self._frozen = False
        if self._ended is None:
            trees.continue_tree(self._pid)

    async def _ask(self, invocation: Invocation) -> Answer | None:
        """Send an event and wait for the answer; None when the environment ended instead."""
        if self._turn is not None:
            raise RuntimeError("an environment runs one event at a time")
        if self._ended is not None:
            return None
        self._turn = turn = self._loop.create_future()
        self._dialogue.deliver(invocation)
        return await self._wait(turn, invocation.timeout_ms)

    async def _wait(self, turn: asyncio.Future[Answer | None], limit_ms: int) -> Answer | None:
        timer = self._loop.call_later(limit_ms / 1000, self._expire)
        try:
            return await turn
        except asyncio.CancelledError:
            self._send_kill()
            raise
        finally:
            timer.cancel()
            self._turn = None

    def _expire(self) -> None:
        # An answer counts even if its runtime does not come back for the next event.
        self._dialogue.release()
        self._timed_out = True
        self._send_kill()

    def _send_kill(self) -> None:
        """Kill everything, politely where the keeper has to do the work."""
        if self._handle < 0 or self._ended is not None:
            self._kill_sent = True
            return
        self._kill_sent = True
        number = signal.SIGKILL if self._kills_with_keeper else signal.SIGTERM
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)
        if not self._kills_with_keeper:
            if self._patience is not None:
                self._patience.cancel()
            self._patience = self._loop.call_later(limits.KILL_PATIENCE_S, self._kill_hard)

    def _kill_hard(self) -> None:
        """Kill the keeper too; what it leaves is adopted and killed by the zygote."""
        if self._handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _on_frame(self, header: Header, body: bytes) -> None:
        peak = header.get("peak_kb")
        if isinstance(peak, int) and peak >= 0:
            self._peak_kb = max(self._peak_kb, peak)
        self._frames.hear(header, body)

    def _on_stream_end(self, error: BrokenFrame | None) -> None:
        """Kill what has closed its socket but does not end, or has broken the protocol.

        Normally its end is only a moment away and tells how it came. While an event is in hand
        its time limit rules, as for a function that hangs on its way out.
        """
        if error is not None:
            self._send_kill()
        elif not self._speaks_frames:
            return  # A program has been executed: it does not get the socket.
        elif self._ended is None and self._turn is None and self._patience is None:
            self._patience = self._loop.call_later(limits.KILL_PATIENCE_S, self._send_kill)

    def _note_status(self, status: int) -> None:
        if self._ended is not None:
            return
        self._connection.drain()
        self._dialogue.release()
        self._log.drain()
        self._judge(status)
        self._connection.close()
        self._log.close()
        self._close_handle()
        if self._patience is not None:
            self._patience.cancel()
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)
        for action in self._on_gone:
            action()
        if not self.exited.done():
            self.exited.set_result(None)

    def _judge(self, status: int) -> None:
        """Find out what the end was, while the control group still knows."""
        self._read_peak()
        if os.WIFEXITED(status):
            self._ended = _Ended.EXITED
            self._exit_status = os.WEXITSTATUS(status)
            return
        self._signal = os.WTERMSIG(status)
        self._ended = _Ended.KILLED
        if (
            self._signal == signal.SIGKILL
            and not self._kill_sent
            and self._group is not None
            and self._group.oom_kill_count() > 0
        ):
            self._ended = _Ended.OUT_OF_MEMORY

    def _end(self) -> _Ended:
        return self._ended or _Ended.KILLED

    def _read_peak(self) -> None:
        if self._group is not None:
            self._peak_bytes = max(self._peak_bytes, self._group.memory_peak_bytes())

    def _memory_peak_mb(self) -> int:
        if self._ended is None:
            self._read_peak()
        peak = max(self._peak_bytes, self._peak_kb * 1024)
        return min(-(-peak // _MEGABYTE), self._spec.memory_mb)

    def _close_handle(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
