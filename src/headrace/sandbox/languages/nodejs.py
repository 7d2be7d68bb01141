"""Node: our own small runtime in `child/node`, executed as a program that speaks frames.

Looked for on PATH, in /usr/bin and /usr/local/bin, and in the folders of nvm, fnm, volta, nodenv,
n, asdf and mise; Node 18 and later. Each is asked what it is.
"""

import glob
import os
import re
import subprocess
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

_OLDEST_MAJOR = 18
_QUESTION = (
    "console.log(JSON.stringify({name: process.release.name, path: process.execPath, "
    "version: process.versions.node}))"
)
#: A release, not "24.0.0-nightly".
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")

#: AWS switches these off up to nodejs22.x: a package that needs them would not run there either.
_SWITCHED_OFF = ("experimental-require-module", "experimental-detect-module")
#: The first version, major and minor, that has them on by itself.
_SWITCHED_ON_SINCE = (20, 19)
_LAST_RUNTIME_WITHOUT = 22

#: Where `npm install --global` puts packages, below an interpreter's prefix.
_GLOBAL_MODULES = ("lib/node_modules", "local/lib/node_modules")


class NodeJs:
    """Node of every major version."""

    name = "nodejs"
    speech = Speech.FRAMES
    obeys_wrapper = True
    frames_log = True
    #: From Node 24 on, V8 maps 530 MB for code in the main thread and in each worker: eight.
    idle_data_mb = 4_608

    def find(self, variables: Mapping[str, str]) -> list[Interpreter]:
        """Return every interpreter that answers."""
        return ask_interpreters(candidate_paths(variables))

    def entry_points(self, launch: Launch) -> list[str]:
        """Return the interpreter."""
        return [launch.program]

    def arguments(self, launch: Launch) -> list[str]:
        """Return AWS's options, less those that the function sets itself, and our runtime."""
        own = launch.spec.variables.get("NODE_OPTIONS", "").replace("_", "-")
        options = [
            option
            for option in options_of(launch)
            # What stands on the command line would win over NODE_OPTIONS.
            if option.partition("=")[0].removeprefix("--").removeprefix("no-") not in own
        ]
        return [*options, f"{launch.places.programs}/node/runtime.cjs", str(CONNECTION)]

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return those of AWS (spec/lambda.md 3.4); global packages that can be seen come last."""
        places = launch.places
        folders = [
            f"{places.layers}/nodejs/node{major_of(launch.spec.runtime)}/node_modules",
            f"{places.layers}/nodejs/node_modules",
            f"{places.runtime}/node_modules",
            places.runtime,
            places.task,
            *global_modules(launch),
        ]
        return managed_variables(launch) | {"NODE_PATH": ":".join(folders)}


def options_of(launch: Launch) -> list[str]:
    """Return the options of AWS's own start: nine tenths of the memory for the old generation."""
    memory_mb = launch.spec.memory_mb
    options = [
        "--expose-gc",
        "--max-http-header-size=81920",
        f"--max-semi-space-size={memory_mb * 5 // 100}",
        f"--max-old-space-size={memory_mb * 90 // 100}",
    ]
    major, minor = (int(part) for part in launch.interpreter.version.split(".")[:2])
    if (major, minor) >= _SWITCHED_ON_SINCE and (
        major_of(launch.spec.runtime) <= _LAST_RUNTIME_WITHOUT
    ):
        options += [f"--no-{name}" for name in _SWITCHED_OFF]
    return options


def global_modules(launch: Launch) -> list[str]:
    """Return the folder of global packages, as the function sees it, if AWS's SDK lies there.

    On Lambda the SDK is part of the runtime. Here an operator provides it by installing it beside
    the interpreter; without it nothing that is installed there is a function's business.
    """
    prefix, language = launch.interpreter.prefix, launch.places.language
    return [
        f"{language}/{folder}"
        for folder in _GLOBAL_MODULES
        if os.path.isdir(f"{prefix}/{folder}/@aws-sdk")
    ][:1]


def major_of(runtime: str) -> int:
    """Return N of "nodejsN.x"; 0 for another runtime."""
    match = re.fullmatch(r"nodejs(\d+)\.x", runtime)
    return int(match[1]) if match else 0


class _Answer(msgspec.Struct, frozen=True):
    name: str
    path: str
    version: str


def candidate_paths(variables: Mapping[str, str]) -> list[str]:
    """Return the programs worth asking, each once, those on PATH first."""
    home = variables.get("HOME", "")
    share = variables.get("XDG_DATA_HOME") or f"{home}/.local/share"

    def of(variable: str, otherwise: str) -> str:
        return variables.get(variable) or otherwise

    managed = (
        f"{of('NVM_DIR', home + '/.nvm')}/versions/node/*/bin",
        f"{of('FNM_DIR', share + '/fnm')}/node-versions/*/installation/bin",
        f"{of('VOLTA_HOME', home + '/.volta')}/tools/image/node/*/bin",
        f"{of('NODENV_ROOT', home + '/.nodenv')}/versions/*/bin",
        f"{of('N_PREFIX', '/usr/local')}/n/versions/node/*/bin",
        f"{of('ASDF_DATA_DIR', home + '/.asdf')}/installs/nodejs/*/bin",
        f"{of('MISE_DATA_DIR', share + '/mise')}/installs/node/*/bin",
    )
    folders = [
        *variables.get("PATH", "").split(os.pathsep),
        "/usr/bin",
        "/usr/local/bin",
        *(folder for pattern in managed for folder in sorted(glob.glob(pattern))),
    ]
    found: dict[str, str] = {}
    for folder in folders:
        if not os.path.isabs(folder) or os.path.basename(folder) == "shims":
            continue  # A shim is a script that looks for an interpreter itself.
        for name in ("node", "nodejs"):
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and not os.path.isdir(path):
                found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def ask_interpreters(paths: Iterable[str]) -> list[Interpreter]:
    """Start each program once, all side by side, and return what they are, newest last."""
    running = [
        subprocess.Popen(
            [path, "-e", _QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
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
    return sorted(found.values(), key=lambda one: [int(part) for part in one.version.split(".")])


def _parse_answer(output: bytes) -> Interpreter | None:
    try:
        answer = msgspec.json.decode(output, type=_Answer)
    except msgspec.DecodeError:
        return None
    version = _VERSION.fullmatch(answer.version)
    folder, program = os.path.split(answer.path)
    if answer.name != "node" or version is None or int(version[1]) < _OLDEST_MAJOR:
        return None
    if os.path.basename(folder) != "bin" or not program:
        return None  # What it needs beside itself has no folder that could be shown.
    return Interpreter(
        runtime=f"nodejs{version[1]}.x",
        path=answer.path,
        prefix=os.path.dirname(folder),
        version=answer.version,
    )
