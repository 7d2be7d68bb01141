"""Measure mappings: throughput, a surge beside the law of scaling, many idle ones.

python -m tools.bench.trigger

Throughput: messages wait, then a mapping is switched on whose function does nothing; counted from
the first message that is gone, beside others' servers that run functions without Docker. Surge: the
same with a function that takes 50 ms; beside the time stands the one that AWS's law of scaling
needs (5 batches at once, 300 more a minute) on a machine without an end. Idle: what many mappings
cost while no message comes.
"""

import argparse
import base64
import io
import json
import os
import sys
import time
import urllib.request
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

from headrace.core.mapping.limits import CONCURRENCY_MAX, CONCURRENCY_START, GROWTH_STEP_MS
from headrace.faces.demo.process import ServerProcess
from tools.bench.depth import fill, resident_mib, say
from tools.bench.functions import RUNTIME, call, wait_for
from tools.bench.parked import used
from tools.bench.peers.install import NotInstalled
from tools.bench.peers.servers import SERVERS, Refused, Running, running
from tools.bench.queues import create_queue
from tools.bench.servers import LOAD_CORE, headrace_server, pin

MAPPINGS = "/2015-03-31/event-source-mappings"
NO_WORK = "def handler(event, context): pass\n"
#: Milliseconds that the function of the surge takes.
SURGE_MS = 50
SLOW = f"import time\ndef handler(event, context): time.sleep({SURGE_MS / 1_000})\n"
#: Messages of a batch.
BATCH_SIZE = 10
#: Between two looks at how many messages are left, in seconds.
LOOK_S = 0.05


