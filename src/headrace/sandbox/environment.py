"""One environment as the server sees it: its socket, its log, its end.

Its processes are a `ProcessTree`, its protocol a `Dialogue`. Before any outcome is given out, the
socket and the log are read empty, so that an answer given just before death counts and no line
comes late.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Callable

import msgspec

from headrace.ports.sandbox import (
    EnvironmentSpec,
    InitOutcome,
    InitStatus,
    Invocation,
    InvokeOutcome,
    LogTaker,
    SandboxUnavailable,
)
from headrace.sandbox.attendance import Attendance
from headrace.sandbox.belongings import Belongings
from headrace.sandbox.dialogue import Answer, Dialogue, FrameDialogue, Silence
from headrace.sandbox.frames import BrokenFrame, Connection, Header
from headrace.sandbox.logs import LogPipe
from headrace.sandbox.outcomes import INIT_ENDINGS, init_outcome, invoke_outcome
from headrace.sandbox.processes import ProcessTree
from headrace.sandbox.sockets import Sockets
from headrace.sandbox.trees import wait_readable


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
        belongings: Belongings | None,
        kills_with_keeper: bool,
        framed_log: bool = False,
    ) -> None:
        self.environment_id = spec.environment_id
        self.init = InitOutcome(InitStatus.EXITED, 0)
        self.exited: asyncio.Future[None] = loop.create_future()
        self.spec = spec
        self._loop = loop
        self.belongings = belongings
        self.processes = ProcessTree(
            loop,
            group=None if belongings is None else belongings.supply.group,
            kills_with_keeper=kills_with_keeper,
            memory_mb=spec.memory_mb,
            oom_kills=0 if belongings is None else belongings.oom_kills,
        )
        self.is_template = False  #: Whether its keeper outlives it, for the sake of its copies.
        self._connection = Connection(loop, stream, self._on_frame, self._on_stream_end)
        #: Replaced by `speak_through` when the function's program does not speak frames.
        self._frames: FrameDialogue | None = FrameDialogue(self._connection, self.hear)
        self._dialogue: Dialogue = self._frames
        self._speaks_frames = True
        self._log = LogPipe(loop, log, take_log, framed=framed_log)
        # The init phase's answer may come before anyone waits for it.
        self._turn: asyncio.Future[Answer | None] | None = loop.create_future()
        self._timed_out = False
        #: Whether an invoke is in hand, or has ended with the processes: another may come after it.
        self._leaves = False
        self._on_gone: list[Callable[[], None]] = []
        self._attendance: Attendance | None = None
        self._ending: asyncio.Task[None] | None = None
        #: The wait status of a runtime whose extensions live on.
        self._runtime_status: int | None = None

    # --- the sandbox's side ------------------------------------------------------------------

    def when_gone(self, action: Callable[[], None]) -> None:
        """Run an action once when nothing of the environment is left alive."""
        self._on_gone.append(action)

    def speak_through(self, dialogue: Dialogue) -> None:
        """Use another protocol than frames for events; frames still tell what went wrong."""
        self._dialogue = dialogue
        self._speaks_frames = False

    def attend(self, stream: socket.socket, log: int, sockets: Sockets) -> Attendance:
        """Have extensions; events go through them.

        Args:
            stream: Tells who of them has ended.
            log: The pipe that they log to.
            sockets: They reach what listens in the environment.
        """
        self._attendance = Attendance(self, self.spec, self.processes.memory_peak_mb, sockets)
        self._attendance.hear_logs(self._log, log)
        self._attendance.speak_through(self._dialogue)
        reports = Connection(
            self._loop, stream, self._attendance.on_report, self._attendance.on_reports_end
        )
        self._dialogue = self._attendance
        self.when_gone(reports.close)
        return self._attendance

    def hear(self, answer: Answer) -> None:
        """Take what the runtime said, in whatever protocol."""
        if self._attendance is None:
            self.take_answer(answer)
        else:
            self._attendance.take_answer(answer)

    def take_answer(self, answer: Answer) -> None:
        """Take what ends the turn in hand; dropped when nobody asked or its time is over."""
        if self._turn is None or self._turn.done() or self._timed_out:
            return
        self._log.drain()
        self._turn.set_result(answer)

    def adopt(self, handle: int) -> None:
        """Take the pidfd of the keeper."""
        self.processes.adopt(handle)

    def fail(self, fault: Answer) -> None:
        """Give the turn in hand this answer, and end; without a turn, end."""
        if self._turn is not None and not self._turn.done() and not self._timed_out:
            self.take_answer(fault)
        else:
            self._begin_end("failure")

    def let_runtime_begin(self) -> None:
        """Let the runtime begin, which waits for its extensions."""
        self._connection.send_byte()

    def note_runtime_end(self, status: int) -> None:
        """Take note of the runtime's wait status, while extensions live on."""
        self._runtime_status = status
        self._connection.drain()
        self._dialogue.release()
        self._log.drain()
        self._begin_end("failure")

    def terminate_runtime(self) -> None:
        """Send SIGTERM to the runtime, frozen or not."""
        self.processes.thaw()
        self.processes.terminate()

    async def initialise(self, started_ns: int) -> None:
        """Wait for the init phase and set `init`.

        Raises:
            SandboxUnavailable: The process could not enter its fences.
        """
        assert self._turn is not None
        attendance = self._attendance
        answer = await self._wait(self._turn, self.spec.init_limit_ms)
        duration = time.monotonic_ns() - started_ns
        if answer is None:
            await asyncio.shield(self.exited)
        elif answer.kind not in INIT_ENDINGS:
            await self.kill()
            raise SandboxUnavailable(f"The sandbox could not be entered: {answer.error_type}.")
        elif answer.kind != "ready":
            await self._end_all("failure")
        elif not self.is_template:
            self.processes.limit_cpu()
        if self.belongings is not None:
            self.belongings.close_hatch()
        self.init = init_outcome(answer, duration, self.processes, timed_out=self._timed_out)
        if attendance is not None:
            extensions = attendance.extensions.external
            self.init = msgspec.structs.replace(self.init, extensions=extensions)

    def end(self) -> None:
        """Kill the whole tree without waiting."""
        self._leaves = False
        self.processes.kill()

    def note_end(self, status: int | None) -> None:
        """Take note that the runtime has ended; None when the zygote died before it could say."""
        if self.processes.ended is not None:
            return
        if status is None and self.processes.handle >= 0:
            # Everything below a dead zygote dies; when this environment has, the kernel tells.
            gone = wait_readable(self._loop, self.processes.handle)
            gone.add_done_callback(lambda _: self._note_status(signal.SIGKILL))
            if not self.processes.kills_with_keeper:
                self.processes.kill()
            return
        self._note_status(signal.SIGKILL if status is None else status)

    # --- ports.sandbox.Environment -----------------------------------------------------------

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        """Run one event; see the port."""
        self.processes.thaw()
        self._leaves = True
        started = time.monotonic_ns()
        answer = await self._ask(invocation)
        duration = time.monotonic_ns() - started
        peak = self.processes.memory_peak_mb()
        if answer is not None and answer.kind == "fault":
            await self._end_all("failure")
        outcome = invoke_outcome(answer, duration, peak, self.processes, timed_out=self._timed_out)
        if outcome.environment_lives:
            self._leaves = False
            if self.processes.ended is not None:
                self.let_go()
        return outcome

    def freeze(self) -> None:
        """Stop all processes until the next invoke, or kill what will not stop."""
        if self._turn is None:
            self.processes.freeze()

    async def kill(self) -> None:
        """Kill the whole tree and wait until it is gone."""
        await self._end_all("spindown")
        self.let_go()

    def let_go(self) -> None:
        """Give back what an ended environment still has, because none comes after it."""
        if self.belongings is not None:
            self.belongings.give_back()

    # --- inside ------------------------------------------------------------------------------

    async def _end_all(self, reason: str) -> None:
        """End the environment, after the shutdown phase of its extensions if it has any."""
        if self.processes.ended is None:
            if self._attendance is not None:
                await self._attendance.shut_down(reason)
            self.processes.kill()
            await asyncio.shield(self.exited)

    def _begin_end(self, reason: str) -> None:
        if self._ending is None:
            self._ending = self._loop.create_task(self._end_all(reason))

    async def _ask(self, invocation: Invocation) -> Answer | None:
        """Send an event and wait for the answer; None when the environment ended instead."""
        if self._turn is not None:
            raise RuntimeError("an environment runs one event at a time")
        if self.processes.ended is not None:
            return None
        self._turn = turn = self._loop.create_future()
        self._dialogue.deliver(invocation)
        return await self._wait(turn, invocation.timeout_ms)

    async def _wait(self, turn: asyncio.Future[Answer | None], limit_ms: int) -> Answer | None:
        timer = self._loop.call_later(limit_ms / 1000, self._expire)
        self.processes.watch_memory()
        try:
            return await turn
        except asyncio.CancelledError:
            self.end()
            raise
        finally:
            timer.cancel()
            self.processes.let_memory_be()
            self._turn = None

    def _expire(self) -> None:
        # An answer counts even if its runtime does not come back for the next event.
        self._dialogue.release()
        self._timed_out = True
        if self._attendance is None or not self._attendance.has_shutdown:
            self.processes.kill()
            return
        # The caller does not wait for the shutdown phase.
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)
        self._begin_end("timeout")

    def _on_frame(self, header: Header, body: bytes) -> None:
        peak = header.get("peak_kb")
        if isinstance(peak, int) and peak >= 0:
            self.processes.note_peak(peak)
        if self._frames is not None:
            self._frames.hear(header, body)

    def _on_stream_end(self, error: BrokenFrame | None) -> None:
        """Kill what has closed its socket but does not end, or has broken the protocol.

        Normally its end is only a moment away and tells how it came. While an event is in hand
        its time limit rules, as for a function that hangs on its way out.
        """
        if error is not None:
            self.processes.kill()
        elif not self._speaks_frames or self.is_template:
            return  # A program has been executed: it does not get the socket.
        elif self._turn is None:
            self.processes.kill_later()

    def _note_status(self, status: int) -> None:
        if self.processes.ended is not None:
            return
        before_kill = self._runtime_status is not None
        if self._runtime_status is not None:
            status = self._runtime_status
        self._connection.drain()
        self._dialogue.release()
        self._log.drain()
        self.processes.judge(status, before_kill=before_kill)
        self._connection.close()
        self._log.close()
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)
        for action in self._on_gone:
            action()
        self._on_gone.clear()
        # Who is gone is forgotten at once: the garbage collector looks for old circles hardly ever.
        self._frames, self._dialogue = None, Silence()
        if self._attendance is not None:
            self._attendance.close()
            self._attendance = None
        if not self._leaves:
            self.let_go()
        if not self.exited.done():
            self.exited.set_result(None)
