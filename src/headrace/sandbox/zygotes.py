"""The server's side of a zygote: start it, order environments, hear of their ends."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.levels import PROGRAMS, Posture
from headrace.sandbox.trees import wait_readable

#: Called with the wait status of an environment's runtime; None when it is not known.
EndListener = Callable[[int | None], None]

_MESSAGE_BYTES_MAX = 262_144


class ZygoteGone(Exception):
    """The zygote died; a new one can be started."""


class Zygote:
    """One fork server: the launcher process and the socket to the zygote below it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        process: subprocess.Popen[bytes],
        control: socket.socket,
        words: Any,
    ) -> None:
        self._loop = loop
        self._process = process
        # While nobody has waited for it, its pid cannot have become another's.
        self._handle = os.pidfd_open(process.pid)
        self._control = control
        control.setblocking(False)
        self._words = words
        self._unsent: list[tuple[bytes, list[int]]] = []
        self._started: dict[str, asyncio.Future[int]] = {}
        self._listeners: dict[str, EndListener] = {}
        self.ready: asyncio.Future[None] = loop.create_future()
        self.is_alive = True
        loop.add_reader(control, self._on_readable)

    async def start(
        self, order: dict[str, Any], descriptors: Sequence[int], on_end: EndListener
    ) -> int:
        """Fork an environment and return its pidfd; `descriptors` are closed here.

        Raises:
            SandboxUnavailable: The kernel refuses to fork.
            ZygoteGone: The zygote died.
        """
        name = order["start"]
        if not self.is_alive:
            for descriptor in descriptors:
                os.close(descriptor)
            raise ZygoteGone
        started: asyncio.Future[int] = self._loop.create_future()
        self._started[name] = started
        self._listeners[name] = on_end
        self._unsent.append((msgspec.json.encode(order), list(descriptors)))
        self._send_more()
        try:
            async with asyncio.timeout(limits.FORK_S):
                return await started
        except TimeoutError as error:
            self.kill()
            raise SandboxUnavailable("The zygote does not answer.") from error
        finally:
            self._started.pop(name, None)

    def kill(self) -> None:
        """Kill the launcher, and with it everything below."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    async def close(self) -> None:
        """End the zygote and wait until it is gone."""
        self._end()
        try:
            async with asyncio.timeout(limits.CLOSE_PATIENCE_S):
                await wait_readable(self._loop, self._handle)
        except TimeoutError:
            self.kill()
            await wait_readable(self._loop, self._handle)
        self._process.wait()
        os.close(self._handle)
        self._words.close()

    def last_words(self) -> str:
        """Return the end of what the zygote wrote to stderr."""
        size = os.fstat(self._words.fileno()).st_size
        start = max(size - limits.ZYGOTE_WORDS_BYTES, 0)
        return os.pread(self._words.fileno(), limits.ZYGOTE_WORDS_BYTES, start).decode(
            "utf-8", "replace"
        )

    def _send_more(self) -> None:
        while self._unsent:
            text, descriptors = self._unsent[0]
            try:
                socket.send_fds(self._control, [text], descriptors)
            except BlockingIOError:
                self._loop.add_writer(self._control, self._send_more)
                return
            except OSError:
                self._end()
                return
            del self._unsent[0]
            for descriptor in descriptors:
                os.close(descriptor)
        self._loop.remove_writer(self._control)

    def _on_readable(self) -> None:
        try:
            text, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES_MAX, 4)
        except BlockingIOError:
            return
        except OSError:
            text, descriptors = b"", []
        if text:
            self._note(msgspec.json.decode(text), descriptors)
        else:
            self._end()

    def _note(self, message: dict[str, Any], descriptors: Sequence[int]) -> None:
        if "ready" in message:
            if not self.ready.done():
                self.ready.set_result(None)
        elif "started" in message:
            self._note_start(message["started"], descriptors[0])
        elif "refused" in message:
            self._listeners.pop(message["refused"], None)
            started = self._started.get(message["refused"])
            if started is not None and not started.done():
                started.set_exception(SandboxUnavailable(f"No process: {message['reason']}."))
        elif "ended" in message:
            listener = self._listeners.pop(message["ended"], None)
            if listener is not None:
                listener(message["status"])

    def _note_start(self, name: str, handle: int) -> None:
        started = self._started.get(name)
        if started is None or started.done():
            os.close(handle)
        else:
            started.set_result(handle)

    def _end(self) -> None:
        """Take note that nothing will come from the zygote any more."""
        if not self.is_alive:
            return
        self.is_alive = False
        self._loop.remove_reader(self._control)
        self._loop.remove_writer(self._control)
        self._control.close()
        for _, descriptors in self._unsent:
            for descriptor in descriptors:
                os.close(descriptor)
        self._unsent.clear()
        waiting: list[asyncio.Future[Any]] = [self.ready, *self._started.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(ZygoteGone())
                future.exception()  # Nobody may be waiting for it any more.
        listeners, self._listeners = self._listeners, {}
        for listener in listeners.values():
            listener(None)


def launch(
    loop: asyncio.AbstractEventLoop,
    interpreter: Interpreter,
    posture: Posture,
    *,
    code_folder: str,
    root: str,
    libraries: Sequence[str],
    languages: Mapping[str, str],
    clients: Mapping[str, str],
) -> Zygote:
    """Start a launcher for an interpreter; the zygote's `ready` tells when it can take orders.

    Call it on the thread that runs the loop: the launcher dies with the thread that started it.

    Args:
        languages, clients: Folders to be shown and their names; names and their folders.

    Raises:
        SandboxUnavailable: The interpreter cannot be started.
    """
    settings = {
        "server_pid": os.getpid(),
        "namespaces": posture.namespaces,
        "user_namespace": posture.user_namespace,
        "fences": posture.fences,
        "seccomp": posture.seccomp,
        "landlock": posture.landlock,
        "prefix": interpreter.prefix,
        "executable": os.path.relpath(interpreter.path, interpreter.prefix),
        "programs": PROGRAMS,
        "code": code_folder,
        "root": root,
        "libraries": list(libraries),
        "languages": dict(languages),
        "clients": dict(clients),
    }
    variables = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    if not posture.namespaces:  # Else the launcher sets it when it starts the zygote.
        variables["LD_LIBRARY_PATH"] = f"{interpreter.prefix}/lib"
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = tempfile.TemporaryFile(dir=os.path.dirname(root))  # noqa: SIM115  # it lives on
    command = [interpreter.path, "-I", "-S", "-B", os.path.join(PROGRAMS, "launcher.py")]
    try:
        process = subprocess.Popen(
            [*command, str(theirs.fileno()), msgspec.json.encode(settings)],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            pass_fds=[theirs.fileno()],
            env=variables,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        words.close()
        raise SandboxUnavailable(f"{interpreter.path} cannot be started: {error}") from error
    finally:
        theirs.close()
    return Zygote(loop, process, ours, words)
