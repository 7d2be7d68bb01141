"""Shared libraries are what was asked for and what that requires, and nothing else."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from headrace.sandbox import libraries
from headrace.sandbox.languages.python import ask_interpreters

pytestmark = pytest.mark.slow


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A site-packages folder with four distributions; `first` requires `second`."""
    site = tmp_path / "site"
    requirements = {
        "first": ["second>=1", "missing; python_version < '3'", "third; extra == 'x'"],
        "second": ["first"],
        "third": [],
        "other": [],
    }
    for name, requires in requirements.items():
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(f"name = {name!r}\n")
        lines = "".join(f"Requires-Dist: {one}\n" for one in requires)
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n{lines}")
        (info / "RECORD").write_text(
            f"{name}/__init__.py,,\n{name}/gone.py,,\n../../bin/{name},,\n"
            f"{info.name}/METADATA,,\n{info.name}/RECORD,,\n"
        )
    monkeypatch.syspath_prepend(str(site))
    return tmp_path / "libraries"


def test_what_is_required_is_gathered_and_nothing_else(installed):
    folder = libraries.collect_libraries(str(installed), ["first"])
    assert sorted(os.listdir(folder)) == [
        "first", "first-1.0.dist-info", "second", "second-1.0.dist-info",
    ]  # fmt: skip
    assert os.listdir(f"{folder}/first") == ["__init__.py"]
    assert libraries.collect_libraries(str(installed), ["first"]) == folder
    assert libraries.collect_libraries(str(installed), ["third"]) != folder
    assert not [name for name in os.listdir(installed) if name.startswith(".")]


def test_what_is_not_installed_cannot_be_shared(installed):
    assert libraries.collect_libraries(str(installed), ["missing"]) is None


def test_libraries_are_compiled_once_for_an_interpreter(installed):
    (interpreter,) = ask_interpreters([sys.executable])
    folder = Path(libraries.collect_libraries(str(installed), ["first"]))

    async def story():
        loop = asyncio.get_running_loop()
        await libraries.compile_library(loop, interpreter, str(folder))
        cache = folder / "first" / "__pycache__"
        (compiled,) = cache.iterdir()
        compiled.unlink()
        await libraries.compile_library(loop, interpreter, str(folder))
        assert list(cache.iterdir()) == []

    asyncio.run(story())


def test_a_compilation_that_is_given_up_leaves_no_process(installed):
    (interpreter,) = ask_interpreters([sys.executable])
    folder = libraries.collect_libraries(str(installed), ["first"])

    async def story():
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(libraries.compile_library(loop, interpreter, folder))
        await asyncio.wait([task], timeout=0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
    assert not [name for name in os.listdir(folder) if name.startswith(".compiled")]
