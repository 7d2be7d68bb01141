"""Send the deliveries, watch them arrive, and say whether the figures are right."""

import re
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from headrace.faces.demo.deliveries import (
    FORGED_LINES,
    Delivery,
    batches,
    entry_of,
    example_folder,
    read_deliveries,
)
from headrace.faces.demo.observed import Observed, percentile, table
from headrace.faces.demo.process import ServerProcess, StartFailed, free_port
from headrace.faces.demo.resources import SECRET, TRIES, Clients, FunctionBroken, Resources

#: Seconds in which everything must have been handled or dead-lettered.
FINISH_LIMIT_S = 180
#: Seconds between two lines about the progress.
PROGRESS_S = 0.5
#: With --crash the server is killed when this share of the deliveries is acknowledged.
CRASH_AT = 0.5


class Demo:
    """One run: server, resources, traffic, verdict."""

    def __init__(self, folder: Path, *, crash: bool) -> None:
        """Prepare a run on an empty folder; `crash` kills the server midway."""
        self.server = ServerProcess(folder, free_port())
        self.crash = crash
        self.observed = Observed()
        self.deliveries = read_deliveries(SECRET)

    def run(self) -> bool:
        """Do it, print the table, and return whether the figures are right."""
        self.server.start()
        try:
            clients = Clients(self.server.endpoint)
            say(f"server     {self.server.endpoint}, data in {self.server.folder / 'data'}")
            resources = Resources(clients)
            say("resources  queues deliveries, deliveries-dead, digests; function digest; mapping")
            say(f"example    {example_folder()}")
            sender = threading.Thread(target=self._send_all, args=(clients.sqs, resources))
            sender.start()
            if self.crash:
                self._crash_midway()
            self._watch(clients.sqs, resources, sender)
            sender.join()
            self._read_dead_letters(clients.sqs, resources)
            return self._report()
        finally:
            self.server.stop()

    def _send_all(self, sqs: Any, resources: Resources) -> None:
        for batch in batches(self.deliveries):
            self._send_batch(sqs, resources, batch)

    def _send_batch(self, sqs: Any, resources: Resources, batch: list[Delivery]) -> None:
        waiting = {str(delivery.line): delivery for delivery in batch}
        while waiting:
            entries = [entry_of(delivery) for delivery in waiting.values()]
            try:
                result = sqs.send_message_batch(QueueUrl=resources.queue_url, Entries=entries)
            except OSError:
                continue  # the server is down: nothing was acknowledged, so all is sent again
            for entry in result.get("Successful", ()):
                del waiting[entry["Id"]]
                self.observed.acknowledged[entry["MessageId"]] = int(entry["Id"])

    def _crash_midway(self) -> None:
        while len(self.observed.acknowledged) < CRASH_AT * len(self.deliveries):
            time.sleep(0.001)
        self.server.kill()
        say(f"crash      SIGKILL after {len(self.observed.acknowledged)} acknowledged deliveries")
        started = time.monotonic()
        self.server.start()
        say(f"restart    answering again after {(time.monotonic() - started) * 1000:.0f} ms")

    def _watch(self, sqs: Any, resources: Resources, sender: threading.Thread) -> None:
        """Read digests until every delivery was handled or is dead-lettered."""
        shown_at = 0.0
        give_up = time.monotonic() + FINISH_LIMIT_S
        while time.monotonic() < give_up:
            received = sqs.receive_message(
                QueueUrl=resources.digests_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            ).get("Messages", [])
            for message in received:
                self.observed.note_digest(message["Body"])
                sqs.delete_message(
                    QueueUrl=resources.digests_url, ReceiptHandle=message["ReceiptHandle"]
                )
            dead, self.observed.waiting = self._count(sqs, resources)
            if time.monotonic() - shown_at > PROGRESS_S:
                self._show_progress(dead)
                shown_at = time.monotonic()
            if not received and not sender.is_alive() and not self.observed.waiting:
                break
        end_progress()

    def _count(self, sqs: Any, resources: Resources) -> tuple[int, int]:
        """Return how many messages are in the dead-letter queue, and in the source queue."""
        return _depth(sqs, resources.dead_url), _depth(sqs, resources.queue_url)

    def _show_progress(self, dead: int) -> None:
        observed = self.observed
        show_progress(
            f"progress   {len(observed.acknowledged)} sent, {len(observed.handled)} delivered, "
            f"{observed.waiting} in the queue, {dead} dead-lettered"
        )

    def _read_dead_letters(self, sqs: Any, resources: Resources) -> None:
        while True:
            messages = sqs.receive_message(
                QueueUrl=resources.dead_url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=60,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            ).get("Messages", [])
            if not messages:
                return
            for message in messages:
                count = int(message["Attributes"]["ApproximateReceiveCount"])
                self.observed.dead[message["MessageId"]] = count

    def _report(self) -> bool:
        observed = self.observed
        waits = list(observed.handled.values())
        invokes, environments = read_logs(self.server.folder / "data" / "logs")
        dead_lines = sorted(observed.acknowledged.get(name, -1) for name in observed.dead)
        rows = [
            ("sent", f"{len(observed.acknowledged)}"),
            ("delivered", f"{len(observed.handled)}"),
            ("batches", f"{invokes}"),
            ("retried", f"{observed.retried + len(observed.dead) * (TRIES - 1)}"),
            ("dead-lettered", f"{len(observed.dead)} (forged: {len(FORGED_LINES)})"),
            ("still in the queue", f"{observed.waiting}"),
            ("environments started", f"{environments}"),
        ]
        if waits:
            spread = f"p50 {percentile(waits, 0.5)} ms, p99 {percentile(waits, 0.99)} ms"
            rows.append(("send to handler", spread))
        say(table(rows))
        return self._judge(dead_lines)

    def _judge(self, dead_lines: list[int]) -> bool:
        observed = self.observed
        faults = []
        if observed.missing and not observed.waiting:
            faults.append(f"{len(observed.missing)} acknowledged messages are nowhere")
        if observed.waiting:
            faults.append(f"{observed.waiting} messages are still in the queue")
        lines = set(observed.acknowledged.values())
        if lines != set(range(len(self.deliveries))):
            faults.append("not every delivery was acknowledged")
        # After a crash a send may have been made twice, acknowledged once: then its forged twin
        # is dead-lettered under an id that nobody was told.
        known = [line for line in dead_lines if line >= 0]
        if known != sorted(FORGED_LINES) or (not self.crash and len(dead_lines) != len(known)):
            faults.append("other messages were dead-lettered than the forged ones")
        for fault in faults:
            say(f"WRONG: {fault}")
        if not faults:
            say("right: every acknowledged message was handled, and the forged ones set aside")
        return not faults


#: An invoke's first event in a log file (docs/LOGS.md).
_START = re.compile(r"^\d+ \d+ START RequestId: ", re.MULTILINE)


def _depth(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def read_logs(folder: Path) -> tuple[int, int]:
    """Return invokes and environments, from the function's log files (a stream an environment)."""
    invokes = environments = 0
    for stream in folder.rglob("*.log"):
        environments += 1
        invokes += len(_START.findall(stream.read_text(errors="replace")))
    return invokes, environments


def say(text: str) -> None:
    """Print a line for the person who watches."""
    print(text, flush=True)


def show_progress(text: str) -> None:
    """Show where things stand: one line that is written over on a terminal, lines elsewhere."""
    if sys.stdout.isatty():
        print(f"\r{text}\x1b[K", end="", flush=True)
    else:
        print(text, flush=True)


def end_progress() -> None:
    """Leave the progress line."""
    if sys.stdout.isatty():
        print()


def run(*, crash: bool) -> int:
    """Run the demo on a temporary folder; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="headrace-demo-") as folder:
        try:
            return 0 if Demo(Path(folder), crash=crash).run() else 1
        except (StartFailed, FunctionBroken) as failure:
            print(f"headrace demo: {failure}", file=sys.stderr)
            return 1
