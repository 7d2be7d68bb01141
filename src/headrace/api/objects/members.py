"""Objects and what is said of them in S3's members, and back."""

import hashlib
from typing import Any
from urllib.parse import parse_qsl

from headrace.api.context import Context
from headrace.api.operation import Answer, Parameters
from headrace.core.objects.checksums import ALGORITHMS
from headrace.core.objects.commands import Condition, Content, Owner
from headrace.core.objects.content import Described, Piece, StoredObject
from headrace.core.objects.errors import InvalidArgument, InvalidTag
from headrace.wire.errors import NotImplementedHere

#: Stands for content that was not stored yet, where only the rest is to be checked.
NO_CONTENT = Content(Piece("", 0), "")

#: Where the shell puts a `Content` for the command to be made.
STORED = "Stored"

#: Members of a request that come back with the object.
_KEPT = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "StorageClass",
)
#: What an object is when nobody has said it.
_CONTENT_TYPE = "binary/octet-stream"
_STANDARD = "STANDARD"


def owner_of(context: Context) -> Owner:
    """Return who asks."""
    return Owner(context.account, context.region)


def content_of(parameters: Parameters) -> Content:
    """Return what the shell has stored, or what stands for it."""
    found: Content = parameters.get(STORED, NO_CONTENT)
    return found


def described_of(parameters: Parameters) -> Described:
    """Return what a request says about its object.

    Raises:
        S3Error: The tags cannot be read, or the object would have to be encrypted.
    """
    if "SSECustomerAlgorithm" in parameters:
        raise NotImplementedHere("This server does not encrypt objects with keys of the caller's.")
    headers = {name: str(parameters[name]) for name in _KEPT if parameters.get(name)}
    if headers.get("StorageClass") == _STANDARD:
        del headers["StorageClass"]
    return Described(headers, parameters.get("Metadata", {}), _tags_of_header(parameters))


def _tags_of_header(parameters: Parameters) -> dict[str, str]:
    text = parameters.get("Tagging", "")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []
    except ValueError:
        raise InvalidArgument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
            "parameters without tag name duplicates.",
            "x-amz-tagging",
            text,
        ) from None
    return dict(pairs)


def tags_of(given: list[Answer]) -> dict[str, str]:
    """Return the tags of an XML body by key.

    Raises:
        InvalidTag: A key stands there twice.
    """
    tags = {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) < len(given):
        raise InvalidTag("Cannot provide multiple Tags with the same key")
    return tags


def tag_members(tags: dict[str, str]) -> list[Answer]:
    """Return tags as a list."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def condition_of(parameters: Parameters) -> Condition:
    """Return under which condition an object may be written.

    Raises:
        NotImplementedHere: It is one that S3 has for reads only.
    """
    unless = parameters.get("IfNoneMatch", "")
    if unless not in {"", "*"}:
        raise NotImplementedHere("A write with If-None-Match takes only the value *.")
    return Condition(unquoted(parameters.get("IfMatch", "")), unless == "*")


def unquoted(etag: str) -> str:
    """Return an ETag as it is stored."""
    return etag.strip().removeprefix("W/").strip('"')


def quoted(etag: str) -> str:
    """Return an ETag as S3 writes it."""
    return f'"{etag}"'


def checksums_of(given: Parameters) -> dict[str, str]:
    """Return the checksums that a structure names, by algorithm."""
    return {name: given[f"Checksum{name}"] for name in ALGORITHMS if given.get(f"Checksum{name}")}


def checksum_members(checksums: dict[str, str], kind: str = "") -> Answer:
    """Return checksums, and of what kind they are if that belongs there, as members."""
    members: Answer = {f"Checksum{name}": text for name, text in checksums.items()}
    if kind:
        members["ChecksumType"] = kind
    return members


def object_members(one: StoredObject) -> Answer:
    """Return what GetObject and HeadObject both say in headers, but for length and checksums."""
    described = one.described
    members: Answer = {
        "AcceptRanges": "bytes",
        "LastModified": one.modified_at,
        "ETag": quoted(one.etag),
        "ContentType": _CONTENT_TYPE,
        "Metadata": described.metadata,
        **described.headers,
    }
    if "Expires" in members:
        members["Expires"] = int(members["Expires"])
    if described.tags:
        members["TagCount"] = len(described.tags)
    return members


def stored_members(one: StoredObject) -> Answer:
    """Return what the answer to a write says of the new object."""
    return {"ETag": quoted(one.etag), **checksum_members(one.checksums, one.checksum_type)}


def listed_members(key: str, one: StoredObject, owner: Answer | None) -> Answer:
    """Return an object as lists have it."""
    return {
        "Key": key,
        "LastModified": one.modified_at,
        "ETag": quoted(one.etag),
        "ChecksumAlgorithm": list(one.checksums) or None,
        "ChecksumType": one.checksum_type or None,
        "Size": one.size,
        "StorageClass": one.described.headers.get("StorageClass", _STANDARD),
        "Owner": owner,
    }


def owner_members(account: str) -> Answer:
    """Return an account as S3 names owners: by an id that tells nothing of it."""
    return {"ID": hashlib.sha256(f"owner {account}".encode()).hexdigest()}


def at_most(parameters: Parameters, name: str, most: int) -> int:
    """Return the size of a page: `most`, or what the caller wants if that is less."""
    asked: Any = parameters.get(name)
    return most if asked is None else min(asked, most)
