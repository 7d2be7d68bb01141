"""Take objects' bytes in and read them back: what comes before S3's commands are made.

The bytes lie among the blobs, on disk before the record that names them. Taking a body apart,
hashing and checking it are a thread's work.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from headrace.api.context import Context
from headrace.api.objects.members import STORED, checksums_of, owner_of
from headrace.api.objects.objects import READ, copy_object, put_object, read_object, source_of
from headrace.api.objects.reading import Span
from headrace.api.objects.uploads import upload_part
from headrace.base.errors import ServiceError, ServiceUnavailable
from headrace.core.objects import checksums
from headrace.core.objects.commands import Content
from headrace.core.objects.content import Piece, StoredObject
from headrace.core.objects.errors import (
    BadDigest,
    ContentSha256Mismatch,
    EntityTooLarge,
    InvalidDigest,
    InvalidRequest,
)
from headrace.core.objects.limits import OBJECT_BYTES_MAX
from headrace.ports.blobs import Blobs
from headrace.ports.journal import JournalError
from headrace.shell.rooms import Rooms
from headrace.shell.service import Service
from headrace.wire.awschunked import Payload

_TRAILER = "x-amz-checksum-"
_MD5_BYTES = 16
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Contents:
    """What the service asks about objects' bytes."""

    def __init__(self, rooms: Rooms, blobs: Blobs) -> None:
        """Keep bytes in `blobs`."""
        self._rooms = rooms
        self._blobs = blobs

    def join(self, service: Service) -> None:
        """Take part in a service: what comes before the operations that bring or want bytes."""
        service.prepare["PutObject"] = self.prepare_object
        service.prepare["UploadPart"] = self.prepare_part
        service.prepare["CopyObject"] = self.prepare_copy
        service.prepare["GetObject"] = self.prepare_read

    async def prepare_object(self, parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        """Store an object's bytes; return the parameters with a `Content`.

        Raises:
            ServiceError: The object cannot be stored, or its bytes are not what they should be.
        """
        self._rooms.buckets.check(put_object(parameters, context, self._rooms))
        return await self._take_in(parameters, _wanted(parameters.get("ChecksumAlgorithm", "")))

    async def prepare_part(self, parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        """Store a part's bytes; return the parameters with a `Content`.

        Raises:
            ServiceError: The part cannot be stored, or its bytes are not what they should be.
        """
        command = upload_part(parameters, context, self._rooms)
        self._rooms.buckets.check(command)
        upload = self._rooms.buckets.book.find_upload(
            command.owner, command.bucket, command.key, command.upload_id
        )
        return await self._take_in(parameters, _wanted(upload.checksum_algorithm))

    async def prepare_copy(self, parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        """Put the source's bytes together, if they are not; return the parameters with `Content`.

        Raises:
            ServiceError: The copy cannot be made.
        """
        self._rooms.buckets.check(copy_object(parameters, context, self._rooms))
        bucket, key = source_of(parameters)
        source = self._rooms.buckets.book.find_object(owner_of(context), bucket, key)
        if len(source.pieces) == 1 and "-" not in source.etag:
            content = Content(source.pieces[0], source.etag, source.checksums)
        else:
            whole = await self._read(source.pieces, Span(0, source.size))
            content = await self._store(whole, _wanted(next(iter(source.checksums), "")))
        return {**parameters, STORED: content}

    async def prepare_read(self, parameters: dict[str, Any], context: Context) -> dict[str, Any]:
        """Read the bytes that GetObject wants; return the parameters with them.

        What is refused is left to the command, whose refusal waits for what it saw to be on disk.
        """
        try:
            one, span = read_object(parameters, context, self._rooms)
        except ServiceError:
            return parameters
        content = await self._read(one.pieces, span)
        return {**parameters, READ: (one, span, content)}

    async def whole(self, one: StoredObject) -> bytes:
        """Return all bytes of an object.

        Raises:
            ServiceUnavailable: They cannot be read now.
        """
        return await self._read(one.pieces, Span(0, one.size))

    async def _take_in(
        self, parameters: dict[str, Any], algorithms: frozenset[str]
    ) -> dict[str, Any]:
        """Check a body against what was said about it, and store it."""
        payload: Payload = parameters["Body"]
        content, given = await asyncio.to_thread(_taken_apart, payload, parameters)
        stored = await self._store(content, algorithms, given)
        return {**parameters, "Body": b"", STORED: stored}

    async def _store(
        self, content: bytes, algorithms: Iterable[str], given: Mapping[str, str] = _NOTHING
    ) -> Content:
        """Store bytes that are what was `given` of them; of others nothing may stay behind."""
        md5, found = await asyncio.to_thread(_told, content, {*algorithms, *given})
        for algorithm, text in given.items():
            if found[algorithm] != text:
                raise BadDigest(algorithm)
        try:
            digest = await self._blobs.put(content)
        except (OSError, JournalError) as error:
            raise ServiceUnavailable("The object could not be stored now.") from error
        return Content(Piece(digest, len(content)), md5, found)

    async def _read(self, pieces: Iterable[Piece], span: Span) -> bytes:
        parts = []
        at = 0
        try:
            for piece in pieces:
                start, end = max(span.start - at, 0), min(span.end - at, piece.size)
                if start < end:
                    parts.append(await self._read_piece(piece, start, end))
                at += piece.size
        except (OSError, KeyError, JournalError) as error:
            raise ServiceUnavailable("The object cannot be read now.") from error
        return parts[0] if len(parts) == 1 else await asyncio.to_thread(b"".join, parts)

    async def _read_piece(self, piece: Piece, start: int, end: int) -> bytes:
        path = await self._blobs.path(piece.digest)

        def read() -> bytes:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(end - start)

        return await asyncio.to_thread(read)


def _wanted(algorithm: str) -> frozenset[str]:
    """Return the checksum that a caller names, if it is one of those that are known."""
    return frozenset({algorithm.upper()} & set(checksums.ALGORITHMS))


def _taken_apart(payload: Payload, parameters: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Return a body's content and the checksums that were given, headers' and trailers'.

    Raises:
        ServiceError: It is incomplete, too long, or not what was signed or hashed.
    """
    content, trailers = payload.take_apart()
    if len(content) > OBJECT_BYTES_MAX:
        raise EntityTooLarge(len(content), OBJECT_BYTES_MAX)
    if payload.sha256 and (found := hashlib.sha256(content).hexdigest()) != payload.sha256:
        raise ContentSha256Mismatch(payload.sha256, found)
    if "ContentMD5" in parameters:
        _check_md5(parameters["ContentMD5"], content)
    given = checksums_of(parameters)
    for algorithm in checksums.ALGORITHMS:
        text = trailers.get(_TRAILER + algorithm.lower())
        if text is not None:
            given[algorithm] = text
    for algorithm, text in given.items():
        if not checksums.is_checksum(algorithm, text):
            raise InvalidRequest(f"Value for {_TRAILER}{algorithm.lower()} header is invalid.")
    return content, given


def _check_md5(given: str, content: bytes) -> None:
    try:
        raw = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidDigest(given) from None
    if len(raw) != _MD5_BYTES:
        raise InvalidDigest(given)
    found = hashlib.md5(content, usedforsecurity=False).digest()
    if raw != found:
        raise BadDigest("Content-MD5", given, base64.b64encode(found).decode())


def _told(content: bytes, algorithms: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Return a content's MD5 in hex, and the checksums that are wanted."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return md5, {name: checksums.checksum(name, content) for name in sorted(algorithms)}
