"""Invoke functions for long, with crashes, time-outs and updates between, and look for leftovers.

    python -m tools.bench.soak [--invokes 1000000]

Prints a row for each twentieth of the run; at the end it counts what the server left behind.
"""

import argparse
import base64
import io
import os
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import msgspec

from tools.bench.functions import RUNTIME, call, wait_for
from tools.bench.load import Script, run_load
from tools.bench.servers import headrace_server

CONNECTIONS = 8
#: Seconds of load between two looks at the server.
SLICE_S = 5.0
ROWS = 20
#: Of this many invokes one does something bad; which, changes from one to the next.
CALM_INVOKES = 250
BAD_DEEDS = ("exit", "raise", "child", "sleep", "files")

HANDLER = """
import os, subprocess, time

def handler(event, context):
    deed = event["do"]
    if deed == "exit":
        os._exit(3)
    if deed == "raise":
        raise ValueError("as asked")
    if deed == "sleep":
        time.sleep(5)
    if deed == "child":
        subprocess.Popen(["sleep", "1000"])
    if deed == "files":
        with open("/tmp/left", "ab") as file:
            file.write(bytes(1_000_000))
    return deed
"""


class Look(msgspec.Struct, frozen=True):
    """What a server holds at one moment."""

    rss_kb: int
    descriptors: int
    processes: int  #: Below the server.
    mounts: int  #: Of the machine, as this process sees it.
    groups: int  #: Control groups of ours.
    scratch: int  #: Temporary folders of environments.


def look_at(pid: int, data: Path) -> Look:
    """Count what a server holds; after its end most of it should be nothing."""
    return Look(
        rss_kb=_rss_kb(pid),
        descriptors=_count(Path(f"/proc/{pid}/fd")),
        processes=len(below(pid)),
        mounts=Path("/proc/self/mountinfo").read_text().count("\n"),
        groups=_count_groups(f"headrace-{pid}-"),
        scratch=_count(data / "sandbox" / "scratch"),
    )


def _rss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(text.partition("VmRSS:")[2].split()[0])


def _count_groups(prefix: str) -> int:
    """Count control groups by name; those that go meanwhile are nothing."""
    found = os.walk("/sys/fs/cgroup")
    return sum(name.startswith(prefix) for _, folders, _ in found for name in folders)


def _count(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0


def below(pid: int) -> list[int]:
    """Return the pids of all processes below one."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def _children(pid: int) -> list[int]:
    """Return the children of all threads of a process; of one that goes meanwhile, some."""
    found: list[int] = []
    try:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    except OSError:
        pass  # The process, or the thread.
    return found


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("app.py", HANDLER)
    return buffer.getvalue()


def create(port: int) -> None:
    """Create the function that does what it is told."""
    function = {
        "FunctionName": "soak",
        "Runtime": RUNTIME,
        "Handler": "app.handler",
        "MemorySize": 256,
        "Timeout": 1,
        "Role": "arn:aws:iam::000000000000:role/soak",
        "Code": {"ZipFile": base64.b64encode(_archive()).decode()},
    }
    call(port, "POST", "/2015-03-31/functions", function)
    wait_for(port, "/2015-03-31/functions/soak/configuration", "State", "Active")


def update(port: int, number: int) -> None:
    """Change the function, so that its environments go; requests under way are still served."""
    path = "/2015-03-31/functions/soak/configuration"
    call(port, "PUT", path, {"Environment": {"Variables": {"NUMBER": str(number)}}})
    wait_for(port, path, "LastUpdateStatus", "Successful")


def script(port: int, deeds: Counter[str]) -> Script:
    """Return a script that invokes, and now and then asks for something bad."""

    def following(_: bytes | None) -> bytes:
        number = deeds.total()
        deed = "answer"
        if number % CALM_INVOKES == CALM_INVOKES - 1:
            deed = BAD_DEEDS[number // CALM_INVOKES % len(BAD_DEEDS)]
        deeds[deed] += 1
        body = msgspec.json.encode({"do": deed})
        return (
            f"POST /2015-03-31/functions/soak/invocations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    return following


def run(invokes: int) -> bool:
    """Do it and print what was seen; return whether nothing was left behind and memory held."""
    with headrace_server(alone_on_core=False) as server:
        pid, data = server.pid, server.folder / "data"
        before = look_at(pid, data)
        create(server.port)
        deeds: Counter[str] = Counter()
        looks = _soak(server.port, pid, data, invokes, deeds)
        children = below(pid)
        server.stop()
        after = look_at(pid, data)
    left = [one for one in children if Path(f"/proc/{one}").exists()]
    second = looks[len(looks) // 2 :]
    growth = second[-1].rss_kb / second[0].rss_kb - 1
    print(f"\n{deeds.total():,} invokes: {dict(deeds)}")
    print(f"memory of the server over the second half: {growth:+.1%}")
    print(f"descriptors over the second half: {second[-1].descriptors - second[0].descriptors:+}")
    print(
        f"left behind: {len(left)} processes, {after.mounts - before.mounts} mounts, "
        f"{after.groups} control groups, {after.scratch} folders"
    )
    return not left and after.mounts == before.mounts and not after.groups and growth <= 0.02


def _soak(port: int, pid: int, data: Path, invokes: int, deeds: Counter[str]) -> list[Look]:
    scripts = [script(port, deeds) for _ in range(CONNECTIONS)]
    looks: list[Look] = []
    started = time.monotonic()
    updates = 0
    print("| invokes | seconds | MiB | descriptors | processes | groups | mounts | not 200 |")
    print("| ------- | ------- | --- | ----------- | --------- | ------ | ------ | ------- |")
    errors = 0
    while deeds.total() < invokes:
        errors += run_load(port, scripts, SLICE_S).errors
        updates += 1
        update(port, updates)
        if deeds.total() * ROWS // invokes > len(looks):
            seen = look_at(pid, data)
            looks.append(seen)
            print(
                f"| {deeds.total():,} | {time.monotonic() - started:.0f} "
                f"| {seen.rss_kb / 1024:.1f} | {seen.descriptors} | {seen.processes} "
                f"| {seen.groups} | {seen.mounts} | {errors} |",
                flush=True,
            )
    return looks


def main() -> int:
    """Read the command line and run; the exit status is 0 if nothing was left behind."""
    parser = argparse.ArgumentParser(prog="make bench-soak", description=__doc__)
    parser.add_argument("--invokes", type=int, default=1_000_000)
    return 0 if run(parser.parse_args().invokes) else 1


if __name__ == "__main__":
    sys.exit(main())
