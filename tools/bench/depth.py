"""Measure a deep backlog: memory, disk, throughput, start; `python -m tools.bench.depth`."""

import argparse
import os
import sys
import time
from pathlib import Path

from headrace.faces.demo.process import ServerProcess
from tools.bench import requests
from tools.bench.load import Result, run_load
from tools.bench.peers.servers import Running
from tools.bench.queues import create_queue
from tools.bench.servers import LOAD_CORE, headrace_server, pin

BODY_BYTES = 1_024
CONNECTIONS = 32
#: Seconds of each measurement of throughput.
SECONDS = 3.0


def resident_mib(pid: int) -> float:
    """Return how much memory a process holds, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("a process without VmRSS")


def disk_mib(server: ServerProcess) -> float:
    """Return the size of the data folder in MiB."""
    folder = server.folder / "data"
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 2**20


def fill(server: ServerProcess | Running, url: str, messages: int) -> float:
    """Send `messages` in batches of ten; return seconds."""
    started = time.perf_counter()
    sent = 0
    batch = requests.send_batch(server.port, url, BODY_BYTES)(None)
    left = messages // 10

    def script(_: bytes | None) -> bytes:
        nonlocal sent
        sent += 1
        return batch

    while sent < left:
        run_load(server.port, [script] * CONNECTIONS, min(5.0, max(0.2, (left - sent) / 4_000)))
    return time.perf_counter() - started


def throughput(server: ServerProcess, url: str) -> Result:
    """Return the result of cycles of send, receive, delete."""
    scripts = [requests.cycle(server.port, url, BODY_BYTES) for _ in range(CONNECTIONS)]
    return run_load(server.port, scripts, SECONDS)


def restart(server: ServerProcess) -> float:
    """Kill the server, start it again, and return the seconds until it answered."""
    server.kill()
    started = time.perf_counter()
    server.start()
    return time.perf_counter() - started


def say(name: str, value: str) -> None:
    """Print one figure."""
    print(f"| {name.ljust(52)} | {value.rjust(16)} |", flush=True)


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.depth", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    arguments = parser.parse_args()
    pin(os.getpid(), LOAD_CORE)
    with headrace_server() as server:
        url = create_queue(server.port, "deep")
        shallow = throughput(server, create_queue(server.port, "shallow"))
        before = resident_mib(server.pid)
        seconds = fill(server, url, arguments.messages)
        say(f"messages of {BODY_BYTES} bytes waiting", f"{arguments.messages:,}")
        say("sent, messages/s", f"{arguments.messages / seconds:,.0f}")
        say("memory added, MiB", f"{resident_mib(server.pid) - before:,.0f}")
        say("disk, MiB", f"{disk_mib(server):,.0f}")
        deep = throughput(server, url)
        say("cycles/s on an empty queue (p99 ms)", _figure(shallow))
        say("cycles/s on the deep queue (p99 ms)", _figure(deep))
        say("deep to empty", f"{deep.per_s / shallow.per_s:.2f}")
        say("start after SIGKILL, s", f"{restart(server):.2f}")
        say("memory after the start, MiB", f"{resident_mib(server.pid):,.0f}")
    return 0


def _figure(result: Result) -> str:
    return f"{result.per_s / 3:,.0f} ({result.quantile_us(0.99) / 1000:.1f})"


if __name__ == "__main__":
    sys.exit(main())
