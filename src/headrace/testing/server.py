"""A whole Headrace in this process, for tests: on the test's loop, or on a thread of its own.

    with serve_in_thread() as server:
        sqs = boto3.client("sqs", endpoint_url=server.endpoint_url, ...)

    async with serve(clock=VirtualClock()) as server:
        ...
        await server.advance(30)     # thirty seconds of service time, at once

Virtual time moves only when nothing is in hand: from deadline to deadline, and at each of them
everything that it sets off is carried out first.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from headrace.base.instant import Instant, later
from headrace.ports.blobs import Blobs
from headrace.ports.clock import Clock
from headrace.ports.entropy import Entropy
from headrace.ports.history import History
from headrace.ports.journal import Journal
from headrace.ports.logs import LogStore
from headrace.ports.sandbox import Sandbox
from headrace.shell.app import App, Parts, make_sandbox
from headrace.shell.clock import SystemClock
from headrace.shell.config import Config
from headrace.shell.driver import Driver
from headrace.shell.entropy import SystemEntropy
from headrace.shell.history import FileHistory, MemoryHistory, NoHistory
from headrace.shell.lifecycle import run_loop
from headrace.shell.nosandbox import NoSandbox
from headrace.store.blobs import BLOBS_FOLDER, FileBlobs
from headrace.store.logs.memory import MemoryLogStore
from headrace.store.memory import MemoryBlobs, MemoryJournal
from headrace.store.sqlite.journal import SqliteJournal
from headrace.testing.clock import VirtualClock

Result = TypeVar("Result")

#: Seconds that functions have to end when a test's server stops.
STOP_S = 2.0


class Server:
    """A server that runs on the current loop."""

    def __init__(self, app: App) -> None:
        """Wrap a started app."""
        self.app = app

    @property
    def endpoint_url(self) -> str:
        """What clients take as endpoint URL."""
        return self.app.local_url

    @property
    def driver(self) -> Driver:
        """The server's driver."""
        return self.app.driver

    @property
    def clock(self) -> Clock:
        """The server's service time."""
        return self.app.parts.clock

    async def quiet(self) -> None:
        """Return when nothing is in hand and everything remembered is durable."""
        hand = self.driver.hand
        while True:
            await self.driver.settled()
            if hand.count:
                empty = asyncio.Event()
                hand.when_empty(empty.set)
                await empty.wait()
            elif self._is_due():
                await asyncio.sleep(0)  # it rings in this turn
            else:
                return

    def _is_due(self) -> bool:
        clock = self.clock
        if not isinstance(clock, VirtualClock):
            return False
        due = clock.next_alarm()
        return due is not None and due <= clock.now()

    async def advance(self, seconds: float) -> None:
        """Let so much virtual time pass, with everything that happens in it."""
        clock = self.clock
        assert isinstance(clock, VirtualClock), "only a virtual clock can be moved"
        await self.quiet()
        end = later(clock.now(), round(seconds * 1_000))
        while (due := clock.next_alarm()) is not None and due <= end:
            clock.move(max(Instant(due), clock.now()))
            await self.quiet()
        clock.move(end)
        await self.quiet()


@contextlib.asynccontextmanager
async def serve(
    config: Config | None = None,
    *,
    data: Path | None = None,
    functions: bool = False,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    journal: Journal | None = None,
    blobs: Blobs | None = None,
    sandbox: Sandbox | None = None,
    logs: LogStore | None = None,
) -> AsyncIterator[Server]:
    """Run a server on a free port until the block ends.

    Args:
        config: Other settings; the port is 0 unless it is set here.
        data: A folder for journal and code; None: both in memory.
        functions: Whether there is a sandbox; without one, no functions can be created.
        clock: A VirtualClock, or None for the machine's.
        entropy, journal, blobs, sandbox, logs: Parts to use instead of the usual ones.
    """
    config = config or Config(port=0)
    with contextlib.ExitStack() as stack:
        if sandbox is None:
            sandbox = NoSandbox()
            if functions:
                scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-test-"))
                sandbox = make_sandbox(config, scratch)
        journal = journal or (SqliteJournal(data) if data else MemoryJournal())
        if blobs is None:
            space_is_low = partial(getattr, journal, "space_is_low")
            blobs = FileBlobs(data / BLOBS_FOLDER, space_is_low) if data else MemoryBlobs()
            if isinstance(blobs, MemoryBlobs):
                stack.callback(blobs.close)
        parts = Parts(
            clock=clock or SystemClock(),
            entropy=entropy or SystemEntropy(),
            journal=journal,
            blobs=blobs,
            sandbox=sandbox,
            history=_history(config, data),
            logs=logs or MemoryLogStore(),
        )
        app = App(config, parts)
        try:
            await app.start()
            yield Server(app)
        finally:
            await app.stop(STOP_S)


def _history(config: Config, data: Path | None) -> History:
    """Return a history in the folder, or in memory where there is none."""
    if data is None or not config.history_mb:
        return MemoryHistory() if config.history_mb else NoHistory()
    return FileHistory(data / "history", config.history_mb << 20, config.history_days * 86_400_000)


class ThreadServer:
    """A server on a thread of its own, for tests that are not async."""

    def __init__(self, server: Server, loop: asyncio.AbstractEventLoop) -> None:
        """Wrap a server that runs on `loop`."""
        self._server = server
        self._loop = loop
        self.endpoint_url = server.endpoint_url

    @property
    def app(self) -> App:
        """The server's parts; touch them only inside `call`."""
        return self._server.app

    def advance(self, seconds: float) -> None:
        """Let so much virtual time pass, with everything that happens in it."""
        self.wait(self._server.advance(seconds))

    def quiet(self) -> None:
        """Return when nothing is in hand and everything remembered is durable."""
        self.wait(self._server.quiet())

    def wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the server's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, function: Callable[[], Result]) -> Result:
        """Call a function on the server's loop and return its result."""

        async def work() -> Result:
            return function()

        return self.wait(work())


@contextlib.contextmanager
def serve_in_thread(config: Config | None = None, **options: Any) -> Iterator[ThreadServer]:
    """Run a server on a thread of its own until the block ends; options as in `serve`."""
    started: Future[tuple[ThreadServer, Callable[[], object]]] = Future()

    async def live() -> int:
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        async with serve(config, **options) as server:
            end = partial(loop.call_soon_threadsafe, over.set)
            started.set_result((ThreadServer(server, loop), end))
            await over.wait()
        return 0

    def note_end(life: Future[int]) -> None:
        if not started.done():
            started.set_exception(life.exception() or AssertionError("it never started"))

    with ThreadPoolExecutor(1, "headrace-test-server") as pool:
        life = pool.submit(run_loop, live())
        life.add_done_callback(note_end)
        server, end = started.result()
        try:
            yield server
        finally:
            end()
            life.result()
