"""Ids that callers choose: of groups, of deduplication, of receive attempts.

Source: spec/sqs.md 2.7, 14.5 (S-A26).
"""

import re
from collections.abc import Mapping
from typing import Any

from headrace.core.sqs.errors import InvalidParameterValue

#: 1 to 128 ASCII letters, digits and punctuation, no space.
_ID = re.compile(r"[!-~]{1,128}", re.ASCII)


def checked_id(given: Mapping[str, Any], parameter: str) -> str | None:
    """Return the id under this parameter; None when there is none.

    Raises:
        InvalidParameterValue: It is empty, too long, or of other characters.
    """
    value: str | None = given.get(parameter)
    if value is not None and not _ID.fullmatch(value):
        raise InvalidParameterValue(
            f"Value {value} for parameter {parameter} is invalid. Reason: {parameter} can only "
            "include alphanumeric and punctuation characters. 1 to 128 in length."
        )
    return value
