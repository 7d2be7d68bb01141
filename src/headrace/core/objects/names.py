"""What buckets and keys may be called, and what tags and metadata may be."""

import re
from collections.abc import Mapping

from headrace.core.objects.errors import (
    InvalidBucketName,
    InvalidTag,
    KeyTooLong,
    MetadataTooLarge,
)
from headrace.core.objects.limits import (
    KEY_BYTES_MAX,
    METADATA_BYTES_MAX,
    TAG_KEY_MAX,
    TAG_VALUE_MAX,
)

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?![.-])){1,61}[a-z0-9]", re.ASCII)
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)
_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
_ENDINGS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket_name(name: str) -> None:
    """Refuse what no bucket can be called (user guide, "General purpose bucket naming rules").

    Raises:
        InvalidBucketName: It is none.
    """
    if (
        _BUCKET.fullmatch(name) is None
        or "-." in name
        or _ADDRESS.fullmatch(name)
        or name.startswith(_BEGINNINGS)
        or name.endswith(_ENDINGS)
    ):
        raise InvalidBucketName(name)


def check_key(key: str) -> None:
    """Refuse a key that is too long.

    Raises:
        KeyTooLong: It is.
    """
    size = len(key.encode(errors="replace"))
    if size > KEY_BYTES_MAX:
        raise KeyTooLong(size, KEY_BYTES_MAX)


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Refuse too much metadata.

    Raises:
        MetadataTooLarge: It is.
    """
    size = sum(len(f"{name}{value}".encode()) for name, value in metadata.items())
    if size > METADATA_BYTES_MAX:
        raise MetadataTooLarge(size, METADATA_BYTES_MAX)


def check_tags(tags: Mapping[str, str], most: int, kind: str) -> None:
    """Refuse tags that cannot be; `kind` is "Object" or "Bucket", for the sentence.

    Raises:
        InvalidTag: They are too many, or one is too long or AWS's own.
    """
    if len(tags) > most:
        raise InvalidTag(f"{kind} tags cannot be greater than {most}")
    for key, value in tags.items():
        if not 1 <= len(key) <= TAG_KEY_MAX:
            raise InvalidTag("The TagKey you have provided is invalid")
        if len(value) > TAG_VALUE_MAX:
            raise InvalidTag("The TagValue you have provided is invalid")
        if key.startswith("aws:"):
            raise InvalidTag("System tags cannot be added/updated by requester")
