"""Operations on objects: parameters to commands, replies to answers.

What reads or writes an object's bytes was prepared by the shell (`shell/contents.py`).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from headrace.api.context import Context
from headrace.api.objects.buckets import answer_nothing, found
from headrace.api.objects.members import (
    checksum_members,
    condition_of,
    content_of,
    described_of,
    object_members,
    owner_of,
    stored_members,
    tag_members,
    tags_of,
    unquoted,
)
from headrace.api.objects.reading import Span, check_conditions, check_version, span_of
from headrace.api.operation import Answer, Operation, Parameters, Prepared
from headrace.base.errors import ServiceUnavailable
from headrace.core.objects.commands import DeleteObjects, PutObject, TagObject
from headrace.core.objects.content import Described, StoredObject
from headrace.core.objects.errors import (
    InvalidArgument,
    InvalidRequest,
    NoSuchVersion,
    NotModified,
    PreconditionFailed,
)
from headrace.core.objects.limits import PAGE_MAX
from headrace.wire.errors import MalformedXml, NotImplementedHere

Bodies = Mapping[Any, bytes]

#: Where the shell puts what it found for a read: the object, the span and its bytes.
READ = "Read"

#: Parameters of GetObject that take the place of an object's own headers, for links.
_OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}

#: What no header holds: characters that end lines or the like, and those that Latin-1 has not.
_NO_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")


def put_object(parameters: Parameters, context: Context, rooms: Any) -> PutObject:
    """Read PutObject; the content was stored before, or is not looked at."""
    return PutObject(
        owner=owner_of(context),
        bucket=parameters["Bucket"],
        key=parameters["Key"],
        content=content_of(parameters),
        described=described_of(parameters),
        condition=condition_of(parameters),
    )


def answer_put(
    parameters: Parameters, context: Context, reply: StoredObject, bodies: Bodies
) -> Answer:
    """Answer with what the object is told by."""
    return stored_members(reply)


def source_of(parameters: Parameters) -> tuple[str, str]:
    """Return bucket and key of CopyObject's source.

    Raises:
        InvalidArgument: It names none.
        NoSuchVersion: It names another version than the one that objects have.
    """
    text, _, query = parameters["CopySource"].partition("?")
    bucket, _, key = unquote(text).removeprefix("/").partition("/")
    if not bucket or not key:
        raise InvalidArgument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            "x-amz-copy-source",
            text,
        )
    version = query.removeprefix("versionId=")
    if version not in {"", "null"}:
        raise NoSuchVersion(key, version)
    return bucket, key


def copy_object(parameters: Parameters, context: Context, rooms: Any) -> PutObject:
    """Read CopyObject; the source's content was put together before, or is not looked at.

    Raises:
        S3Error: There is no source; it would be copied to itself unchanged.
    """
    owner = owner_of(context)
    bucket, key = source_of(parameters)
    source: StoredObject = rooms.buckets.book.find_object(owner, bucket, key)
    _check_source(parameters, source)
    described = described_of(parameters)
    replaces = parameters.get("MetadataDirective") == "REPLACE"
    if not replaces and (bucket, key) == (parameters["Bucket"], parameters["Key"]):
        raise InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata, storage class, website redirect location or "
            "encryption attributes."
        )
    kept = described if replaces else source.described
    retags = parameters.get("TaggingDirective") == "REPLACE"
    return PutObject(
        owner=owner,
        bucket=parameters["Bucket"],
        key=parameters["Key"],
        content=content_of(parameters),
        described=Described(
            kept.headers, kept.metadata, described.tags if retags else source.described.tags
        ),
        condition=condition_of(parameters),
    )


def _check_source(parameters: Parameters, source: StoredObject) -> None:
    """Refuse a copy of another object than the one that is meant.

    Raises:
        PreconditionFailed: It is another; a copy has no "not modified".
    """
    beginning = "CopySource"
    asked = {
        name.removeprefix(beginning): value
        for name, value in parameters.items()
        if name.startswith(f"{beginning}If")
    }
    try:
        check_conditions(asked, source)
    except NotModified:
        unless = "If-None-Match" if "IfNoneMatch" in asked else "If-Modified-Since"
        raise PreconditionFailed(f"x-amz-copy-source-{unless}") from None
    except PreconditionFailed as refusal:
        condition = refusal.members["Condition"]
        raise PreconditionFailed(f"x-amz-copy-source-{condition}") from None


def answer_copied(
    parameters: Parameters, context: Context, reply: StoredObject, bodies: Bodies
) -> Answer:
    """Answer with what the copy is told by."""
    result = {**stored_members(reply), "LastModified": reply.modified_at}
    return {"CopyObjectResult": result}


def read_object(parameters: Parameters, context: Context, rooms: Any) -> tuple[StoredObject, Span]:
    """Return the object and the bytes that GetObject or HeadObject wants.

    Raises:
        S3Error: There is none, or the request's conditions do not hold.
    """
    bucket, key = parameters["Bucket"], parameters["Key"]
    one: StoredObject = rooms.buckets.book.find_object(owner_of(context), bucket, key)
    check_version(parameters)
    check_conditions(parameters, one)
    return one, span_of(parameters, one)


def get_object(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Answer with what the shell has read.

    Raises:
        S3Error: There was nothing to read; here it is found out once more, to be told in its turn.
        ServiceUnavailable: Now there is.
    """
    if READ not in parameters:
        read_object(parameters, context, rooms)
        raise ServiceUnavailable("The object came while it was looked for. Please try again.")
    one, span, content = parameters[READ]
    return found({**_shown(parameters, one, span), "Body": content})


