"""Measure cold starts, warm invokes and the way from a send to its handler."""

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

import msgspec
import uvloop

from headrace.ports.sandbox import EnvironmentSpec, InitStatus
from headrace.sandbox.linux import LinuxSandbox
from tools.bench import requests
from tools.bench.load import Result, run_load
from tools.bench.queues import create_queue
from tools.bench.servers import LOAD_CORE, echo_server, headrace_server, pin

RUNTIME = "python3.12"
COLD_STARTS = 30
SENDS = 300
#: One whole processor; less memory means less of it, on Lambda and here.
MEMORY_MB = 1_769
#: Pause between two sends, so that each finds the mapping idle.
PAUSE_S = 0.01

#: Tells how long the message was on its way, on the clock that all processes of a machine share.
HANDLER = """
import time

def handler(event, context):
    now = time.monotonic_ns()
    for record in event.get("Records", ()):
        print("on its way", now - int(record["body"]))
"""
_ON_ITS_WAY = re.compile(r"^\d+ \d+ on its way (\d+)$", re.MULTILINE)


#: A function whose init phase is long.
HEAVY = """
import numpy, pandas

def handler(event, context):
    return len(pandas.DataFrame(numpy.zeros((3, 3))))
"""
HEAVY_PACKAGES = ("numpy==2.3.5", "pandas==2.3.3")
HEAVY_STARTS = 10
HEAVY_DOWNLOAD_S = 300


class Figures(msgspec.Struct):
    """Medians and 99th percentiles in microseconds."""

    level: str
    cold_zygote_us: list[int]
    cold_interpreter_us: list[int]
    snap_start: list[list[str]]  #: Rows of the table.
    echo: Result
    warm: Result
    send: list[int]
    on_its_way: list[int]


def archive() -> bytes:
    """Return the handler as a deployment package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("app.py", HANDLER)
    return buffer.getvalue()


def heavy_archive() -> bytes:
    """Return the heavy handler with its packages, which pip downloads once into ~/.cache.

    As pip packs them, without byte code: an ordinary cold start compiles all that it imports.

    Raises:
        OSError, subprocess.SubprocessError: They cannot be had.
    """
    wheels = Path.home() / ".cache" / "headrace" / "bench"
    version = RUNTIME.removeprefix("python")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"),
            *("--python-version", version, "--dest", str(wheels), *HEAVY_PACKAGES),
        ],
        check=True,
        capture_output=True,
        timeout=HEAVY_DOWNLOAD_S,
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("app.py", HEAVY)
        for wheel in sorted(wheels.glob("*.whl")):
            with zipfile.ZipFile(wheel) as content:
                for entry in content.infolist():
                    if "/tests/" not in entry.filename:  # beyond what an archive may hold
                        package.writestr(entry, content.read(entry))
    return buffer.getvalue()


async def _snap_starts(folder: Path, package: Path) -> tuple[list[int], list[int]]:
    """Return how long ordinary cold starts and copies of a template take, in us."""
    sandbox = LinuxSandbox(str(folder / "sandbox"))
    ordinary = spec_of(package, 0)
    snap = msgspec.structs.replace(
        ordinary, template="bench", initialization_type="snap-start", init_limit_ms=130_000
    )
    ordinary = msgspec.structs.replace(ordinary, init_limit_ms=130_000)
    times: list[list[int]] = [[], []]
    try:
        init = await sandbox.prepare_template(snap, lambda text: None)
        assert init.status is InitStatus.OK, init
        for number in range(HEAVY_STARTS):
            for kind, taken in zip((ordinary, snap), times, strict=True):
                spec = msgspec.structs.replace(kind, environment_id=f"{number:032x}")
                started = time.perf_counter_ns()
                environment = await sandbox.start(spec, lambda text: None)
                taken.append((time.perf_counter_ns() - started) // 1_000)
                assert environment.init.status is InitStatus.OK, environment.init
                await environment.kill()
    finally:
        await sandbox.close()
    return times[0], times[1]


def measure_snap_start() -> list[list[str]]:
    """Return the rows of SnapStart; one that says why there are none when pip is offline."""
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as name:
        folder = Path(name)
        package = folder / "heavy.zip"
        try:
            package.write_bytes(heavy_archive())
        except (OSError, subprocess.SubprocessError):
            return [
                ["SnapStart, numpy and pandas: not measured, pip could not download", "", "", ""]
            ]
        ordinary, copies = uvloop.run(_snap_starts(folder, package))
    ratio = _median(copies) / _median(ordinary)
    return [
        ["cold start, numpy and pandas (no byte code)", *_spread(ordinary), "1.00"],
        ["SnapStart, numpy and pandas", *_spread(copies), f"{ratio:.3f}"],
    ]


async def _cold_starts(folder: Path, *, zygote: bool) -> tuple[str, list[int]]:
    package = folder / "app.zip"
    package.write_bytes(archive())
    sandbox = LinuxSandbox(str(folder / "sandbox"), zygote=zygote)
    times = []
    try:
        for number in range(COLD_STARTS + 1):
            started = time.perf_counter_ns()
            environment = await sandbox.start(spec_of(package, number), lambda text: None)
            elapsed = (time.perf_counter_ns() - started) // 1_000
            assert environment.init.status is InitStatus.OK, environment.init
            await environment.kill()
            if number:  # the first one starts the zygote and unpacks the code
                times.append(elapsed)
    finally:
        await sandbox.close()
    return sandbox.level, times


def spec_of(package: Path, number: int) -> EnvironmentSpec:
    """Return what environment number `number` is to be."""
    return EnvironmentSpec(
        environment_id=f"{number:032x}",
        function_name="bench",
        function_version="$LATEST",
        runtime=RUNTIME,
        handler="app.handler",
        code_archive=str(package),
        code_digest=hashlib.sha256(package.read_bytes()).hexdigest(),
        memory_mb=MEMORY_MB,
        ephemeral_storage_mb=512,
        variables={},
        log_group="/aws/lambda/bench",
        log_stream=f"bench/{number}",
        init_limit_ms=10_000,
    )


def call(port: int, method: str, path: str, document: object) -> dict[str, object]:
    """Call the control plane and return the answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        method=method,
        data=None if document is None else json.dumps(document).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        found: dict[str, object] = json.loads(answer.read() or b"null")
        return found


