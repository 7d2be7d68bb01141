"""Many environments, much output, freezing, and every interpreter, at every level."""

import asyncio
import os
import time
from pathlib import Path

import pytest
import uvloop

from headrace.ports.sandbox import InitStatus, InvokeStatus
from headrace.sandbox.languages.python import ask_interpreters, candidate_paths
from headrace.sandbox.levels import LEVELS
from tests.unit.sandbox.bench import (
    REQUEST_ID,
    Bench,
    alive,
    answer,
    invocation,
    run,
    spec_for,
    state_of,
)

ECHO = "def handler(event, context):\n    return event\n"


def test_log_lines_come_whole_in_order_and_before_the_outcome(bench):
    """lambda.md 10, row 13."""
    source = (
        "import sys, os, logging\n"
        "logging.getLogger().setLevel('INFO')\n"
        "def handler(e, c):\n"
        "    print('out')\n"
        "    print('err', file=sys.stderr)\n"
        "    logging.info('told')\n"
        "    os.write(1, b'raw\\n')\n"
        "    sys.stdout.write('no end')\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source)
            await environment.invoke(invocation(None))
            first, second, told, raw, last = bytes(bench.log).splitlines(keepends=True)
            assert (first, second, raw, last) == (b"out\n", b"err\n", b"raw\n", b"no end\n")
            kind, instant, request, text = told.decode().split("\t")
            assert (kind, request, text) == ("[INFO]", REQUEST_ID, "told\n")
            assert len(instant) == 24
            assert instant.endswith("Z")

    bench.run(story())


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_hundred_megabytes_of_output_neither_block_nor_pile_up(level, folder, new_loop):
    source = (
        "import os\n"
        "def handler(e, c):\n"
        "    line = b'x' * 9_999 + b'\\n'\n"
        "    for _ in range(10_000): os.write(1, line)\n"
        "    os.write(2, b'y' * 600_000)\n"
        "    return 'done'\n"
    )
    sizes = []

    async def story():
        async with Bench.open(folder, level=level) as bench:
            neighbour = await bench.start(ECHO)
            environment = await bench.start(source, lambda text: sizes.append(len(text)))
            writing = asyncio.create_task(environment.invoke(invocation(None, 50_000)))
            turns = 0
            while not writing.done():
                assert answer(await neighbour.invoke(invocation(7))) == 7
                turns += 1
            assert answer(await writing) == "done"
            assert turns > 10
            assert sum(sizes) == 100_000_000 + 600_000 + 1
            assert max(sizes) <= 262_144 + 65_536

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(story())


def test_results_up_to_the_limit_pass_and_larger_ones_are_too_large(bench):
    source = "def handler(e, c):\n    return 'x' * e\n"

    async def story():
        async with bench:
            environment = await bench.start(source)
            whole = await environment.invoke(invocation(6_291_554))
            assert whole.status is InvokeStatus.ANSWERED
            assert len(whole.payload) == 6_291_556
            larger = await environment.invoke(invocation(6_291_555))
            assert larger.status is InvokeStatus.TOO_LARGE
            assert larger.environment_lives
            assert answer(await environment.invoke(invocation(1))) == "x"

    bench.run(story())


def test_a_large_event_arrives(bench):
    async def story():
        async with bench:
            text = "y" * 6_000_000
            assert answer(await bench.call("def handler(e, c):\n    return len(e)\n", text)) == len(
                text
            )

    bench.run(story())


def has_namespaces(level):
    return LEVELS.index(level) >= LEVELS.index("namespace")


def from_level(lowest):
    """Run a test at this level and those above it: what the level promises."""
    return pytest.mark.parametrize("level", LEVELS[LEVELS.index(lowest) :], scope="module")


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_twenty_environments_work_side_by_side(level, folder, new_loop):
    source = "import os\ndef handler(e, c):\n    return [e, os.environ['NUMBER']]\n"

    async def story():
        async with Bench.open(folder, level=level) as bench:
            environments = await asyncio.gather(
                *(bench.start(source, variables={"NUMBER": str(n)}) for n in range(20))
            )
            for _ in range(3):
                outcomes = await asyncio.gather(
                    *(one.invoke(invocation(n)) for n, one in enumerate(environments))
                )
                assert [answer(one) for one in outcomes] == [[n, str(n)] for n in range(20)]

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(story())


def test_random_numbers_differ_between_environments(bench):
    source = (
        "import random, ssl, uuid, tempfile, secrets\n"
        "def handler(e, c):\n"
        "    return [random.random(), ssl.RAND_bytes(8).hex(), str(uuid.uuid4()),\n"
        "            secrets.token_hex(8)]\n"
    )

    async def story():
        async with bench:
            draws = [answer(await bench.call(source)) for _ in range(3)]
            for column in zip(*draws, strict=True):
                assert len(set(column)) == 3

    bench.run(story())


def test_frozen_processes_stand_still_until_the_next_invoke(bench):
    token = f"7{os.getpid()}.75"
    source = (
        "import subprocess, threading, time\n"
        "n = 0\n"
        "def tick():\n"
        "    global n\n"
        "    while True: n += 1; time.sleep(0.001)\n"
        "threading.Thread(target=tick, daemon=True).start()\n"
        f"subprocess.Popen(['sleep', '{token}'])\n"
        "def handler(e, c):\n"
        "    return n\n"
    )

    async def story():
        async with bench:
            neighbour = await bench.start(ECHO)
            environment = await bench.start(source)
            before = answer(await environment.invoke(invocation(None)))
            environment.freeze()
            environment.freeze()
            (sleeper,) = alive(token)
            while state_of(sleeper) != "T":
                await neighbour.invoke(invocation(None))
            started = time.monotonic()
            while time.monotonic() < started + 0.3:
                await neighbour.invoke(invocation(None))
            after = answer(await environment.invoke(invocation(None)))
            assert after - before < 150
            assert state_of(sleeper) != "T"
            environment.freeze()
            await environment.kill()
            assert alive(token) == []
            environment.freeze()

    bench.run(story())


def test_a_new_zygote_is_started_when_one_has_died(bench):
    async def story():
        async with bench:
            environment = await bench.start(ECHO)
            zygote = next(iter(bench.box._pool._zygotes.values())).result()
            zygote.kill()
            await asyncio.wait_for(environment.exited, 5)
            outcome = await environment.invoke(invocation(1))
            assert not outcome.environment_lives
            assert answer(await bench.call(ECHO, 5)) == 5

    bench.run(story())


def test_a_start_that_is_given_up_leaves_nothing(level, folder):
    token = f"6{os.getpid()}.5"
    source = f"import subprocess, time\nsubprocess.Popen(['sleep', '{token}'])\ntime.sleep(0.2)\n"

    async def story():
        async with Bench.open(folder, level=level) as bench:
            await bench.box.prepare("python3.11")
            starting = asyncio.create_task(bench.start(source + ECHO))
            await asyncio.wait([starting], timeout=0.1)
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
        assert alive(token) == []

    run(story())


def test_an_invoke_that_is_given_up_ends_its_environment(bench):
    async def story():
        async with bench:
            environment = await bench.start("def handler(e, c):\n    while True: pass\n")
            running = asyncio.create_task(environment.invoke(invocation(None)))
            await asyncio.wait([running], timeout=0.05)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            await asyncio.wait_for(environment.exited, 5)

    bench.run(story())


FOUND = sorted({one.runtime for one in ask_interpreters(candidate_paths(dict(os.environ)))})


@pytest.mark.parametrize("runtime", FOUND)
def test_every_interpreter_of_this_machine_serves(bench, runtime):
    source = "import sys\ndef handler(e, c):\n    return list(sys.version_info[:2])\n"

    async def story():
        async with bench:
            assert bench.box.served_by(runtime)[1]
            assert answer(await bench.call(source, runtime=runtime)) == [
                3,
                int(runtime.split(".")[1]),
            ]

    bench.run(story())


def test_an_interpreter_of_its_own_gives_the_same_answers(bench):
    source = (
        "import sys, os\n"
        "print('init')\n"
        "def handler(e, c):\n"
        "    if e == 'exit': sys.exit(4)\n"
        "    return [e, sys.flags.hash_randomization, sys.path[0] == os.getcwd()]\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source, variables={"PYTHONHASHSEED": "0"})
            assert environment.init.status is InitStatus.OK, bytes(bench.log)
            assert answer(await environment.invoke(invocation(1))) == [1, 0, True]
            outcome = await environment.invoke(invocation("exit"))
            assert (outcome.status, outcome.exit_status) == (InvokeStatus.EXITED, 4)
        assert bench.log == b"init\n"

    bench.run(story())


def test_a_wrapper_script_starts_the_runtime(bench):
    """lambda.md L-A98."""
    wrapper = '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n'
    files = {
        "wrap": wrapper,
        "app.py": "import os\ndef handler(e, c):\n    return os.environ['WRAPPED']\n",
    }

    async def story():
        async with bench:
            spec = spec_for(bench.folder, files)
            root = (
                "/var/task"
                if has_namespaces(bench.box.level)
                else (f"{bench.box._code}/{spec.code_digest}")
            )
            os.makedirs(f"{bench.box._code}/{spec.code_digest}")
            for name, text in files.items():
                path = Path(f"{bench.box._code}/{spec.code_digest}/{name}")
                path.write_text(text)
                path.chmod(0o755)
            environment = await bench.start(
                files, variables={"AWS_LAMBDA_EXEC_WRAPPER": f"{root}/wrap"},
                code_digest=spec.code_digest,
            )  # fmt: skip
            assert environment.init.status is InitStatus.OK, bytes(bench.log)
            assert answer(await environment.invoke(invocation(1))) == "yes"
            missing = await bench.start(
                files, variables={"AWS_LAMBDA_EXEC_WRAPPER": f"{root}/none"}
            )
            assert missing.init.status is InitStatus.EXITED
            assert missing.init.exit_status == 127

    bench.run(story())
