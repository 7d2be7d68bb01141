"""Lambda's runtime identifiers, and which interpreter of this machine serves one.

Source: spec/lambda.md 8.4, L-A14, L-A15.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

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

#: Every identifier that there is or was: what layers may say they are for (L-A72).
KNOWN = frozenset((*OFFERED, *NEWER, *RETIRED))

#: The set that AWS prints for an unknown identifier in lists of layers, in its order (L-A74).
LISTABLE = (
    "ruby3.5",
    "ruby2.6",
    "dotnetcore1.0",
    "python3.7",
    "nodejs8.10",
    "nasa",
    "ruby2.7",
    "python2.7-greengrass",
    "dotnetcore2.0",
    "python3.8",
    "java21",
    "dotnet6",
    "dotnetcore2.1",
    "python3.9",
    "java11",
    "nodejs6.10",
    "provided",
    "dotnetcore3.1",
    "dotnet8",
    "java25",
    "java17",
    "nodejs",
    "nodejs4.3",
    "java8.al2",
    "go1.x",
    "dotnet10",
    "nodejs20.x",
    "go1.9",
    "byol",
    "nodejs10.x",
    "provided.al2023",
    "nodejs22.x",
    "python3.10",
    "java8",
    "nodejs12.x",
    "python3.11",
    "nodejs24.x",
    "nodejs8.x",
    "python3.12",
    "nodejs14.x",
    "nodejs8.9",
    "nodejs26.x",
    "python3.13",
    "python3.14",
    "nodejs16.x",
    "python3.15",
    "provided.al2",
    "nodejs4.3-edge",
    "nodejs18.x",
    "ruby3.2",
    "python3.4",
    "ruby3.3",
    "ruby3.4",
    "ruby2.5",
    "python3.6",
    "python2.7",
)

#: Stands for container images, of which each brings its own program; no identifier of AWS's.
IMAGE = "image"

#: Language, version, and what AWS puts behind it: "nodejs22.x", "java8.al2", "provided.al2023".
_IDENTIFIER = re.compile(r"([a-z]+)(?:(\d+)(?:\.(\d+))?)?(?:\.(x|al\d+))?")
#: The language of packages that bring their own program.
_OS_ONLY = "provided"


class Served(Protocol):
    """Anything that serves a runtime."""

    @property
    def runtime(self) -> str:
        """The identifier that it serves exactly."""
        ...


S = TypeVar("S", bound=Served)


class Interpreter(msgspec.Struct, frozen=True, gc=False):
    """An interpreter on this machine and the identifier that it serves exactly."""

    runtime: str  #: "python3.12".
    version: str  #: "3.12.1"; empty where packages bring their own program.
    path: str
    missing: str = ""  #: What it lacks before it can run anything, as a sentence; empty: nothing.

    @property
    def version_name(self) -> str:
        """The runtime's version in the form of AWS's logs, e.g. "python:3.12.v1"."""
        language = language_of(self.runtime)
        if language == _OS_ONLY:
            return f"{language}:{self.runtime.removeprefix('provided.')}.v1"
        numbers = (*self.version.split("."), "0", "0")[:3]
        if "." not in self.runtime.removesuffix(".x").removeprefix(language):
            return f"{language}:{numbers[0]}.v{numbers[1]}"
        return f"{language}:{numbers[0]}.{numbers[1]}.v{numbers[2]}"


def language_of(runtime: str) -> str:
    """Return the language of an identifier: "python" of "python3.12"; empty if it has none."""
    match = _IDENTIFIER.fullmatch(runtime)
    return "" if match is None else match[1]


def choose_interpreter(runtime: str, found: Iterable[S]) -> S | None:
    """Return what serves `runtime` exactly, or else the nearest version of the same language.

    Nearest is the one whose version differs least; of two, the newer one, because it still reads
    what the older one reads. Of equals the first is taken. None when nothing here can run it.
    """
    wanted = _version(runtime)
    nearest = None
    least: tuple[int, ...] = ()
    for one in found:
        if one.runtime == runtime:
            return one
        version = _version(one.runtime)
        if (
            wanted is None
            or version is None
            or len(version) != len(wanted)
            or language_of(one.runtime) != language_of(runtime)
        ):
            continue
        distance = (
            *(abs(ours - theirs) for ours, theirs in zip(version, wanted, strict=True)),
            *(-number for number in version),
        )
        if nearest is None or distance < least:
            nearest, least = one, distance
    return nearest


def check_runtime(
    runtime: str, interpreters: Sequence[Interpreter], *, exact: bool = False
) -> None:
    """Refuse an identifier that AWS does not know, that is retired, or that nothing here serves.

    Args:
        exact: Whether another version of the language will not do.

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
    chosen = choose_interpreter(runtime, interpreters)
    if chosen is not None and exact and chosen.runtime != runtime:
        raise InvalidParameterValue(
            f"This server cannot run the runtime {runtime}: the nearest that it found is "
            f"{chosen.runtime} ({chosen.path}), and its setting runtime_fallback is refuse."
        )
    if chosen is not None and chosen.missing:
        raise InvalidParameterValue(
            f"This server cannot run the runtime {runtime}: it found {chosen.path}. "
            f"{chosen.missing}"
        )
    if chosen is None:
        served = (
            ", ".join(
                one.runtime for one in interpreters if not one.missing and one.runtime != IMAGE
            )
            or "none"
        )
        raise InvalidParameterValue(
            f"This server cannot run the runtime {runtime}: it found no interpreter for it on this "
            f"machine. Runtimes found: {served}."
        )


def check_images(interpreters: Sequence[Interpreter]) -> None:
    """Refuse a container image where none can run.

    Raises:
        InvalidParameterValue: The sandbox of this machine cannot give it a root of its own.
    """
    runs = next((one for one in interpreters if one.runtime == IMAGE), None)
    if runs is None or runs.missing:
        reason = "its sandbox has no roots of their own." if runs is None else runs.missing
        raise InvalidParameterValue(f"This server cannot run container images: {reason}")


def _version(runtime: str) -> tuple[int, ...] | None:
    match = _IDENTIFIER.fullmatch(runtime)
    return None if match is None else tuple(int(part) for part in match.groups()[1:3] if part)
