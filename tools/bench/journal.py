"""Write a journal at full speed for minutes; `python -m tools.bench.journal --minutes 60`.

Cycles of send, receive and delete on a durable server whose keeper works beside: each minute one
row says how fast it was, how long answers took, and what the keeper did to the disk.
"""

import argparse
import os
import sqlite3
import sys

from headrace.faces.demo.process import ServerProcess
from headrace.store.sqlite.journal import FILE_NAME
from tools.bench import requests
from tools.bench.depth import disk_mib, resident_mib
from tools.bench.load import run_load
from tools.bench.queues import create_queue
from tools.bench.servers import LOAD_CORE, headrace_server, pin

BODY_BYTES = 1_024
CONNECTIONS = 32
HEADINGS = (
    "minute",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "blocks written",
    "blocks kept",
    "rounds",
    "disk MiB",
    "memory MiB",
)


def blocks_of(server: ServerProcess) -> tuple[int, int, int]:
    """Return the newest block, how many there are, and the block of the newest snapshot."""
    path = server.folder / "data" / FILE_NAME
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60) as connection:
        newest, count = connection.execute("SELECT MAX(seq), COUNT(*) FROM blocks").fetchone()
        (upto,) = connection.execute("SELECT MAX(upto) FROM snapshots").fetchone()
    connection.close()
    return newest or 0, count, upto or 0


def say(cells: tuple[object, ...]) -> None:
    """Print one row."""
    print("| " + " | ".join(f"{cell!s:>14}" for cell in cells) + " |", flush=True)


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.journal", description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0, help="of one row")
    arguments = parser.parse_args()
    pin(os.getpid(), LOAD_CORE)
    with headrace_server() as server:
        url = create_queue(server.port, "busy")
        say(HEADINGS)
        before, _, snapshot = blocks_of(server)
        for minute in range(1, arguments.minutes + 1):
            scripts = [requests.cycle(server.port, url, BODY_BYTES) for _ in range(CONNECTIONS)]
            result = run_load(server.port, scripts, arguments.seconds)
            newest, count, upto = blocks_of(server)
            say(
                (
                    minute,
                    f"{result.per_s:,.0f}",
                    f"{result.quantile_us(0.5) / 1_000:.2f}",
                    f"{result.quantile_us(0.99) / 1_000:.2f}",
                    f"{newest - before:,}",
                    f"{count:,}",
                    "yes" if upto > snapshot else "no",
                    f"{disk_mib(server):,.0f}",
                    f"{resident_mib(server.pid):,.0f}",
                )
            )
            before, snapshot = newest, upto
    return 0


if __name__ == "__main__":
    sys.exit(main())
