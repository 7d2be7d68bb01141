"""Lambda's runtime identifiers, and which interpreter of this machine serves one.

Source: spec/lambda.md 8.4, L-A14, L-A15.
"""

import re
from collections.abc import Sequence

import msgspec

from headrace.core.functions.errors import InvalidParameterValue

#: The set that AWS prints for an unknown identifier, in its order (L-A14).
OFFERED = (
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "python3.10",
    "python3.11",
    "java21",
    "ruby3.3",
    "ruby3.4",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "java17",
    "nodejs16.x",
    "dotnet10",
    "dotnet8",
    "java11",
    "dotnet6",
    "nodejs18.x",
    "provided.al2",
    "java8.al2",
)

#: Known to the service model, but not in that text: too new for it.
NEWER = (
    "nodejs26.x",
    "python3.15",
    "ruby4.0",
    "java8.al2023",
    "java11.al2023",
    "java17.al2023",
    "custom",
)

#: Identifiers with which nothing can be created or updated any more (L-A15, 8.4).
RETIRED = frozenset(
    {
        "nodejs",
        "nodejs4.3",
        "nodejs4.3-edge",
        "nodejs6.10",
        "nodejs8.10",
        "nodejs10.x",
        "nodejs12.x",
        "nodejs14.x",
        "python2.7",
        "python3.6",
        "python3.7",
        "java8",
        "go1.x",
        "provided",
        "ruby2.5",
        "ruby2.7",
        "dotnetcore1.0",
        "dotnetcore2.0",
        "dotnetcore2.1",
        "dotnetcore3.1",
    }
)

_PYTHON = re.compile(r"python(\d+)\.(\d+)")


class Interpreter(msgspec.Struct, frozen=True, gc=False):
    """An interpreter on this machine and the identifier that it serves exactly."""

    runtime: str  #: "python3.12".
    version: str  #: "3.12.1".
    path: str

    @property
    def version_name(self) -> str:
        """The runtime's version in the form of AWS's logs, e.g. "python:3.12.v1"."""
        language = self.runtime.rstrip("0123456789.x")
        major, minor, patch = (*self.version.split("."), "0", "0")[:3]
        return f"{language}:{major}.{minor}.v{patch}"


def choose_interpreter(runtime: str, interpreters: Sequence[Interpreter]) -> Interpreter | None:
    """Return the interpreter that serves `runtime` exactly, or else the nearest Python.

    Nearest is the one whose version differs least; of two, the newer one, because it still reads
    what the older one reads. None when nothing here can run it.
    """
    for interpreter in interpreters:
        if interpreter.runtime == runtime:
            return interpreter
    wanted = _python_version(runtime)
    if wanted is None:
        return None
    nearest = None
    least = (0, 0, 0)
    for interpreter in interpreters:
        found = _python_version(interpreter.runtime)
        if found is None:
            continue
        distance = (abs(found[0] - wanted[0]), abs(found[1] - wanted[1]), -found[1])
        if nearest is None or distance < least:
            nearest, least = interpreter, distance
    return nearest


def check_runtime(runtime: str, interpreters: Sequence[Interpreter]) -> None:
    """Refuse an identifier that AWS does not know, that is retired, or that nothing here serves.

    Raises:
        InvalidParameterValue: With AWS's text for the first two, ours for the third.
    """
    if runtime in RETIRED:
        raise InvalidParameterValue(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or "
            "updating functions."
        )
    if runtime not in OFFERED and runtime not in NEWER:
        raise InvalidParameterValue(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(OFFERED)}] or be a valid ARN"
        )
    if choose_interpreter(runtime, interpreters) is None:
        served = ", ".join(interpreter.runtime for interpreter in interpreters) or "none"
        raise InvalidParameterValue(
            f"This server cannot run the runtime {runtime}: it found no interpreter for it on this "
            f"machine. Runtimes found: {served}."
        )


def _python_version(runtime: str) -> tuple[int, int] | None:
    match = _PYTHON.fullmatch(runtime)
    return None if match is None else (int(match[1]), int(match[2]))
