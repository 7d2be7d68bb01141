"""Gather a few installed distributions into a folder that functions may import from.

Lambda's Python runtimes carry boto3. Ours is the one installed beside headrace; but the rest of
that site-packages folder is none of a function's business, so the named distributions and what
they require are linked, file by file, into a folder of their own.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from importlib import metadata

from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.levels import PROGRAMS
from headrace.sandbox.trees import wait_readable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def collect_libraries(folder: str, names: Iterable[str] = ("boto3",)) -> str | None:
    """Return a folder with the named distributions and all that they require.

    Made once per set of versions; None when one of the names is not installed. Call it off the
    event loop: the first time takes about a second.

    Args:
        folder: Where such folders lie; made if missing.
    """
    distributions = _closure(names)
    if distributions is None:
        return None
    versions = sorted(f"{one.name}=={one.version} {one.locate_file('')}" for one in distributions)
    key = hashlib.sha256("\n".join(versions).encode()).hexdigest()[:32]
    target = os.path.join(os.path.realpath(folder), key)
    if os.path.isdir(target):
        return target
    os.makedirs(folder, exist_ok=True)
    place = tempfile.mkdtemp(prefix=".gathering-", dir=folder)
    whole = os.path.join(place, "libraries")
    try:
        os.mkdir(whole, 0o755)
        for distribution in distributions:
            _link_files(distribution, whole)
        try:
            os.rename(whole, target)
        except OSError:
            if not os.path.isdir(target):  # Else another server was faster.
                raise
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return target


def _closure(names: Iterable[str]) -> list[metadata.Distribution] | None:
    found: dict[str, metadata.Distribution] = {}
    waiting = list(names)
    for name in waiting:
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            return None
    while waiting:
        for requirement in found[waiting.pop()].requires or ():
            match = _NAME.match(requirement)
            if match is None or "extra ==" in requirement or match.group() in found:
                continue
            # What is required only elsewhere is not installed here.
            with contextlib.suppress(metadata.PackageNotFoundError):
                found[match.group()] = metadata.distribution(match.group())
                waiting.append(match.group())
    return list(found.values())


def _link_files(distribution: metadata.Distribution, place: str) -> None:
    for file in distribution.files or ():
        source = str(distribution.locate_file(file))
        if ".." in file.parts or not os.path.isfile(source):
            continue  # A script, or a byte-code file that is not there.
        target = os.path.join(place, *file.parts)
        os.makedirs(os.path.dirname(target), mode=0o755, exist_ok=True)
        if os.path.lexists(target):
            continue
        try:
            os.link(os.path.realpath(source), target)
        except OSError:
            shutil.copy2(source, target)  # Another file system, or another owner.


async def compile_library(
    loop: asyncio.AbstractEventLoop, interpreter: Interpreter, library: str
) -> None:
    """Compile a shared folder for an interpreter, once; functions could not write the result.

    Without it every cold start that imports boto3 would compile some 300 files. Runs beside
    everything else for about a second. That it fails costs time only, so it is no error.
    """
    process = _start_compilation(interpreter, library)
    if process is None:
        return
    handle = os.pidfd_open(process.pid)
    try:
        await wait_readable(loop, handle)
    finally:
        os.close(handle)
        process.kill()
        status = process.wait()
    if status == 0:
        os.close(os.open(_mark(interpreter, library), os.O_CREAT | os.O_WRONLY, 0o644))


def _start_compilation(interpreter: Interpreter, library: str) -> subprocess.Popen[bytes] | None:
    if os.path.exists(_mark(interpreter, library)) or not os.access(library, os.W_OK):
        return None
    return subprocess.Popen(
        [interpreter.path, "-I", "-S", f"{PROGRAMS}/precompile.py", str(os.getpid()), library],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _mark(interpreter: Interpreter, library: str) -> str:
    return os.path.join(library, f".compiled-{interpreter.runtime}")
