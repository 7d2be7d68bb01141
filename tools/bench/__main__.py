"""Print one table of figures from one run: `python -m tools.bench [--seconds N]`."""

import argparse
import os
import platform
import sys

from tools.bench import functions, queues
from tools.bench.servers import LOAD_CORE, SERVER_CORE, pin


def print_table(head: list[str], rows: list[list[str]]) -> None:
    """Print rows under their heads, as Markdown."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        print("| " + " | ".join(cells) + " |", flush=True)


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="duration of each measurement")
    parser.add_argument("--only", choices=["queues", "functions"], help="half of the figures")
    arguments = parser.parse_args()
    cores = os.sched_getaffinity(0)
    print(
        f"Python {platform.python_version()}, Linux {platform.release()}, {len(cores)} cores "
        f"(server on {SERVER_CORE}, load on {LOAD_CORE}), {queues.BODY_BYTES}-byte bodies, "
        f"{arguments.seconds:g} s each, every answer durable\n"
    )
    if arguments.only != "queues":
        figures = functions.measure(arguments.seconds)
        print_table(["functions", "p50 ms", "p99 ms", "ratio"], functions.rows(figures))
        print("\nratio: cold start to the plain interpreter's; warm invoke to the echo;")
        print("send to handler to send + invoke\n")
    if arguments.only != "functions":
        pin(os.getpid(), LOAD_CORE)
        head = ["queues", "connections", "requests/s", "messages/s", "p50 ms", "p99 ms", "of echo"]
        print_table(head, queues.rows(queues.measure(arguments.seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
