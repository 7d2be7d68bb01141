"""What is odd about a function's answers to batches: for advice, not for what becomes of them.

Source: spec/esm.md 5.2 and rules E-14 to E-16, E-27 of 8.2.
"""

from typing import Any

import msgspec

from headrace.core.mapping.batch import Batch

NO_REPORT = "no report"
IGNORED_REPORT = "ignored report"
MALFORMED = "malformed"
GAP = "gap"

_MEMBER = "batchItemFailures"
_MEMBER_BYTES = _MEMBER.encode()
_decode = msgspec.json.Decoder().decode


def oddity_of(batch: Batch, payload: bytes, *, in_order: bool) -> str:
    """Return what is odd about an answer; empty: nothing is.

    Args:
        in_order: Whether the batch is of a FIFO queue.
    """
    if not batch.reports:
        return IGNORED_REPORT if _MEMBER_BYTES in payload and _items(payload) else ""
    if not payload or payload == b"null":
        return ""
    try:
        document = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return MALFORMED
    if not isinstance(document, dict):
        return MALFORMED
    if _MEMBER not in document:
        return NO_REPORT if document else ""
    items = document[_MEMBER]
    if items is None:
        return ""
    ids = _ids(items)
    if ids is None or not set(ids) <= set(batch.ids):
        return MALFORMED
    return GAP if in_order and _has_gap(batch, frozenset(ids)) else ""


def _items(payload: bytes) -> Any:
    """Return what an answer reports although nobody asked; nothing, if it cannot be read."""
    try:
        document = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return document.get(_MEMBER) if isinstance(document, dict) else None


def _ids(items: Any) -> list[str] | None:
    """Return the ids of a report; None: it is malformed, an empty entry too."""
    if not isinstance(items, list):
        return None
    found = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    ids = [one for one in found if isinstance(one, str)]
    return ids if len(ids) == len(found) else None


def _has_gap(batch: Batch, failed: frozenset[str]) -> bool:
    """Tell whether a message counts as handled behind one of its group that failed."""
    stopped: set[str] = set()
    for message_id, group in zip(batch.ids, batch.groups, strict=True):
        if message_id in failed:
            stopped.add(group)
        elif group in stopped:
            return True
    return False
