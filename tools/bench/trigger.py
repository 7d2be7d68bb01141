"""Measure mappings: throughput, a surge beside the law of scaling, many idle ones.

python -m tools.bench.trigger

Throughput: messages wait, then a mapping is switched on whose function does nothing. Surge: the
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

from headrace.core.mapping.limits import CONCURRENCY_MAX, CONCURRENCY_START, GROWTH_STEP_MS
from headrace.faces.demo.process import ServerProcess
from tools.bench.depth import fill, resident_mib, say
from tools.bench.functions import RUNTIME, call, wait_for
from tools.bench.parked import used
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
        "MemorySize": 128,
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


def left(port: int, url: str) -> int:
    """Return how many messages are in a queue."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/",
        data=json.dumps({"QueueUrl": url, "AttributeNames": names}).encode(),
        headers={
            "X-Amz-Target": "AmazonSQS.GetQueueAttributes",
            "Content-Type": "application/x-amz-json-1.0",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return sum(map(int, json.load(answer)["Attributes"].values()))


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


def drain(server: ServerProcess, name: str, code: str, messages: int) -> float:
    """Let messages that wait through a function; return seconds."""
    url = create_queue(server.port, name)
    fill(server, url, messages)
    create_function(server.port, name, code)
    path = create_mapping(server.port, name, name, enabled=False)
    began = time.perf_counter()
    call(server.port, "PUT", path, {"Enabled": True})
    while left(server.port, url):
        time.sleep(LOOK_S)
    elapsed = time.perf_counter() - began
    wait_for(server.port, path, "State", "Enabled")
    call(server.port, "DELETE", path, None)
    return elapsed


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
    chosen = parser.parse_args()
    pin(os.getpid(), LOAD_CORE)
    with headrace_server(alone_on_core=False) as server:
        seconds = drain(server, "throughput", NO_WORK, chosen.messages)
        say(f"{chosen.messages:,} messages, no work: a second", f"{chosen.messages / seconds:,.0f}")
        seconds = drain(server, "surge", SLOW, chosen.surge)
        say(f"{chosen.surge:,} messages, {SURGE_MS} ms a batch: seconds", f"{seconds:,.1f}")
        say("seconds by the law of scaling", f"{law_s(chosen.surge, SURGE_MS):,.1f}")
    with headrace_server() as server:
        memory, busy_ms, switches = rest(server, chosen.mappings, chosen.idle_seconds)
        say(f"{chosen.mappings:,} idle mappings: memory, MiB", f"{memory:,.1f}")
        say("processor time while they idle, ms/s", f"{busy_ms:.1f}")
        say("context switches while they idle, /s", f"{switches:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
