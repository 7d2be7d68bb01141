"""Read images where they lie: what is in them, their configuration, and their layers in order.

Everything is checked against its digest, because a function is created from what was found once
and starts later from the same. Formats: OCI image layout and image spec 1.1, `docker save`.
"""

import contextlib
import hashlib
import json
import tarfile
from collections.abc import Iterator
from typing import IO, Any, Protocol

from headrace.ports.sandbox import CodeUnusable, ImageFound
from headrace.sandbox import limits
from headrace.sandbox.hotfolders import Bounds, fingerprint
from headrace.sandbox.images.reference import Form, ImageReference, parse_image
from headrace.sandbox.images.tars import BoundedTar

#: Architectures in the words of images, and in AWS's.
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_REFERENCE_NAME = "org.opencontainers.image.ref.name"
_ROOT_BOUNDS = Bounds(limits.IMAGE_BYTES_MAX, limits.IMAGE_ENTRIES_MAX, frozenset())


class Layers(Protocol):
    """The layers of one image, lowest first."""

    digest: str  #: Of the image, in hex.
    config: dict[str, Any]  #: The image's configuration document.

    def open(self) -> Iterator[IO[bytes]]:
        """Yield each layer as a tar, compressed or not, once the one before was read."""
        ...


def find_image(uri: str, architecture: str) -> ImageFound:
    """Return what is known of an image without unpacking it.

    Args:
        architecture: Of this machine, in AWS's words: of several images the one for it is meant.

    Raises:
        CodeUnusable: It is not there, or is not an image.
    """
    reference = parse_image(uri)
    if reference.form is Form.ROOT:
        digest = root_digest(reference.path)
        return ImageFound(digest, reference.resolved(digest), "")
    with open_image(reference, "", architecture) as layers:
        settings = layers.config.get("config") or {}
        machine = str(layers.config.get("architecture", ""))
        try:
            return ImageFound(
                digest=layers.digest,
                resolved_uri=reference.resolved(layers.digest),
                architecture=_ARCHITECTURES.get(machine, machine),
                entry_point=tuple(settings.get("Entrypoint") or ()),
                command=tuple(settings.get("Cmd") or ()),
                working_directory=settings.get("WorkingDir") or "",
                variables=dict(one.split("=", 1) for one in settings.get("Env") or ()),
            )
        except (AttributeError, TypeError, ValueError) as error:
            raise CodeUnusable(f"The image {uri} has a configuration that is none.") from error


def root_digest(path: str) -> str:
    """Return what stands for a root file system as it is now.

    Raises:
        CodeUnusable: It is no folder, or holds too much.
    """
    return fingerprint(path, _ROOT_BOUNDS).rpartition("-")[2]


@contextlib.contextmanager
def open_image(reference: ImageReference, digest: str, architecture: str) -> Iterator[Layers]:
    """Open an image in an OCI layout or a docker archive.

    Args:
        digest: Of the image that is wanted; empty: the one that the reference names now.

    Raises:
        CodeUnusable: It is not there, or is not an image.
    """
    try:
        if reference.form is Form.OCI:
            yield _OciLayers(reference, digest, architecture)
            return
        with (
            open(reference.path, "rb") as file,
            BoundedTar.open(fileobj=file, mode="r:") as archive,
        ):
            yield _DockerLayers(reference, digest, archive)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise CodeUnusable(f"The image {reference.path} cannot be read: {error}.") from error
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise CodeUnusable(f"{reference.path} is not an image of this form.") from error


