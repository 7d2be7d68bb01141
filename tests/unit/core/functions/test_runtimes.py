"""Which interpreter serves a runtime, and which runtimes are refused."""

import pytest

from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.runtimes import Interpreter, check_runtime, choose_interpreter


def python(minor, patch=1):
    return Interpreter(f"python3.{minor}", f"3.{minor}.{patch}", f"/usr/bin/python3.{minor}")


def test_the_exact_version_is_taken():
    found = [python(10), python(12), python(13)]
    assert choose_interpreter("python3.12", found) == found[1]


@pytest.mark.parametrize(("wanted", "minor"), [(9, 10), (11, 12), (14, 13), (13, 13)])
def test_the_nearest_version_is_taken_and_the_newer_of_two(wanted, minor):
    found = [python(10), python(12), python(13)]
    assert choose_interpreter(f"python3.{wanted}", found) == python(minor)


def test_no_python_serves_another_language():
    assert choose_interpreter("nodejs24.x", [python(12)]) is None
    assert choose_interpreter("python3.12", []) is None


@pytest.mark.parametrize(
    ("wanted", "served"),
    [
        ("nodejs20.x", "nodejs22.x"),
        ("nodejs26.x", "nodejs24.x"),
        ("java8.al2", "java17"),
        ("ruby3.3", "ruby3.4"),
        ("provided.al2", "provided.al2023"),
    ],
)
def test_every_language_is_served_by_its_own_nearest_version(wanted, served):
    names = ["java17", "java25", "nodejs22.x", "nodejs24.x", "ruby3.4", "provided.al2023"]
    found = [python(12), *(Interpreter(name, "", "") for name in names)]
    assert choose_interpreter(wanted, found).runtime == served


@pytest.mark.parametrize(
    ("interpreter", "name"),
    [
        (python(12, 7), "python:3.12.v7"),
        (Interpreter("nodejs22.x", "22.11.0", "/n"), "nodejs:22.v11"),
        (Interpreter("java17", "17.0.9", "/j"), "java:17.v0"),
        (Interpreter("ruby3.4", "3.4.2", "/r"), "ruby:3.4.v2"),
        (Interpreter("provided.al2023", "", ""), "provided:al2023.v1"),
    ],
)
def test_a_runtime_is_called_in_logs_as_on_aws(interpreter, name):
    assert interpreter.version_name == name


def test_unknown_runtimes_get_the_set_of_aws():
    with pytest.raises(InvalidParameterValue) as refusal:
        check_runtime("PYTHON3.9", [python(12)])
    assert refusal.value.message.startswith(
        "Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
        "set: [nodejs20.x, python3.14, provided.al2023, "
    )
    assert refusal.value.message.endswith(", java8.al2] or be a valid ARN")


@pytest.mark.parametrize("runtime", ["python3.7", "go1.x", "nodejs14.x", "provided"])
def test_retired_runtimes_get_the_advice_of_aws(runtime):
    with pytest.raises(InvalidParameterValue) as refusal:
        check_runtime(runtime, [python(12)])
    assert refusal.value.message == (
        f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS "
        "Lambda functions. We recommend you use a supported runtime while creating or updating "
        "functions."
    )


@pytest.mark.parametrize("runtime", ["nodejs24.x", "provided.al2023", "ruby4.0"])
def test_runtimes_that_nothing_here_serves_are_refused_with_what_there_is(runtime):
    with pytest.raises(InvalidParameterValue) as refusal:
        check_runtime(runtime, [python(11), python(12)])
    assert refusal.value.message == (
        f"This server cannot run the runtime {runtime}: it found no interpreter for it on this "
        "machine. Runtimes found: python3.11, python3.12."
    )


def test_an_interpreter_that_lacks_something_is_refused_with_what_it_lacks():
    java = Interpreter(
        "java25", "25.0.1", "/j/bin/java", missing="Its client is not here; fetch it."
    )
    for runtime in ("java25", "java17"):
        with pytest.raises(InvalidParameterValue) as refusal:
            check_runtime(runtime, [python(12), java])
        assert refusal.value.message == (
            f"This server cannot run the runtime {runtime}: it found /j/bin/java. Its client is "
            "not here; fetch it."
        )
    with pytest.raises(InvalidParameterValue, match=r"Runtimes found: python3\.12\."):
        check_runtime("ruby3.4", [python(12), java])


def test_any_python_is_accepted_where_there_is_one():
    check_runtime("python3.14", [python(11)])
    check_runtime("python3.11", [python(11)], exact=True)
    with pytest.raises(InvalidParameterValue) as caught:
        check_runtime("python3.14", [python(11), python(12)], exact=True)
    assert "the nearest that it found is python3.12 (" in caught.value.message
    with pytest.raises(InvalidParameterValue):
        check_runtime("python3.14", [])
