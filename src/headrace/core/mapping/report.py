"""Read what a function with ReportBatchItemFailures returned: which messages failed.

Whatever cannot be read means that the whole batch failed (spec/esm.md 5.2): a message is deleted
only when it is certain that it was handled.
"""

from collections.abc import Collection
from typing import Any

import msgspec

_WHITE = b" \t\r\n"
_decode = msgspec.json.Decoder().decode


def failed_ids(payload: bytes, delivered: Collection[str]) -> frozenset[str]:
    """Return the ids of `delivered` that failed; all of them where the report is malformed."""
    everything = frozenset(delivered)
    if not payload.strip(_WHITE):
        return frozenset()
    try:
        document: Any = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return everything
    if document is None:
        return frozenset()
    if not isinstance(document, dict):
        return everything
    items = document.get("batchItemFailures")
    if items is None:
        return frozenset()
    if not isinstance(items, list):
        return everything
    failed = set()
    for item in items:
        if item == {}:
            continue  # observed once on AWS to count as nothing at all (spec/esm.md 0, fact 13)
        identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
        if not isinstance(identifier, str) or identifier not in everything:
            return everything
        failed.add(identifier)
    return frozenset(failed)
