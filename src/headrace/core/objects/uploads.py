"""Put the parts of a multipart upload together."""

import hashlib
from itertools import pairwise

from headrace.base.instant import Instant
from headrace.core.objects import checksums
from headrace.core.objects.commands import CompleteUpload, NamedPart
from headrace.core.objects.content import Part, Upload
from headrace.core.objects.errors import (
    BadDigest,
    EntityTooLarge,
    EntityTooSmall,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
)
from headrace.core.objects.limits import OBJECT_BYTES_MAX, PART_BYTES_MIN
from headrace.core.objects.records import ObjectStored

#: What the whole of an upload is told by when the caller does not say (API reference,
#: "Checking object integrity": composite where both are possible).
DEFAULT_TYPES = {"CRC64NVME": "FULL_OBJECT"}


def upload_id_of(seed: bytes) -> str:
    """Return the id of an upload."""
    return hashlib.blake2b(seed, digest_size=32, person=b"upload").hexdigest()


def check_algorithm(algorithm: str, kind: str) -> None:
    """Refuse a way of telling checksums that does not exist.

    Raises:
        InvalidRequest: It does not.
    """
    if not algorithm:
        if kind:
            raise InvalidRequest(
                "The x-amz-checksum-type header can only be used with the "
                "x-amz-checksum-algorithm header."
            )
        return
    if algorithm not in checksums.ALGORITHMS:
        raise InvalidRequest("Checksum algorithm provided is unsupported.")
    possible = {"FULL_OBJECT"} if algorithm == "CRC64NVME" else {"COMPOSITE"}
    if algorithm in checksums.COMBINABLE:
        possible.add("FULL_OBJECT")
    if kind and kind not in possible:
        raise InvalidRequest(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum "
            "algorithm."
        )


def completed(machine: int, now: Instant, upload: Upload, command: CompleteUpload) -> ObjectStored:
    """Return the fact that an upload's parts are an object.

    Raises:
        S3Error: The parts are not those that were uploaded, do not ascend, or are too small.
    """
    parts = _chosen(upload, command)
    size = sum(part.piece.size for part in parts)
    if size > OBJECT_BYTES_MAX:
        raise EntityTooLarge(size, OBJECT_BYTES_MAX)
    digests = b"".join(bytes.fromhex(part.etag) for part in parts)
    digest = hashlib.md5(digests, usedforsecurity=False).hexdigest()
    found, kind = _checksums(upload, parts)
    for algorithm, text in command.checksums.items():
        if found.get(algorithm) not in {None, text, text.partition("-")[0]}:
            raise BadDigest(algorithm)
    return ObjectStored(
        machine=machine,
        at=now,
        key=upload.key,
        pieces=tuple(part.piece for part in parts),
        etag=f"{digest}-{len(parts)}",
        described=upload.described,
        checksums=found,
        checksum_type=kind,
        upload_id=command.upload_id,
    )


def _chosen(upload: Upload, command: CompleteUpload) -> list[Part]:
    """Return the parts that the caller names, in his order."""
    named = command.parts
    if not named:
        raise InvalidRequest("You must specify at least one part")
    numbers = [one.number for one in named]
    if any(first >= second for first, second in pairwise(numbers)):
        raise InvalidPartOrder(command.upload_id)
    parts = []
    for one in named:
        part = upload.parts.get(one.number)
        if part is None or part.etag != one.etag or _differs(part, one):
            raise InvalidPart(command.upload_id, one.number, one.etag)
        parts.append(part)
    for one, part in zip(named[:-1], parts[:-1], strict=True):
        if part.piece.size < PART_BYTES_MIN:
            raise EntityTooSmall(part.piece.size, PART_BYTES_MIN, one.number, part.etag)
    return parts


def _differs(part: Part, named: NamedPart) -> bool:
    return any(
        part.checksums.get(algorithm, text) != text for algorithm, text in named.checksums.items()
    )


def _checksums(upload: Upload, parts: list[Part]) -> tuple[dict[str, str], str]:
    """Return the checksum of the whole, if each part has one, and what kind it is."""
    algorithm = upload.checksum_algorithm
    each = [part.checksums.get(algorithm, "") for part in parts]
    if not algorithm or not all(each):
        return {}, ""
    if upload.checksum_type == "FULL_OBJECT":
        sizes = (part.piece.size for part in parts)
        whole = checksums.combined(algorithm, zip(each, sizes, strict=True))
    else:
        whole = checksums.composite(algorithm, each)
    return {algorithm: whole}, upload.checksum_type
