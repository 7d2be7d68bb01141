"""One zygote per interpreter: started when first needed, started anew when it has died."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence

from headrace.core.functions.runtimes import language_of
from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.forker import ForkerGone
from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.languages.python import minor_of
from headrace.sandbox.levels import Posture
from headrace.sandbox.libraries import compile_library
from headrace.sandbox.zygotes import Zygote, launch


class ZygotePool:
    """The zygotes of a sandbox, and the byte code of its shared libraries."""

    def __init__(
        self, posture: Posture, *, code_folder: str, root: str, libraries: Sequence[str]
    ) -> None:
        self._posture = posture
        self._code_folder = code_folder
        self._root = root
        self._libraries = list(libraries)
        #: The folders of all languages, by prefix; a zygote shows them to its environments.
        self._languages: dict[str, str] = {}
        #: The folders of interpreters' clients, by the name of the language.
        self._clients: dict[str, str] = {}
        #: By the interpreter's path.
        self._zygotes: dict[str, asyncio.Task[Zygote]] = {}
        self._compilations: set[asyncio.Task[None]] = set()
        self._closed = False

    def libraries_for(self, interpreter: Interpreter) -> list[str]:
        """Return the shared libraries that an interpreter can import."""
        can = minor_of(interpreter.runtime) >= limits.LIBRARIES_SINCE_MINOR
        return self._libraries if can else []

    def show_languages(self, interpreters: Iterable[Interpreter]) -> None:
        """Let zygotes that start from now on show the folders of interpreters not Python's."""
        for one in interpreters:
            if one.prefix and not minor_of(one.runtime):
                self._languages.setdefault(one.prefix, str(len(self._languages)))
            if one.client:
                self._clients[language_of(one.runtime)] = one.client

    async def get(self, interpreter: Interpreter) -> Zygote:
        """Return a living zygote.

        Raises:
            SandboxUnavailable: It does not start, or the pool is closed.
        """
        task = self._zygotes.get(interpreter.path)
        if task is None or (task.done() and not _is_usable(task)):
            if self._closed:
                raise SandboxUnavailable("The sandbox is closed.")
            task = asyncio.create_task(self._launch(interpreter, task))
            self._zygotes[interpreter.path] = task
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if not task.cancelled():
                raise
            raise SandboxUnavailable("The sandbox is closed.") from error

    async def close(self) -> None:
        """End every zygote and wait until all are gone."""
        self._closed = True
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

    async def _launch(
        self, interpreter: Interpreter, before: asyncio.Task[Zygote] | None
    ) -> Zygote:
        if before is not None and not before.cancelled() and before.exception() is None:
            await before.result().close()
        zygote = launch(
            asyncio.get_running_loop(),
            interpreter,
            self._posture,
            code_folder=self._code_folder,
            root=self._root,
            libraries=self.libraries_for(interpreter),
            languages=self._languages,
            clients=self._clients,
        )
        try:
            async with asyncio.timeout(limits.ZYGOTE_START_S):
                await zygote.ready
        except (TimeoutError, ForkerGone) as error:
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
        self._compile(interpreter)
        return zygote

    def _compile(self, interpreter: Interpreter) -> None:
        loop = asyncio.get_running_loop()
        for library in self.libraries_for(interpreter):
            compilation = asyncio.create_task(compile_library(loop, interpreter, library))
            self._compilations.add(compilation)
            compilation.add_done_callback(self._compilations.discard)


def _is_usable(task: asyncio.Task[Zygote]) -> bool:
    return not task.cancelled() and task.exception() is None and task.result().is_alive
