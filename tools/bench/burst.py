"""Measure a burst through the trigger: how long until an environment each has so many messages.

    python -m tools.bench.burst [--environments 100]

The messages wait, then a mapping is switched on that may run them all at once: one message a batch,
and as many provisioned pollers as that needs (10 batches each). The function takes long enough that
no environment has two. Beside it stand the same starts without a queue (`make bench-crowd`).
"""

import argparse
import os
import re
import sys
import time
from pathlib import Path

from tools.bench.depth import say
from tools.bench.functions import call, wait_for
from tools.bench.queues import create_queue
from tools.bench.servers import LOAD_CORE, headrace_server, pin
from tools.bench.trigger import MAPPINGS, ask_queue, create_function, left

#: Seconds that the function takes: longer than all starts together.
HOLD_S = 10
#: Batches that one provisioned poller has in flight (spec/esm.md 4).
BATCHES_OF_POLLER = 10
HANDLER = f"""
import time

def handler(event, context):
    print("begun", time.monotonic_ns(), flush=True)
    time.sleep({HOLD_S})
"""
_BEGUN = re.compile(r"\bbegun (\d+)")


def burst(environments: int) -> tuple[list[float], int]:
    """Return when each message reached its handler, in seconds from the switch, and the streams.

    An environment writes one stream, so that fewer streams than messages tell of a second use.
    """
    with headrace_server(alone_on_core=False) as server:
        url = create_queue(server.port, "burst")
        create_function(server.port, "burst", HANDLER)
        path = "/2015-03-31/functions/burst/configuration"
        call(server.port, "PUT", path, {"Timeout": 2 * HOLD_S})
        wait_for(server.port, path, "LastUpdateStatus", "Successful")
        for number in range(environments):
            message = {"QueueUrl": url, "MessageBody": str(number)}
            ask_queue(server.port, "SendMessage", message)
        mapping = _create_mapping(server.port, environments)
        began = time.monotonic_ns()
        call(server.port, "PUT", mapping, {"Enabled": True})
        while left(server.port, url):
            time.sleep(0.5)
        server.stop()  # writes out the logs
        texts = [file.read_text() for file in _streams(server.folder / "data" / "logs")]
    found = [int(ns) for text in texts for ns in _BEGUN.findall(text)]
    return sorted((ns - began) / 1e9 for ns in found), len(texts)


def _create_mapping(port: int, environments: int) -> str:
    pollers = -(-environments // BATCHES_OF_POLLER)
    mapping = {
        "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:burst",
        "FunctionName": "burst",
        "BatchSize": 1,
        "Enabled": False,
        "ProvisionedPollerConfig": {"MinimumPollers": pollers, "MaximumPollers": pollers},
    }
    path = f"{MAPPINGS}/{call(port, 'POST', MAPPINGS, mapping)['UUID']}"
    wait_for(port, path, "State", "Disabled")
    return path


def _streams(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*.log") if "begun" in file.read_text()]


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.burst", description=__doc__)
    parser.add_argument("--environments", type=int, default=100)
    wanted = parser.parse_args().environments
    pin(os.getpid(), LOAD_CORE)
    begun, streams = burst(wanted)
    say("messages at once, one a batch", f"{wanted:,}")
    say("environments that ran them", f"{streams:,}")
    for name, share in (("first", 0.0), ("half", 0.5), ("last", 1.0)):
        at = begun[min(len(begun) - 1, int(share * len(begun)))]
        say(f"seconds until the {name} was at its handler", f"{at:.2f}")
    return 0 if streams == len(begun) == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
