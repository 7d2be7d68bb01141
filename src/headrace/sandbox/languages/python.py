"""Python: forked from a zygote, or executed as a program, both speaking frames.

Looked for on PATH, in /usr/bin and /usr/local/bin, and in the folders of pyenv, uv, asdf and mise;
python3.8 to python3.14 and later, CPython only. Each is asked what it is.
"""

import glob
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping

import msgspec

from headrace.sandbox import limits
from headrace.sandbox.languages.language import (
    CONNECTION,
    Interpreter,
    Launch,
    Speech,
    managed_variables,
)

_OLDEST_MINOR = 8
_NEWEST_MINOR = 20

#: Variables that a program reads when it starts: a forked interpreter comes too late for them.
_START_ONLY = frozenset(
    {
        "AWS_LAMBDA_EXEC_WRAPPER",
        "GLIBC_TUNABLES",
        "LD_AUDIT",
        "LD_BIND_NOW",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "OPENSSL_CONF",
        "PYTHONASYNCIODEBUG",
        "PYTHONCOERCECLOCALE",
        "PYTHONDEBUG",
        "PYTHONDEVMODE",
        "PYTHONFAULTHANDLER",
        "PYTHONHASHSEED",
        "PYTHONHOME",
        "PYTHONINTMAXSTRDIGITS",
        "PYTHONIOENCODING",
        "PYTHONMALLOC",
        "PYTHONMALLOCSTATS",
        "PYTHONOPTIMIZE",
        "PYTHONPLATLIBDIR",
        "PYTHONPROFILEIMPORTTIME",
        "PYTHONSAFEPATH",
        "PYTHONTRACEMALLOC",
        "PYTHONUTF8",
        "PYTHONVERBOSE",
        "PYTHONWARNINGS",
    }
)

_QUESTION = (
    "import json, os, sys; v = sys.version_info; "
    "p = os.path.join(sys.base_prefix, 'bin', 'python%d.%d' % v[:2]); "
    "print(json.dumps({'implementation': sys.implementation.name, 'prefix': sys.base_prefix, "
    "'program': p if os.path.exists(p) else '', 'major': v[0], 'minor': v[1], 'micro': v[2], "
    "'final': v[3] == 'final'}))"
)


class Python:
    """CPython of every minor version."""

    name = "python"
    speech = Speech.FRAMES
    obeys_wrapper = True
    frames_log = True
    idle_data_mb = 0

    def find(self, variables: Mapping[str, str]) -> list[Interpreter]:
        """Return every interpreter that answers."""
        return ask_interpreters(candidate_paths(variables))

    def entry_points(self, launch: Launch) -> list[str]:
        """Return nothing, so that the zygote's own process goes on, unless that cannot be."""
        if launch.forks and not needs_own_interpreter(launch.spec.variables):
            return []
        return [launch.program]

    def arguments(self, launch: Launch) -> list[str]:
        """Return the start of our runtime in a new interpreter."""
        paths = msgspec.json.encode(paths_of(launch)).decode()
        return ["-S", "-s", f"{launch.places.programs}/runtime.py", str(CONNECTION), paths]

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return those of AWS; LC_CTYPE came with python3.12 (L-A105)."""
        own = {}
        if minor_of(launch.spec.runtime) >= 12:
            own["LC_CTYPE"] = "C.UTF-8"
        if folders := _own_folders(launch):
            own["PYTHONPATH"] = ":".join(folders)
        return managed_variables(launch) | own


def paths_of(launch: Launch) -> dict[str, object]:
    """Return what the runtime makes its module search path of."""
    return {
        "task": launch.places.task,
        "layers": launch.places.layers,
        "libraries": list(launch.libraries),
        "own": _own_folders(launch),
    }


def _own_folders(launch: Launch) -> list[str]:
    """Return what PYTHONPATH has unless the function has one: a Python that it starts needs it.

    On AWS that is /var/runtime, where AWS's SDK lies too.
    """
    runtime = [launch.places.runtime] if launch.places.is_lambda else []
    return [*runtime, *launch.libraries]


def needs_own_interpreter(variables: Mapping[str, str]) -> bool:
    """Return whether a variable is set that only a newly started interpreter can obey."""
    return any(name in _START_ONLY or name.startswith("MALLOC_") for name in variables)


def minor_of(runtime: str) -> int:
    """Return N of "python3.N"; 0 for another runtime."""
    minor = runtime.removeprefix("python3.")
    return int(minor) if minor != runtime and minor.isdigit() else 0


def numbers_of(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, for comparing."""
    return tuple(int(part) for part in version.split("."))


def own_interpreter() -> Interpreter:
    """Return the interpreter that runs this server, as it is without its virtual environment."""
    major, minor, micro = sys.version_info[:3]
    path = os.path.join(sys.base_prefix, "bin", f"python{major}.{minor}")
    return Interpreter(
        runtime=f"python{major}.{minor}",
        path=path if os.path.exists(path) else sys.executable,
        prefix=sys.base_prefix,
        version=f"{major}.{minor}.{micro}",
    )


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
    return sorted(found.values(), key=lambda one: numbers_of(one.version))


def _parse_answer(output: bytes) -> Interpreter | None:
    try:
        answer = msgspec.json.decode(output, type=_Answer)
    except msgspec.DecodeError:
        return None
    if answer.implementation != "cpython" or answer.major != 3 or not answer.program:
        return None
    if answer.minor < _OLDEST_MINOR or not answer.final:
        return None
    return Interpreter(
        runtime=f"python3.{answer.minor}",
        path=answer.program,
        prefix=answer.prefix,
        version=f"3.{answer.minor}.{answer.micro}",
    )
