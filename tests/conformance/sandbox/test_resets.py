"""What passes from the processes of an environment to those that take their place, at every level.

Its files in /tmp, its user and its limits; no process, no descriptor, and no right beyond those
that the first had (spec/lambda.md 4.1: reset after a failed invoke).
"""

import asyncio
import os

import pytest

from headrace.ports.sandbox import InitStatus, InvokeStatus
from tests.conformance.sandbox.test_extensions import LISTENER, layer
from tests.conformance.sandbox.test_images import image, oci
from tests.unit.sandbox.bench import alive, answer, invocation, spec_for
from tests.unit.sandbox.programs import bootstrap

ECHO = "def handler(event, context):\n    return event\n"
#: `act(event)` does what the event asks for and returns what can be seen.
ACT = """
import json, os, signal, subprocess, time
CALLS = []
TMP = os.environ.get("TMPDIR") or "/tmp"
def rights():
    status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
    found = {name: status.get(name) for name in (
        "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
        "Seccomp", "Seccomp_filters")}
    # How many processes a user may have counts all of his, where he has others.
    limits = open("/proc/self/limits").read().splitlines()
    found["limits"] = [line for line in limits if "processes" not in line]
    found["mounts"] = sorted(line.split(" ")[1:5] for line in open("/proc/self/mounts"))
    found["files"] = sorted(os.listdir("/proc/self/fd"))
    found["groups"] = open("/proc/self/cgroup").read() if os.path.exists("/proc/self/cgroup") else 0
    return found
def act(event):
    CALLS.append(1)
    do = event.get("do")
    if "write" in event:
        with open(TMP + "/x", "ab") as file:
            for _ in range(event["write"]):
                file.write(b"x" * 1_000_000)
        print("written", flush=True)
    if do == "fork":
        subprocess.Popen(["sleep", event["token"]], start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.execvp("sleep", ["sleep", event["token"]])
    if do in ("fork", "sleep"):
        time.sleep(60)
    if do == "exit":
        os._exit(3)
    if do == "die":
        os.kill(os.getpid(), 9)
    if do == "eat":
        held = []
        while True: held.append(b"x" * 1_000_000)
    found = os.statvfs(TMP)
    return {
        "calls": len(CALLS),
        "files": {e.name: [e.stat().st_size, e.stat().st_uid == os.getuid()]
                  for e in os.scandir(TMP)},
        "size": found.f_blocks * found.f_frsize,
        "used": (found.f_blocks - found.f_bfree) * found.f_frsize,
        "rights": rights(),
        "pids": [name for name in os.listdir("/proc") if name.isdigit()],
    }
"""
PYTHON = {"source": ACT + "def handler(event, context): return act(event)\n"}
PROGRAM = {
    "source": bootstrap(ACT + "def handle(event, headers): return act(event)\n"),
    "runtime": "provided.al2023",
}
KEPT = {"x": [1_000_000, True]}


class Story:
    """An environment through its resets."""

    def __init__(self, bench, source, **changes):
        self.bench = bench
        self.spec = spec_for(bench.folder, source, **changes)
        self.environment = None
        self.has_written = asyncio.Event()

    async def start(self):
        self.environment = await self.bench.box.start(self.spec, self.take_log)
        self.bench._started.append(self.environment)
        assert self.environment.init.status is InitStatus.OK, self.bench.log
        return self.environment

    def take_log(self, text):
        self.bench.log.extend(text)
        if b"written" in text:
            self.has_written.set()

    async def fail(self, timeout_ms=20_000, **event):
        """Run an event that the environment does not survive; return its outcome."""
        outcome = await self.environment.invoke(invocation({"write": 1} | event, timeout_ms))
        assert not outcome.environment_lives, outcome
        return outcome

    async def look(self, **event):
        return answer(await self.environment.invoke(invocation(event)))


@pytest.fixture(params=[PYTHON, PROGRAM], ids=["forked", "executed"])
def function(request):
    """A function that a zygote forks, and one that is executed."""
    return dict(request.param)


def test_after_a_time_out_its_files_are_there_and_nothing_else(bench, level, function):
    token = f"7{os.getpid()}.5"

    async def story():
        async with bench:
            it = Story(bench, **function)
            await it.start()
            before = await it.look()
            assert (before["calls"], before["files"]) == (1, {})
            for turn in range(1, 3):
                outcome = await it.fail(500, do="fork", token=token)
                assert outcome.status is InvokeStatus.TIMED_OUT
                assert alive(token) == []
                await it.start()
                after = await it.look()
                assert after["calls"] == 1
                assert after["files"] == {"x": [turn * 1_000_000, True]}
                assert after["rights"] == before["rights"]
                if level in {"namespace", "strict"}:
                    assert after["size"] == before["size"] == 512 * 1_048_576
                    assert after["used"] >= before["used"] + turn * 1_000_000
                    assert len(after["pids"]) == len(before["pids"])

    bench.run(story())


@pytest.mark.parametrize(
    ("do", "status"), [("exit", InvokeStatus.EXITED), ("die", InvokeStatus.KILLED)]
)
def test_after_an_end_of_its_own_its_files_are_there(bench, do, status):
    async def story():
        async with bench:
            it = Story(bench, **PYTHON)
            await it.start()
            assert (await it.fail(do=do)).status is status
            await it.start()
            found = await it.look()
            assert (found["calls"], found["files"]) == (1, KEPT)

    bench.run(story())


