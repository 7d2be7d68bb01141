"""AWS's runtime interface client for Java: which files it is, and how they come to this machine.

It runs handlers and turns events into objects and back, so that both are exactly AWS's. It is not
part of headrace: `headrace runtimes --fetch java` downloads these files and no others from Maven
Central. Each is known by its SHA-256, wherever it comes from. docs/DEPENDENCIES.md says more.
"""

import hashlib
import io
import os
import platform
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping

import msgspec


class Artifact(msgspec.Struct, frozen=True):
    """One file of a Maven repository."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        """Its file name."""
        return f"{self.name}-{self.version}.jar"

    @property
    def path(self) -> str:
        """Its path in a repository."""
        return f"{self.group.replace('.', '/')}/{self.name}/{self.version}/{self.file}"


class UnwantedFile(Exception):
    """A downloaded file is not the one that was asked for; the text says which."""


CLIENT = Artifact(
    "com.amazonaws",
    "aws-lambda-java-runtime-interface-client",
    "2.10.1",
    "b0dd01f45b7258da0e32ade0bff950b12d0cf279ccebf416ad8c3795af21f1db",
)
#: In the order of the class path.
ARTIFACTS = (
    CLIENT,
    Artifact(
        "com.amazonaws",
        "aws-lambda-java-core",
        "1.4.0",
        "575c24393cc1ad645e83e618956eabd89ffe8cc09efae2cb62bc6589154d68ed",
    ),
    Artifact(
        "com.amazonaws",
        "aws-lambda-java-serialization",
        "1.4.1",
        "0ab04580117a1a326c7abea912331c77bec1292ce0c22285eb2d40563145dd9b",
    ),
    Artifact(
        "software.amazon.awssdk",
        "utils-lite",
        "2.34.0",
        "efaf784f07ae526f0b5c89d71ef21cf16636131c47d44616e3df9bedc3f4f89a",
    ),
)
MAIN_CLASS = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"
#: The Java property that names the native library; without it, it is unpacked to /tmp each time.
LIBRARY_PROPERTY = "com.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI"
_LIBRARIES = "jni/"
_SYSTEMS = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch_64", "arm64": "aarch_64"}


def folder_for(variables: Mapping[str, str]) -> str:
    """Return where the client lies, if it is there; another set of files has another folder."""
    cache = variables.get("XDG_CACHE_HOME") or f"{variables.get('HOME', '')}/.cache"
    runtimes = variables.get("HEADRACE_RUNTIMES_FOLDER") or f"{cache}/headrace/runtimes"
    digest = hashlib.sha256("".join(one.sha256 for one in ARTIFACTS).encode()).hexdigest()
    return os.path.join(os.path.abspath(runtimes), f"java-{CLIENT.version}-{digest[:8]}")


def is_installed(folder: str) -> bool:
    """Return whether a folder holds the client; it appears as a whole or not at all."""
    return os.path.isdir(folder)


def class_path(folder: str) -> list[str]:
    """Return its archives."""
    return [f"{folder}/{one.file}" for one in ARTIFACTS]


def native_library() -> str:
    """Return the name of its library for this machine's processor and C library."""
    libc = "linux" if platform.libc_ver()[0] == "glibc" else "linux_musl"
    machine = platform.machine().lower()
    return f"libaws-lambda-jni.{libc}-{_SYSTEMS.get(machine, machine)}.so"


def install(folder: str, repository: str, read: Callable[[str], bytes]) -> list[str]:
    """Download the client into a folder; return the URLs it came from, none if it was there.

    Args:
        folder: As `folder_for` returns it; the folders above are made if missing.
        repository: The URL of Maven Central or a mirror.
        read: Returns the content of a URL.

    Raises:
        UnwantedFile: A file is not the pinned one. Nothing is kept.
        OSError: A file cannot be read or written.
    """
    if is_installed(folder):
        return []
    above = os.path.dirname(folder)
    os.makedirs(above, mode=0o755, exist_ok=True)
    place = tempfile.mkdtemp(prefix=".fetching-", dir=above)
    whole = os.path.join(place, "client")
    try:
        os.mkdir(whole, 0o755)
        urls = [_fetch(artifact, repository, whole, read) for artifact in ARTIFACTS]
        try:
            os.rename(whole, folder)
        except OSError:
            if not is_installed(folder):  # Else another process was faster.
                raise
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return urls


def _fetch(artifact: Artifact, repository: str, place: str, read: Callable[[str], bytes]) -> str:
    url = f"{repository.rstrip('/')}/{artifact.path}"
    content = read(url)
    found = hashlib.sha256(content).hexdigest()
    if found != artifact.sha256:
        raise UnwantedFile(
            f"{url} is not the file that was asked for: its SHA-256 is {found}, not "
            f"{artifact.sha256}"
        )
    _write(os.path.join(place, artifact.file), content)
    if artifact is CLIENT:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if name.startswith(_LIBRARIES) and not name.endswith("/"):
                    _write(os.path.join(place, os.path.basename(name)), archive.read(name))
    return url


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o644)  # Every user's environments read it.
