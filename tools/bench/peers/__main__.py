"""Print one table of others' servers and ours: `python -m tools.bench.peers --help`."""

import argparse
import os
import platform
import sys

from tools.bench.__main__ import print_table
from tools.bench.load import Result
from tools.bench.peers import goals
from tools.bench.peers.measure import Plan, Row, measure
from tools.bench.peers.servers import SERVERS
from tools.bench.servers import LOAD_CORE, SERVER_CORE

#: The connections whose latencies the table shows.
LATENCY_AT = 16


def _plan(parser: argparse.ArgumentParser) -> Plan:
    names = [server.name for server in SERVERS]
    parser.add_argument("--seconds", type=float, help="duration of each measurement (2)")
    parser.add_argument("--only", help=f"some of: {','.join(names)}")
    parser.add_argument(
        "--quick", action="store_true", help="256 B, 16 and 64 connections, half a second each"
    )
    arguments = parser.parse_args()
    chosen = arguments.only.split(",") if arguments.only else names
    if unknown := sorted(set(chosen) - set(names)):
        parser.error(f"no such server: {', '.join(unknown)}")
    plan = Plan([server for server in SERVERS if server.name in chosen], arguments.seconds or 2.0)
    if arguments.quick:
        plan.seconds = arguments.seconds or 0.5
        plan.connections = (16, 64)
        plan.bodies = plan.bodies[:1]
    return plan


def _line(row: Row) -> list[str]:
    """Return a row of the table."""
    requests_per_s = [
        f"{cell.per_s:,.0f}{' !' if cell.errors else ''}" if isinstance(cell, Result) else "-"
        for cell in row.cells.values()
    ]
    result = row.result(LATENCY_AT)
    latencies = ["-", "-"]
    if result is not None:
        latencies = [f"{result.quantile_us(share) / 1000:.2f}" for share in (0.5, 0.99)]
    reasons = dict.fromkeys(cell for cell in row.cells.values() if isinstance(cell, str))
    return [
        *(row.operation.name, str(row.body_bytes), row.server.name, row.server.is_on_disk),
        *(*requests_per_s, *latencies, "; ".join(reasons)),
    ]


def main() -> int:
    """Measure and print; return the exit status."""
    plan = _plan(argparse.ArgumentParser(prog="make bench-peers", description=__doc__))
    rows = measure(plan)
    print(
        f"Python {platform.python_version()}, Linux {platform.release()}, "
        f"{len(os.sched_getaffinity(0) | {SERVER_CORE, LOAD_CORE})} cores (server on "
        f"{SERVER_CORE}, load on {LOAD_CORE}), {plan.seconds:g} s each, requests a second by "
        f"number of connections, latencies in ms at {LATENCY_AT} connections\n"
    )
    head = ["operation", "body", "server", "on disk before the answer?"]
    head += [str(number) for number in plan.connections]
    print_table([*head, "p50", "p99", "note"], [_line(row) for row in rows])
    print("\n!: some answers were errors\n")
    print_table(["Headrace at 256 B", "goal", "measured", "where"], goals.lines(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
