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

    `alone_on_core` False leaves functions free to run on the other core, as they would.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        server = ServerProcess(Path(folder), free_port())
        server.start()
        try:
            if alone_on_core:
                pin(server.pid, SERVER_CORE)
            yield server
        finally:
            server.stop()
