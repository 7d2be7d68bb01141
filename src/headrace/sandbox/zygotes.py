"""The server's side of a zygote: start it, and end it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.forker import Forker
from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.levels import PROGRAMS, Posture
from headrace.sandbox.trees import wait_readable


class Zygote(Forker):
    """One fork server: the launcher process and the socket to the zygote below it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        process: subprocess.Popen[bytes],
        control: socket.socket,
        words: Any,
    ) -> None:
        super().__init__(loop, control, on_silence=self.kill)
        self._process = process
        # While nobody has waited for it, its pid cannot have become another's.
        self._handle = os.pidfd_open(process.pid)
        self._words = words

    def kill(self) -> None:
        """Kill the launcher, and with it everything below."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    async def close(self) -> None:
        """End the zygote and wait until it is gone."""
        self.end()
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
