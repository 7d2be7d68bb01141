"""SnapStart at every level: what copies of a template are, and what a function sees of it.

Where environments cannot be copies, they run their own init phase and the function sees the same.
"""

import asyncio
import json
import socket

import pytest

from headrace.ports.sandbox import InitStatus
from headrace.sandbox import limits
from tests.conformance.sandbox.snapshots import (
    FACTS,
    ask,
    copies,
    prepare,
    snap_spec,
    start,
)


def test_the_init_phase_runs_once_and_the_hooks_around_each_restore(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            await prepare(bench, spec)
            ends = await asyncio.gather(start(bench, spec), start(bench, spec))
            for environment in ends:
                facts = await ask(environment)
                assert facts["calls"] == ["before 2", "before 1", "after 1", "after 2"]
                assert facts["variables"]["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
            assert bytes(bench.log).count(b"init\n") == (1 if copies(bench) else 3)
            await bench.box.drop_template(spec.template)

    bench.run(story())


def test_copies_share_no_randomness(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            await prepare(bench, spec)
            first, second = [await ask(await start(bench, spec)) for _ in range(2)]
            for one, other in zip(first["random"], second["random"], strict=True):
                assert one != other
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_a_copy_stands_in_fences_of_its_own(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            await prepare(bench, spec)
            first, second = [await ask(await start(bench, spec)) for _ in range(2)]
            for facts in (first, second):
                assert facts["pid"] == 2
                assert facts["pids"] == [1, 2]
                assert facts["init_pid"] > 6
                assert facts["capabilities"] == ["0000000000000000"]
            if bench.box.level == "strict":
                assert first["user"] != second["user"]
                assert first["user"] >= limits.FIRST_TEMPLATE_USER
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_a_copy_may_not_do_what_its_template_may(bench):
    source = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def handler(event, context):
    results = []
    for call in (lambda: libc.unshare(0x20000), lambda: libc.unshare(0x10000000),
                 lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None),
                 lambda: libc.sethostname(b"x", 1), lambda: libc.setns(0, 0)):
        ctypes.set_errno(0)
        results.append((call(), ctypes.get_errno()))
    return results
"""

    async def story():
        async with bench:
            spec = snap_spec(bench, source)
            await prepare(bench, spec)
            assert await ask(await start(bench, spec)) == [[-1, 1]] * 5
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_a_template_has_rights_over_its_own_namespaces_only(bench):
    source = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
results = {}
def attempt(name, action):
    try:
        results[name] = str(action())
    except OSError as error:
        results[name] = error.__class__.__name__
def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
attempt("uncover", lambda: call("umount2", b"/proc", 2))
attempt("kill", lambda: os.kill(1, 0))
attempt("others", lambda: sorted(os.listdir("/proc/1/root/.store")))
attempt("settings", lambda: open("/proc/sys/kernel/core_pattern", "w"))
attempt("user", lambda: os.setuid(0))
attempt("neighbour", lambda: os.setuid(20000))
attempt("code", lambda: open("/var/task/x", "w"))
attempt("read-only", lambda: call("mount", None, b"/var/task", None, 4096 | 32, None))
def handler(event, context):
    return results
"""

    async def story():
        async with bench:
            spec = snap_spec(bench, source)
            await prepare(bench, spec)
            results = await ask(await start(bench, spec))
            assert results.pop("others") in ("[]", "PermissionError", "FileNotFoundError")
            assert results.pop("code") in ("OSError", "PermissionError")
            results.pop("kill")
            assert set(results.values()) <= {"PermissionError", "OSError"}, results
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_files_in_tmp_are_each_copys_own(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS)
            await prepare(bench, spec)
            one, other = await start(bench, spec), await start(bench, spec)
            first = await ask(one, "write")
            assert (first["read"], first["file"], first["link"]) == (
                "3456",
                "0123456789more14",
                "012",
            )
            second = await ask(other)
            # Neither what the other wrote nor how far it has read.
            assert (second["read"], second["file"]) == ("3456", "012345678910")
            await bench.box.drop_template(spec.template)

    bench.run(story())


def test_variables_are_the_environments_own_and_the_functions(bench):
    async def story():
        async with bench:
            spec = snap_spec(bench, FACTS, variables={"AWS_SESSION_TOKEN": "old", "GONE": "1"})
            await prepare(bench, spec)
            facts = await ask(
                await start(bench, spec, variables={"AWS_SESSION_TOKEN": "new"}, log_stream="fresh")
            )
            assert facts["variables"]["AWS_SESSION_TOKEN"] == "new"
            assert facts["variables"]["MINE"] == "kept"
            assert "GONE" not in facts["variables"]
            assert facts["stream"] is None  # As on AWS (spec/lambda.md 3.4).
            await bench.box.drop_template(spec.template)

    bench.run(story())


@pytest.mark.copies
def test_connections_are_not_shared(bench):
    async def story():
        async with bench:
            with socket.create_server(("127.0.0.1", 0)) as server:
                source = f"""
import socket
line = socket.create_connection(("127.0.0.1", {server.getsockname()[1]}))
def handler(event, context):
    try:
        line.send(b"x")
    except OSError as error:
        return type(error).__name__
"""
                spec = snap_spec(bench, source)
                await prepare(bench, spec)
                theirs, _ = server.accept()
                with theirs:
                    assert await ask(await start(bench, spec)) == "BrokenPipeError"
                    await bench.box.drop_template(spec.template)
                    theirs.setblocking(False)
                    line = asyncio.get_running_loop().sock_recv(theirs, 1)
                    assert await asyncio.wait_for(line, 10) == b""

    bench.run(story())


@pytest.mark.parametrize(
    "state",
    [
        "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        "subprocess.Popen(['/bin/sleep', '1000'])",
        "os.pipe()",
        "select.epoll()",
        "tempfile.TemporaryFile()",
        "mmap.mmap(-1, 4096)",
        "os.write(901, b'nonsense')",
        "os.close(901)",
    ],
)
def test_what_cannot_be_copied_runs_its_init_phase_in_each_environment(bench, state):
    source = f"""
import mmap, os, select, subprocess, tempfile, threading, time
print("init")
try:
    kept = {state}
except OSError:
    pass
def handler(event, context):
    return [event, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
"""

    async def story():
        async with bench:
            spec = snap_spec(bench, source)
            await prepare(bench, spec)
            for number in range(2):
                environment = await start(bench, spec)
                assert await ask(environment, number) == [number, "snap-start"]
            assert bytes(bench.log).count(b"init\n") == 3
            assert not [name for name in bench.box._environments if "template" in name]

    bench.run(story())


def test_an_error_in_a_hook_is_the_answer_of_the_init_phase(bench):
    source = """
import os
from snapshot_restore_py import register_after_restore, register_before_snapshot
def fail(when):
    if when == os.environ["WHEN"]:
        raise LookupError("in the hook " + when)
register_before_snapshot(fail, "before")
register_after_restore(fail, when="after")
def handler(event, context):
    return 1
"""

    async def story():
        async with bench:
            spec = snap_spec(bench, source, variables={"WHEN": "before"})
            init = await bench.box.prepare_template(spec, bench.log.extend)
            assert init.status is InitStatus.ERROR
            document = json.loads(init.payload)
            assert document["errorType"] == "LookupError"
            assert document["errorMessage"] == "in the hook before"
            assert b"[ERROR] LookupError: in the hook before" in bench.log
            # A later start tries again, and says the same.
            assert (await start(bench, spec)).init.status is InitStatus.ERROR

            spec = snap_spec(bench, source, variables={"WHEN": "after"})
            init = await bench.box.prepare_template(spec, bench.log.extend)
            environment = await start(bench, spec)
            assert environment.init.status is InitStatus.ERROR
            assert json.loads(environment.init.payload)["errorMessage"] == "in the hook after"
            assert environment.exited.done()
            await bench.box.drop_template(spec.template)

    bench.run(story())


def test_an_init_phase_that_fails_or_ends_makes_no_template(bench):
    async def story():
        async with bench:
            for source, status in (
                ("raise ValueError('no')", InitStatus.ERROR),
                ("import os\nos._exit(7)", InitStatus.EXITED),
                ("import os\nos.abort()", InitStatus.KILLED),
                ("while True: pass", InitStatus.TIMED_OUT),
            ):
                spec = snap_spec(bench, source, init_limit_ms=1_000)
                init = await bench.box.prepare_template(spec, bench.log.extend)
                assert init.status is status
                assert init.exit_status == (7 if status is InitStatus.EXITED else 0)
            assert not bench.box._environments

    bench.run(story())
