"""Find the Python interpreters on this machine, and the one that serves a Lambda runtime.

Looked for on PATH, in /usr/bin and /usr/local/bin, and in the folders of pyenv, uv and asdf;
python3.8 to python3.14 and later, CPython only. Each is asked what it is. A missing version is
served by the nearest one there is, the newer of two equally near.
"""

import glob
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from headrace.ports.sandbox import RuntimeFound
from headrace.sandbox import limits

_OLDEST_MINOR = 8
_NEWEST_MINOR = 20

_QUESTION = (
    "import json, os, sys; v = sys.version_info; "
    "p = os.path.join(sys.base_prefix, 'bin', 'python%d.%d' % v[:2]); "
    "print(json.dumps({'implementation': sys.implementation.name, 'prefix': sys.base_prefix, "
    "'program': p if os.path.exists(p) else '', 'major': v[0], 'minor': v[1], 'micro': v[2], "
    "'final': v[3] == 'final'}))"
)


class Interpreter(msgspec.Struct, frozen=True):
    """One installed interpreter, not one of a virtual environment."""

    path: str  #: `<prefix>/bin/python3.N`.
    prefix: str
    minor: int
    micro: int

    @property
    def runtime(self) -> str:
        """Lambda's identifier."""
        return f"python3.{self.minor}"

    @property
    def version(self) -> str:
        """The full version."""
        return f"3.{self.minor}.{self.micro}"


class _Answer(msgspec.Struct, frozen=True):
    implementation: str
    prefix: str
    program: str
    major: int
    minor: int
    micro: int
    final: bool


def candidate_paths(variables: Mapping[str, str]) -> list[str]:
    """Return the programs worth asking, each once, those on PATH first."""
    home = variables.get("HOME", "")
    folders = [
        *variables.get("PATH", "").split(os.pathsep),
        "/usr/bin",
        "/usr/local/bin",
        *sorted(glob.glob(f"{variables.get('PYENV_ROOT') or home + '/.pyenv'}/versions/*/bin")),
        *sorted(
            glob.glob(f"{variables.get('ASDF_DATA_DIR') or home + '/.asdf'}/installs/python/*/bin")
        ),
        *sorted(glob.glob(f"{_uv_folder(variables)}/*/bin")),
        *sorted(glob.glob(f"{home}/.local/share/mise/installs/python/*/bin")),
    ]
    found: dict[str, str] = {}
    for folder in folders:
        if not os.path.isabs(folder) or os.path.basename(folder) == "shims":
            continue  # A shim is a script that looks for an interpreter itself.
        for minor in range(_OLDEST_MINOR, _NEWEST_MINOR + 1):
            path = os.path.join(folder, f"python3.{minor}")
            if os.access(path, os.X_OK):
                found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def _uv_folder(variables: Mapping[str, str]) -> str:
    data = variables.get("XDG_DATA_HOME") or f"{variables.get('HOME', '')}/.local/share"
    return variables.get("UV_PYTHON_INSTALL_DIR") or f"{data}/uv/python"


def ask_interpreters(paths: Iterable[str]) -> list[Interpreter]:
    """Start each program once, all side by side, and return what they are, newest last."""
    running = [
        subprocess.Popen(
            [path, "-I", "-S", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for path in paths
    ]
    found: dict[str, Interpreter] = {}
    for process in running:
        try:
            output, _ = process.communicate(timeout=limits.INTERPRETER_ANSWER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            continue
        interpreter = _parse_answer(output)
        if interpreter is not None:
            found.setdefault(interpreter.path, interpreter)
    return sorted(found.values(), key=lambda one: (one.minor, one.micro))


def _parse_answer(output: bytes) -> Interpreter | None:
    try:
        answer = msgspec.json.decode(output, type=_Answer)
    except msgspec.DecodeError:
        return None
    if answer.implementation != "cpython" or answer.major != 3 or not answer.program:
        return None
    if answer.minor < _OLDEST_MINOR or not answer.final:
        return None
    return Interpreter(answer.program, answer.prefix, answer.minor, answer.micro)


def choose_interpreter(interpreters: Sequence[Interpreter], runtime: str) -> Interpreter | None:
    """Return the interpreter that serves a runtime, or None when it is not Python's.

    Args:
        interpreters: Newest last; of equal minor versions the last one is taken.
    """
    minor_text = runtime.removeprefix("python3.")
    if minor_text == runtime or not minor_text.isdigit() or not interpreters:
        return None
    wanted = int(minor_text)
    return min(
        reversed(interpreters),
        key=lambda one: (abs(one.minor - wanted), -one.minor),
    )


def as_runtimes(interpreters: Sequence[Interpreter]) -> list[RuntimeFound]:
    """Return one entry a minor version, newest last."""
    by_minor = {one.minor: one for one in interpreters}
    return [as_runtime(by_minor[minor]) for minor in sorted(by_minor)]


def as_runtime(interpreter: Interpreter) -> RuntimeFound:
    """Return an interpreter as the port shows it."""
    return RuntimeFound(interpreter.runtime, interpreter.path, interpreter.version)
