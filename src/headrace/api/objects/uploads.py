"""Multipart uploads: parameters to commands, replies to answers."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from headrace.api.context import Context
from headrace.api.objects.buckets import answer_nothing, found
from headrace.api.objects.members import (
    at_most,
    checksum_members,
    checksums_of,
    condition_of,
    content_of,
    described_of,
    owner_members,
    owner_of,
    quoted,
    stored_members,
    unquoted,
)
from headrace.api.operation import Answer, Operation, Parameters, Prepared
from headrace.core.objects.commands import (
    AbortUpload,
    BeginUpload,
    CompleteUpload,
    NamedPart,
    PutPart,
)
from headrace.core.objects.content import StoredObject, Upload
from headrace.core.objects.limits import PAGE_MAX
from headrace.core.objects.replies import UploadFound
from headrace.wire.errors import MalformedXml, NotImplementedHere

Bodies = Mapping[Any, bytes]

_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


def create_multipart_upload(parameters: Parameters, context: Context, rooms: Any) -> BeginUpload:
    """Read CreateMultipartUpload."""
    return BeginUpload(
        owner=owner_of(context),
        bucket=parameters["Bucket"],
        key=parameters["Key"],
        seed=context.seed,
        described=described_of(parameters),
        checksum_algorithm=parameters.get("ChecksumAlgorithm", "").upper(),
        checksum_type=parameters.get("ChecksumType", "").upper(),
    )


def answer_begun(
    parameters: Parameters, context: Context, reply: UploadFound, bodies: Bodies
) -> Answer:
    """Answer with the upload's id."""
    return {
        "Bucket": parameters["Bucket"],
        "Key": parameters["Key"],
        "UploadId": reply.upload_id,
        "ChecksumAlgorithm": reply.upload.checksum_algorithm or None,
        "ChecksumType": reply.upload.checksum_type or None,
    }


def upload_part(parameters: Parameters, context: Context, rooms: Any) -> PutPart:
    """Read UploadPart; the content was stored before, or is not looked at."""
    return PutPart(
        owner=owner_of(context),
        bucket=parameters["Bucket"],
        key=parameters["Key"],
        upload_id=parameters["UploadId"],
        number=parameters["PartNumber"],
        content=content_of(parameters),
    )


def answer_part(parameters: Parameters, context: Context, reply: Any, bodies: Bodies) -> Answer:
    """Answer with what the part is told by."""
    content = content_of(parameters)
    return {"ETag": quoted(content.md5), **checksum_members(content.checksums)}


def complete_multipart_upload(
    parameters: Parameters, context: Context, rooms: Any
) -> CompleteUpload:
    """Read CompleteMultipartUpload.

    Raises:
        MalformedXml: A part has no number or no ETag.
    """
    given = parameters.get("MultipartUpload", {}).get("Parts", [])
    if not given or any("PartNumber" not in one or "ETag" not in one for one in given):
        raise MalformedXml
    return CompleteUpload(
        owner=owner_of(context),
        bucket=parameters["Bucket"],
        key=parameters["Key"],
        upload_id=parameters["UploadId"],
        parts=tuple(
            NamedPart(one["PartNumber"], unquoted(one["ETag"]), checksums_of(one)) for one in given
        ),
        checksums=checksums_of(parameters),
        condition=condition_of(parameters),
    )


def answer_completed(
    parameters: Parameters, context: Context, reply: StoredObject, bodies: Bodies
) -> Answer:
    """Answer with the new object and where it is."""
    bucket, key = parameters["Bucket"], parameters["Key"]
    return {
        "Location": f"{context.base_url}/{bucket}/{quote(key)}",
        "Bucket": bucket,
        "Key": key,
        **stored_members(reply),
    }


def abort_multipart_upload(parameters: Parameters, context: Context, rooms: Any) -> AbortUpload:
    """Read AbortMultipartUpload."""
    return AbortUpload(
        owner_of(context), parameters["Bucket"], parameters["Key"], parameters["UploadId"]
    )


def list_parts(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """List an upload's parts by number."""
    bucket, key, upload_id = (parameters[name] for name in ("Bucket", "Key", "UploadId"))
    upload: Upload = rooms.buckets.book.find_upload(owner_of(context), bucket, key, upload_id)
    marker = parameters.get("PartNumberMarker", "")
    after = int(marker) if _NUMBER.fullmatch(marker) else 0
    size = at_most(parameters, "MaxParts", PAGE_MAX)
    numbers = sorted(number for number in upload.parts if number > after)
    page = numbers[:size]
    return found(
        {
            "Bucket": bucket,
            "Key": key,
            "UploadId": upload_id,
            "PartNumberMarker": after,
            "NextPartNumberMarker": page[-1] if page else 0,
            "MaxParts": size,
            "IsTruncated": len(numbers) > len(page),
            "Parts": [_part_members(upload, number) for number in page],
            "Owner": owner_members(context.account),
            "StorageClass": upload.described.headers.get("StorageClass", "STANDARD"),
            "ChecksumAlgorithm": upload.checksum_algorithm or None,
            "ChecksumType": upload.checksum_type or None,
        }
    )


def _part_members(upload: Upload, number: int) -> Answer:
    part = upload.parts[number]
    return {
        "PartNumber": number,
        "LastModified": part.modified_at,
        "ETag": quoted(part.etag),
        "Size": part.piece.size,
        **checksum_members(part.checksums),
    }


def list_multipart_uploads(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """List a bucket's uploads by key.

    Raises:
        NotImplementedHere: Keys shall be rolled up.
    """
    if parameters.get("Delimiter"):
        raise NotImplementedHere("ListMultipartUploads with a delimiter is not served here.")
    bucket = rooms.buckets.book.find(owner_of(context), parameters["Bucket"])
    prefix = parameters.get("Prefix", "")
    behind = (parameters.get("KeyMarker", ""), parameters.get("UploadIdMarker", "\U0010ffff"))
    size = at_most(parameters, "MaxUploads", PAGE_MAX)
    places = sorted(
        (upload.key, upload_id)
        for upload_id, upload in bucket.uploads.items()
        if upload.key.startswith(prefix)
    )
    places = [place for place in places if place > behind]
    page = places[:size]
    answer: Answer = {
        "Bucket": bucket.name,
        "KeyMarker": parameters.get("KeyMarker", ""),
        "UploadIdMarker": parameters.get("UploadIdMarker", ""),
        "Prefix": prefix or None,
        "MaxUploads": size,
        "IsTruncated": len(places) > len(page),
        "Uploads": [
            {
                "UploadId": upload_id,
                "Key": key,
                "Initiated": bucket.uploads[upload_id].begun_at,
                "StorageClass": "STANDARD",
                "Owner": owner_members(bucket.account),
            }
            for key, upload_id in page
        ],
    }
    if page and len(places) > len(page):
        answer["NextKeyMarker"], answer["NextUploadIdMarker"] = page[-1]
    return found(answer)


OPERATIONS: dict[str, Operation] = {
    "CreateMultipartUpload": Operation(create_multipart_upload, answer_begun),
    "UploadPart": Operation(upload_part, answer_part),
    "CompleteMultipartUpload": Operation(complete_multipart_upload, answer_completed),
    "AbortMultipartUpload": Operation(abort_multipart_upload, answer_nothing),
    "ListParts": Operation(list_parts, answer_nothing),
    "ListMultipartUploads": Operation(list_multipart_uploads, answer_nothing),
}