def test_an_end_for_want_of_memory_is_told_once(bench):
    """What the kernel has counted before is not the reason of the next end."""

    async def story():
        async with bench:
            it = Story(bench, **PYTHON, memory_mb=128)
            await it.start()
            assert (await it.fail(do="eat")).status is InvokeStatus.OUT_OF_MEMORY
            await it.start()
            assert (await it.look())["files"] == KEPT
            assert (await it.fail(do="die")).status is InvokeStatus.KILLED
            await it.start()
            assert (await it.fail(do="eat")).status is InvokeStatus.OUT_OF_MEMORY

    bench.run(story())


def test_files_that_leave_no_memory_are_given_up(bench, level):
    """Else no processes could ever run in their place."""

    async def story():
        async with bench:
            it = Story(bench, **PYTHON, memory_mb=128)
            await it.start()
            outcome = await it.fail(do="eat", write=80)
            assert outcome.status is InvokeStatus.OUT_OF_MEMORY
            await it.start()
            files = (await it.look())["files"]
            is_memory = level in {"namespace", "strict"}
            assert files == ({} if is_memory else {"x": [80_000_000, True]})

    bench.run(story())


def test_nothing_of_ours_grows_with_resets(bench):
    async def story():
        async with bench:
            it = Story(bench, **PYTHON)
            await it.start()
            before = await bench.descriptors()
            for _ in range(5):
                await it.fail(do="exit")
                assert await bench.descriptors() <= before
                await it.start()
                assert await bench.descriptors() <= before
            await it.environment.kill()
            assert await bench.descriptors() < before
            assert it.spec.environment_id not in str(bench.box._environments)
            assert not os.path.exists(f"{bench.box._supplies._scratch}/{it.spec.environment_id}")

    bench.run(story())


def test_what_is_killed_after_it_ended_leaves_nothing(bench):
    async def story():
        async with bench:
            await (await bench.start(ECHO)).kill()  # whoever forks is there from now on
            it = Story(bench, **PYTHON)
            before = await bench.descriptors()
            await it.start()
            await it.fail(do="exit")
            await it.environment.kill()
            assert await bench.descriptors() <= before
            assert not os.path.exists(f"{bench.box._supplies._scratch}/{it.spec.environment_id}")
            await it.start()
            assert (await it.look())["files"] == {}

    bench.run(story())


def test_other_code_gets_nothing_of_it(bench):
    async def story():
        async with bench:
            it = Story(bench, **PYTHON)
            await it.start()
            await it.fail(do="exit")
            it.spec = spec_for(
                bench.folder,
                PYTHON["source"] + "\nother = 1\n",
                environment_id=it.spec.environment_id,
            )
            await it.start()
            assert (await it.look())["files"] == {}

    bench.run(story())


def test_an_init_phase_that_fails_in_its_place_ends_it_for_good(bench):
    source = (
        "import os\n"
        "if os.path.exists(os.environ.get('TMPDIR', '/tmp') + '/x'): os._exit(4)\n"
        + ACT
        + "def handler(event, context): return act(event)\n"
    )

    async def story():
        async with bench:
            await (await bench.start(ECHO)).kill()  # whoever forks is there from now on
            it = Story(bench, source)
            before = await bench.descriptors()
            await it.start()
            await it.fail(do="exit")
            environment = await bench.box.start(it.spec, bench.log.extend)
            assert environment.init.status is InitStatus.EXITED
            assert environment.init.exit_status == 4
            assert await bench.descriptors() <= before
            await it.start()
            assert (await it.look())["files"] == {}

    bench.run(story())


def test_it_does_not_start_before_its_extensions_have_ended(bench, tmp_path):
    async def story():
        async with bench:
            it = Story(bench, **PYTHON, layers=layer(tmp_path, listener=LISTENER))
            first = await it.start()
            assert (await it.fail(500, do="sleep")).status is InvokeStatus.TIMED_OUT
            assert not first.exited.done()
            await it.start()
            assert first.exited.done()
            assert bytes(bench.log).endswith(b"SHUTDOWN timeout\nstarting\n")
            assert (await it.look())["files"] == KEPT

    bench.run(story())


def test_its_files_outlive_the_zygote(bench):
    async def story():
        async with bench:
            it = Story(bench, **PYTHON)
            await it.start()
            invoke = asyncio.create_task(it.fail(do="sleep"))
            await it.has_written.wait()
            next(iter(bench.box._pool._zygotes.values())).result().kill()
            assert (await invoke).status is InvokeStatus.KILLED
            await it.start()
            assert (await it.look())["files"] == KEPT

    bench.run(story())


def test_a_function_of_an_image_keeps_its_files(bench, level, tmp_path):
    if level not in {"namespace", "strict"}:
        return  # No functions of images there (test_images.py).
    source = ACT + "def handle(event, headers): return act(event)\n"

    async def story():
        async with bench:
            it = Story(
                bench,
                "",
                image=image(oci(tmp_path, source)),
                runtime="image",
                handler="",
                code_archive="",
                code_digest="",
            )
            await it.start()
            before = await it.look()
            await it.fail(do="exit")
            await it.start()
            after = await it.look()
            assert (after["calls"], after["files"]) == (1, KEPT)
            assert after["rights"] == before["rights"]

    bench.run(story())
