"""What has happened to a bucket and must be remembered (past tense, tags 330 to 349)."""

from headrace.core.machine import Record
from headrace.core.objects.content import Described, Part, Piece


class BucketCreated(Record, frozen=True, array_like=True, tag=330):
    """A bucket was created."""

    account: str
    region: str
    name: str
    tags: dict[str, str]


class BucketDeleted(Record, frozen=True, array_like=True, tag=331):
    """A bucket was deleted."""


class BucketTagged(Record, frozen=True, array_like=True, tag=332):
    """The tags of a bucket are these from now on."""

    tags: dict[str, str]


class ObjectStored(Record, frozen=True, array_like=True, tag=333):
    """An object is under a key from now on, in the place of another if there was one."""

    key: str
    pieces: tuple[Piece, ...]
    etag: str
    described: Described
    checksums: dict[str, str]
    checksum_type: str
    upload_id: str = ""  #: The upload that was completed by it, which is over.


class ObjectsDeleted(Record, frozen=True, array_like=True, tag=334):
    """Nothing is under these keys from now on."""

    keys: tuple[str, ...]


class ObjectTagged(Record, frozen=True, array_like=True, tag=335):
    """The tags of an object are these from now on."""

    key: str
    tags: dict[str, str]


class UploadBegun(Record, frozen=True, array_like=True, tag=336):
    """A multipart upload began."""

    upload_id: str
    key: str
    described: Described
    checksum_algorithm: str
    checksum_type: str


class PartStored(Record, frozen=True, array_like=True, tag=337):
    """A part came, in the place of another of its number if there was one.

    The part's own instant is this record's.
    """

    upload_id: str
    number: int
    part: Part


class UploadAborted(Record, frozen=True, array_like=True, tag=338):
    """A multipart upload is over, and its parts with it."""

    upload_id: str