def head_object(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Look an object up."""
    one, span = read_object(parameters, context, rooms)
    return found(_shown(parameters, one, span))


def _shown(parameters: Parameters, one: StoredObject, span: Span) -> Answer:
    answer = object_members(one)
    answer["ContentLength"] = span.end - span.start
    if span.is_partial:
        answer["ContentRange"] = f"bytes {span.start}-{span.end - 1}/{one.size}"
    elif parameters.get("ChecksumMode", "").upper() == "ENABLED":
        answer |= checksum_members(one.checksums, one.checksum_type)
    if "PartNumber" in parameters and "-" in one.etag:
        answer["PartsCount"] = len(one.pieces)
    for name, replaced in _OVERRIDES.items():
        if name in parameters:
            answer[replaced] = _header(name, parameters[name])
    return answer


def _header(name: str, value: Any) -> Any:
    """Return a value, a text or an instant, if it can stand in a header.

    Raises:
        InvalidArgument: It cannot.
    """
    if isinstance(value, str) and _NO_HEADER.search(value) is not None:
        label = re.sub("(?<!^)(?=[A-Z])", "-", name).lower()
        sentence = "Header value cannot be represented using ISO-8859-1."
        raise InvalidArgument(sentence, label, value[:256])
    return value


def delete_object(parameters: Parameters, context: Context, rooms: Any) -> DeleteObjects:
    """Read DeleteObject.

    Raises:
        PreconditionFailed: Another object is there than the one that shall go.
    """
    check_version(parameters)
    owner, bucket, key = owner_of(context), parameters["Bucket"], parameters["Key"]
    there = rooms.buckets.book.find(owner, bucket).objects.get(key)
    wanted = unquoted(parameters.get("IfMatch", "*"))
    if there is not None and wanted not in {"*", there.etag}:
        raise PreconditionFailed("If-Match")
    return DeleteObjects(owner, bucket, (key,))


def delete_objects(parameters: Parameters, context: Context, rooms: Any) -> DeleteObjects:
    """Read DeleteObjects.

    Raises:
        MalformedXml: It names none, or more than may be.
        NotImplementedHere: It names conditions, which must not be overlooked.
    """
    given = parameters.get("Delete", {}).get("Objects", [])
    if not 1 <= len(given) <= PAGE_MAX:
        raise MalformedXml
    if any(not one.keys() <= {"Key", "VersionId"} for one in given):
        raise NotImplementedHere("DeleteObjects with conditions is not served here.")
    keys = tuple(one["Key"] for one in given if _is_only_version(one))
    return DeleteObjects(owner_of(context), parameters["Bucket"], keys)


def answer_deleted(parameters: Parameters, context: Context, reply: Any, bodies: Bodies) -> Answer:
    """Answer for each key, in the order of the request."""
    given = parameters["Delete"]["Objects"]
    errors = [
        NoSuchVersion(one["Key"], one["VersionId"]) for one in given if not _is_only_version(one)
    ]
    answer: Answer = {
        "Errors": [
            {"Code": error.code, "Message": error.message, **error.members} for error in errors
        ]
    }
    if not parameters["Delete"].get("Quiet"):
        answer["Deleted"] = [
            {"Key": one["Key"], "VersionId": one.get("VersionId")}
            for one in given
            if _is_only_version(one)
        ]
    return answer


def _is_only_version(one: Answer) -> bool:
    version: str = one.get("VersionId", "null")
    return version == "null"


def get_object_tagging(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Look an object's tags up."""
    bucket, key = parameters["Bucket"], parameters["Key"]
    one = rooms.buckets.book.find_object(owner_of(context), bucket, key)
    check_version(parameters)
    return found({"TagSet": tag_members(one.described.tags)})


def put_object_tagging(parameters: Parameters, context: Context, rooms: Any) -> TagObject:
    """Read PutObjectTagging."""
    check_version(parameters)
    tags = tags_of(parameters.get("Tagging", {}).get("TagSet", []))
    return TagObject(owner_of(context), parameters["Bucket"], parameters["Key"], tags)


def delete_object_tagging(parameters: Parameters, context: Context, rooms: Any) -> TagObject:
    """Read DeleteObjectTagging."""
    check_version(parameters)
    return TagObject(owner_of(context), parameters["Bucket"], parameters["Key"], {})


OPERATIONS: dict[str, Operation] = {
    "PutObject": Operation(put_object, answer_put),
    "CopyObject": Operation(copy_object, answer_copied),
    "GetObject": Operation(get_object, answer_nothing),
    "HeadObject": Operation(head_object, answer_nothing),
    "DeleteObject": Operation(delete_object, answer_nothing),
    "DeleteObjects": Operation(delete_objects, answer_deleted),
    "GetObjectTagging": Operation(get_object_tagging, answer_nothing),
    "PutObjectTagging": Operation(put_object_tagging, answer_nothing),
    "DeleteObjectTagging": Operation(delete_object_tagging, answer_nothing),
}
