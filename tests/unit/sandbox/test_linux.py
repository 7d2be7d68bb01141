"""The sandbox as a whole: refusals, limits, and that nothing is used up for good."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.ports.sandbox import CodeUnusable, SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.linux import LinuxSandbox
from tests.unit.sandbox.bench import Bench, alive, answer, invocation, open_to_all, run, spec_for

pytestmark = pytest.mark.slow

ECHO = "def handler(event, context):\n    return event\n"


def test_a_runtime_that_nothing_serves_is_refused(tmp_path):
    async def story():
        async with Bench.open(tmp_path, level="process") as bench:
            with pytest.raises(SandboxUnavailable, match=r"serves dotnet8"):
                await bench.start(ECHO, runtime="dotnet8")
            assert bench.box.served_by("dotnet8") == (None, False)

    run(story())


def test_a_missing_version_is_refused_where_versions_must_be_exact(tmp_path):
    async def story():
        async with Bench.open(tmp_path, level="process", exact_runtimes=True) as bench:
            with pytest.raises(SandboxUnavailable, match=r"python3\.99 is not on this machine"):
                await bench.start("def handler(e, c): pass\n", runtime="python3.99")

    run(story())


def test_a_missing_version_is_served_by_the_nearest_and_said_so(tmp_path):
    async def story():
        async with Bench.open(tmp_path, level="process") as bench:
            found = bench.box.runtimes()
            newest = [one for one in found if one.runtime.startswith("python")][-1]
            assert bench.box.served_by(newest.runtime) == (newest, True)
            assert bench.box.served_by("python3.99") == (newest, False)
            outcome = await bench.call(
                "import sys\ndef handler(e, c):\n    return sys.version_info[1]\n",
                runtime="python3.99",
            )
            assert answer(outcome) == int(newest.runtime.partition(".")[2])

    run(story())


def test_an_archive_that_is_no_zip_is_refused_each_time(tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"no zip")

    async def story():
        async with Bench.open(tmp_path, level="process") as bench:
            for _ in range(2):
                with pytest.raises(CodeUnusable, match="not a usable zip"):
                    await bench.start(ECHO, code_archive=str(tmp_path / "bad.zip"), code_digest="d")
            assert answer(await bench.call(ECHO, 1)) == 1

    run(story())


def test_too_many_environments_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ENVIRONMENT_COUNT_MAX", 1)

    async def story():
        async with Bench.open(tmp_path, level="process") as bench:
            first = await bench.start(ECHO)
            with pytest.raises(SandboxUnavailable, match="1 environments already"):
                await bench.start(ECHO)
            await first.kill()
            assert answer(await bench.call(ECHO, 1)) == 1

    run(story())


def test_a_closed_sandbox_starts_nothing(tmp_path):
    async def story():
        bench = Bench.open(tmp_path, level="process")
        await bench.box.close()
        with pytest.raises(SandboxUnavailable, match="closed"):
            await bench.start(ECHO)

    run(story())


def test_closing_ends_environments_that_are_just_starting(tmp_path):
    async def story():
        bench = Bench.open(tmp_path)
        await bench.box.prepare("python3.11")
        starting = [asyncio.create_task(bench.start("while True: pass\n")) for _ in range(3)]
        await asyncio.wait(starting, timeout=0.03)
        await bench.box.close()
        results = await asyncio.gather(*starting, return_exceptions=True)
        for result in results:
            assert isinstance(result, SandboxUnavailable) or result.exited.done()
        assert alive(str(tmp_path)) == []

    run(story())


def test_nothing_is_used_up_by_environments_that_are_gone(tmp_path):
    async def story():
        async with Bench.open(tmp_path) as bench:
            spec = spec_for(tmp_path, ECHO)
            await bench.call(ECHO, 1)
            await bench._started.pop().kill()
            before = await bench.descriptors()
            for number in range(20):
                environment = await bench.box.start(
                    spec_for(tmp_path, ECHO, code_digest=spec.code_digest), bench.log.extend
                )
                assert answer(await environment.invoke(invocation(number))) == number
                await environment.kill()
            assert await bench.descriptors() == before
            supplies = bench.box._supplies
            assert supplies._users._next <= limits.FIRST_USER + 1
            assert supplies._groups_to_remove == []

    run(story())


def test_the_interpreter_is_started_anew_when_zygotes_are_off(tmp_path):
    async def story():
        async with Bench.open(tmp_path, zygote=False) as bench:
            source = "import sys\ndef handler(e, c):\n    return 'asyncio' in sys.modules\n"
            assert answer(await bench.call(source)) is False

    run(story())


def test_a_level_that_the_machine_lacks_is_refused(tmp_path):
    with pytest.raises(SandboxUnavailable, match="no sandbox level"):
        LinuxSandbox(str(tmp_path), level="gvisor")


USER_STORY = """
import asyncio, os, sys
from pathlib import Path
from tests.unit.sandbox.bench import Bench, answer
async def main():
    async with Bench.open(Path(sys.argv[1])) as bench:
        print(bench.box.level)
        source = "import os\\ndef handler(e, c):\\n    return [e, os.getuid()]\\n"
        print(answer(await bench.call(source, 1)))
asyncio.run(main())
"""


def test_an_ordinary_user_has_a_sandbox_too(tmp_path):
    """Run a server as a user without rights, by an interpreter that this user can reach."""
    main = Path(__file__).parents[3]
    program = f"/usr/bin/python3.{sys.version_info[1]}"
    if os.getuid() != 0 or not os.path.exists(program):
        pytest.skip("needs root to become another user, and a system interpreter of this version")
    open_to_all(tmp_path)
    place = tmp_path / "user"
    place.mkdir()
    os.chown(place, 12_345, 12_345)
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    done = subprocess.run(
        [program, "-B", "-c", USER_STORY, str(place)],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{main}/src:{main}:{packages}"},
        user=12_345,
        group=12_345,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    level, result = done.stdout.splitlines()
    assert level in ("namespace", "restricted", "process")
    assert result == ("[1, 993]" if level == "namespace" else "[1, 12345]")
