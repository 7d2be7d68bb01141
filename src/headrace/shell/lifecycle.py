"""Run a server in the foreground: start, wait for a signal, stop in order.

The order of a stop: receives that wait are answered with nothing and no invoke begins; functions
may end what they do, and their own calls still reach this server; then connections, sandbox and
journal are closed. What was acknowledged is on disk at any moment, so a second signal, which ends
all of this at once, loses nothing.
"""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from headrace import __version__
from headrace.ports.journal import JournalError
from headrace.ports.sandbox import SandboxUnavailable
from headrace.shell.app import App, Parts, StartRefused, real_parts
from headrace.shell.config import Config, check

log = logging.getLogger(__name__)

#: Says a line to whoever started the server.
Say = Callable[[str], None]

#: Objects that are made before the garbage collector looks at the youngest, and how many such looks
#: make one at the older ones. What lives after the start is not looked at again at all: otherwise
#: the longest answers would grow with the number of living objects (research/dataplane.md).
GC_THRESHOLDS = (2_000, 5, 50_000)

#: Parts of the way between two lines about a long start.
PROGRESS_STEPS = 10
#: Blocks from which a start is long enough to say how far it is.
PROGRESS_FROM_BLOCKS = 10_000


class ProgressTeller:
    """Says how far a load is, ten times in all, unless it is short."""

    def __init__(self, say: Say) -> None:
        """Say it with `say`."""
        self._say = say
        self._step = 0

    def __call__(self, done: int, total: int) -> None:
        """Learn that `done` of `total` blocks have been looked at."""
        if total < PROGRESS_FROM_BLOCKS:
            return
        step = done * PROGRESS_STEPS // total
        if step > self._step:
            self._step = step
            self._say(f"  reading   {done:,} of {total:,} blocks of the journal")


def run_loop(main: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine on uvloop where it is installed, on asyncio's own loop elsewhere."""
    try:
        import uvloop  # noqa: PLC0415 - not everywhere
    except ImportError:
        return asyncio.run(main)
    return int(uvloop.run(main))


def run(config: Config, say: Say, complain: Say) -> int:
    """Run a server until SIGTERM or SIGINT; return the exit status.

    Args:
        config: How.
        say: Takes lines for the user.
        complain: Takes the sentence that says why the server cannot start or go on.
    """
    check(config)
    logging.basicConfig(
        level=config.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    return run_loop(_live(config, say, complain))


async def _live(config: Config, say: Say, complain: Say) -> int:
    loop = asyncio.get_running_loop()
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signals.put_nowait, number)
    first = loop.create_task(signals.get())
    app: App | None = None
    try:
        parts = await _unless(first, real_parts(config, say))
        if parts is None:
            return 0
        app = App(config, parts)
        starting = loop.create_task(app.start(ProgressTeller(say)))
        await asyncio.wait([starting, first], return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.wait([starting])
            await app.abandon()
            return 0
        starting.result()
    except (JournalError, StartRefused, SandboxUnavailable, OSError) as error:
        first.cancel()
        complain(str(error))
        log.debug("the server cannot start", exc_info=error)
        if app is not None:
            await app.abandon()
        return 1
    tune_collector()
    for line in introduce(app):
        say(line)
    ends: list[asyncio.Future[Any]] = [first, app.failed]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if app.failed.done():
        first.cancel()
        complain(f"the server cannot go on: {app.failed.result()}")
        await app.abandon()
        return 1
    return await _stop(app, loop.create_task(signals.get()), say)


async def _unless(signal: asyncio.Task[int], work: Coroutine[Any, Any, Parts]) -> Parts | None:
    """Return what work returns, or None when a signal ends it."""
    task = asyncio.get_running_loop().create_task(work)
    await asyncio.wait([task, signal], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.wait([task])
    return None


async def _stop(app: App, second: asyncio.Task[int], say: Say) -> int:
    """Stop in order, or at once after a second signal."""
    limit_s = app.config.stop_timeout_s
    say(f"Stopping; functions have {limit_s} s to end. A second signal stops at once.")
    stopping = asyncio.get_running_loop().create_task(app.stop(limit_s))
    await asyncio.wait([stopping, second], return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        stopping.cancel()
        await asyncio.wait([stopping])
        await app.abandon()
        return 1
    second.cancel()
    stopping.result()
    say("Stopped.")
    return 0


def tune_collector() -> None:
    """Keep the garbage collector from looking at what was made by the start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def introduce(app: App) -> list[str]:
    """Return the lines that tell the user what runs where."""
    config = app.config
    host = f"[{config.host}]" if ":" in config.host else config.host
    lines = [
        f"Headrace {__version__} listens on http://{host}:{app.port}",
        f"  data      {app.parts.journal.name}",
    ]
    runtimes = app.parts.sandbox.runtimes()
    found = [
        f"{one.runtime} ({one.version})" if one.version else one.runtime  # some bring their own
        for one in runtimes
        if not one.missing
    ]
    level = app.parts.sandbox.level
    lines.append(f"  sandbox   {level} (minimum: {config.sandbox_min})")
    lines.append(f"  runtimes  {', '.join(found) or 'none found'}")
    missing = dict.fromkeys(one.missing for one in runtimes if one.missing)
    lines += [f"  missing   {sentence}" for sentence in missing]
    if config.listen_publicly:
        lines.append(
            "  public    whoever reaches this port can read every message and run code here"
        )
    return lines
