"""The nearest interpreter of a language serves a missing version."""

import pytest

from headrace.sandbox.interpreters import as_runtimes, choose_interpreter, note_substitute
from headrace.sandbox.languages.language import Interpreter


def interpreters(*versions):
    """Return Pythons for (minor, micro) pairs, given newest last."""
    return [
        Interpreter(f"python3.{minor}", f"/p{n}", f"/{n}", f"3.{minor}.{micro}")
        for n, (minor, micro) in enumerate(versions)
    ]


@pytest.mark.parametrize(
    "runtime, expected",
    [
        ("python3.12", "3.12.4"),
        ("python3.14", "3.13.0"),
        ("python3.8", "3.9.9"),
        ("python3.11", "3.12.4"),
        ("python3.10", "3.9.9"),
        ("nodejs22.x", None),
        ("python3.x", None),
        ("provided.al2023", None),
    ],
)
def test_the_nearest_version_serves_and_the_newer_of_two(runtime, expected):
    found = interpreters((9, 9), (12, 1), (12, 4), (13, 0))
    chosen = choose_interpreter(found, runtime)
    assert (chosen and chosen.version) == expected


def test_without_interpreters_nothing_serves():
    assert choose_interpreter([], "python3.12") is None


def test_one_runtime_a_minor_version_is_shown():
    runtimes = as_runtimes(interpreters((9, 9), (12, 1), (12, 4)))
    assert [(one.runtime, one.version, one.path) for one in runtimes] == [
        ("python3.9", "3.9.9", "/p0"),
        ("python3.12", "3.12.4", "/p2"),
    ]


def test_a_substitute_is_told_once(caplog):
    interpreter = Interpreter("nodejs20.x", "/substitute/bin/node", "/substitute", "20.20.2")
    for _ in range(2):
        note_substitute("nodejs22.x", interpreter)
    assert caplog.messages == [
        "nodejs22.x is not on this machine: nodejs20.x (20.20.2, /substitute/bin/node) serves it"
    ]
