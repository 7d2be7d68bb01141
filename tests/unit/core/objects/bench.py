"""A room of buckets, and what to tell it."""

import hashlib

from headrace.base.instant import Instant
from headrace.core.machine import Numbers, Remember
from headrace.core.objects.buckets import Buckets
from headrace.core.objects.commands import (
    BeginUpload,
    CompleteUpload,
    Content,
    CreateBucket,
    NamedPart,
    Owner,
    PutObject,
    PutPart,
)
from headrace.core.objects.content import Described, Piece

OWNER = Owner("123456789012", "us-east-1")
OTHER = Owner("210987654321", "us-east-1")
NOW = Instant(1_700_000_000_000)
MIB = 1_024 * 1_024


def content(word=b"x", size=None, **checksums):
    """A `Content` as the shell makes it of bytes; a size of which there need not be any."""
    digest = hashlib.sha256(word).hexdigest()
    md5 = hashlib.md5(word, usedforsecurity=False).hexdigest()
    return Content(Piece(digest, len(word) if size is None else size), md5, checksums)


class Bench:
    """A room with the bucket `b`, and its records."""

    def __init__(self):
        self.room = Buckets(Numbers())
        self.records = []
        self.tell(CreateBucket(OWNER, "bbb"))

    def tell(self, command):
        """Return the reply to a command."""
        *remembered, reply = self.room.apply(command, NOW, 1)
        for effect in remembered:
            assert isinstance(effect, Remember)
            self.records.append(effect.record)
        return reply.value

    def put(self, key, word=b"x", **members):
        """Put an object into `b`."""
        return self.tell(PutObject(OWNER, "bbb", key, content(word), Described(), **members))

    def begin(self, key="k", **members):
        """Begin an upload to `b`; return its id."""
        command = BeginUpload(
            OWNER, "bbb", key, b"seed", Described({"ContentType": "t"}), **members
        )
        return self.tell(command).upload_id

    def part(self, upload_id, number, word=b"x", size=5 * MIB, key="k", **checksums):
        """Put a part of an upload."""
        given = content(word, size, **checksums)
        self.tell(PutPart(OWNER, "bbb", key, upload_id, number, given))
        return NamedPart(number, given.md5)

    def complete(self, upload_id, *parts, key="k", **members):
        """Complete an upload."""
        return self.tell(CompleteUpload(OWNER, "bbb", key, upload_id, parts, **members))

    @property
    def bucket(self):
        """The bucket `b`."""
        return self.room.book.find(OWNER, "bbb")
