"""Interpreters are found where people put them, and the nearest one serves a missing version."""

import os
import sys

import pytest

from headrace.sandbox.interpreters import (
    Interpreter,
    as_runtimes,
    ask_interpreters,
    candidate_paths,
    choose_interpreter,
)


def interpreters(*versions):
    """Return interpreters for (minor, micro) pairs, given newest last."""
    return [Interpreter(f"/p{n}", f"/{n}", *version) for n, version in enumerate(versions)]


@pytest.mark.parametrize(
    "runtime, expected",
    [
        ("python3.12", (12, 4)),
        ("python3.14", (13, 0)),
        ("python3.8", (9, 9)),
        ("python3.11", (12, 4)),
        ("python3.10", (9, 9)),
        ("nodejs22.x", None),
        ("python3.x", None),
        ("provided.al2023", None),
    ],
)
def test_the_nearest_version_serves_and_the_newer_of_two(runtime, expected):
    found = interpreters((9, 9), (12, 1), (12, 4), (13, 0))
    chosen = choose_interpreter(found, runtime)
    assert (chosen and (chosen.minor, chosen.micro)) == expected


def test_without_interpreters_nothing_serves():
    assert choose_interpreter([], "python3.12") is None


def test_one_runtime_a_minor_version_is_shown():
    runtimes = as_runtimes(interpreters((9, 9), (12, 1), (12, 4)))
    assert [(one.runtime, one.version, one.path) for one in runtimes] == [
        ("python3.9", "3.9.9", "/p0"),
        ("python3.12", "3.12.4", "/p2"),
    ]


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
    assert (one.minor, one.prefix) == (sys.version_info[1], sys.base_prefix)
    assert one.path.startswith(sys.base_prefix)
