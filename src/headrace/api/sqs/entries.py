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

#: The ids of a batch, each with a space behind it: one match for all is several times faster.
_IDS = re.compile(r"(?:[A-Za-z0-9_-]{1,80} )+", re.ASCII)


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
    ids = [entry.get("Id") or "" for entry in entries]
    text = " ".join(ids) + " "
    if not _IDS.fullmatch(text) or text.count(" ") != len(ids):
        raise InvalidBatchEntryId(
            "A batch entry id can only contain alphanumeric characters, hyphens and "
            "underscores. It can be at most 80 letters long."
        )
    if len(set(ids)) < len(ids):
        repeated = next(name for place, name in enumerate(ids) if name in ids[:place])
        raise BatchEntryIdsNotDistinct(f"Id {repeated} repeated.")
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
    """Return the two lists of a batch result, without an empty one."""
    answer: Answer = {"Successful": successful} if successful else {}
    if failed:
        answer["Failed"] = failed
    return answer
