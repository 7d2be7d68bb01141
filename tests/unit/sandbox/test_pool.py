"""Zygotes are shared, replaced when dead, and refused with a reason when they do not start."""

import asyncio
import os
import sys

import pytest

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import pool
from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.languages.python import ask_interpreters
from headrace.sandbox.levels import Posture
from headrace.sandbox.pool import ZygotePool

pytestmark = pytest.mark.slow

PROCESS = Posture(
    level="process", namespaces=False, user_namespace=False, fences=False, seccomp=False,
    landlock=0, own_user=False, groups=None,
)  # fmt: skip


@pytest.fixture(scope="module")
def interpreter():
    (found,) = ask_interpreters([sys.executable])
    return found


@pytest.fixture
def make(tmp_path):
    """Return a function that makes a pool."""
    for name in ("root", "code"):
        (tmp_path / name).mkdir()
    return lambda: ZygotePool(
        PROCESS, code_folder=f"{tmp_path}/code", root=f"{tmp_path}/root", libraries=["/shared"]
    )


def test_a_zygote_is_shared_and_replaced_when_it_has_died(make, interpreter):
    async def story():
        zygotes = make()
        first, same = await asyncio.gather(zygotes.get(interpreter), zygotes.get(interpreter))
        assert first is same
        first.kill()
        while first.is_alive:
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)
        second = await zygotes.get(interpreter)
        assert second is not first
        assert second.is_alive
        await zygotes.close()
        assert not second.is_alive
        with pytest.raises(SandboxUnavailable, match="closed"):
            await zygotes.get(interpreter)

    asyncio.run(story())


def test_a_program_that_is_no_interpreter_is_refused_with_its_words(make, tmp_path):
    program = tmp_path / "python3.12"
    program.write_text("#!/bin/sh\necho 'library is missing' >&2\nexit 1\n")
    program.chmod(0o755)

    async def story():
        zygotes = make()
        broken = Interpreter("python3.12", str(program), str(tmp_path))
        with pytest.raises(SandboxUnavailable, match="did not start: library is missing"):
            await zygotes.get(broken)
        gone = Interpreter("python3.12", str(tmp_path / "gone"), str(tmp_path))
        with pytest.raises(SandboxUnavailable, match="cannot be started"):
            await zygotes.get(gone)
        await zygotes.close()

    asyncio.run(story())


def test_closing_while_a_zygote_starts_ends_it(make, interpreter):
    async def story():
        zygotes = make()
        starting = asyncio.create_task(zygotes.get(interpreter))
        await asyncio.wait([starting], timeout=0.02)
        await zygotes.close()
        with pytest.raises(SandboxUnavailable, match="closed"):
            await starting

    before = len(os.listdir("/proc/self/fd"))
    asyncio.run(story())
    assert len(os.listdir("/proc/self/fd")) == before


def test_old_interpreters_get_no_libraries_that_they_cannot_import(make, monkeypatch):
    zygotes = make()
    assert zygotes.libraries_for(Interpreter("python3.9", "/p", "/")) == []
    assert zygotes.libraries_for(Interpreter("python3.10", "/p", "/")) == ["/shared"]
    monkeypatch.setattr(pool.limits, "LIBRARIES_SINCE_MINOR", 11)
    assert zygotes.libraries_for(Interpreter("python3.10", "/p", "/")) == []
