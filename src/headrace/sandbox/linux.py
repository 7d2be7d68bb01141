"""The sandbox on Linux: what `ports.sandbox.Sandbox` promises, put together.

Folders below the sandbox's own: `code/<digest>` unpacked archives, `root` the place where each
zygote builds its root, `scratch/<environment>` temporary folders at levels without namespaces.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

from headrace.ports.sandbox import (
    EnvironmentSpec,
    LogTaker,
    RuntimeFound,
    SandboxUnavailable,
)
from headrace.sandbox import files, limits
from headrace.sandbox.cgroups import Group
from headrace.sandbox.environment import LinuxEnvironment
from headrace.sandbox.interpreters import (
    Interpreter,
    as_runtime,
    as_runtimes,
    ask_interpreters,
    candidate_paths,
    choose_interpreter,
)
from headrace.sandbox.levels import PROGRAMS, find_posture
from headrace.sandbox.libraries import compile_library
from headrace.sandbox.variables import (
    LAMBDA_PLACES,
    Places,
    compose_variables,
    needs_own_interpreter,
)
from headrace.sandbox.zygotes import LAMBDA_LIBRARIES, Zygote, ZygoteGone, launch

_MEGABYTE = 1_048_576


class LinuxSandbox:
    """Makes environments with one zygote per interpreter; see `ports.sandbox.Sandbox`."""

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
            folder: The sandbox's own folder, made if missing; absolute afterwards.
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
        self._folder = os.path.realpath(folder)
        self._code = f"{self._folder}/code"
        self._root = f"{self._folder}/root"
        for path in (self._folder, self._code, self._root):
            os.makedirs(path, mode=0o755, exist_ok=True)
        files.remove_leftovers(self._code)
        shutil.rmtree(f"{self._folder}/scratch", ignore_errors=True)
        self._posture = find_posture(self._folder, level=level, minimum=minimum, cgroups=cgroups)
        self.level = self._posture.level
        self._libraries = [os.path.realpath(path) for path in shared_libraries]
        self._forks = zygote
        self._search = dict(os.environ) if search is None else search
        self._interpreters: list[Interpreter] | None = None
        self._zygotes: dict[str, asyncio.Task[Zygote]] = {}
        self._unpacking: dict[str, asyncio.Task[str]] = {}
        self._compilations: set[asyncio.Task[None]] = set()
        self._environments: dict[str, LinuxEnvironment] = {}
        self._starting = 0
        self._free_users: list[int] = []
        self._next_user = limits.FIRST_USER
        self._groups_to_remove: list[Group] = []
        self._closed = False

    # --- runtimes ----------------------------------------------------------------------------

    def runtimes(self) -> list[RuntimeFound]:
        """Return the interpreters found, newest version last."""
        return as_runtimes(self._found())

    def served_by(self, runtime: str) -> tuple[RuntimeFound | None, bool]:
        """Return what serves a runtime, and whether it is exactly that version.

        None when it is no Python runtime or there is no interpreter at all. A missing version is
        served by the nearest one, the newer of two equally near.
        """
        interpreter = choose_interpreter(self._found(), runtime)
        if interpreter is None:
            return None, False
        return as_runtime(interpreter), interpreter.runtime == runtime

    def _found(self) -> list[Interpreter]:
        if self._interpreters is None:
            self._interpreters = ask_interpreters(candidate_paths(self._search))
        return self._interpreters

    # --- start -------------------------------------------------------------------------------

    async def prepare(self, runtime: str) -> None:
        """Start the zygote of a runtime ahead of need.

        Raises:
            SandboxUnavailable: No interpreter serves the runtime.
        """
        await self._zygote(await self._interpreter(runtime))

    async def start(self, spec: EnvironmentSpec, take_log: LogTaker) -> LinuxEnvironment:
        """Start an environment and run its init phase; see the port."""
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        if len(self._environments) + self._starting >= limits.ENVIRONMENT_COUNT_MAX:
            raise SandboxUnavailable(
                f"There are {limits.ENVIRONMENT_COUNT_MAX} environments already."
            )
        task = asyncio.create_task(self._start(spec, take_log))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # Nobody will take it; what is half started is ended when it is whole.
            task.add_done_callback(self._discard)
            raise

    async def _start(self, spec: EnvironmentSpec, take_log: LogTaker) -> LinuxEnvironment:
        self._starting += 1
        try:
            interpreter = await self._interpreter(spec.runtime)
            await self._unpack(spec)
            zygote = await self._zygote(interpreter)
            started = time.monotonic_ns()
            try:
                environment = await self._fork(spec, take_log, interpreter, zygote)
            except ZygoteGone:
                # It had died without our noticing; a new one gets one chance.
                zygote = await self._zygote(interpreter)
                environment = await self._fork(spec, take_log, interpreter, zygote)
        except ZygoteGone as error:
            raise SandboxUnavailable("The zygote died.") from error
        finally:
            self._starting -= 1
        await environment.initialise(started)
        return environment

    def _discard(self, task: asyncio.Task[LinuxEnvironment]) -> None:
        if not task.cancelled() and task.exception() is None:
            task.result().end()

    async def _interpreter(self, runtime: str) -> Interpreter:
        if self._interpreters is None:
            self._interpreters = await asyncio.to_thread(
                ask_interpreters, candidate_paths(self._search)
            )
        interpreter = choose_interpreter(self._interpreters, runtime)
        if interpreter is None:
            raise SandboxUnavailable(f"No interpreter on this machine serves {runtime}.")
        return interpreter

    async def _unpack(self, spec: EnvironmentSpec) -> None:
        task = self._unpacking.get(spec.code_digest)
        if task is None:
            if os.path.isdir(f"{self._code}/{spec.code_digest}"):
                return
            task = asyncio.create_task(
                asyncio.to_thread(
                    files.unpack_code, spec.code_archive, spec.code_digest, self._code
                )
            )
            self._unpacking[spec.code_digest] = task
            task.add_done_callback(lambda _: self._unpacking.pop(spec.code_digest, None))
        await asyncio.shield(task)

    async def _zygote(self, interpreter: Interpreter) -> Zygote:
        task = self._zygotes.get(interpreter.path)
        if task is None or (task.done() and not _is_usable(task)):
            task = asyncio.create_task(self._launch(interpreter, task))
            self._zygotes[interpreter.path] = task
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if not task.cancelled():
                raise
            raise SandboxUnavailable("The sandbox is closed.") from error

    async def _launch(
        self, interpreter: Interpreter, before: asyncio.Task[Zygote] | None
    ) -> Zygote:
        if before is not None and not before.cancelled() and before.exception() is None:
            await before.result().close()
        zygote = launch(
            asyncio.get_running_loop(),
            interpreter,
            self._posture,
            code_folder=self._code,
            root=self._root,
            libraries=self._libraries_for(interpreter),
        )
        try:
            async with asyncio.timeout(limits.ZYGOTE_START_S):
                await zygote.ready
        except (TimeoutError, ZygoteGone) as error:
            words = zygote.last_words().strip().rpartition("\n")[2]
            zygote.kill()
            await zygote.close()
            raise SandboxUnavailable(
                f"The zygote of {interpreter.path} did not start: {words or 'no answer'}"
            ) from error
        except asyncio.CancelledError:
            zygote.kill()
            await zygote.close()
            raise
        for library in self._libraries_for(interpreter):
            compilation = asyncio.create_task(
                compile_library(asyncio.get_running_loop(), interpreter, library)
            )
            self._compilations.add(compilation)
            compilation.add_done_callback(self._compilations.discard)
        return zygote

    def _libraries_for(self, interpreter: Interpreter) -> list[str]:
        """Return the shared libraries that an interpreter can import."""
        return self._libraries if interpreter.minor >= limits.LIBRARIES_SINCE_MINOR else []

    async def _fork(
        self,
        spec: EnvironmentSpec,
        take_log: LogTaker,
        interpreter: Interpreter,
        zygote: Zygote,
    ) -> LinuxEnvironment:
        group = self._create_group(spec)
        user = self._take_user(interpreter)
        places = self._places(spec, interpreter)
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        log_reader, log_writer = os.pipe()
        ours.setblocking(False)
        environment = LinuxEnvironment(
            loop,
            spec,
            ours,
            log_reader,
            take_log,
            group=group,
            kills_with_keeper=self._posture.namespaces,
        )
        self._environments[spec.environment_id] = environment
        environment.when_gone(lambda: self._forget(spec, group, user))
        order = self._order(spec, interpreter, places, user, has_group=group is not None)
        descriptors = [theirs.detach(), log_writer]
        if group is not None:
            descriptors += group.joining_descriptors()
        try:
            environment.adopt(await zygote.start(order, descriptors, environment.note_end))
        except (SandboxUnavailable, ZygoteGone):
            environment.note_end(None)
            raise
        return environment

    def _order(
        self,
        spec: EnvironmentSpec,
        interpreter: Interpreter,
        places: Places,
        user: int,
        *,
        has_group: bool,
    ) -> dict[str, Any]:
        namespaces = self._posture.namespaces
        libraries = self._libraries_for(interpreter)
        if namespaces:
            libraries = [f"{LAMBDA_LIBRARIES}/{number}" for number in range(len(libraries))]
        counts_apart = user or (namespaces and self._posture.user_namespace)
        return {
            "start": spec.environment_id,
            "code": spec.code_digest,
            "user": user,
            "scratch": "" if namespaces else places.scratch,
            "ephemeral_storage_mb": spec.ephemeral_storage_mb,
            "data_bytes_max": 0 if has_group else spec.memory_mb * _MEGABYTE,
            "process_count_max": limits.PROCESS_COUNT_MAX if counts_apart else 0,
            "readable": self._readable(interpreter, places),
            "writable": [places.scratch, *(["/dev", "/proc"] if namespaces else ["/dev/null"])],
            "exec": not self._forks or needs_own_interpreter(spec.variables),
            "variables": compose_variables(spec, places),
            "paths": {"task": places.task, "layers": places.layers, "libraries": libraries},
        }

    def _readable(self, interpreter: Interpreter, places: Places) -> list[str]:
        """Return what Landlock lets an environment read."""
        if self._posture.namespaces:
            return ["/"]  # The root holds nothing else than what it may read.
        return [
            "/usr",
            "/lib",
            "/lib64",
            "/bin",
            "/sbin",
            "/etc",
            "/dev",
            "/proc",
            interpreter.prefix,
            PROGRAMS,
            places.task,
            *self._libraries,
        ]

    def _places(self, spec: EnvironmentSpec, interpreter: Interpreter) -> Places:
        if self._posture.namespaces:
            return LAMBDA_PLACES
        task = f"{self._code}/{spec.code_digest}"
        scratch = f"{self._folder}/scratch/{spec.environment_id}"
        os.makedirs(scratch, mode=0o700)
        return Places(
            task=task,
            runtime=PROGRAMS,
            language=interpreter.prefix,
            layers="/opt",
            scratch=scratch,
            library_path=f"{interpreter.prefix}/lib:{task}:{task}/lib",
        )

    # --- what environments use up --------------------------------------------------------------

    def _create_group(self, spec: EnvironmentSpec) -> Group | None:
        if self._posture.groups is None:
            return None
        self._groups_to_remove = [one for one in self._groups_to_remove if not one.remove()]
        try:
            return self._posture.groups.create(spec.environment_id, spec.memory_mb)
        except OSError as error:
            raise SandboxUnavailable(f"No control group: {error}.") from error

    def _take_user(self, interpreter: Interpreter) -> int:
        """Return a user id for one environment; 0 where it keeps the server's."""
        if not self._posture.own_user:
            return 0
        if not self._posture.namespaces and not all(
            _is_open_to_all(path) for path in (interpreter.prefix, self._folder, PROGRAMS)
        ):
            return 0  # It could not even read its interpreter.
        if self._free_users:
            return self._free_users.pop()
        self._next_user += 1
        return self._next_user - 1

    def _forget(self, spec: EnvironmentSpec, group: Group | None, user: int) -> None:
        self._environments.pop(spec.environment_id, None)
        if user:
            self._free_users.append(user)
        if group is not None and not group.remove():
            self._groups_to_remove.append(group)
        if not self._posture.namespaces:
            shutil.rmtree(f"{self._folder}/scratch/{spec.environment_id}", ignore_errors=True)

    async def close(self) -> None:
        """Kill every environment and zygote; nothing is left alive afterwards."""
        self._closed = True
        await asyncio.gather(*(one.kill() for one in list(self._environments.values())))
        for compilation in list(self._compilations):
            compilation.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await compilation
        for task in list(self._zygotes.values()):
            if not task.done():
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, SandboxUnavailable):
                await (await task).close()
        self._zygotes.clear()
        self._groups_to_remove = [one for one in self._groups_to_remove if not one.remove()]
        if self._posture.groups is not None:
            self._posture.groups.remove()


def _is_usable(task: asyncio.Task[Zygote]) -> bool:
    return not task.cancelled() and task.exception() is None and task.result().is_alive


def _is_open_to_all(path: str) -> bool:
    """Return whether any user may enter a folder."""
    while True:
        if not os.stat(path).st_mode & 0o001:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)
