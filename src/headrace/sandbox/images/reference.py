"""Which image an ImageUri means: the forms that are served, all of them files of this machine."""

import re
from enum import Enum

import msgspec

from headrace.ports.sandbox import CodeUnusable

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class Form(Enum):
    """How an image is kept."""

    OCI = "oci"  #: A folder in the OCI image layout.
    DOCKER_ARCHIVE = "docker-archive"  #: What `docker save` writes.
    ROOT = "rootfs"  #: A folder that is the root file system itself.


class ImageReference(msgspec.Struct, frozen=True):
    """An ImageUri taken apart."""

    form: Form
    path: str  #: Absolute.
    tag: str  #: Empty where none is named.

    def resolved(self, digest: str) -> str:
        """Return the URI with a digest in the place of the tag."""
        return f"{self.form.value}:{self.path}@sha256:{digest}"


def parse_image(uri: str) -> ImageReference:
    """Return which image a URI means.

    Raises:
        CodeUnusable: It has another form; registries are not asked.
    """
    word, _, path = uri.partition(":")
    try:
        form = Form(word)
    except ValueError:
        raise CodeUnusable(
            f"The image {uri} cannot be had: this server asks no registries. Save it to a file and "
            "name that: oci:/folder[:tag], docker-archive:/file.tar[:tag] or rootfs:/folder."
        ) from None
    tag = ""
    folder, _, last = path.rpartition("/")
    if form is not Form.ROOT and ":" in last:
        last, _, tag = last.rpartition(":")
        path = f"{folder}/{last}"
        if not _TAG.fullmatch(tag):
            raise CodeUnusable(f"The image {uri} has a tag that is none.")
    if not path.startswith("/") or "\0" in path:
        raise CodeUnusable(f"The path of the image {uri} is not absolute.")
    return ImageReference(form, path, tag)