def wait_for(port: int, path: str, member: str, value: str) -> None:
    """Ask again and again until a member of the answer has a value."""
    while call(port, "GET", path, None).get(member) != value:
        time.sleep(0.01)


def _create(port: int) -> str:
    """Create queue, function and mapping; return the queue's URL."""
    call(
        port,
        "POST",
        "/2015-03-31/functions",
        {
            "FunctionName": "bench",
            "Runtime": RUNTIME,
            "Handler": "app.handler",
            "MemorySize": MEMORY_MB,
            "Role": "arn:aws:iam::000000000000:role/bench",
            "Code": {"ZipFile": base64.b64encode(archive()).decode()},
        },
    )
    wait_for(port, "/2015-03-31/functions/bench/configuration", "State", "Active")
    url = create_queue(port, "bench")
    mapping = call(
        port,
        "POST",
        "/2015-03-31/event-source-mappings",
        {
            "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:bench",
            "FunctionName": "bench",
            "BatchSize": 10,
        },
    )
    path = f"/2015-03-31/event-source-mappings/{mapping['UUID']}"
    wait_for(port, path, "State", "Enabled")
    return url


def _invoke_request(port: int) -> bytes:
    body = b"{}"
    return (
        f"POST /2015-03-31/functions/bench/invocations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _send_one_by_one(port: int, url: str) -> list[int]:
    """Send messages that hold the time of their sending; return how long each send took, in us."""
    times: list[int] = []

    def script(_: bytes | None) -> bytes:
        time.sleep(PAUSE_S)
        body = str(time.monotonic_ns())
        return requests.request(port, "SendMessage", {"QueueUrl": url, "MessageBody": body})

    while len(times) < SENDS:
        times += run_load(port, [script], 1.0).latencies_us
    return times[:SENDS]


def _read_logs(folder: Path) -> list[int]:
    found = []
    for stream in folder.rglob("*.log"):
        found += [int(ns) // 1_000 for ns in _ON_ITS_WAY.findall(stream.read_text())]
    return found


def measure(seconds: float) -> Figures:
    """Return all figures of functions, from one run."""
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        level, forked = uvloop.run(_cold_starts(Path(folder), zygote=True))
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        _, started = uvloop.run(_cold_starts(Path(folder), zygote=False))
    snap_start = measure_snap_start()
    pin(os.getpid(), LOAD_CORE)
    with headrace_server(alone_on_core=False) as server:
        url = _create(server.port)
        invoke = _invoke_request(server.port)
        run_load(server.port, [lambda _: invoke], 0.5)
        with echo_server() as port:
            echo = run_load(port, [lambda _: invoke], seconds)
        warm = run_load(server.port, [lambda _: invoke], seconds)
        send = _send_one_by_one(server.port, url)
        server.stop()  # writes out the logs
        on_its_way = _read_logs(server.folder / "data" / "logs")
    return Figures(level, forked, started, snap_start, echo, warm, send, on_its_way)


def _spread(values: list[int]) -> list[str]:
    ordered = sorted(values)
    shares = (0.5, 0.99)
    return [f"{ordered[min(len(ordered) - 1, int(s * len(ordered)))] / 1000:.2f}" for s in shares]


def _median(values: list[int]) -> float:
    return sorted(values)[len(values) // 2]


def rows(figures: Figures) -> list[list[str]]:
    """Return the table's rows: what, p50 ms, p99 ms, ratio."""
    cold = _median(figures.cold_zygote_us) / _median(figures.cold_interpreter_us)
    way = _median(figures.on_its_way)
    parts = _median(figures.send) + _median(figures.warm.latencies_us)
    warm = _median(figures.warm.latencies_us) / _median(figures.echo.latencies_us)
    return [
        [f"cold start, zygote ({figures.level})", *_spread(figures.cold_zygote_us), f"{cold:.2f}"],
        ["cold start, plain interpreter", *_spread(figures.cold_interpreter_us), "1.00"],
        *figures.snap_start,
        ["echo over HTTP, one connection", *_spread(figures.echo.latencies_us), "1.00"],
        ["warm invoke over HTTP", *_spread(figures.warm.latencies_us), f"{warm:.2f}"],
        ["send, one connection, paused", *_spread(figures.send), ""],
        ["send to handler", *_spread(figures.on_its_way), f"{way / parts:.2f}"],
    ]
