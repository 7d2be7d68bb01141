"""Read what a function with ReportBatchItemFailures returned: which messages failed.

Whatever cannot be read means that the whole batch failed (spec/esm.md 5.2): a message is deleted
only when it is certain that it was handled.
"""

from collections.abc import Collection
from typing import Any

import msgspec

from headrace.core.mapping.halfcharacters import decode_with_halves

_MEMBER = "batchItemFailures"
_MEMBER_BYTES = _MEMBER.encode()
_WHITE = b" \t\r\n"
_Unset = msgspec.UnsetType


class _Entry(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An entry as AWS describes it, or an empty one."""

    identifier: str | _Unset = msgspec.field(name="itemIdentifier", default=msgspec.UNSET)


class _LongEntry(msgspec.Struct, gc=False):
    """An entry with members that mean nothing."""

    identifier: str = msgspec.field(name="itemIdentifier")


class _Answer(msgspec.Struct, gc=False):
    failures: list[_Entry] | _Unset | None = msgspec.field(name=_MEMBER, default=msgspec.UNSET)


class _LongAnswer(msgspec.Struct, gc=False):
    failures: list[_LongEntry] = msgspec.field(name=_MEMBER)


class _AnyAnswer(msgspec.Struct, gc=False):
    failures: msgspec.Raw = msgspec.field(name=_MEMBER, default=msgspec.Raw(b"null"))


_read = msgspec.json.Decoder(_Answer)
_read_long = msgspec.json.Decoder(_LongAnswer)
_read_any = msgspec.json.Decoder(_AnyAnswer)


class Report(msgspec.Struct, frozen=True, gc=False):
    """What an answer reports, whether or not the ids are a batch's."""

    ids: list[str] = []
    is_there: bool = True  #: The answer has the member, be it null.
    has_empty_entries: bool = False  #: These count as nothing.


def read(payload: bytes) -> Report | None:
    """Return what a function's answer reports; None: it is malformed.

    An empty entry was observed once on AWS to count as nothing at all (spec/esm.md 0, fact 13).
    """
    payload = payload.strip(_WHITE)
    if payload in (b"", b"null") or (payload[:1] == b"{" and payload[1:].lstrip(_WHITE) == b"}"):
        return Report()
    try:
        answer = _decoded(_read, payload)
    except msgspec.ValidationError:
        pass
    except (ValueError, RecursionError):
        return None
    else:
        return _report_of(answer.failures)
    try:
        entries = _decoded(_read_long, payload).failures
    except (ValueError, RecursionError):
        return None
    return Report([entry.identifier for entry in entries])


def failed_ids(report: Report | None, delivered: Collection[str]) -> frozenset[str]:
    """Return the ids of `delivered` that failed; all of them where the report is malformed."""
    everything = frozenset(delivered)
    if report is None:
        return everything
    failed = frozenset(report.ids)
    return everything if failed - everything else failed


def has_failures(payload: bytes) -> bool:
    """Tell whether an answer names failures, however malformed, to nobody who asked."""
    if _MEMBER_BYTES not in payload:
        return False
    try:
        failures = _decoded(_read_any, payload).failures
    except (ValueError, RecursionError):
        return False
    return len(failures) > len(b"[]") and bytes(failures) != b"null"


def _report_of(entries: list[_Entry] | _Unset | None) -> Report:
    if entries is msgspec.UNSET:
        return Report(is_there=False)
    ids = [one.identifier for one in entries or () if one.identifier is not msgspec.UNSET]
    return Report(ids, has_empty_entries=len(ids) < len(entries or ()))


def _decoded(decoder: msgspec.json.Decoder[Any], payload: bytes) -> Any:
    """Decode an answer, all of which must be UTF-8; its texts may have halves of characters."""
    text = payload.decode()
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(decode_with_halves(text), decoder.type)
