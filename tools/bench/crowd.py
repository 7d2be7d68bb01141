"""Start many environments, as many at a time as a server does, and weigh them when all answered.

    python -m tools.bench.crowd [--environments 1000]

Memory is the proportional set size of all processes of the environments (each page shared by n of
them counts 1/n), without the kernel's own.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import uvloop

from headrace.core.functions.limits import STARTING_MAX
from headrace.ports.sandbox import Environment, InitStatus, Invocation, InvokeStatus
from headrace.sandbox.linux import LinuxSandbox
from tools.bench.functions import archive, spec_of
from tools.bench.soak import below


class Crowd(msgspec.Struct, frozen=True):
    """What came of one crowd."""

    level: str
    environments: int
    seconds: float
    mib_each: float


def _pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(text.partition("\nPss:")[2].split()[0])


def _weight_kb(seen: set[int]) -> int:
    return sum(_pss_kb(pid) for pid in seen)


async def _start_and_ask(sandbox: LinuxSandbox, package: Path, number: int) -> Environment:
    environment = await sandbox.start(spec_of(package, number), lambda text: None)
    assert environment.init.status is InitStatus.OK, environment.init
    invocation = Invocation(
        request_id=f"{number:08x}-0000-4000-8000-000000000000",
        payload=b"{}",
        timeout_ms=60_000,
        deadline_epoch_ms=int(time.time() * 1_000) + 60_000,
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
    )
    outcome = await environment.invoke(invocation)
    assert outcome.status is InvokeStatus.ANSWERED, outcome
    return environment


async def measure(folder: Path, environments: int, *, zygote: bool) -> Crowd:
    """Start one environment, then all others, and weigh them."""
    package = folder / "app.zip"
    package.write_bytes(archive())
    sandbox = LinuxSandbox(str(folder / "sandbox"), zygote=zygote)
    pid = os.getpid()
    try:
        await _start_and_ask(sandbox, package, 0)  # starts the zygote and unpacks the code
        before = set(below(pid))
        started = time.monotonic()
        gate = asyncio.Semaphore(STARTING_MAX)

        async def start_in_turn(number: int) -> Environment:
            async with gate:
                return await _start_and_ask(sandbox, package, number)

        await asyncio.gather(*map(start_in_turn, range(1, environments + 1)))
        seconds = time.monotonic() - started
        weight = _weight_kb(set(below(pid)) - before)
        return Crowd(sandbox.level, environments, seconds, weight / 1024 / environments)
    finally:
        await sandbox.close()


def main() -> int:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-crowd", description=__doc__)
    parser.add_argument("--environments", type=int, default=1_000)
    wanted = parser.parse_args().environments
    print("| from | level | environments | seconds until all answered | MiB each |")
    print("| ---- | ----- | ------------ | -------------------------- | -------- |")
    for name, zygote, count in (
        ("the zygote", True, wanted),
        ("a plain interpreter", False, max(1, wanted // 10)),
    ):
        with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
            crowd = uvloop.run(measure(Path(folder), count, zygote=zygote))
        print(
            f"| {name} | {crowd.level} | {crowd.environments} | {crowd.seconds:.2f} "
            f"| {crowd.mib_each:.2f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
