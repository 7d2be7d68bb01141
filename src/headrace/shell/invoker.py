"""Carry out on a sandbox what the functions decide: start, invoke, freeze, stop; write logs.

Each effect that takes time runs in a task and comes back as a command with the environment's id.
A memory that is rebuilt knows none of the environments any more: `abandon` kills them, and what
ends later is dropped.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from headrace.core.functions.commands import (
    EnvironmentGone,
    EnvironmentStarted,
    InvokeEnded,
    TemplatePrepared,
)
from headrace.core.functions.effects import (
    DropTemplate,
    FreezeEnvironment,
    PrepareTemplate,
    RunInvoke,
    StartEnvironment,
    StopEnvironment,
    WriteLog,
)
from headrace.core.functions.limits import LOG_TAIL_BYTES
from headrace.core.functions.outcomes import Ending, ExtensionState
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Deployment
from headrace.core.logs.commands import GroupPlace
from headrace.ports.journal import JournalError
from headrace.ports.sandbox import (
    CodeUnusable,
    Environment,
    Invocation,
    InvokeStatus,
    RuntimeFound,
    Sandbox,
    SandboxUnavailable,
)
from headrace.sandbox.hotfolders import fingerprint
from headrace.shell import clock
from headrace.shell.driver import Driver, guarded
from headrace.shell.specs import Specs
from headrace.shell.streams import Streams
from headrace.shell.telling import Telling

log = logging.getLogger(__name__)

#: Appends whole lines to a stream of a group.
LineTaker = Callable[[GroupPlace, str, bytes], None]

#: Seconds for which an environment that has not been used yet counts as up to date.
FRESH_S = 1.0


class _Place:
    """An environment as the shell holds it: the process, and where its lines go."""

    __slots__ = (
        "_write",
        "environment",
        "folder",
        "fresh_until",
        "group",
        "is_asked",
        "stream",
        "tail",
        "version",
    )

    def __init__(self, write: LineTaker, deployment: Deployment, stream: str) -> None:
        self._write = write
        self.version = deployment.version
        self.environment: Environment | None = None
        #: The folder that it runs from, and what it held at the start; empty for an archive.
        self.folder: tuple[str, str] | tuple[()] = ()
        #: Whether an invoke is in hand, or has ended with the processes; its ending tells of them.
        self.is_asked = False
        self.fresh_until = 0.0  #: Until when its first invoke does not look whether that changed.
        group = deployment.settings.logging.group
        self.group = GroupPlace(deployment.account, deployment.region, group)
        self.stream = stream
        #: The end of what was written since the start or the last invoke began.
        self.tail = bytearray()

    def take_log(self, text: bytes) -> None:
        """Take lines of the function."""
        self._write(self.group, self.stream, text)
        self.tail += text[-LOG_TAIL_BYTES:]
        if len(self.tail) > 2 * LOG_TAIL_BYTES:
            del self.tail[:-LOG_TAIL_BYTES]

    def last_log(self) -> bytes:
        """Return the end of what was written."""
        return bytes(self.tail[-LOG_TAIL_BYTES:])

    async def is_stale(self) -> bool:
        """Tell whether the folder that the environment runs from has changed since it started.

        One that has just started counts as up to date: else a folder that changes all the time
        would keep its function from running at all.
        """
        if not self.folder:
            return False
        folder, state = self.folder
        is_fresh = asyncio.get_running_loop().time() < self.fresh_until
        self.fresh_until = 0.0
        if is_fresh:
            return False
        try:
            return await asyncio.to_thread(fingerprint, folder) != state
        except CodeUnusable:
            return True  # The new environment will say why.


class Invoker:
    """Joins functions and the sandbox through the driver."""

    def __init__(
        self,
        driver: Driver,
        sandbox: Sandbox,
        specs: Specs,
        write_log: LineTaker,
        streams: Streams,
        wall_ms: Callable[[], int] = clock.wall_ms,
    ) -> None:
        """Carry out the effects of the functions of `driver`.

        Args:
            streams: Who takes answers bit by bit.
            wall_ms: The machine's own clock, which functions see too.
        """
        self._driver = driver
        self._sandbox = sandbox
        self._specs = specs
        self._log_lines = write_log
        self._streams = streams
        self._wall_ms = wall_ms
        self._places: dict[str, _Place] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._starting: set[asyncio.Task[Any]] = set()
        self._running = 0
        self._when_quiet = asyncio.Event()
        driver.carry(StartEnvironment, self._start)
        driver.carry(PrepareTemplate, self._prepare)
        driver.carry(DropTemplate, self._drop)
        driver.carry(RunInvoke, self._invoke)
        driver.carry(FreezeEnvironment, self._freeze)
        driver.carry(StopEnvironment, self._stop)
        driver.carry(WriteLog, self._write_log)

    @property
    def running(self) -> int:
        """How many environments start or run an invoke."""
        return self._running

    async def stop(self, within_s: float) -> bool:
        """Let what runs end, then kill every environment.

        Returns whether all invokes ended within `within_s` seconds. What still runs then is killed
        and answered as a function that was killed.
        """
        ended = True
        try:
            async with asyncio.timeout(within_s):
                while self._running:
                    self._when_quiet.clear()
                    await self._when_quiet.wait()
        except TimeoutError:
            log.warning("%d invokes were still running at the end of the stop time", self._running)
            ended = False
        await self.abandon()
        return ended

    async def abandon(self) -> None:
        """Kill every environment and return when all are gone; their endings count no more."""
        for task in self._starting:
            task.cancel()  # the sandbox ends what is half started
        places, self._places = self._places, {}
        await asyncio.gather(
            *(place.environment.kill() for place in places.values() if place.environment)
        )
        while self._tasks:
            await asyncio.wait(self._tasks)

    # --- effects ---------------------------------------------------------------------------------

    def _start(self, effect: StartEnvironment) -> None:
        place = _Place(self._log_lines, effect.deployment, effect.log_stream)
        before = self._places.get(effect.environment)
        self._places[effect.environment] = place
        refused = EnvironmentStarted(
            effect.environment, Ending.REFUSED, payload=b"The server has a bug; see its log."
        )
        task = self._begin(self._run_start(effect, place, before), refused)
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    def _prepare(self, effect: PrepareTemplate) -> None:
        failed = prepared(effect, Ending.REFUSED, payload=b"The server has a bug; see its log.")
        task = self._begin(self._run_prepare(effect), failed)
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    def _drop(self, effect: DropTemplate) -> None:
        self._keep(
            asyncio.get_running_loop().create_task(self._sandbox.drop_template(effect.template))
        )

    def _invoke(self, effect: RunInvoke) -> None:
        killed = InvokeEnded(effect.environment, Ending.KILLED, signal=9)
        _ = self._begin(self._run_invoke(effect), killed)

    def _freeze(self, effect: FreezeEnvironment) -> None:
        place = self._places.get(effect.environment)
        if place is not None and place.environment is not None:
            place.environment.freeze()

    def _stop(self, effect: StopEnvironment) -> None:
        self._kill(effect.environment)

    def _write_log(self, effect: WriteLog) -> None:
        place = GroupPlace(effect.account, effect.region, effect.group)
        self._log_lines(place, effect.stream, effect.text)

    # --- work ------------------------------------------------------------------------------------

    async def _run_start(
        self, effect: StartEnvironment, place: _Place, before: _Place | None
    ) -> EnvironmentStarted:
        """Start an environment; `before` is itself, when it has ended in an invoke."""
        id = effect.environment
        try:
            spec = await self._specs.make(effect)
            environment = await self._sandbox.start(spec, place.take_log)
        except (CodeUnusable, SandboxUnavailable, JournalError) as error:
            self._places.pop(id, None)
            return EnvironmentStarted(id, ending_of(error), payload=str(error).encode())
        finally:
            if before is not None and before.environment is not None:
                await before.environment.kill()  # What has not gone to the other goes back.
        init = environment.init
        ending = Ending(init.status.value)
        if ending is not Ending.OK:
            self._places.pop(id, None)
        elif self._places.get(id) is not place:
            await environment.kill()  # abandoned while it started
        else:
            place.environment = environment
            if spec.code_folder:
                place.folder = (spec.code_folder, spec.code_digest)
                place.fresh_until = asyncio.get_running_loop().time() + FRESH_S
            environment.exited.add_done_callback(lambda _: self._note_exit(id, place))
        return EnvironmentStarted(
            environment=id,
            ending=ending,
            duration_us=init.duration_ns // 1_000,
            payload=init.payload,
            exit_status=init.exit_status,
            signal=init.signal,
            memory_peak_mb=init.memory_peak_mb,
            error_type=init.error_type,
            log=place.last_log(),
            extensions=tuple(
                ExtensionState(one.name, one.state, one.events) for one in init.extensions
            ),
        )

    async def _run_prepare(self, effect: PrepareTemplate) -> TemplatePrepared:
        place = _Place(self._log_lines, effect.deployment, effect.log_stream)
        try:
            spec = await self._specs.make(effect)
            init = await self._sandbox.prepare_template(spec, place.take_log)
        except (CodeUnusable, SandboxUnavailable, JournalError) as error:
            return prepared(effect, ending_of(error), payload=str(error).encode())
        ending = Ending(init.status.value)
        return prepared(
            effect, ending, init.duration_ns // 1_000, init.payload, error_type=init.error_type
        )

    async def _run_invoke(self, effect: RunInvoke) -> InvokeEnded:
        id = effect.environment
        place = self._places.get(id)
        environment = None if place is None else place.environment
        if place is None or environment is None or environment.exited.done():
            return InvokeEnded(id, Ending.LOST)
        if await place.is_stale():
            self._places.pop(id, None)
            await environment.kill()
            return InvokeEnded(id, Ending.STALE)
        place.is_asked = True
        place.tail.clear()
        stream = self._streams.get(effect.request_id)
        if stream is not None:
            stream.executed_version = place.version
        outcome = await environment.invoke(
            Invocation(
                request_id=effect.request_id,
                payload=effect.payload,
                timeout_ms=effect.timeout_ms,
                deadline_epoch_ms=self._wall_ms() + effect.timeout_ms,
                invoked_function_arn=effect.function_arn,
                trace_header=effect.trace_header,
                client_context=effect.client_context,
                stream=stream,
            )
        )
        if outcome.environment_lives:
            place.is_asked = False
            if environment.exited.done():
                self._note_exit(id, place)
        return InvokeEnded(
            environment=id,
            ending=Ending(outcome.status.value),
            duration_us=outcome.duration_ns // 1_000,
            payload=outcome.payload,
            exit_status=outcome.exit_status,
            signal=outcome.signal,
            memory_peak_mb=outcome.memory_peak_mb,
            error_type=outcome.error_type if outcome.status is InvokeStatus.FAULT else "",
            log=place.last_log(),
        )

    def _note_exit(self, id: str, place: _Place) -> None:
        """Tell that an environment is gone, unless the invoke in its hand does, or a later start.

        What has ended in an invoke stays here until it is stopped or starts anew.
        """
        if self._places.get(id) is place and not place.is_asked:
            del self._places[id]
            self._tell(self._driver.rooms, EnvironmentGone(id), lambda: None)

    # --- the driver ------------------------------------------------------------------------------

    def _begin(self, work: Coroutine[Any, Any, Any], otherwise: Any) -> asyncio.Task[Any]:
        """Run work and submit the completion that it returns.

        `otherwise` is submitted, and its environment killed, when the work has a bug or is
        cancelled; but a template whose making is cancelled has not failed: the next start of the
        server makes it.
        """
        life = self._driver.rooms
        self._running += 1
        self._driver.hand.take()
        loop = asyncio.get_running_loop()
        task = loop.create_task(work)

        def finish(task: asyncio.Task[Any]) -> None:
            if task.cancelled() and isinstance(otherwise, TemplatePrepared):
                self._end(life)
                return
            if task.cancelled() or not guarded(task.result):
                self._kill(otherwise.environment)
                completion = otherwise
            else:
                completion = task.result()
            self._tell(life, completion, lambda: self._end(life))

        task.add_done_callback(finish)
        self._keep(task)
        return task

    def _kill(self, id: str) -> None:
        place = self._places.pop(id, None)
        if place is None or place.environment is None:
            return
        life = self._driver.rooms
        self._driver.hand.take()
        task = asyncio.get_running_loop().create_task(place.environment.kill())
        task.add_done_callback(lambda _: self._give_back(life))
        self._keep(task)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end(self, life: Any) -> None:
        self._running -= 1
        self._give_back(life)
        if not self._running:
            self._when_quiet.set()

    def _give_back(self, life: Any) -> None:
        if self._driver.rooms is life:  # else the count was set back with the rooms
            self._driver.hand.give_back()

    def _tell(self, life: Any, command: Any, then: Callable[[], None]) -> None:
        """Submit a completion; `then` is called in any case."""
        Telling(self._driver, life, lambda: command, lambda _value: then(), then).submit()


def prepared(
    effect: PrepareTemplate,
    ending: Ending,
    duration_us: int = 0,
    payload: bytes = b"",
    error_type: str = "",
) -> TemplatePrepared:
    """Return how the making of a template ended."""
    deployment = effect.deployment
    return TemplatePrepared(
        environment=effect.environment,
        function=deployment.function,
        version=deployment.version,
        ending=ending,
        duration_us=duration_us,
        payload=payload,
        error_type=error_type,
        log_stream=effect.log_stream,
    )


def ending_of(error: Exception) -> Ending:
    """Return what it means that the sandbox started nothing."""
    return Ending.UNUSABLE if isinstance(error, CodeUnusable) else Ending.REFUSED


def interpreters_of(runtimes: Sequence[RuntimeFound]) -> tuple[Interpreter, ...]:
    """Return what the sandbox found, in the words of the functions."""
    return tuple(
        Interpreter(found.runtime, found.version, found.path, found.missing) for found in runtimes
    )
