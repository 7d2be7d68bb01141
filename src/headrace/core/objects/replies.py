"""What the room of buckets answers; the answer to a new object is its record."""

import msgspec

from headrace.core.objects.content import Upload


class Done(msgspec.Struct, frozen=True, gc=False):
    """It is done; there is nothing more to say."""


class BucketMade(msgspec.Struct, frozen=True, gc=False):
    """A bucket is there."""

    name: str
    region: str


class UploadFound(msgspec.Struct, frozen=True):
    """An upload and its id."""

    upload_id: str
    upload: Upload
