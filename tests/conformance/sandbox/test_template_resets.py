"""SnapStart and a reset at every level: a copy is restored again, with the files of the one before.

Its memory is its template's again and its randomness fresh; its /tmp, its user and its limits are
those that it had (spec/lambda.md 4.1). Where environments cannot be copies, they run their own init
phase and the function sees the same.
"""

import os

import msgspec
import pytest

from headrace.ports.sandbox import InitStatus, InvokeStatus
from tests.conformance.sandbox.snapshots import (
    FACTS,
    ask,
    copies,
    keeper_pid,
    prepare,
    snap_spec,
    template_pid,
    until,
)
from tests.conformance.sandbox.test_resets import ACT
from tests.unit.sandbox.bench import alive, invocation

#: Acts as in test_resets, and tells what came from the init phase.
SOURCE = (
    """
import random
from snapshot_restore_py import register_after_restore
print("init")
TURNS = []
"""
    + ACT
    + """
with open(TMP + "/snapshot", "a") as file:
    file.write("0123456789")
file = open(TMP + "/snapshot")
file.read(3)
@register_after_restore
def after():
    TURNS.append("restored")
def handler(event, context):
    if "remove" in event:
        os.remove(TMP + "/" + event["remove"])
    if "run" in event:
        exec(event["run"])
    return act(event) | {
        "turns": TURNS,
        "random": random.random(),
        "read": file.read(4),
        "user": os.getuid(),
        "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
    }
"""
)
GROWN = [1_000_000, True]


class Story:
    """A copy of a template through its resets."""

    def __init__(self, bench, source=SOURCE, **changes):
        self.bench = bench
        self.spec = snap_spec(bench, source, **changes)
        self.environment = None

    async def start(self):
        if self.environment is None:
            await prepare(self.bench, self.spec)
        self.environment = await self.bench.box.start(self.spec, self.bench.log.extend)
        self.bench._started.append(self.environment)
        assert self.environment.init.status is InitStatus.OK, (
            self.environment.init,
            bytes(self.bench.log),
        )

    async def fail(self, timeout_ms=20_000, **event):
        outcome = await self.environment.invoke(invocation({"write": 1} | event, timeout_ms))
        assert not outcome.environment_lives, outcome
        return outcome

    async def look(self, **event):
        return await ask(self.environment, event)

    async def end(self):
        await self.environment.kill()
        await self.bench.box.drop_template(self.spec.template)


def test_its_files_are_there_and_all_else_is_as_it_was_restored(bench):
    token = f"7{os.getpid()}.6"

    async def story():
        async with bench:
            it = Story(bench)
            await it.start()
            before = await it.look()
            assert (before["turns"], before["read"]) == (["restored"], "3456")
            for turn in range(1, 3):
                outcome = await it.fail(500, do="fork", token=token)
                assert outcome.status is InvokeStatus.TIMED_OUT
                assert alive(token) == []
                await it.start()
                after = await it.look()
                assert after["files"]["x"] == [turn * 1_000_000, True]
                for name in ("turns", "read", "calls", "user", "type", "rights", "size"):
                    if name == "size" and not bench.box._posture.namespaces:
                        continue
                    assert after[name] == before[name], name
                assert after["random"] != before["random"]
                assert len(after["pids"]) == len(before["pids"]) or not copies(bench)
            assert bytes(bench.log).count(b"init\n") == (1 if copies(bench) else 4)
            await it.end()

    bench.run(story())


def test_what_the_init_phase_had_left_in_tmp_is_there_again(bench):
    """As if it had run again; what the function has changed stays changed."""
    change = """
open(TMP + "/snapshot", "w").write("mine")
os.makedirs(TMP + "/kept/deep")
"""

    async def story():
        async with bench:
            it = Story(bench, SOURCE)
            await it.start()
            await it.fail(do="exit", remove="snapshot")
            await it.start()
            found = await it.look()
            assert found["files"] == {"x": GROWN, "snapshot": [10, True]}
            assert found["read"] == "3456"
            await it.fail(do="exit", run=change)
            await it.start()
            found = await it.look()
            assert {"kept", "snapshot", "x"} == set(found["files"])
            assert found["files"]["snapshot"] == ([4, True] if copies(bench) else [14, True])
            await it.end()

    bench.run(story())


