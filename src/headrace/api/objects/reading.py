"""Which bytes of an object a request wants, and whether it wants any."""

import re
from typing import NamedTuple

from headrace.api.objects.members import unquoted
from headrace.api.operation import Parameters
from headrace.base.instant import MS_PER_S
from headrace.core.objects.content import StoredObject
from headrace.core.objects.errors import (
    InvalidPartNumber,
    InvalidRange,
    NoSuchVersion,
    NotModified,
    PreconditionFailed,
)

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


class Span(NamedTuple):
    """Bytes of an object, from `start` to before `end`."""

    start: int
    end: int
    is_partial: bool = False  #: Whether a range was asked for, be it of all bytes.


def check_version(parameters: Parameters) -> None:
    """Refuse another version than the one that every object has.

    Raises:
        NoSuchVersion: Another is asked for.
    """
    version = parameters.get("VersionId", "null")
    if version != "null":
        raise NoSuchVersion(parameters["Key"], version)


def check_conditions(parameters: Parameters, one: StoredObject) -> None:
    """Refuse a read whose conditions do not hold (API reference, GetObject).

    Raises:
        PreconditionFailed: The object is not the one that is wanted.
        NotModified: The caller has this object.
    """
    wanted, known = parameters.get("IfMatch"), parameters.get("IfNoneMatch")
    since, until = parameters.get("IfModifiedSince"), parameters.get("IfUnmodifiedSince")
    modified_at = one.modified_at // MS_PER_S * MS_PER_S
    if wanted is not None:
        if not _names(wanted, one.etag):
            raise PreconditionFailed("If-Match")
    elif until is not None and modified_at > until:
        raise PreconditionFailed("If-Unmodified-Since")
    if known is not None:
        if _names(known, one.etag):
            raise NotModified
    elif since is not None and modified_at <= since:
        raise NotModified


def _names(given: str, etag: str) -> bool:
    return given.strip() == "*" or etag in map(unquoted, given.split(","))


def span_of(parameters: Parameters, one: StoredObject) -> Span:
    """Return the bytes that are wanted: a range, a part, or all. What is no range is overlooked.

    Raises:
        InvalidRange: It begins behind the end.
        InvalidPartNumber: There is no such part.
    """
    size = one.size
    number = parameters.get("PartNumber")
    if number is not None:
        return _part(one, number)
    text = parameters.get("Range", "")
    asked = _RANGE.fullmatch(text)
    if asked is None or not any(asked.groups()):
        return Span(0, size)
    first, last = asked.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return Span(0, size)
    if start >= size:
        raise InvalidRange(text, size)
    return Span(start, end, is_partial=True)


def _part(one: StoredObject, number: int) -> Span:
    if not 1 <= number <= len(one.pieces):
        raise InvalidPartNumber(number, len(one.pieces))
    start = sum(piece.size for piece in one.pieces[: number - 1])
    return Span(start, start + one.pieces[number - 1].size, is_partial=len(one.pieces) > 1)
