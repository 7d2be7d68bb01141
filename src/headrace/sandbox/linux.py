"""The sandbox on Linux: what `ports.sandbox.Sandbox` promises, put together.

Folders below the sandbox's own: `code/<boot>/<digest>` unpacked archives, `root` where each
zygote builds its root, `scratch/<environment>` temporary folders at levels without namespaces.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headrace.ports.sandbox import (
    EnvironmentSpec,
    InitOutcome,
    LogTaker,
    RuntimeFound,
    SandboxUnavailable,
)
from headrace.sandbox import files, layers, limits
from headrace.sandbox.endpoint import Endpoint
from headrace.sandbox.environment import LinuxEnvironment
from headrace.sandbox.interpreters import (
    as_runtime,
    as_runtimes,
    choose_interpreter,
    note_substitute,
)
from headrace.sandbox.languages.catalogue import PYTHON, find_interpreters, language_for
from headrace.sandbox.languages.language import Interpreter, Speech
from headrace.sandbox.languages.python import own_interpreter
from headrace.sandbox.levels import find_posture
from headrace.sandbox.orders import compose_order
from headrace.sandbox.pool import ZygotePool
from headrace.sandbox.runtime_api import RuntimeApi
from headrace.sandbox.supplies import Supplies, Supply
from headrace.sandbox.zygotes import Zygote, ZygoteGone


class LinuxSandbox:
    """Makes environments; see `ports.sandbox.Sandbox`.

    There is a zygote for each Python interpreter; programs of all other languages are executed by
    children of the one for our own interpreter.
    """

    def __init__(
        self,
        folder: str,
        *,
        shared_libraries: Sequence[str] = (),
        level: str | None = None,
        minimum: str = "process",
        cgroups: bool = True,
        zygote: bool = True,
        search: Mapping[str, str] | None = None,
    ) -> None:
        """Probe the machine and choose a level; takes about 0.1 s.

        Args:
            folder: The sandbox's own folder, made if missing. One server at a time.
            shared_libraries: Folders that every function can import from, after its own code.
            level: A level to force; None for the highest.
            minimum: The lowest level that is acceptable.
            cgroups: Whether control groups may be used.
            zygote: False starts a new interpreter for every environment instead of forking one.
            search: Where to look for interpreters: PATH, HOME and the variables of pyenv, uv and
                asdf. None for this process's own.

        Raises:
            SandboxUnavailable: The level is not to be had, or lies below the minimum.
        """
        folder = os.path.realpath(folder)
        root = f"{folder}/root"
        for path in (folder, f"{folder}/code", root):
            os.makedirs(path, mode=0o755, exist_ok=True)
        self._code = files.open_folder(f"{folder}/code")
        self._posture = find_posture(folder, level=level, minimum=minimum, cgroups=cgroups)
        self.level = self._posture.level
        self._supplies = Supplies(self._posture, folder=folder, code_folder=self._code)
        self._pool = ZygotePool(
            self._posture,
            code_folder=self._code,
            root=root,
            libraries=[os.path.realpath(path) for path in shared_libraries],
        )
        self._forks = zygote
        self._search = dict(os.environ) if search is None else search
        self._interpreters: list[Interpreter] | None = None
        self._unpacking: dict[str, asyncio.Task[str]] = {}
        self._starting: set[asyncio.Task[LinuxEnvironment]] = set()
        self._environments: dict[str, LinuxEnvironment] = {}
        self._closed = False

    def runtimes(self) -> list[RuntimeFound]:
        """Return the interpreters found, newest version last; the first call takes about 0.2 s."""
        return as_runtimes(self._found())

    def served_by(self, runtime: str) -> tuple[RuntimeFound | None, bool]:
        """Return what serves a runtime, and whether it is exactly that version.

        None when there is no interpreter of its language. A missing version is served by the
        nearest one, the newer of two equally near.
        """
        interpreter = choose_interpreter(self._found(), runtime)
        if interpreter is None:
            return None, False
        return as_runtime(interpreter), interpreter.runtime == runtime

    async def prepare(self, runtime: str) -> None:
        """Start the zygote of a runtime ahead of need.

        Raises:
            SandboxUnavailable: No interpreter serves the runtime.
        """
        await self._pool.get(_zygote_of(await self._interpreter(runtime)))

    async def start(self, spec: EnvironmentSpec, take_log: LogTaker) -> LinuxEnvironment:
        """Start an environment and run its init phase; see the port."""
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        if len(self._environments) + len(self._starting) >= limits.ENVIRONMENT_COUNT_MAX:
            raise SandboxUnavailable(
                f"There are {limits.ENVIRONMENT_COUNT_MAX} environments already."
            )
        task = asyncio.create_task(self._start(spec, take_log))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # Nobody will take it; what is half started is ended when it is whole.
            task.add_done_callback(_discard)
            raise

    async def prepare_template(self, spec: EnvironmentSpec, take_log: LogTaker) -> InitOutcome:
        """Run the init phase once and tell what came of it.

        Nothing of it is kept yet: each environment runs its own init phase.
        """
        environment = await self.start(spec, take_log)
        await environment.kill()
        return environment.init

    async def drop_template(self, template: str) -> None:
        """Do nothing: no template is kept yet."""

    async def close(self) -> None:
        """Kill every environment and zygote; nothing is left alive afterwards."""
        self._closed = True
        await asyncio.gather(*(one.kill() for one in list(self._environments.values())))
        await self._pool.close()
        # Those whose zygote was still starting have been refused by now.
        await asyncio.gather(*self._starting, *self._unpacking.values(), return_exceptions=True)
        await asyncio.gather(*(one.kill() for one in list(self._environments.values())))
        self._supplies.close()

    def _found(self) -> list[Interpreter]:
        if self._interpreters is None:
            self._interpreters = find_interpreters(self._search)
            self._pool.show_languages(self._interpreters)
        return self._interpreters

    async def _interpreter(self, runtime: str) -> Interpreter:
        found = self._interpreters
        if found is None:
            found = await asyncio.to_thread(self._found)
        interpreter = choose_interpreter(found, runtime)
        if interpreter is None:
            raise SandboxUnavailable(f"No interpreter on this machine serves {runtime}.")
        if interpreter.missing:
            raise SandboxUnavailable(interpreter.missing)
        if interpreter.runtime != runtime:
            note_substitute(runtime, interpreter)
        return interpreter

    async def _start(self, spec: EnvironmentSpec, take_log: LogTaker) -> LinuxEnvironment:
        interpreter = await self._interpreter(spec.runtime)
        await self._unpack(spec)
        zygote = await self._pool.get(_zygote_of(interpreter))
        started = time.monotonic_ns()
        try:
            environment = await self._fork(spec, take_log, interpreter, zygote)
        except ZygoteGone:
            # It had died without our noticing; a new one gets one chance.
            zygote = await self._pool.get(_zygote_of(interpreter))
            try:
                environment = await self._fork(spec, take_log, interpreter, zygote)
            except ZygoteGone as error:
                raise SandboxUnavailable("The zygote died.") from error
        await environment.initialise(started)
        return environment

    async def _unpack(self, spec: EnvironmentSpec) -> None:
        """Have the function's code and its layers ready below the code folder."""
        await self._unpack_once(
            spec.code_digest, files.unpack_code, spec.code_archive, spec.code_digest, self._code
        )
        for layer in spec.layers:
            await self._unpack_once(
                layer.digest, files.unpack_code, layer.archive, layer.digest, self._code
            )
        if spec.layers:
            digests = [layer.digest for layer in spec.layers]
            merged = layers.merged_name(digests)
            await self._unpack_once(merged, layers.merge_layers, digests, self._code)

    async def _unpack_once(self, name: str, work: Callable[..., str], *arguments: Any) -> None:
        """Let a thread make a folder of this name, unless it is there or in the making."""
        task = self._unpacking.get(name)
        if task is None:
            if files.is_unpacked(name, self._code):
                return
            task = asyncio.create_task(asyncio.to_thread(work, *arguments))
            self._unpacking[name] = task
            task.add_done_callback(lambda _: self._unpacking.pop(name, None))
        await asyncio.shield(task)

    async def _fork(
        self,
        spec: EnvironmentSpec,
        take_log: LogTaker,
        interpreter: Interpreter,
        zygote: Zygote,
    ) -> LinuxEnvironment:
        supply = self._supplies.take(spec, interpreter)
        language = language_for(interpreter.runtime)
        try:
            environment, descriptors = self._open_environment(
                spec, take_log, supply, framed_log=language.frames_log
            )
        except OSError as error:
            self._supplies.give_back(supply)
            raise SandboxUnavailable(f"An environment cannot be set up: {error}.") from error
        self._environments[spec.environment_id] = environment
        environment.when_gone(lambda: self._forget(spec.environment_id, supply))
        endpoint, address = None, ""
        speaks_frames = language.speech is Speech.FRAMES
        if spec.layers or not speaks_frames:
            try:
                endpoint, address = _open_endpoint(
                    environment,
                    descriptors,
                    speaks_frames=speaks_frames,
                    attended=bool(spec.layers),
                )
            except OSError as error:
                for descriptor in descriptors:
                    os.close(descriptor)
                environment.note_end(None)
                raise SandboxUnavailable(f"An environment cannot be set up: {error}.") from error
        order = compose_order(
            spec,
            supply,
            self._posture,
            interpreter,
            language,
            libraries=self._pool.libraries_for(interpreter),
            forks=self._forks,
            api_address=address,
        )
        try:
            environment.adopt(await zygote.start(order, descriptors, environment.note_end))
        except (SandboxUnavailable, ZygoteGone):
            environment.note_end(None)
            raise
        if endpoint is not None:
            port = endpoint.port
            # Not before it is adopted: until then nobody knows which processes are its own.
            await endpoint.serve(
                lambda peer: environment.processes.owns(peer[1], port, supply.user)
            )
        return environment

    def _open_environment(
        self, spec: EnvironmentSpec, take_log: LogTaker, supply: Supply, *, framed_log: bool
    ) -> tuple[LinuxEnvironment, list[int]]:
        """Return our end of an environment, and the descriptors for its own end.

        Raises:
            OSError: There are too many open files.
        """
        descriptors = supply.group.joining_descriptors() if supply.group is not None else []
        ours, theirs = socket.socketpair()
        log_reader, log_writer = os.pipe()
        ours.setblocking(False)
        environment = LinuxEnvironment(
            asyncio.get_running_loop(),
            spec,
            ours,
            log_reader,
            take_log,
            group=supply.group,
            kills_with_keeper=self._posture.namespaces,
            framed_log=framed_log,
        )
        return environment, [theirs.detach(), log_writer, *descriptors]

    def _forget(self, environment_id: str, supply: Supply) -> None:
        self._environments.pop(environment_id, None)
        self._supplies.give_back(supply)


def _open_endpoint(
    environment: LinuxEnvironment,
    descriptors: list[int],
    *,
    speaks_frames: bool,
    attended: bool,
) -> tuple[Endpoint, str]:
    """Let the programs of an environment reach us over HTTP; return where.

    Args:
        descriptors: What the environment is given; where it may have extensions, the socket for
            their reports comes third.

    Raises:
        OSError: There is no free port or descriptor.
    """
    runtime = None
    if not speaks_frames:
        runtime = RuntimeApi(environment.hear)
        environment.speak_through(runtime)
    extensions = None
    if attended:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        descriptors.insert(2, theirs.detach())
        extensions = environment.attend(ours).extensions
    endpoint = Endpoint(runtime, extensions)
    environment.when_gone(endpoint.close)
    return endpoint, endpoint.bind_here()


def _zygote_of(interpreter: Interpreter) -> Interpreter:
    """Return the Python whose zygote makes the environments of an interpreter."""
    is_python = language_for(interpreter.runtime) is PYTHON
    return interpreter if is_python else own_interpreter()


def _discard(task: asyncio.Task[LinuxEnvironment]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().end()
