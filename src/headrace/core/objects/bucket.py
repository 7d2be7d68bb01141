"""One bucket: its objects and uploads, and what each record makes of it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from headrace.base.instant import Instant
from headrace.core.machine import Record
from headrace.core.objects.content import StoredObject, Upload
from headrace.core.objects.limits import SNAPSHOT_PART_OBJECTS
from headrace.core.objects.records import (
    BucketCreated,
    BucketTagged,
    ObjectsDeleted,
    ObjectStored,
    ObjectTagged,
    PartStored,
    UploadAborted,
    UploadBegun,
)

#: Number of the snapshot format that is written.
FORMAT = 1
#: Bytes of a part's length.
_LENGTH_BYTES = 4
#: Keys up to which it costs less to remove each alone.
_FEW = 16
#: Bytes of one object's row in a snapshot, for estimates.
_ROW_BYTES = 300


class Head(msgspec.Struct, frozen=True, array_like=True):
    """All of a bucket but its objects; new fields go to the end with a default."""

    account: str
    region: str
    name: str
    created_at: Instant
    tags: dict[str, str]
    uploads: dict[str, Upload]


Rows = list[tuple[str, StoredObject]]
_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(Head).decode
_decode_rows = msgspec.msgpack.Decoder(Rows).decode


class Bucket:
    """The durable state of a bucket; changed by facts only."""

    __slots__ = ("account", "created_at", "keys", "name", "objects", "region", "tags", "uploads")

    def __init__(self, head: Head) -> None:
        """Begin without objects."""
        self.account = head.account
        self.region = head.region
        self.name = head.name
        self.created_at = head.created_at
        self.tags = head.tags
        self.uploads = dict(head.uploads)
        self.objects: dict[str, StoredObject] = {}
        self.keys: list[str] = []  #: Those of `objects`, ascending.

    @property
    def arn(self) -> str:
        """The bucket's ARN, which names no account."""
        return f"arn:aws:s3:::{self.name}"

    def take(self, record: Record) -> None:
        """Apply a fact."""
        match record:
            case ObjectStored():
                self._put(record.key, stored(record))
                if record.upload_id:
                    del self.uploads[record.upload_id]
            case ObjectsDeleted():
                self._delete(record.keys)
            case ObjectTagged():
                one = self.objects[record.key]
                described = msgspec.structs.replace(one.described, tags=record.tags)
                self.objects[record.key] = msgspec.structs.replace(one, described=described)
            case UploadBegun():
                self.uploads[record.upload_id] = upload_of(record)
            case PartStored():
                upload = self.uploads[record.upload_id]
                parts = {**upload.parts, record.number: record.part}
                self.uploads[record.upload_id] = msgspec.structs.replace(upload, parts=parts)
            case UploadAborted():
                del self.uploads[record.upload_id]
            case BucketTagged():
                self.tags = record.tags
            case _:
                raise AssertionError(f"no record of a bucket: {record!r}")

    def digests(self) -> Iterator[str]:
        """Yield the blobs that the bucket's objects and uploads are made of."""
        for one in self.objects.values():
            for piece in one.pieces:
                yield piece.digest
        for upload in self.uploads.values():
            for part in upload.parts.values():
                yield part.piece.digest

    def _put(self, key: str, one: StoredObject) -> None:
        if key not in self.objects:
            at = bisect_left(self.keys, key)
            self.keys.insert(at, key)
        self.objects[key] = one

    def _delete(self, gone: Iterable[str]) -> None:
        """Remove keys: a few one by one, many in one pass, as each moves all keys behind it."""
        keys = self.keys
        places = sorted(bisect_left(keys, key) for key in gone if self.objects.pop(key, None))
        if len(places) <= _FEW:
            for place in reversed(places):
                del keys[place]
            return
        kept: list[str] = []
        for place, following in pairwise([*places, len(keys)]):
            kept += keys[place + 1 : following]
        keys[places[0] :] = kept


def new_bucket(record: BucketCreated) -> Bucket:
    """Return the bucket that a record tells of."""
    head = Head(record.account, record.region, record.name, record.at, record.tags, {})
    return Bucket(head)


def stored(record: ObjectStored) -> StoredObject:
    """Return the object that a record tells of."""
    return StoredObject(
        record.pieces,
        record.etag,
        record.at,
        record.described,
        record.checksums,
        record.checksum_type,
    )


def upload_of(record: UploadBegun) -> Upload:
    """Return the upload that a record tells of."""
    return Upload(
        record.key, record.at, record.described, record.checksum_algorithm, record.checksum_type
    )


class FrozenBucket:
    """A bucket's state as of one moment; objects are never changed, only replaced."""

    def __init__(self, bucket: Bucket) -> None:
        """Copy the bucket's dicts, which takes no time to speak of."""
        self._head = Head(
            bucket.account,
            bucket.region,
            bucket.name,
            bucket.created_at,
            bucket.tags,
            dict(bucket.uploads),
        )
        self._objects = dict(bucket.objects)
        self._keys = list(bucket.keys)
        self.size = _ROW_BYTES * (1 + len(self._keys))

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes of a snapshot: a format number, the head, then objects by key."""
        yield bytes([FORMAT]) + _with_length(_encode(self._head))
        keys, objects = self._keys, self._objects
        for at in range(0, len(keys), SNAPSHOT_PART_OBJECTS):
            part = keys[at : at + SNAPSHOT_PART_OBJECTS]
            yield _with_length(_encode([(key, objects[key]) for key in part]))


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data


def decode(data: bytes) -> Bucket:
    """Return the bucket of a snapshot, from bytes of any format ever written.

    Raises:
        ValueError: The bytes are not a snapshot of ours.
    """
    if not data or data[0] != FORMAT:
        raise ValueError("a snapshot of a bucket in an unknown format")
    parts = _parts(memoryview(data)[1:])
    bucket = Bucket(_decode_head(next(parts)))
    for part in parts:
        rows = _decode_rows(part)
        bucket.objects.update(rows)
        bucket.keys += [key for key, _ in rows]
    return bucket


def _parts(data: memoryview) -> Iterator[memoryview]:
    while data:
        end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "big")
        yield data[_LENGTH_BYTES:end]
        data = data[end:]
