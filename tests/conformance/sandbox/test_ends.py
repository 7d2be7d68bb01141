"""How environments end, and that nothing of them is left, at every level."""

import asyncio
import contextlib
import gc
import os
import select
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pytest

from headrace.ports.sandbox import InitStatus, InvokeStatus, SandboxUnavailable
from headrace.sandbox.levels import LEVELS
from headrace.sandbox.limits import DATA_SLACK_MB
from tests.conformance.sandbox.test_extensions import LISTENER, layer
from tests.unit.sandbox.bench import (
    Bench,
    alive,
    answer,
    invocation,
    run,
)
from tests.unit.sandbox.programs import bootstrap

ECHO = "def handler(event, context):\n    return event\n"


@pytest.mark.parametrize("status", [0, 3])
def test_sys_exit_at_import_is_an_exit(bench, status):
    async def story():
        async with bench:
            environment = await bench.start(f"import sys\nprint('bye')\nsys.exit({status})\n")
            assert environment.init.status is InitStatus.EXITED
            assert environment.init.exit_status == status
        assert bench.log == b"bye\n"

    bench.run(story())


@pytest.mark.parametrize("status", [0, 3])
def test_sys_exit_in_the_handler_is_an_exit(bench, status):
    source = f"import sys\ndef handler(e, c):\n    print('bye')\n    sys.exit({status})\n"

    async def story():
        async with bench:
            environment = await bench.start(source)
            outcome = await environment.invoke(invocation(None))
            assert (outcome.status, outcome.exit_status) == (InvokeStatus.EXITED, status)
            assert environment.exited.done()
            again = await environment.invoke(invocation(None))
            assert again.status is InvokeStatus.EXITED
        assert bench.log == b"bye\n"

    bench.run(story())


def test_a_signal_is_reported_as_such(bench):
    source = "import os\ndef handler(e, c):\n    os.kill(os.getpid(), e)\n"

    async def story():
        async with bench:
            for number in (9, 11, 15):
                outcome = await bench.call(source, number)
                assert (outcome.status, outcome.signal) == (InvokeStatus.KILLED, number)

    bench.run(story())


