"""Container images made here: a root with this machine's Python, and the forms they are kept in."""

import functools
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.unit.sandbox.programs import bootstrap

MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
#: What the programs of tests import; OpenSSL is left out, as they can do without.
_MODULES = """
import ctypes, errno, glob, http.client, json, mmap, os, platform, resource, signal, socket
import subprocess, sys, tempfile, time
"host".encode("idna")
for name, module in list(sys.modules.items()):
    path = getattr(module, "__file__", None)
    if path and "ssl" not in name and name != "_hashlib":
        print(path)
"""


@functools.cache
def python_files() -> dict[str, bytes | str]:
    """Return the files of a root that holds a Python and nothing else; a text is a link."""
    program = os.path.realpath(sys.executable)
    library = f"python{sys.version_info.major}.{sys.version_info.minor}"
    listing = subprocess.run(
        [program, "-S", "-c", _MODULES], check=True, capture_output=True, text=True
    ).stdout
    files: dict[str, bytes | str] = {f"usr/bin/{library}": Path(program).read_bytes()}
    files["usr/bin/python3"] = library
    binaries = [program]
    for path in {*listing.split(), os.__file__, _module("encodings"), _module("encodings/utf_8")}:
        inside = path.partition(f"/lib/{library}/")[2]
        files[f"usr/lib/{library}/{inside}"] = Path(path).read_bytes()
        if path.endswith(".so"):
            binaries.append(path)
    linked = subprocess.run(["ldd", *binaries], check=True, capture_output=True, text=True).stdout
    for name, path in re.findall(r"(\S+) => (/\S+)", linked):
        files[f"own/{name}"] = Path(path).read_bytes()
    for path in re.findall(r"^\s(/\S*ld-linux\S*) ", linked, re.MULTILINE):
        files[path[1:]] = Path(path).read_bytes()
    return files


def _module(name: str) -> str:
    folder = os.path.dirname(os.__file__)
    path = f"{folder}/{name}"
    return f"{path}/__init__.py" if os.path.isdir(path) else f"{path}.py"


@functools.cache
def python_layer() -> bytes:
    """Return a layer with these files."""
    return make_layer(python_files(), compress=True)


def program(source: str) -> dict[str, bytes]:
    """Return a layer with the program of a function whose `handle` is defined in `source`."""
    return {"app/main": bootstrap(source)["bootstrap"].encode()}


#: The configuration of an image with `python_files` and a `program`.
CONFIG = {
    "Entrypoint": ["python3", "-S"],
    "Cmd": ["/app/main", "argument"],
    "WorkingDir": "/app",
    "Env": [
        "PATH=/usr/bin",
        "LD_LIBRARY_PATH=/own",
        "PYTHONHOME=/usr",
        "OWN=image",
        "AWS_LAMBDA_FUNCTION_NAME=never",
    ],
}


def make_layer(files: dict[str, bytes | str | None], *, compress: bool = False) -> bytes:
    """Return a tar: bytes are a file, a text is a symbolic link, None a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if content is None:
                entry.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
            else:
                entry.size = len(content)
            data = io.BytesIO(content) if isinstance(content, bytes) else None
            archive.addfile(entry, data)
    return gzip.compress(buffer.getvalue(), 1) if compress else buffer.getvalue()


def make_root(folder: Path, *layers: dict[str, bytes | str]) -> Path:
    """Make a root file system of layers without deletions."""
    for files in layers:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                path.symlink_to(content)
            else:
                path.write_bytes(content)
                path.chmod(0o755)
    return folder


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _config(layers: list[bytes], config: dict, architecture: str) -> bytes:
    return json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{_digest(_plain(one))}" for one in layers],
            },
        }
    ).encode()


def _plain(layer: bytes) -> bytes:
    return gzip.decompress(layer) if layer[:2] == b"\x1f\x8b" else layer


def make_oci(
    folder: Path,
    layers: list[bytes],
    config: dict = CONFIG,
    *,
    tag: str = "latest",
    architecture: str = MACHINE,
    index: bool = False,
) -> str:
    """Add an image to an OCI layout; return its digest. `index`: behind an index of its own."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def put(content: bytes) -> dict:
        (blobs / _digest(content)).write_bytes(content)
        return {"digest": f"sha256:{_digest(content)}", "size": len(content)}

    manifest = {
        "schemaVersion": 2,
        "config": put(_config(layers, config, architecture)),
        "layers": [put(one) for one in layers],
    }
    entry = put(json.dumps(manifest).encode())
    digest = entry["digest"].removeprefix("sha256:")
    entry["mediaType"] = "application/vnd.oci.image.manifest.v1+json"
    if index:
        entry["platform"] = {"os": "linux", "architecture": architecture}
        other = {**entry, "platform": {"os": "linux", "architecture": "riscv64"}}
        entry = put(json.dumps({"manifests": [other, entry]}).encode())
        entry["mediaType"] = "application/vnd.oci.image.index.v1+json"
    entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
    path = folder / "index.json"
    entries = json.loads(path.read_text())["manifests"] if path.exists() else []
    entries = [one for one in entries if entry["annotations"] != one["annotations"]]
    path.write_text(json.dumps({"schemaVersion": 2, "manifests": [*entries, entry]}))
    return digest


def make_docker_archive(
    path: Path,
    layers: list[bytes],
    config: dict = CONFIG,
    *,
    tags: tuple[str, ...] = ("f:latest",),
    **changes: bytes,
) -> str:
    """Write what `docker save` writes; return the image's id. `changes`: by name, other content."""
    document = _config(layers, config, MACHINE)
    digest = _digest(document)
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": f"{digest}.json", "RepoTags": list(tags), "Layers": names}]
    files = {
        "manifest.json": json.dumps(manifest).encode(),
        f"{digest}.json": document,
        **dict(zip(names, layers, strict=True)),
        **changes,
    }
    path.write_bytes(make_layer(files))
    return digest
