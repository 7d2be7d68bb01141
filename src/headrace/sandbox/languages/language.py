"""What a language is to the sandbox: interpreters, a command line, variables, a protocol.

A new language is a class with the members of `Language` in a module of its own, and its place in
`catalogue.LANGUAGES`; docs/HACKING.md says how.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

import msgspec

from headrace.core.functions.runtimes import language_of
from headrace.ports.sandbox import EnvironmentSpec


class Interpreter(msgspec.Struct, frozen=True):
    """One installed interpreter, or this machine itself for packages that bring their program."""

    runtime: str  #: Lambda's identifier that it serves exactly, "python3.12".
    path: str = ""  #: Below `prefix`, if there is one.
    prefix: str = ""  #: The folder that becomes /var/lang; empty: there is none.
    version: str = ""  #: "3.12.1".
    #: The folder of a program of others that speaks for it; `Launch.client` is where it is seen.
    client: str = ""
    missing: str = ""  #: What it lacks before it can run anything, as a sentence; empty: nothing.


class Places(msgspec.Struct, frozen=True):
    """Where a function finds things: Lambda's paths, or real folders below level `namespace`."""

    task: str
    runtime: str
    language: str  #: Empty where the language has no folder.
    layers: str
    scratch: str  #: The folder for temporary files.
    programs: str  #: Our own programs, `sandbox/child`.

    @property
    def library_path(self) -> str:
        """The value of LD_LIBRARY_PATH."""
        own = f"{self.task}:{self.task}/lib:{self.layers}/lib"
        if self.is_lambda:
            own = f"/lib64:/usr/lib64:{self.runtime}:{self.runtime}/lib:{own}"
        return f"{self.language}/lib:{own}" if self.language else own

    @property
    def path(self) -> str:
        """The value of PATH."""
        own = f"/usr/local/bin:/usr/bin/:/bin:{self.layers}/bin"
        return f"{self.language}/bin:{own}" if self.language else own

    @property
    def is_lambda(self) -> bool:
        """Whether these are Lambda's own paths."""
        return self.task == LAMBDA_PLACES.task


LAMBDA_PLACES = Places(
    task="/var/task",
    runtime="/var/runtime",
    language="/var/lang",
    layers="/opt",
    scratch="/tmp",
    programs="/var/runtime/programs",
)


class Speech(Enum):
    """How a function's process gets its events."""

    FRAMES = "frames"  #: On the descriptor `CONNECTION`, see `sandbox/frames.py`.
    RUNTIME_API = "runtime_api"  #: Lambda's own, over HTTP at AWS_LAMBDA_RUNTIME_API.


#: The number of the descriptor on which a program that speaks frames finds its socket.
CONNECTION = 900


class Launch(msgspec.Struct, frozen=True):
    """What a language knows when a function is to be started."""

    spec: EnvironmentSpec
    interpreter: Interpreter
    places: Places
    libraries: Sequence[str]  #: Shared folders, as the function sees them.
    forks: bool  #: Whether a zygote may be used.

    @property
    def program(self) -> str:
        """The interpreter's path as the function sees it."""
        interpreter = self.interpreter
        if not self.places.is_lambda or not interpreter.prefix:
            return interpreter.path
        return self.places.language + interpreter.path.removeprefix(interpreter.prefix)

    @property
    def client(self) -> str:
        """The folder of the interpreter's client as the function sees it."""
        if not self.places.is_lambda:
            return self.interpreter.client
        return f"{self.places.runtime}/lib/{language_of(self.interpreter.runtime)}"


class Language(Protocol):
    """One language."""

    @property
    def name(self) -> str:
        """The word with which its runtimes begin: "python", "nodejs"."""
        ...

    @property
    def speech(self) -> Speech:
        """How its functions get their events."""
        ...

    @property
    def obeys_wrapper(self) -> bool:
        """Whether AWS_LAMBDA_EXEC_WRAPPER is put before the command."""
        ...

    @property
    def frames_log(self) -> bool:
        """Whether its client writes log events as frames among the lines (spec/lambda.md 3.5)."""
        ...

    @property
    def idle_data_mb(self) -> int:
        """What its interpreter maps without using it, in MB.

        It comes on top of the memory limit where only RLIMIT_DATA can hold that.
        """
        ...

    def find(self, variables: Mapping[str, str]) -> list[Interpreter]:
        """Return its interpreters on this machine, newest last; may start programs.

        Args:
            variables: PATH, HOME and those of version managers.
        """
        ...

    def entry_points(self, launch: Launch) -> list[str]:
        """Return the programs of which the first that exists is executed.

        None of them: the zygote's own process goes on, as Python alone can.
        """
        ...

    def arguments(self, launch: Launch) -> list[str]:
        """Return what stands behind the program in its command line."""
        ...

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return the variables that it has beside those of `variables.common_variables`."""
        ...


def managed_variables(launch: Launch) -> dict[str, str]:
    """Return what all runtimes but Java's and `provided` have (spec/lambda.md 3.4, L-A106)."""
    return {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{launch.spec.runtime}",
        "PWD": launch.places.task,
        "SHLVL": "0",
    }
