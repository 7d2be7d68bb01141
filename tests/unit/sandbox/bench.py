"""A work bench for tests of the sandbox: functions from source text, and what is still alive."""

import asyncio
import contextlib
import gc
import hashlib
import itertools
import json
import os
import tempfile
import time
import zipfile
from pathlib import Path

from headrace.ports.sandbox import EnvironmentSpec, Invocation, InvokeOutcome
from headrace.sandbox.linux import LinuxSandbox
from headrace.sandbox.removal import remove_tree

REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
ARN = "arn:aws:lambda:eu-central-1:000000000000:function:f"
_numbers = itertools.count()


def make_archive(folder: Path, files: dict[str, str | bytes]) -> tuple[str, str]:
    """Write a zip, bootstrap and extensions executable; return its path and digest."""
    path = folder / f"{next(_numbers)}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755 if _is_program(name) else 0o100644) << 16
            archive.writestr(entry, text)
    return str(path), hashlib.sha256(path.read_bytes()).hexdigest()


def _is_program(name: str) -> bool:
    return name == "bootstrap" or name.startswith("extensions/")


def invocation(event, timeout_ms=20_000, **changes) -> Invocation:
    """An event for an environment; bytes go as they are."""
    payload = event if isinstance(event, bytes) else json.dumps(event).encode()
    values = {
        "request_id": REQUEST_ID,
        "payload": payload,
        "timeout_ms": timeout_ms,
        "deadline_epoch_ms": int(time.time() * 1000) + timeout_ms,
        "invoked_function_arn": ARN,
    }
    return Invocation(**(values | changes))


def spec_for(folder: Path, source: str | dict, **changes) -> EnvironmentSpec:
    """A spec for a function given as the text of app.py, or as several files."""
    files = source if isinstance(source, dict) else {"app.py": source}
    archive, digest = make_archive(folder, files)
    values = {
        "environment_id": os.urandom(16).hex(),
        "function_name": "f",
        "function_version": "$LATEST",
        "runtime": "python3.11",
        "handler": "app.handler",
        "code_archive": archive,
        "code_digest": digest,
        "memory_mb": 1769,
        "ephemeral_storage_mb": 512,
        "variables": {"AWS_REGION": "eu-central-1"},
        "log_group": "/aws/lambda/f",
        "log_stream": "2026/11/25/[$LATEST]0123456789abcdef0123456789abcdef",
        "init_limit_ms": 10_000,
    }
    return EnvironmentSpec(**(values | changes))


class Stream:
    """Takes an answer bit by bit (`ports.sandbox.AnswerStream`), as long as a test wants it."""

    def __init__(self):
        self.content_type = None
        self.pieces = []
        self.is_full = False
        self._actions = []

    def begin(self, content_type):
        self.content_type = content_type

    def write(self, piece):
        self.pieces.append(piece)

    def when_room(self, action):
        self._actions.append(action)

    def make_room(self):
        self.is_full = False
        actions, self._actions = self._actions, []
        for action in actions:
            action()


class Valve:
    """Remembers how a source was held."""

    def __init__(self):
        self.turns = []

    def hold(self):
        self.turns.append("hold")

    def go_on(self):
        self.turns.append("go on")


class Bench:
    """A sandbox for one test: its own from `open`, or one that is shared and only cleared."""

    def __init__(self, folder: Path, box: LinuxSandbox, runner: asyncio.Runner | None = None):
        self.folder = folder
        self.box = box
        self.log = bytearray()
        self._runner = runner
        self._started = []

    @classmethod
    def open(cls, folder: Path, **options):
        """Make a sandbox in a folder; it is closed at the end of the block."""
        return cls(folder, LinuxSandbox(str(folder / "box"), **options))

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for environment in self._started:
            await environment.kill()
            assert environment.exited.done()
        if self._runner is None:
            await self.box.close()
            assert alive(str(self.folder)) == []

    def run(self, story):
        """Run a test's coroutine on the loop of the shared sandbox."""
        self._runner.run(story)

    async def start(self, source, take_log=None, **changes):
        """Start an environment, whatever its init comes to."""
        environment = await self.box.start(
            spec_for(self.folder, source, **changes), take_log or self.log.extend
        )
        self._started.append(environment)
        return environment

    async def descriptors(self):
        """Count our descriptors, without what waits for the collector or is open for a removal."""
        gc.collect()
        await self.box._unpacking.close()
        return len(os.listdir("/proc/self/fd"))

    def forget(self, environment):
        """Do not end an environment at the end of the block: it has ended."""
        self._started.remove(environment)

    async def call(self, source, event=None, *, timeout_ms=20_000, **changes) -> InvokeOutcome:
        """Start an environment, run one event, and leave it."""
        environment = await self.start(source, **changes)
        assert environment.init.status.value == "ok", (environment.init, bytes(self.log))
        return await environment.invoke(invocation(event, timeout_ms))


@contextlib.contextmanager
def open_folder():
    """Yield a folder for a sandbox that every user can enter, whatever else goes on.

    Each session of pytest that begins closes the folder above those of all sessions. A program
    that is started in that moment by a user of its own cannot be read any more, and its
    interpreter ends with status 2.
    """
    folder = Path(tempfile.mkdtemp(prefix="headrace-sandbox-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        remove_tree(str(folder))


def open_to_all(path):
    """Let every user enter a folder that pytest made for one."""
    path.chmod(0o755)
    for parent in path.parents:
        if "pytest" in parent.name:
            parent.chmod(0o755)


def alive(token: str) -> list[int]:
    """Return the living processes, other than this one, that a token belongs to.

    It stands in their command line, or they see a folder of this name: where they have mounts of
    their own, their command line does not name it.
    """
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                line = Path(f"/proc/{name}/cmdline").read_bytes()
                mounts = Path(f"/proc/{name}/mountinfo").read_bytes()
            except OSError:
                continue
            if token.encode() in line or token.encode() in mounts:
                found.append(int(name))
    return found


def state_of(pid: int) -> str:
    """Return the letter of a process's state: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def answer(outcome: InvokeOutcome):
    """Return the handler's result."""
    assert outcome.status.value == "answered", outcome
    return json.loads(outcome.payload)


def run(coroutine):
    """Run a test's coroutine."""
    return asyncio.run(coroutine)
