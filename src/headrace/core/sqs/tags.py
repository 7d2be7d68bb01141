"""Tags of a queue: checks in AWS's words.

Source: spec/sqs.md 8.1. The texts about characters and the reserved prefix are our own: nobody saw
AWS's.
"""

import re
from collections.abc import Iterable, Mapping

from headrace.core.sqs import limits
from headrace.core.sqs.errors import InvalidParameterValue

_CHARACTERS = re.compile(r"[\w\s.:/=+\-@]*")
_RESERVED = "aws:"


def check_tags(tags: Mapping[str, str], there: Mapping[str, str], name: str) -> None:
    """Check tags that are to be added to those that are there.

    Args:
        name: The queue's, for the text about too many.

    Raises:
        InvalidParameterValue: There would be too many, or one of them is wrong.
    """
    if len(tags.keys() | there.keys()) > limits.TAGS_MAX:
        raise InvalidParameterValue(f"Too many tags added for queue {name}.")
    check_keys(tags)
    for key, value in tags.items():
        if len(value) > limits.TAG_VALUE_MAX:
            raise InvalidParameterValue(
                f"Tag values must be between 0 and {limits.TAG_VALUE_MAX} characters in length."
            )
        if key.lower().startswith(_RESERVED):
            raise InvalidParameterValue(
                f"Tag keys must not begin with {_RESERVED}, which is reserved."
            )
        if not (_CHARACTERS.fullmatch(key) and _CHARACTERS.fullmatch(value)):
            raise InvalidParameterValue(
                "Tags can only include letters, digits, whitespace and _ . : / = + - @"
            )


def check_keys(keys: Iterable[str]) -> None:
    """Check the length of each key.

    Raises:
        InvalidParameterValue: One is empty or too long.
    """
    if not all(1 <= len(key) <= limits.TAG_KEY_MAX for key in keys):
        raise wrong_keys()


def wrong_keys() -> InvalidParameterValue:
    """Return the refusal of keys that are too short, too long or too few."""
    return InvalidParameterValue(
        f"Tag keys must be between 1 and {limits.TAG_KEY_MAX} characters in length."
    )
