"""What extensions add to an environment: it is done when they are, and has a shutdown phase.

Source: spec/lambda.md 3.7, 4.1.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from headrace.ports.sandbox import EnvironmentSpec, Invocation
from headrace.sandbox.deliveries import Delivery
from headrace.sandbox.dialogue import Answer, Dialogue
from headrace.sandbox.extensions_api import ExtensionsApi, describe_end
from headrace.sandbox.frames import BrokenFrame, Header
from headrace.sandbox.logs import LogPipe
from headrace.sandbox.sockets import Sockets
from headrace.sandbox.telemetry import Telemetry

#: After these a runtime is ready for its next event, and extensions may still be at work.
_LIVING = frozenset({"ready", "result", "error", "too_large"})
#: The part of the shutdown phase in which the runtime may react to SIGTERM, in percent.
_RUNTIME_PERCENT = 30


class Attended(Protocol):
    """What an attendance needs of its environment."""

    exited: "asyncio.Future[None]"

    def take_answer(self, answer: Answer) -> None:
        """Take the answer to the turn in hand."""
        ...

    def fail(self, fault: Answer) -> None:
        """Give the turn in hand this answer, and end."""
        ...

    def let_runtime_begin(self) -> None:
        """Let the runtime begin."""
        ...

    def note_runtime_end(self, status: int) -> None:
        """Take note of the runtime's wait status, while extensions live on."""
        ...

    def terminate_runtime(self) -> None:
        """Send SIGTERM to the runtime, frozen or not."""
        ...


class Attendance:
    """The extensions of one environment, and the answers that wait for them; a `Dialogue`."""

    def __init__(
        self,
        environment: Attended,
        spec: EnvironmentSpec,
        memory_peak_mb: Callable[[], int],
        sockets: Sockets,
    ) -> None:
        """Begin.

        Args:
            memory_peak_mb: Returns what platform.report says.
            sockets: They reach the listeners of extensions; closed when the environment ends.
        """
        self.extensions = ExtensionsApi(spec, self._on_change, environment.let_runtime_begin)
        loop = asyncio.get_running_loop()
        self.telemetry = Telemetry(spec, partial(Delivery, loop, sockets), memory_peak_mb)
        self._sockets = sockets
        self._environment = environment
        self._dialogue: Dialogue | None = None
        self._held: Answer | None = None
        self._runtime_ended = asyncio.Event()
        self._programs_ended = asyncio.Event()
        self._shutdown: asyncio.Task[None] | None = None

    def speak_through(self, dialogue: Dialogue) -> None:
        """Use this protocol with the runtime."""
        self._dialogue = dialogue

    def hear_logs(self, log: LogPipe, branch: int) -> None:
        """Have lines told as telemetry: the function's, and from a pipe the extensions' own."""
        log.listen(partial(self.telemetry.take_lines, "function"))
        log.branch(branch, partial(self.telemetry.take_lines, "extension"))

    def close(self) -> None:
        """Deliver nothing more, and tell the environment nothing: it has ended."""
        self.telemetry.close()
        self.extensions.close()
        self._sockets.close()

    # --- Dialogue ----------------------------------------------------------------------------

    def deliver(self, invocation: Invocation) -> None:
        """Hand an event to the runtime and to all extensions that want it."""
        assert self._dialogue is not None
        self.telemetry.resume()
        self.telemetry.begin(invocation)
        self.extensions.begin(invocation)
        self._dialogue.deliver(invocation)

    def release(self) -> bool:
        """Give an answer that waits for the runtime or for extensions; False: there is none."""
        assert self._dialogue is not None
        self._dialogue.release()
        held, self._held = self._held, None
        if held is not None:
            self._pass_on(held)
        return held is not None

    def take_answer(self, answer: Answer) -> None:
        """Take what the runtime said; passed on when all extensions have done their work."""
        self.telemetry.note_runtime(answer)
        if answer.kind in _LIVING and not self.extensions.is_idle:
            self._held = answer
            return
        self._pass_on(answer)

    def _pass_on(self, answer: Answer) -> None:
        """Give the environment an answer for which nobody is waited any more."""
        if answer.kind == "ready":
            self.extensions.end_init()
        self.telemetry.end_init(self.extensions.events, answer)
        self._sockets.keep(self.telemetry.subscriber_count)
        self.telemetry.end(answer)
        self.telemetry.pause()  # What is idle is frozen in a moment.
        self._environment.take_answer(answer)

    # --- what the processes report -----------------------------------------------------------

    def on_report(self, header: Header, _body: bytes) -> None:
        """Take a frame of `child/extensions.py`."""
        kind = header.get("kind")
        if kind == "extensions":
            self.extensions.expect(_names(header.get("names")))
        elif kind == "launch_error":
            self.extensions.fail("Extension.LaunchError", str(header.get("reason")))
        elif kind == "extension_ended":
            self.extensions.note_end(str(header.get("name")), describe_end(_status(header)))
            if self.extensions.is_gone:
                self._programs_ended.set()
        elif kind == "runtime_ended":
            self._runtime_ended.set()
            self._environment.note_runtime_end(_status(header))

    def on_reports_end(self, _error: BrokenFrame | None) -> None:
        """Do nothing: whoever reported has ended, which is told by its environment's end."""

    # --- the end -----------------------------------------------------------------------------

    @property
    def has_shutdown(self) -> bool:
        """Whether there is somebody who takes part in a shutdown phase."""
        return self.extensions.shutdown_ms > 0

    async def shut_down(self, reason: str) -> None:
        """Let runtime and extensions end by themselves, within their time; once.

        Args:
            reason: "spindown", "timeout" or "failure".
        """
        if self._shutdown is None and self.has_shutdown:
            self._shutdown = asyncio.create_task(self._run_shutdown(reason))
        if self._shutdown is not None:
            await asyncio.shield(self._shutdown)

    async def _run_shutdown(self, reason: str) -> None:
        limit_ms = self.extensions.shutdown_ms
        deadline = asyncio.get_running_loop().time() + limit_ms / 1_000
        deadline_epoch_ms = int(time.time() * 1_000) + limit_ms
        self.telemetry.end(Answer("timeout" if reason == "timeout" else "failure"))
        self._environment.terminate_runtime()
        patience = limit_ms * _RUNTIME_PERCENT / 100_000
        await self._wait(self._runtime_ended, patience)
        self.telemetry.flush()
        self.extensions.shut_down(reason, deadline_epoch_ms)
        if not self.extensions.is_gone:
            await self._wait(self._programs_ended, deadline - asyncio.get_running_loop().time())

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        waiting: asyncio.Future[Any] = asyncio.ensure_future(event.wait())
        both = [waiting, self._environment.exited]
        try:
            await asyncio.wait(both, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    def _on_change(self) -> None:
        failure = self.extensions.failure
        if failure is not None:
            self._environment.fail(Answer("fault", failure.error_type, failure.reason.encode()))
        elif self._held is not None and self.extensions.is_idle:
            held, self._held = self._held, None
            self.take_answer(held)


def _names(value: Any) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def _status(header: Header) -> int:
    status = header.get("status")
    return status if isinstance(status, int) else 0
