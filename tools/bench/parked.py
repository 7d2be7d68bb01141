"""Park long polls on a server and see what they cost; `python -m tools.bench.parked`.

Each poll is a connection. While they wait, what the server uses of its processor and how often it
wakes is read from /proc; then each queue gets a message, and the poll that came first has it.
"""

import argparse
import contextlib
import os
import resource
import selectors
import socket
import sys
import time
from pathlib import Path

from tools.bench import requests
from tools.bench.depth import resident_mib, say
from tools.bench.queues import create_queue
from tools.bench.servers import LOAD_CORE, headrace_server, pin

IDLE_S = 5.0
#: Descriptors of this process that are not polls'.
SPARE = 100


def used(pid: int) -> tuple[int, int]:
    """Return a process's ticks of processor time and its switches of context."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    switches = sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
    return int(fields[11]) + int(fields[12]), switches


def park(port: int, urls: list[str], polls: int) -> list[socket.socket]:
    """Open the polls, queue by queue in turn."""
    connections = []
    for number in range(polls):
        connection = socket.create_connection(("127.0.0.1", port))
        parameters = {"QueueUrl": urls[number % len(urls)], "WaitTimeSeconds": 20}
        connection.sendall(requests.request(port, "ReceiveMessage", parameters))
        connections.append(connection)
    return connections


def answered(connections: list[socket.socket], seconds: float) -> set[int]:
    """Return which polls have an answer within some time."""
    found: set[int] = set()
    with selectors.DefaultSelector() as selector:
        for number, connection in enumerate(connections):
            selector.register(connection, selectors.EVENT_READ, number)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                selector.unregister(key.fileobj)
                found.add(key.data)
    return found


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.parked", description=__doc__)
    parser.add_argument("--polls", type=int, default=10_000)
    parser.add_argument("--queues", type=int, default=1_000)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    polls = min(arguments.polls, most - SPARE)
    pin(os.getpid(), LOAD_CORE)
    os.environ["HEADRACE_CONNECTIONS_MAX"] = str(polls + SPARE)  # the server's, which inherits it
    with headrace_server() as server, contextlib.ExitStack() as stack:
        urls = [create_queue(server.port, f"queue-{n}") for n in range(arguments.queues)]
        before = resident_mib(server.pid)
        connections = [stack.enter_context(one) for one in park(server.port, urls, polls)]
        time.sleep(3.0)
        ticks, switches = used(server.pid)
        time.sleep(IDLE_S)
        ticks_after, switches_after = used(server.pid)
        say("parked polls, on queues", f"{polls:,} on {len(urls):,}")
        say("memory added, MiB", f"{resident_mib(server.pid) - before:,.0f}")
        say("processor time while they wait, ms/s", f"{(ticks_after - ticks) * 10 / IDLE_S:.1f}")
        say("context switches while they wait, /s", f"{(switches_after - switches) / IDLE_S:.1f}")
        for url in urls:
            one = requests.send(server.port, url, 16)(None)
            with socket.create_connection(("127.0.0.1", server.port)) as sender:
                sender.sendall(one)
                sender.recv(65_536)
        first = answered(connections, 1.0)
        in_order = first == set(range(min(len(urls), polls)))
        say("a message each: the polls that came first have it", "yes" if in_order else "NO")
    return 0


if __name__ == "__main__":
    sys.exit(main())