class _OciLayers:
    """An image in a folder of blobs, named by their digests."""

    def __init__(self, reference: ImageReference, digest: str, architecture: str) -> None:
        self._path = reference.path
        self.digest = digest or self._choose(reference.tag, architecture)
        manifest = self._document(self.digest)
        self.config = self._document(_hex(manifest["config"]["digest"]))
        self._layers = [_hex(layer["digest"]) for layer in manifest["layers"]]

    def open(self) -> Iterator[IO[bytes]]:
        for digest in self._layers:
            path = self._blob(digest)
            with open(path, "rb") as file:
                check_digest(file, digest, path)
                yield file

    def _choose(self, tag: str, architecture: str) -> str:
        with open(f"{self._path}/index.json", "rb") as file:
            entries = json.loads(file.read(limits.IMAGE_DOCUMENT_BYTES_MAX))["manifests"]
        if tag:
            entries = [
                one for one in entries if (one.get("annotations") or {}).get(_REFERENCE_NAME) == tag
            ]
        for _ in range(limits.IMAGE_INDEXES_MAX):
            entries = _for_machine(entries, architecture)
            if len(entries) != 1:
                raise CodeUnusable(
                    f"{self._path} holds {len(entries)} images that could be meant: "
                    + ("none has the tag " + tag if tag and not entries else "name one by its tag")
                    + "."
                )
            digest = _hex(entries[0]["digest"])
            document = self._document(digest)
            kind = entries[0].get("mediaType") or document.get("mediaType")
            if kind not in _INDEXES and "manifests" not in document:
                return digest
            entries = document["manifests"]
        raise CodeUnusable(f"{self._path} has indexes in indexes without end.")

    def _document(self, digest: str) -> Any:
        path = self._blob(digest)
        with open(path, "rb") as file:
            text = file.read(limits.IMAGE_DOCUMENT_BYTES_MAX)
        if hashlib.sha256(text).hexdigest() != digest:
            raise CodeUnusable(f"{path} is not what its name says.")
        return json.loads(text)

    def _blob(self, digest: str) -> str:
        return f"{self._path}/blobs/sha256/{digest}"


class _DockerLayers:
    """An image in what `docker save` wrote; its digest is that of its configuration."""

    def __init__(self, reference: ImageReference, digest: str, archive: tarfile.TarFile) -> None:
        self._archive = archive
        images = json.loads(self._read("manifest.json"))
        if digest:
            images = [one for one in images if self._digest(one) == digest]
        elif reference.tag:
            images = [one for one in images if _has_tag(one, reference.tag)]
        if len(images) != 1:
            raise CodeUnusable(
                f"{reference.path} holds {len(images)} images that could be meant, and not one."
            )
        self.digest = self._digest(images[0])
        self.config = json.loads(self._read(images[0]["Config"]))
        self._layers = list(images[0]["Layers"])
        self._digests = [_hex(one) for one in self.config["rootfs"]["diff_ids"]]

    def open(self) -> Iterator[IO[bytes]]:
        if len(self._layers) != len(self._digests):
            raise CodeUnusable("The image has other layers than its configuration says.")
        for name, digest in zip(self._layers, self._digests, strict=True):
            file = self._archive.extractfile(name)
            if file is None:
                raise CodeUnusable(f"The layer {name} of the image is no file.")
            with file:
                if file.read(2) != b"\x1f\x8b":  # The digest is that of what is not compressed.
                    check_digest(file, digest, name)
                file.seek(0)
                yield file

    def _digest(self, image: dict[str, Any]) -> str:
        return hashlib.sha256(self._read(image["Config"])).hexdigest()

    def _read(self, name: str) -> bytes:
        file = self._archive.extractfile(name)
        if file is None:
            raise CodeUnusable(f"{name} of the image is no file.")
        with file:
            return file.read(limits.IMAGE_DOCUMENT_BYTES_MAX)


def check_digest(file: IO[bytes], digest: str, name: str) -> None:
    """Refuse a file that is not what its name says; leave it at its beginning.

    Raises:
        CodeUnusable: It has another digest.
    """
    file.seek(0)
    found = hashlib.sha256()
    while chunk := file.read(limits.UNPACK_CHUNK_BYTES):
        found.update(chunk)
    if found.hexdigest() != digest:
        raise CodeUnusable(f"{name} is not what its name says: it is damaged or incomplete.")
    file.seek(0)


def _for_machine(entries: list[Any], architecture: str) -> list[Any]:
    """Return the one entry for this machine, where several say what they are for."""
    fitting = [
        one
        for one in entries
        if (platform := one.get("platform"))
        and platform.get("os") == "linux"
        and _ARCHITECTURES.get(platform.get("architecture", "")) == architecture
    ]
    return fitting[:1] if len(entries) > 1 and fitting else entries


def _has_tag(image: dict[str, Any], tag: str) -> bool:
    return any(name.rpartition(":")[2] == tag for name in image.get("RepoTags") or ())


def _hex(digest: str) -> str:
    kind, _, value = digest.partition(":")
    if kind != "sha256" or len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise CodeUnusable(f"The image names something by {digest}, which is no SHA-256.")
    return value
