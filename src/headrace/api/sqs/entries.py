"""The checks that a whole batch request must pass before any entry is looked at.

Source: spec/sqs.md 2.8, 2.10, 2.11, 14.5 (S-A21); nothing is done when one fails.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from headrace.api.operation import Answer
from headrace.base.errors import ServiceError
from headrace.core.sqs import limits
from headrace.core.sqs.errors import (
    BatchEntryIdsNotDistinct,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    TooManyEntriesInBatchRequest,
)

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)


def check_entries(parameters: Mapping[str, Any], entry_type: str) -> Sequence[Mapping[str, Any]]:
    """Return the entries of a batch whose number and ids are right.

    Args:
        entry_type: AWS's name of the entry shape, for the text about an empty batch.

    Raises:
        EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId,
        BatchEntryIdsNotDistinct: In this order.
    """
    entries: Sequence[Mapping[str, Any]] = parameters.get("Entries") or ()
    if not entries:
        raise EmptyBatchRequest(f"There should be at least one {entry_type} in the request.")
    if len(entries) > limits.BATCH_ENTRIES_MAX:
        raise TooManyEntriesInBatchRequest(
            f"Maximum number of entries per request are {limits.BATCH_ENTRIES_MAX}. "
            f"You have sent {len(entries)}."
        )
    seen = set()
    for entry in entries:
        if not _ID.fullmatch(entry.get("Id") or ""):
            raise InvalidBatchEntryId(
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long."
            )
    for entry in entries:
        if entry["Id"] in seen:
            raise BatchEntryIdsNotDistinct(f"Id {entry['Id']} repeated.")
        seen.add(entry["Id"])
    return entries


def failed_entry(entry_id: str, error: ServiceError) -> Answer:
    """Return the BatchResultErrorEntry of one entry; the code is the query protocol's in both."""
    return {
        "Id": entry_id,
        "SenderFault": error.fault == "Sender",
        "Code": error.query_code,
        "Message": error.message,
    }


def batch_answer(successful: list[Answer], failed: list[Answer]) -> Answer:
    """Return the two lists of a batch result; the wire leaves empty ones out."""
    return {"Successful": successful, "Failed": failed}
