"""Install the peers from their registries into a folder of the user's cache, versions pinned.

Each function returns the command that starts a peer, or raises `NotInstalled`. What is installed
already, from the same pins, is taken as it is.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path.home() / ".cache" / "headrace-peers"
#: Time that one installation may take, in seconds.
INSTALL_LIMIT_S = 300


class NotInstalled(Exception):
    """A peer cannot be had here; the text says why, in one line."""


def _run(command: list[str], folder: Path) -> None:
    if shutil.which(command[0]) is None:
        raise NotInstalled(f"no {command[0]} on this machine")
    try:
        subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_LIMIT_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"{command[0]} took more than {INSTALL_LIMIT_S} s") from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in (error.stdout + error.stderr).splitlines() if line.strip()]
        raise NotInstalled(f"{command[0]}: {lines[-1][:120] if lines else 'failed'}") from None


def _folder(name: str, pins: list[Path], commands: list[list[str]]) -> Path:
    """Return the peer's folder; if it is not made of these pins, make it with these commands."""
    folder = CACHE / name
    stamp = folder / "stamp"
    made_of = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()
    if stamp.is_file() and stamp.read_text() == made_of:
        return folder
    print(f"installing {name} into {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for pin in pins:
        shutil.copy(pin, folder)
    for command in commands:
        _run(command, folder)
    stamp.write_text(made_of)
    return folder


def fauxqs() -> list[str]:
    """Return the command of fauxqs, to which port and data folder are appended.

    The npm package `node` is a script that fetches the package of the machine's kind; that one is
    taken itself, so that the lock pins it.
    """
    pins = [HERE / "npm" / "package.json", HERE / "npm" / "package-lock.json"]
    install = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    modules = _folder("fauxqs", pins, [install]) / "node_modules"
    kind = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    node = modules / f"node-{sys.platform}-{kind}" / "bin" / "node"
    if not node.is_file():
        raise NotInstalled(f"no Node 22 on npm for {sys.platform} {kind}")
    return [str(node), str(HERE / "fauxqs.mjs"), str(modules / "fauxqs" / "dist" / "app.js")]


def elasticmq() -> list[str]:
    """Return the command of ElasticMQ, less its configuration: `-Dconfig.file=` comes second."""
    pin = HERE / "elasticmq.pom.xml"
    copy = ["mvn", "-q", "-B", "-f", pin.name, "dependency:copy-dependencies"]
    install = [*copy, "-DincludeScope=runtime", "-DoutputDirectory=lib"]
    folder = _folder("elasticmq", [pin], [install])
    if shutil.which("java") is None:
        raise NotInstalled("no java on this machine")
    return ["java", "-cp", str(folder / "lib" / "*"), "org.elasticmq.server.Main"]


def _venv(name: str) -> Path:
    pin = HERE / f"{name}.txt"
    venv = [sys.executable, "-m", "venv", "venv"]
    pip = ["venv/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    python = CACHE / name / pip[0]
    install = [str(python), *pip[1:], "--no-deps", "-r", pin.name]
    return _folder(name, [pin], [venv, install]) / "venv" / "bin"


def ministack() -> list[str]:
    """Return the command of MiniStack; its environment says where it listens."""
    return [str(_venv("ministack") / "ministack")]


def moto() -> list[str]:
    """Return the command of moto's server."""
    return [str(_venv("moto") / "moto_server")]
