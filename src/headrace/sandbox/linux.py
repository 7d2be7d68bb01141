"""The sandbox on Linux: what `ports.sandbox.Sandbox` promises, put together.

Folders below the sandbox's own: `code/<boot>/<digest>` unpacked archives, `root` where each
zygote builds its root, `scratch/<environment>` temporary folders at levels without namespaces.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence

import msgspec

from headrace.core.functions.codeuse import CodeInUse
from headrace.core.functions.runtimes import IMAGE
from headrace.core.functions.settings import NETWORKS
from headrace.ports.sandbox import (
    EnvironmentSpec,
    InitOutcome,
    LogTaker,
    RuntimeFound,
    SandboxUnavailable,
)
from headrace.sandbox import files, limits
from headrace.sandbox.environment import LinuxEnvironment
from headrace.sandbox.interpreters import (
    as_runtime,
    as_runtimes,
    choose_interpreter,
    note_substitute,
)
from headrace.sandbox.languages.catalogue import PYTHON, find_interpreters, language_for
from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.languages.python import needs_own_interpreter
from headrace.sandbox.layers import merged_name
from headrace.sandbox.levels import find_posture
from headrace.sandbox.making import Maker, zygote_of
from headrace.sandbox.pool import ZygotePool
from headrace.sandbox.supplies import Supplies
from headrace.sandbox.templates import Template, Templates
from headrace.sandbox.unpacking import Unpacking


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
        exact_runtimes: bool = False,
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
            exact_runtimes: Whether a runtime needs an interpreter of its own version.

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
        self._unpacking = Unpacking(self._code)
        self._supplies = Supplies(
            self._posture, folder=folder, code_folder=self._code, remove=self._unpacking.remove
        )
        self._pool = ZygotePool(
            self._posture,
            code_folder=self._code,
            root=root,
            libraries=[os.path.realpath(path) for path in shared_libraries],
        )
        self._forks = zygote
        self._exact_runtimes = exact_runtimes
        self._search = dict(os.environ) if search is None else search
        self._interpreters: list[Interpreter] | None = None
        self._starting: set[asyncio.Task[LinuxEnvironment]] = set()
        #: All that live, by id; the processes that run a template's init phase are among them.
        self._environments: dict[str, LinuxEnvironment] = {}
        self._maker = Maker(
            self._posture, self._supplies, self._pool, self._environments, forks=zygote
        )
        self._templates = Templates(self._make_template, self._maker.copy)
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
        await self._pool.get(zygote_of(await self._interpreter(runtime)))

    async def start(self, spec: EnvironmentSpec, take_log: LogTaker) -> LinuxEnvironment:
        """Start an environment and run its init phase; see the port."""
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        count = len(self._environments) + len(self._starting)
        if spec.environment_id not in self._environments and count >= limits.ENVIRONMENT_COUNT_MAX:
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

        Where it cannot be copied, each environment runs its own init phase.
        """
        if self._closed:
            raise SandboxUnavailable("The sandbox is closed.")
        self._check_network(spec)
        await self._unpacking.unpack(spec)
        if self._can_copy(spec, await self._interpreter(spec.runtime)):
            keeper = await self._templates.prepare(spec, take_log)
            if keeper is not None:
                return keeper.init
        environment = await self.start(spec, take_log)
        await environment.kill()
        return environment.init

    def keep_code(self, code: CodeInUse) -> None:
        """Let go of all other code that lies unpacked; see the port."""
        if not self._closed:
            self._unpacking.keep(code)

    async def drop_template(self, template: str) -> None:
        """Let go of a template; see the port."""
        self._templates.drop(template)

    async def close(self) -> None:
        """Kill every environment and zygote; nothing is left alive afterwards."""
        self._closed = True
        await asyncio.gather(*(one.kill() for one in list(self._environments.values())))
        await self._pool.close()
        # Those whose zygote was still starting have been refused by now.
        await asyncio.gather(*self._starting, return_exceptions=True)
        await self._templates.close()
        await self._unpacking.close()
        await asyncio.gather(*(one.kill() for one in list(self._environments.values())))
        await self._unpacking.close()  # Once more: copies of folders go with their environments.
        self._supplies.close()

    def _found(self) -> list[Interpreter]:
        if self._interpreters is None:
            found = find_interpreters(self._search)
            self._interpreters = [self._judged(one) for one in found]
            self._pool.show_languages(self._interpreters)
        return self._interpreters

    def _judged(self, interpreter: Interpreter) -> Interpreter:
        """Return an interpreter, or what is missing for container images."""
        if interpreter.runtime != IMAGE or self._posture.namespaces:
            return interpreter
        missing = f"They need sandbox level namespace or strict, and this one is {self.level}."
        return msgspec.structs.replace(interpreter, missing=missing)

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
            if self._exact_runtimes:
                raise SandboxUnavailable(
                    f"{runtime} is not on this machine, and runtime_fallback is refuse."
                )
            note_substitute(runtime, interpreter)
        return interpreter

    async def _start(self, spec: EnvironmentSpec, take_log: LogTaker) -> LinuxEnvironment:
        before = self._environments.get(spec.environment_id)
        try:
            if before is not None:
                await asyncio.shield(before.exited)  # Its extensions may be at their shutdown.
                if before.spec.code_digest != spec.code_digest:
                    before.let_go()  # A folder has changed: nothing passes from code to code.
            return await self._start_after(before, spec, take_log)
        finally:
            if before is not None:
                before.let_go()

    async def _start_after(
        self, before: LinuxEnvironment | None, spec: EnvironmentSpec, take_log: LogTaker
    ) -> LinuxEnvironment:
        self._check_network(spec)
        interpreter = await self._interpreter(spec.runtime)
        let_go = self._unpacking.hold(spec)
        try:
            await self._unpacking.unpack(spec)
            if self._can_copy(spec, interpreter):
                environment = await self._templates.start(spec, take_log, before)
                if environment is not None:
                    _when_gone(environment, let_go)
                    return environment
            started, environment = await self._maker.fork(spec, take_log, interpreter, after=before)
        except BaseException:
            let_go()
            raise
        _when_gone(environment, let_go)
        await environment.initialise(started)
        return environment

    def _check_network(self, spec: EnvironmentSpec) -> None:
        """Refuse what this level cannot keep from the network, rather than leave it open."""
        if spec.network not in NETWORKS:
            raise SandboxUnavailable(f"There is no network {spec.network!r}.")
        if spec.network == "none" and not self._posture.namespaces:
            raise SandboxUnavailable(
                "Functions without a network need sandbox level namespace or strict, and this one "
                f"is {self.level}."
            )

    async def _make_template(
        self, spec: EnvironmentSpec, take_log: LogTaker
    ) -> tuple[LinuxEnvironment, Template]:
        return await self._maker.make_template(
            spec, take_log, await self._interpreter(spec.runtime)
        )

    def _can_copy(self, spec: EnvironmentSpec, interpreter: Interpreter) -> bool:
        """Return whether an environment may be a copy of a template.

        Below `namespace` a copy could not leave its template's fences. Whoever is the machine's
        root gets no rights over namespaces, not even over his own. Extensions are programs of
        their own, which nobody copies.
        """
        posture = self._posture
        layers = merged_name([layer.digest for layer in spec.layers])
        return (
            spec.template != ""
            and self._forks
            and posture.namespaces
            and (posture.own_user or os.getuid() != 0)
            and language_for(interpreter.runtime) is PYTHON
            and not needs_own_interpreter(spec.variables)
            and not (spec.layers and os.path.exists(f"{self._code}/{layers}/extensions"))
        )


def _when_gone(environment: LinuxEnvironment, action: Callable[[], None]) -> None:
    """Run an action when an environment is gone, or at once if it is so already."""
    if environment.exited.done():
        action()
    else:
        environment.when_gone(action)


def _discard(task: asyncio.Task[LinuxEnvironment]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().end()