def create_function(port: int, name: str, code: str) -> None:
    """Create a function and wait until it is active."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("app.py", code)
    function = {
        "FunctionName": name,
        "Runtime": RUNTIME,
        "Handler": "app.handler",
        "MemorySize": 1_769,  # a whole processor: with less memory it would have less
        "Role": "arn:aws:iam::000000000000:role/bench",
        "Code": {"ZipFile": base64.b64encode(buffer.getvalue()).decode()},
    }
    call(port, "POST", "/2015-03-31/functions", function)
    wait_for(port, f"/2015-03-31/functions/{name}/configuration", "State", "Active")


def create_mapping(port: int, queue: str, function: str, *, enabled: bool) -> str:
    """Create a mapping; return its path."""
    mapping = {
        "EventSourceArn": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
        "FunctionName": function,
        "BatchSize": BATCH_SIZE,
        "Enabled": enabled,
    }
    made = call(port, "POST", MAPPINGS, mapping)
    path = f"{MAPPINGS}/{made['UUID']}"
    wait_for(port, path, "State", "Enabled" if enabled else "Disabled")
    return path


def ask_queue(port: int, operation: str, document: Mapping[str, object]) -> dict[str, object]:
    """Carry out an SQS operation and return its answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/",
        data=json.dumps(document).encode(),
        headers={
            "X-Amz-Target": f"AmazonSQS.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
        },
    )
    with urllib.request.urlopen(request) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def left(port: int, url: str) -> int:
    """Return how many messages are in a queue."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    wanted = {"QueueUrl": url, "AttributeNames": names}
    attributes = ask_queue(port, "GetQueueAttributes", wanted)["Attributes"]
    assert isinstance(attributes, dict)
    return sum(map(int, attributes.values()))


def law_s(messages: int, duration_ms: int) -> float:
    """Return in how many seconds AWS's law of scaling lets so many messages through."""
    batches = -(-messages // BATCH_SIZE)
    opened_at = [
        max(0, slot - CONCURRENCY_START) * GROWTH_STEP_MS for slot in range(1, CONCURRENCY_MAX + 1)
    ]

    def done_by(end_ms: int) -> int:
        return sum(max(0, end_ms - at) // duration_ms for at in opened_at)

    least, most = 0, batches * duration_ms
    while least < most:
        middle = (least + most) // 2
        if done_by(middle) >= batches:
            most = middle
        else:
            least = middle + 1
    return least / 1_000


class Drained(NamedTuple):
    """How messages that waited went through a function."""

    messages: int
    seconds: float  #: From switching the mapping on.
    per_s: float  #: Messages a second, from the first one that was gone.


def drain(server: ServerProcess | Running, name: str, code: str, messages: int) -> Drained:
    """Let messages that wait through a function."""
    url = create_queue(server.port, name)
    fill(server, url, messages)
    create_function(server.port, name, code)
    path = create_mapping(server.port, name, name, enabled=False)
    waiting = left(server.port, url)
    began = first = time.perf_counter()
    call(server.port, "PUT", path, {"Enabled": True})
    while (now := left(server.port, url)) == waiting:
        first = time.perf_counter()
        time.sleep(LOOK_S)
    while now:
        time.sleep(LOOK_S)
        now = left(server.port, url)
    end = time.perf_counter()
    wait_for(server.port, path, "State", "Enabled")
    call(server.port, "DELETE", path, None)
    return Drained(waiting, end - began, waiting / (end - first))


def polled(server: ServerProcess, function: str) -> int:
    """Return how many messages the mappings of a function have received, each receive counting."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    name = "headrace_mapping_polled_events_total{"
    mine = (line for line in lines if line.startswith(name) and f'"{function}"' in line)
    return sum(int(line.rpartition(" ")[2]) for line in mine)


def drain_peer(name: str, messages: int) -> str:
    """Return how many messages a second another server lets through, or why there is no figure."""
    server = next(one for one in SERVERS if one.name == name)
    try:
        with running(server) as process:
            process.free()  # as ours: functions run on both cores
            return f"{drain(process, 'throughput', NO_WORK, messages).per_s:,.0f}"
    except (NotInstalled, Refused, OSError) as error:
        return str(error) or type(error).__name__


def rest(server: ServerProcess, mappings: int, seconds: float) -> tuple[float, float, float]:
    """Return what idle mappings cost: MiB, ms of processor time and context switches a second."""
    create_function(server.port, "idle", NO_WORK)
    before = resident_mib(server.pid)
    for number in range(mappings):
        create_queue(server.port, f"idle-{number}")
        create_mapping(server.port, f"idle-{number}", "idle", enabled=True)
    time.sleep(min(seconds, 3.0))
    ticks, switches = used(server.pid)
    time.sleep(seconds)
    ticks_after, switches_after = used(server.pid)
    memory = resident_mib(server.pid) - before
    return memory, (ticks_after - ticks) * 10 / seconds, (switches_after - switches) / seconds


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.trigger", description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--surge", type=int, default=100_000)
    parser.add_argument("--mappings", type=int, default=1_000)
    parser.add_argument("--idle-seconds", type=float, default=5.0)
    parser.add_argument("--peers", default="ministack", help="other servers, by comma")
    parser.add_argument("--peer-messages", type=int, default=10_000)
    chosen = parser.parse_args()
    pin(os.getpid(), LOAD_CORE)
    with headrace_server(alone_on_core=False) as server:
        done = drain(server, "throughput", NO_WORK, chosen.messages)
        say(f"{chosen.messages:,} messages, no work: a second", f"{done.per_s:,.0f}")
        for peer in filter(None, chosen.peers.split(",")):
            say(f"the same of {peer}", drain_peer(peer, chosen.peer_messages))
        before = resident_mib(server.pid)
        done = drain(server, "surge", SLOW, chosen.surge)
        say(f"{chosen.surge:,} messages, {SURGE_MS} ms a batch: seconds", f"{done.seconds:,.1f}")
        say("seconds by the law of scaling", f"{law_s(done.messages, SURGE_MS):,.1f}")
        say("receives of a message", f"{polled(server, 'surge') / done.messages:.3f}")
        say("memory added, MiB", f"{resident_mib(server.pid) - before:,.1f}")
    with headrace_server() as server:
        memory, busy_ms, switches = rest(server, chosen.mappings, chosen.idle_seconds)
        say(f"{chosen.mappings:,} idle mappings: memory, MiB", f"{memory:,.1f}")
        say("processor time while they idle, ms/s", f"{busy_ms:.1f}")
        say("context switches while they idle, /s", f"{switches:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
