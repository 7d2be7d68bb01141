"""What a bucket can be told to do (imperative). Reads are look-ups in the room."""

import msgspec

from headrace.core.objects.content import Described, Piece


class Owner(msgspec.Struct, frozen=True, gc=False):
    """Who asks, and of which region."""

    account: str
    region: str


class CreateBucket(msgspec.Struct, frozen=True):
    """Make a bucket. Reply: `BucketMade`."""

    owner: Owner
    name: str
    location: str | None = None  #: The region that it shall be in; None: not said.
    tags: dict[str, str] = {}


class DeleteBucket(msgspec.Struct, frozen=True):
    """Delete an empty bucket. Reply: `Done`."""

    owner: Owner
    name: str


class TagBucket(msgspec.Struct, frozen=True):
    """Replace a bucket's tags. Reply: `Done`."""

    owner: Owner
    name: str
    tags: dict[str, str]


class Content(msgspec.Struct, frozen=True):
    """Bytes that lie among the blobs, and what was found out about them."""

    piece: Piece
    md5: str  #: In hex.
    checksums: dict[str, str] = {}  #: Those that the caller gave or asked for.


class Condition(msgspec.Struct, frozen=True):
    """What must hold of the object that is there, or the write is refused."""

    if_match: str = ""  #: An ETag without quotes, or "*"; empty: none.
    if_none: bool = False  #: There must be none.


class PutObject(msgspec.Struct, frozen=True):
    """Store an object. Reply: `ObjectStored`, as the record says it."""

    owner: Owner
    bucket: str
    key: str
    content: Content
    described: Described
    condition: Condition = Condition()


class DeleteObjects(msgspec.Struct, frozen=True):
    """Delete objects; absent ones count as deleted. Reply: `Done`."""

    owner: Owner
    bucket: str
    keys: tuple[str, ...]


class TagObject(msgspec.Struct, frozen=True):
    """Replace an object's tags. Reply: `Done`."""

    owner: Owner
    bucket: str
    key: str
    tags: dict[str, str]


class BeginUpload(msgspec.Struct, frozen=True):
    """Begin a multipart upload. Reply: `UploadFound`."""

    owner: Owner
    bucket: str
    key: str
    seed: bytes  #: What its id derives from.
    described: Described
    checksum_algorithm: str = ""
    checksum_type: str = ""


class PutPart(msgspec.Struct, frozen=True):
    """Store a part. Reply: `Done`."""

    owner: Owner
    bucket: str
    key: str
    upload_id: str
    number: int
    content: Content


class NamedPart(msgspec.Struct, frozen=True):
    """A part as the one who completes an upload names it."""

    number: int
    etag: str  #: Without quotes.
    checksums: dict[str, str] = {}


class CompleteUpload(msgspec.Struct, frozen=True):
    """Make an object of parts. Reply: `ObjectStored`, as the record says it."""

    owner: Owner
    bucket: str
    key: str
    upload_id: str
    parts: tuple[NamedPart, ...]
    checksums: dict[str, str] = {}  #: Of the whole, as the caller has them.
    condition: Condition = Condition()


class AbortUpload(msgspec.Struct, frozen=True):
    """Give up a multipart upload. Reply: `Done`."""

    owner: Owner
    bucket: str
    key: str
    upload_id: str
