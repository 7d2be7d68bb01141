"""Pythons are found where people put them; a new one is started when a forked one will not do."""

import os
import sys

import msgspec
import pytest

from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter, Launch
from headrace.sandbox.languages.python import (
    Python,
    ask_interpreters,
    candidate_paths,
    minor_of,
    needs_own_interpreter,
    own_interpreter,
)
from tests.unit.sandbox.bench import spec_for


def make_program(path, text="#!/bin/sh\nexit 1\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_programs_are_looked_for_in_the_folders_of_pyenv_asdf_uv_and_path(tmp_path):
    home = tmp_path / "home"
    expected = {
        make_program(tmp_path / "bin" / "python3.12"),
        make_program(home / ".pyenv/versions/3.9.1/bin/python3.9"),
        make_program(home / ".asdf/installs/python/3.10.1/bin/python3.10"),
        make_program(home / ".local/share/uv/python/cpython-3.13/bin/python3.13"),
    }
    make_program(home / ".pyenv/shims/python3.11")
    os.symlink(tmp_path / "bin/python3.12", tmp_path / "bin/python3.13")
    path = f"{tmp_path}/bin:{home}/.pyenv/shims:relative"
    found = candidate_paths({"HOME": str(home), "PATH": path})
    assert {one for one in found if one.startswith(str(tmp_path))} == expected
    assert found[0] == f"{tmp_path}/bin/python3.12"


@pytest.mark.slow
def test_programs_are_believed_only_when_they_answer(tmp_path):
    lies = [
        make_program(tmp_path / "a" / "python3.12"),
        make_program(tmp_path / "b" / "python3.12", "#!/bin/sh\necho '{\"prefix\": 1}'\n"),
    ]
    found = ask_interpreters([*lies, sys.executable])
    (one,) = found
    assert (minor_of(one.runtime), one.prefix) == (sys.version_info[1], sys.base_prefix)
    assert one.path.startswith(sys.base_prefix)
    assert one == own_interpreter()


@pytest.mark.parametrize(
    "name, expected",
    [("PYTHONHASHSEED", True), ("MALLOC_ARENA_MAX", True), ("LD_PRELOAD", True), ("NAME", False)],
)
def test_variables_that_are_read_at_the_start_need_a_new_interpreter(name, expected):
    assert needs_own_interpreter({"A": "1", name: "2"}) is expected


def launch(tmp_path, *, forks=True, **changes):
    interpreter = Interpreter("python3.11", "/p/bin/python3.11", "/p", "3.11.2")
    return Launch(spec_for(tmp_path, "", **changes), interpreter, LAMBDA_PLACES, ["/l"], forks)


def test_a_function_is_forked_unless_a_new_interpreter_is_needed(tmp_path):
    python = Python()
    assert python.entry_points(launch(tmp_path)) == []
    needed = [launch(tmp_path, forks=False), launch(tmp_path, variables={"PYTHONUTF8": "1"})]
    for one in needed:
        assert python.entry_points(one) == ["/var/lang/bin/python3.11"]
    arguments = python.arguments(needed[0])
    assert arguments[:4] == ["-S", "-s", "/var/runtime/programs/runtime.py", "900"]
    assert msgspec.json.decode(arguments[4]) == {
        "task": "/var/task",
        "layers": "/opt",
        "libraries": ["/l"],
        "own": ["/var/runtime", "/l"],
    }


def test_a_python_that_the_function_starts_finds_awss_sdk_too(tmp_path):
    """lambda.md 3.4; AWS's SDK lies in /var/runtime itself there."""
    assert Python().variables(launch(tmp_path))["PYTHONPATH"] == "/var/runtime:/l"


@pytest.mark.parametrize("runtime, expected", [("python3.11", False), ("python3.12", True)])
def test_the_character_type_is_set_from_python312_on(tmp_path, runtime, expected):
    """lambda.md L-A105."""
    variables = Python().variables(launch(tmp_path, runtime=runtime))
    assert (variables.get("LC_CTYPE") == "C.UTF-8") is expected
