"""Ruby: our own small runtime in `child/ruby`, executed as a program that speaks frames.

Looked for on PATH, in /usr/bin and /usr/local/bin, and in the folders of rbenv, rvm, chruby, asdf
and mise; Ruby 3.1 and later. Each is asked what it is.
"""

import glob
import os
import re
import subprocess
from collections.abc import Mapping

import msgspec

from headrace.sandbox import limits
from headrace.sandbox.languages.language import (
    CONNECTION,
    Interpreter,
    Launch,
    Speech,
    managed_variables,
)

_OLDEST = (3, 1)
_QUESTION = (
    'require "rbconfig"; require "json"; '
    "print JSON.generate(name: RUBY_ENGINE, path: RbConfig.ruby, version: RUBY_VERSION)"
)
_VERSION = re.compile(r"(\d+)\.(\d+)\.\d+")


class Ruby:
    """Ruby of every version."""

    name = "ruby"
    speech = Speech.FRAMES
    obeys_wrapper = True
    frames_log = True
    #: Stacks of its threads and the C library's arenas.
    idle_data_mb = 128

    def find(self, variables: Mapping[str, str]) -> list[Interpreter]:
        """Return every interpreter that answers, newest last."""
        answers = (ask(path) for path in candidate_paths(variables))
        found = {one.path: one for one in answers if one is not None}
        return sorted(
            found.values(), key=lambda one: [int(part) for part in one.version.split(".")]
        )

    def entry_points(self, launch: Launch) -> list[str]:
        """Return the interpreter."""
        return [launch.program]

    def arguments(self, launch: Launch) -> list[str]:
        """Return our runtime."""
        return [f"{launch.places.programs}/ruby/runtime.rb", str(CONNECTION)]

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return those of AWS (L-A110), with the interpreter's own library where it was moved."""
        places = launch.places
        version = api_version(launch.interpreter)
        gems = [
            f"{places.task}/vendor/bundle/ruby/{version}",
            f"{places.layers}/ruby/gems/{version}",
            places.runtime,
            f"{places.runtime}/ruby/{version}",
        ]
        libraries = [
            places.task,
            f"{places.runtime}/lib",
            f"{places.layers}/ruby/lib",
            *own_library(launch),
        ]
        return managed_variables(launch) | {
            "GEM_HOME": places.runtime,
            "GEM_PATH": ":".join(gems),
            "RUBYLIB": ":".join(libraries),
        }


def api_version(interpreter: Interpreter) -> str:
    """Return the version in the names of folders: "3.3.0" of 3.3.5."""
    major, minor, _ = interpreter.version.split(".")
    return f"{major}.{minor}.0"


def own_library(launch: Launch) -> list[str]:
    """Return the standard library's folders; Ruby looks for them where it was installed."""
    prefix, language = launch.interpreter.prefix, launch.places.language
    library = f"lib/ruby/{api_version(launch.interpreter)}"
    configurations = sorted(glob.glob(f"{prefix}/{library}/*/rbconfig.rb"))
    if prefix == "/usr" or not configurations:
        return []
    machine = os.path.basename(os.path.dirname(configurations[0]))
    return [f"{language}/{library}", f"{language}/{library}/{machine}"]


def candidate_paths(variables: Mapping[str, str]) -> list[str]:
    """Return the programs worth asking, each once, those on PATH first."""
    home = variables.get("HOME", "")
    share = variables.get("XDG_DATA_HOME") or f"{home}/.local/share"

    def of(variable: str, otherwise: str) -> str:
        return variables.get(variable) or otherwise

    managed = (
        f"{of('RBENV_ROOT', home + '/.rbenv')}/versions/*/bin",
        f"{of('rvm_path', home + '/.rvm')}/rubies/*/bin",
        f"{home}/.rubies/*/bin",
        "/opt/rubies/*/bin",
        f"{of('ASDF_DATA_DIR', home + '/.asdf')}/installs/ruby/*/bin",
        f"{of('MISE_DATA_DIR', share + '/mise')}/installs/ruby/*/bin",
    )
    folders = [
        *variables.get("PATH", "").split(os.pathsep),
        "/usr/bin",
        "/usr/local/bin",
        *(folder for pattern in managed for folder in sorted(glob.glob(pattern))),
    ]
    paths = [
        os.path.realpath(f"{folder}/ruby")
        for folder in folders
        if os.path.isabs(folder) and os.path.basename(folder) != "shims"
    ]
    return [path for path in dict.fromkeys(paths) if os.access(path, os.X_OK)]


class _Answer(msgspec.Struct, frozen=True):
    name: str
    path: str
    version: str


def ask(path: str) -> Interpreter | None:
    """Start a program and return what it is; None: not a Ruby for us."""
    try:
        ran = subprocess.run(
            [path, "--disable-gems", "-e", _QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            timeout=limits.INTERPRETER_ANSWER_S,
            check=False,
        )
        answer = msgspec.json.decode(ran.stdout, type=_Answer)
    except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError):
        return None
    version = _VERSION.fullmatch(answer.version)
    folder, program = os.path.split(os.path.realpath(answer.path))
    if answer.name != "ruby" or version is None or os.path.basename(folder) != "bin":
        return None
    if (int(version[1]), int(version[2])) < _OLDEST:
        return None
    return Interpreter(
        runtime=f"ruby{version[1]}.{version[2]}",
        path=f"{folder}/{program}",
        prefix=os.path.dirname(folder),
        version=answer.version,
    )
