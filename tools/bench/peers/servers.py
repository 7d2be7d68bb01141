"""The servers of the comparison: how each starts, and whether what it answers is on disk."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from headrace.faces.demo.process import free_port
from tools.bench.peers import install
from tools.bench.servers import CORES, LOAD_CORE, SERVER_CORE, pin

#: Time that a server may take until it creates a queue, in seconds.
START_LIMIT_S = 60
CALL_LIMIT_S = 20


class Refused(Exception):
    """A server does not do what was asked; the text says what it answered, in one line."""


class Start(msgspec.Struct):
    """What starts a server: the command and what it needs beside its port."""

    command: list[str]
    variables: dict[str, str] = {}


class Running(msgspec.Struct):
    """A server that runs."""

    port: int
    pid: int

    def pin(self) -> None:
        """Keep all its threads on the server's core from now on."""
        self._keep_on({SERVER_CORE})

    def free(self) -> None:
        """Let its threads, and what they start from now on, have every core."""
        self._keep_on(CORES)

    def _keep_on(self, cores: Iterable[int]) -> None:
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), cores)


class Server(msgspec.Struct):
    """One server of the comparison."""

    name: str
    is_on_disk: str  #: Whether an answer means that the data is on disk, and how.
    start: Callable[[int, Path], Start]  #: Given port and folder. Raises NotInstalled.
    speaks_sqs: bool = True
    is_durable: bool = False
    #: Seconds of load before the first measurement.
    warm_up_s: float = 0.5
    #: A virtual machine compiles what is hot, and is many times slower before: one process serves
    #: all measurements, and has all cores until it is warm.
    is_virtual_machine: bool = False


def _echo(port: int, _folder: Path) -> Start:
    return Start([sys.executable, "-m", "tools.bench.echo", str(port)])


def _append(port: int, folder: Path) -> Start:
    return Start([sys.executable, "-m", "tools.bench.append", str(folder / "file"), str(port)])


def _headrace(port: int, folder: Path) -> Start:
    data = str(folder / "data")
    return Start([sys.executable, "-m", "headrace", "up", "--port", str(port), "--data", data])


def _fauxqs(port: int, _folder: Path) -> Start:
    return Start([*install.fauxqs(), str(port)])


def _fauxqs_on_disk(port: int, folder: Path) -> Start:
    return Start([*install.fauxqs(), str(port), str(folder / "data")])


def _elasticmq(port: int, folder: Path, storage: str = "") -> Start:
    java, *rest = install.elasticmq()
    configuration = folder / "elasticmq.conf"
    configuration.write_text(
        f'node-address {{ host = "127.0.0.1", port = {port} }}\n'
        f'rest-sqs {{ bind-hostname = "127.0.0.1", bind-port = {port} }}\n'
        f"rest-stats {{ enabled = false }}\n{storage}\n"
        # Otherwise it logs a warning about each signature that it is sent.
        "pekko.http.server.parsing.illegal-header-warnings = off\n"
    )
    # It will have one core, whatever it finds while it starts.
    return Start([java, "-XX:ActiveProcessorCount=1", f"-Dconfig.file={configuration}", *rest])


def _elasticmq_on_disk(port: int, folder: Path) -> Start:
    uri = f"jdbc:h2:{folder / 'h2'}"
    return _elasticmq(port, folder, f'messages-storage {{ enabled = true, uri = "{uri}" }}')


def _ministack(port: int, folder: Path) -> Start:
    variables = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "sqs,lambda",
        "LOG_LEVEL": "ERROR",
        "TMPDIR": str(folder),
    }
    return Start(install.ministack(), variables)


def _moto(port: int, _folder: Path) -> Start:
    return Start([*install.moto(), "-H", "127.0.0.1", "-p", str(port)])


SQLITE = "yes: SQLite, WAL, synchronous=FULL"
SERVERS = (
    Server("echo", "nothing is kept", _echo, speaks_sqs=False),
    Server("append", "yes: append, fdatasync", _append, speaks_sqs=False, is_durable=True),
    Server("headrace", SQLITE, _headrace, is_durable=True),
    Server("fauxqs", "no: memory", _fauxqs, warm_up_s=1),
    Server("fauxqs-sqlite", SQLITE, _fauxqs_on_disk, is_durable=True, warm_up_s=1),
    Server("elasticmq", "no: memory", _elasticmq, warm_up_s=20, is_virtual_machine=True),
    Server(
        "elasticmq-h2",
        "no: H2 flushes later",
        _elasticmq_on_disk,
        warm_up_s=20,
        is_virtual_machine=True,
    ),
    Server("ministack", "no: memory", _ministack),
    Server("moto", "no: memory", _moto),
)


def call(port: int, operation: str, parameters: dict[str, object]) -> dict[str, object]:
    """Return the answer to one SQS request in AWS JSON.

    Raises:
        Refused: The answer was an error.
        OSError: There was no answer.
    """
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/",
        data=json.dumps(parameters).encode(),
        headers={
            "X-Amz-Target": f"AmazonSQS.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/sqs/aws4_request"
            ", SignedHeaders=host, Signature=00",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=CALL_LIMIT_S) as answer:
            document: dict[str, object] = json.loads(answer.read() or b"{}")
            return document
    except urllib.error.HTTPError as error:
        raise Refused(sentence(error.read())) from None


def sentence(body: bytes) -> str:
    """Return what an error's body says, in one line."""
    try:
        document = json.loads(body)
        text = document.get("message") or document.get("Message") or document.get("__type")
    except (ValueError, AttributeError):
        text = None
    return " ".join((text or body.decode(errors="replace")).split())[:80] or "an empty answer"


@contextlib.contextmanager
def running(server: Server) -> Iterator[Running]:
    """Run a server, all its threads on the server's core but for a virtual machine's.

    Raises:
        NotInstalled: It cannot be had here.
        Refused: It did not come up.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-peers-") as name:
        folder = Path(name)
        port = free_port()
        start = server.start(port, folder)
        log = folder / "log"
        # A child inherits the core of who starts it, and so do its threads, whenever they start.
        os.sched_setaffinity(0, CORES if server.is_virtual_machine else {SERVER_CORE})
        with log.open("wb") as output:
            process = subprocess.Popen(
                start.command,
                env={**os.environ, **start.variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        pin(os.getpid(), LOAD_CORE)
        try:
            _wait_until_up(port, process, log)
            yield Running(port, process.pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_up(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = time.monotonic() + START_LIMIT_S
    while True:
        with contextlib.suppress(OSError):
            call(port, "ListQueues", {})
            return
        if process.poll() is not None or time.monotonic() > give_up:
            lines = log.read_text(errors="replace").split("\n")
            raise Refused(f"did not start: {' '.join(lines[-3:])[:100]}")
        time.sleep(0.05)
