"""A sandbox without processes: a script says how each init phase and each invoke ends.

It keeps the port's promises (one event at a time, `exited` on every end, log lines before
outcomes) and notes what it is asked, so that a test can look at it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from headrace.core.functions.codeuse import CodeInUse
from headrace.ports.sandbox import (
    EnvironmentSpec,
    InitOutcome,
    InitStatus,
    Invocation,
    InvokeOutcome,
    InvokeStatus,
    LogTaker,
    RuntimeFound,
    SandboxUnavailable,
)

#: What most tests need: one interpreter.
PYTHON = RuntimeFound("python3.11", "/usr/bin/python3.11", "3.11.7")

#: Says how an init phase ends.
InitScript = Callable[[EnvironmentSpec], InitOutcome]
#: Says how an invoke ends, now or later.
InvokeScript = Callable[
    ["ScriptedEnvironment", Invocation], InvokeOutcome | Awaitable[InvokeOutcome]
]


def well(_spec: EnvironmentSpec) -> InitOutcome:
    """End every init phase well, after 100 ms of pretended time."""
    return InitOutcome(InitStatus.OK, 100_000_000, memory_peak_mb=30)


def echo(_environment: "ScriptedEnvironment", invocation: Invocation) -> InvokeOutcome:
    """Answer every event with itself, after 2 ms of pretended time."""
    return InvokeOutcome(InvokeStatus.ANSWERED, 2_000_000, invocation.payload, memory_peak_mb=36)


def _nobody(_text: bytes) -> None:
    """Take what nobody is there for any more."""


class ScriptedEnvironment:
    """The Environment port; its life is noted in `states`."""

    def __init__(
        self, spec: EnvironmentSpec, take_log: LogTaker, init: InitOutcome, script: InvokeScript
    ) -> None:
        """Be started."""
        self.environment_id = spec.environment_id
        self.spec = spec
        self.init = init
        self.exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        #: What was done with it, in order: "invoked", "frozen", "killed", "died".
        self.states: list[str] = []
        self._take_log = take_log
        self._script = script
        self._killed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if init.status is not InitStatus.OK:
            self.die()

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self.exited.done()

    def print(self, text: str) -> None:
        """Write to its log as the function would."""
        self._take_log(text.encode())

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        """Run one event as the script says; a kill meanwhile ends it."""
        assert self.states[-1:] != ["invoked"], "an environment runs one event at a time"
        self.states.append("invoked")
        if not self.is_alive:
            return InvokeOutcome(InvokeStatus.KILLED, 0, signal=9)
        outcome = self._script(self, invocation)
        if not isinstance(outcome, InvokeOutcome):
            work = asyncio.ensure_future(outcome)
            ends: list[asyncio.Future[Any]] = [work, self._killed]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                return InvokeOutcome(InvokeStatus.KILLED, 1_000_000, signal=9)
            outcome = work.result()
        self.states.append("ended")
        if not outcome.environment_lives:
            self.die()
        return outcome

    def freeze(self) -> None:
        """Note it."""
        self.states.append("frozen")

    async def kill(self) -> None:
        """End."""
        if self.is_alive:
            self.states.append("killed")
            self._killed.set_result(None)
            self._end()

    def die(self) -> None:
        """End by itself."""
        if self.is_alive:
            self.states.append("died")
            self._end()

    def _end(self) -> None:
        self.exited.set_result(None)
        self._take_log = _nobody  # It may hold this environment.


class ScriptedSandbox:
    """The Sandbox port; `environments` holds all that were ever started, by id."""

    level = "process"

    def __init__(
        self,
        invoke: InvokeScript = echo,
        init: InitScript = well,
        runtimes: Sequence[RuntimeFound] = (PYTHON,),
    ) -> None:
        """Follow these scripts."""
        self.invoke_script = invoke
        self.init_script = init
        self.environments: dict[str, ScriptedEnvironment] = {}
        #: Templates that are kept, by name, with what they were made of.
        self.templates: dict[str, EnvironmentSpec] = {}
        #: What was to be kept when it was last told; None: never yet.
        self.code: CodeInUse | None = None
        #: Completed by a test to let starts go on; None: they do at once.
        self.gate: asyncio.Event | None = None
        self._runtimes = list(runtimes)
        self._closed = False

    @property
    def alive(self) -> list[ScriptedEnvironment]:
        """The environments that have not ended, oldest first."""
        return [one for one in self.environments.values() if one.is_alive]

    def runtimes(self) -> list[RuntimeFound]:
        """Return the interpreters that it pretends to have found."""
        return self._runtimes

    async def start(self, spec: EnvironmentSpec, take_log: LogTaker) -> ScriptedEnvironment:
        """Start an environment as the script says.

        Raises:
            SandboxUnavailable: It was closed; scripts may raise it and CodeUnusable too.
        """
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        if self.gate is not None:
            await self.gate.wait()
        init = self.init_script(spec)
        environment = ScriptedEnvironment(spec, take_log, init, self.invoke_script)
        self.environments[spec.environment_id] = environment
        return environment

    async def prepare_template(self, spec: EnvironmentSpec, take_log: LogTaker) -> InitOutcome:
        """Run the init phase as the script says, and keep the template if it went well."""
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        if self.gate is not None:
            await self.gate.wait()
        init = self.init_script(spec)
        if init.status is InitStatus.OK:
            self.templates[spec.template] = spec
        return init

    def keep_code(self, code: CodeInUse) -> None:
        """Remember what it was told."""
        self.code = code

    async def drop_template(self, template: str) -> None:
        """Keep it no longer."""
        self.templates.pop(template, None)

    async def close(self) -> None:
        """Kill every environment."""
        self._closed = True
        for environment in self.alive:
            await environment.kill()
