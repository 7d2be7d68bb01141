"""The servers that are measured, each a process on a core of its own."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from headrace.faces.demo.process import ServerProcess, free_port

#: Core of the measured server, and of the load generator; the same where there is only one.
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
LOAD_CORE = CORES[-1]


def pin(pid: int, core: int) -> None:
    """Keep a process, and what it starts, on one core."""
    os.sched_setaffinity(pid, {core})


@contextlib.contextmanager
def echo_server() -> Iterator[int]:
    """Run the echo server; yield its port."""
    process = subprocess.Popen([sys.executable, "-m", "tools.bench.echo"], stdout=subprocess.PIPE)
    try:
        pin(process.pid, SERVER_CORE)
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def headrace_server(*, alone_on_core: bool = True) -> Iterator[ServerProcess]:
    """Run a durable Headrace on a temporary folder.

    `alone_on_core` False lets it, and the functions that it runs, have all cores, as they would.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        server = ServerProcess(Path(folder), free_port())
        with _on({SERVER_CORE} if alone_on_core else set(CORES)):
            server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def _on(cores: set[int]) -> Iterator[None]:
    """Start processes on these cores, with all their threads, whatever this one was pinned to.

    What is pinned once it runs leaves its other threads where the load generator is.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