@pytest.mark.copies
def test_what_has_taken_the_place_of_its_files_leads_nowhere(bench):
    """What is copied follows no link, a pipe in a file's place holds nobody up."""
    source = SOURCE.replace(
        "@register_after_restore",
        "os.makedirs(TMP + '/folder/inner')\n"
        "open(TMP + '/folder/inner/deep', 'w').write('deep')\n"
        "@register_after_restore",
        1,
    )
    swap = """
import shutil
shutil.rmtree(TMP + "/folder")
os.mkdir(TMP + "/aim")
os.symlink("aim", TMP + "/folder")
os.remove(TMP + "/snapshot")
os.mkfifo(TMP + "/snapshot")
"""

    async def story():
        async with bench:
            it = Story(bench, source)
            await it.start()
            await it.fail(do="exit", run=swap)
            it.spec = msgspec.structs.replace(it.spec, init_limit_ms=5_000)
            await it.start()
            assert await it.look(run="FOUND = os.listdir(TMP + '/aim')\nassert not FOUND")
            await it.end()

    bench.run(story())


@pytest.mark.copies
def test_a_full_tmp_is_kept_and_the_files_that_have_no_room_are_left_out(bench):
    async def story():
        async with bench:
            it = Story(bench, ephemeral_storage_mb=8)
            await it.start()
            fill = """
file.close()
os.remove(TMP + "/snapshot")
with open(TMP + "/full", "wb") as full:
    try:
        while True:
            full.write(b"x" * 1_000_000)
            full.flush()
    except OSError:
        pass
os._exit(3)
"""
            outcome = await it.environment.invoke(invocation({"run": fill}))
            assert outcome.status is InvokeStatus.EXITED
            await it.start()
            files = (await it.look(run="file = open('/dev/null')"))["files"]
            assert set(files) == {"full"}
            assert files["full"][0] > 8_000_000
            await it.end()

    bench.run(story())


@pytest.mark.copies
@pytest.mark.parametrize("flags", ["os.O_RDONLY", "os.O_PATH"])
def test_what_a_hostile_template_hands_out_is_not_kept(bench, flags):
    """The hold on /tmp comes from a process in which the function has run."""
    source = (
        SOURCE
        + """
import socket
original = socket.socket.sendmsg
def other(self, data, ancillary=(), *rest):
    if bytes(data[0]) == b"0" and ancillary:
        ancillary = [(*ancillary[0][:2], OTHER.to_bytes(4, "little"))]
    return original(self, data, ancillary, *rest)
socket.socket.sendmsg = other
OTHER = os.open("/etc", FLAGS)
""".replace("FLAGS", flags)
    )

    async def story():
        async with bench:
            it = Story(bench, source)
            await it.start()
            before = await bench.descriptors()
            for _ in range(3):
                await it.fail(do="exit")
                await it.start()
                assert set((await it.look())["files"]) == {"snapshot"}
            assert await bench.descriptors() == before
            await it.end()

    bench.run(story())


@pytest.mark.copies
def test_a_copy_of_another_template_gets_nothing_of_its_user(bench):
    """Its user belongs to the template's, whose user ids are given to another when it is gone.

    Where all have the same user, its files are there.
    """

    async def story():
        async with bench:
            it = Story(bench)
            await it.start()
            await it.fail(do="exit")
            os.kill(template_pid(keeper_pid(bench)), 9)
            await until(lambda: not any("-template-" in one for one in bench.box._environments))
            await it.start()
            found = await it.look()
            shared = set() if bench.box._posture.own_user else {"x"}
            assert set(found["files"]) == {"snapshot"} | shared
            assert bytes(bench.log).count(b"init\n") == 2
            assert list(bench.box._environments.values()).count(it.environment) == 1
            await it.end()

    bench.run(story())


@pytest.mark.copies
def test_a_template_that_goes_while_its_copy_is_reset_leaves_nothing(bench):
    async def story():
        async with bench:
            it = Story(bench, FACTS)
            users = len(bench.box._supplies._runs)
            await it.start()
            before = await bench.descriptors()
            await it.environment.invoke(invocation("exit"))
            await bench.box.drop_template(it.spec.template)
            await until(lambda: len(bench.box._supplies._runs) == users)
            await it.environment.kill()
            assert await bench.descriptors() < before
            assert it.spec.environment_id not in bench.box._environments

    bench.run(story())


def test_nothing_of_ours_grows_with_the_resets_of_a_copy(bench):
    async def story():
        async with bench:
            it = Story(bench)
            await it.start()
            before = await bench.descriptors()
            for _ in range(3):
                await it.fail(do="exit")
                await it.start()
            assert await bench.descriptors() <= before
            await it.end()
            assert await bench.descriptors() < before

    bench.run(story())