def test_an_endless_loop_times_out_and_the_tree_is_gone(bench, tmp_path):
    token = f"9{os.getpid()}.25"
    source = (
        "import subprocess, os\n"
        "def handler(e, c):\n"
        f"    subprocess.Popen(['sleep', '{token}'], start_new_session=True)\n"
        f"    if os.fork() == 0:\n"
        "        os.setsid()\n"
        f"        if os.fork() == 0: os.execvp('sleep', ['sleep', '{token}'])\n"
        "        os._exit(0)\n"
        "    print('started', flush=True)\n"
        "    while True: pass\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source)
            outcome = await environment.invoke(invocation(None, 700))
            assert outcome.status is InvokeStatus.TIMED_OUT
            assert 700 <= outcome.duration_ns / 1e6 < 2_000
            assert not outcome.environment_lives
            assert environment.exited.done()
            assert alive(token) == []
        assert bench.log == b"started\n"

    bench.run(story())


def test_an_endless_import_times_out(bench):
    async def story():
        async with bench:
            environment = await bench.start("while True: pass\n", init_limit_ms=300)
            assert environment.init.status is InitStatus.TIMED_OUT

    bench.run(story())


def test_children_that_a_handler_leaves_die_with_the_environment(bench):
    token = f"8{os.getpid()}.5"
    source = (
        "import subprocess\n"
        "def handler(e, c):\n"
        f"    subprocess.Popen(['sh', '-c', 'trap \"\" TERM; sleep {token}; true'],"
        " start_new_session=True)\n"
        "    return 1\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source)
            assert answer(await environment.invoke(invocation(None))) == 1
            assert alive(token)
            await environment.kill()
            assert alive(token) == []
            await environment.kill()

    bench.run(story())


def test_a_memory_hog_is_out_of_memory(bench):
    source = "def handler(e, c):\n    held = []\n    while True: held.append(b'x' * 1_000_000)\n"

    async def story():
        async with bench:
            outcome = await bench.call(source, memory_mb=128)
            assert outcome.status is InvokeStatus.OUT_OF_MEMORY
            assert (outcome.signal, outcome.memory_peak_mb) == (9, 128)

    bench.run(story())


#: A function that takes what its event says: for each of its children, or MB by MB.
HUNGRY = """
import mmap, os, time

def touch(mb):
    held = mmap.mmap(-1, mb << 20)
    for _ in range(mb):
        held.write(b"x" * (1 << 20))
    return held

def handler(event, context):
    if "children" in event:
        kept = touch(event["shared"])
        for _ in range(event["children"]):
            if os.fork() == 0:
                held = touch(event["mb"])
                time.sleep(1_000)
                held.close()
        time.sleep(event["s"])
        return "whole"
    held = []
    for _ in range(event["mb"]):
        held.append(bytearray(b"x" * (1 << 20)))
        time.sleep(event["pause_s"])
    return len(held)
"""


@pytest.mark.parametrize("level", LEVELS[:-1], scope="module")
def test_without_control_groups_memory_is_watched_while_an_event_is_in_hand(level, folder):
    hogs = (
        {"mb": 512, "pause_s": 0.001},
        {"children": 3, "mb": 64, "shared": 1, "s": 50},
    )

    async def story():
        async with Bench.open(folder, level=level, cgroups=False) as bench:
            for hog in hogs:
                environment = await bench.start(HUNGRY, memory_mb=128)
                outcome = await environment.invoke(invocation(hog, 60_000))
                assert (outcome.status, outcome.signal) == (InvokeStatus.OUT_OF_MEMORY, 9), hog
                assert outcome.memory_peak_mb == 128
                assert environment.exited.done()
            # What several share counts once: three children, and each sees the same 80 MB.
            sharing = {"children": 3, "mb": 1, "shared": 80, "s": 0.5}
            environment = await bench.start(HUNGRY, memory_mb=128)
            assert answer(await environment.invoke(invocation(sharing))) == "whole"

    run(story())


@pytest.mark.parametrize("level", LEVELS[:-1], scope="module")
def test_without_control_groups_what_is_too_fast_gets_a_memory_error(level, folder):
    source = f"def handler(e, c):\n    return len(bytearray({(128 + DATA_SLACK_MB) << 20}))\n"

    async def story():
        async with Bench.open(folder, level=level, cgroups=False) as bench:
            environment = await bench.start(source, memory_mb=128)
            outcome = await environment.invoke(invocation(None))
            assert (outcome.status, outcome.error_type) == (InvokeStatus.ERROR, "MemoryError")

    run(story())


def test_no_level_is_strict_without_control_groups(folder):
    with pytest.raises(SandboxUnavailable):
        Bench.open(folder, level="strict", cgroups=False)


def test_a_fork_bomb_stays_inside_and_the_neighbour_answers(bench, highest):
    if highest.groups is None and os.getuid() == 0:
        pytest.skip("without control groups nothing limits root's processes")
    source = (
        "import os, time\n"
        "def handler(e, c):\n"
        "    n = 0\n"
        "    while True:\n"
        "        try:\n"
        "            if os.fork() == 0: time.sleep(1000)\n"
        "        except OSError as error: return [n, error.errno]\n"
        "        n += 1\n"
    )

    async def story():
        async with bench:
            neighbour = await bench.start(ECHO)
            bomber = await bench.start(source)
            bombing = asyncio.create_task(bomber.invoke(invocation(None, 50_000)))
            answers = 0
            while not bombing.done():
                assert answer(await neighbour.invoke(invocation(7))) == 7
                answers += 1
                await asyncio.wait([bombing], timeout=0.05)
            count, error = answer(await bombing)
            assert 500 < count < 1024
            assert error == 11
            assert answers > 1
            await bomber.kill()
            assert answer(await neighbour.invoke(invocation(7))) == 7

    bench.run(story())


SERVER = """
import asyncio, sys
from pathlib import Path
from tests.unit.sandbox.bench import Bench, invocation
async def main():
    bench = Bench.open(Path(sys.argv[1]), level=sys.argv[2])
    spin = ("import subprocess\\ndef handler(e, c):\\n"
            "    subprocess.Popen(['sleep', sys_token], start_new_session=True)\\n"
            "    print('spinning', flush=True)\\n    while True: pass\\n")
    idle = await bench.start("def handler(e, c):\\n    return 1\\n")
    await idle.invoke(invocation(1))
    frozen = await bench.start("def handler(e, c):\\n    return 1\\n")
    frozen.freeze()
    seen = asyncio.Event()
    busy = await bench.start("sys_token = %r\\n" % sys.argv[3] + spin, lambda text: seen.set())
    task = asyncio.create_task(busy.invoke(invocation(1, 900_000)))
    await seen.wait()
    print("up", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.crash
def test_nothing_outlives_a_server_that_is_killed(level, folder):
    token = f"5{os.getpid()}.5"
    main = Path(__file__).parents[3]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder), level, token],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{main}/src{os.pathsep}{main}"},
    )
    handles = {}
    try:
        assert server.stdout.readline() == b"up\n"
        assert alive(token)
        pids = {*alive(str(folder)), *alive(token)} - {server.pid}
        assert len(pids) >= 4
        handles = {pid: os.pidfd_open(pid) for pid in pids}
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    # A pidfd is readable when its process has ended.
    deadline = time.monotonic() + 1
    poll = select.poll()
    for pid, handle in handles.items():
        poll.register(handle, select.POLLIN)
        assert poll.poll(max((deadline - time.monotonic()) * 1000, 0)), f"{pid} is alive"
        poll.unregister(handle)
        os.close(handle)
    assert alive(token) == alive(str(folder)) == []


class Holder:
    """Takes the lines of an environment and holds it, as the shell does."""

    def __init__(self):
        self.environment = None
        self.lines = []

    def take(self, text):
        self.lines.append(text)


@pytest.mark.parametrize("way", ["kill", "exit", "time", "program", "extension"])
def test_who_is_gone_is_forgotten_without_the_garbage_collector(bench, tmp_path, way):
    """The server lets it look for old circles hardly ever: each would stay for good."""
    source = (
        "import os, time\n"
        "def handler(event, context):\n"
        "    os._exit(1) if event == 'exit' else time.sleep(30)\n"
    )
    changes = {}
    if way == "program":
        source = bootstrap("def handle(event, headers): pass\n")
        changes["runtime"] = "provided.al2"
    if way == "extension":
        changes["layers"] = layer(tmp_path, listener=LISTENER)

    async def story():
        async with bench:
            gc.collect()
            gc.disable()
            try:
                holder = Holder()
                environment = await bench.start(source, holder.take, **changes)
                holder.environment = environment
                if way in {"exit", "time"}:
                    await environment.invoke(invocation(way, timeout_ms=300))
                await environment.kill()
                gone = [weakref.ref(holder), weakref.ref(environment)]
                bench.forget(environment)
                del environment, holder
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(10):
                        while any(one() for one in gone):
                            await asyncio.sleep(0)
                assert [one() for one in gone] == [None, None]
            finally:
                gc.enable()

    bench.run(story())
