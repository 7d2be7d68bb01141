"""Tags of roles and policies."""

from collections.abc import Iterable, Mapping

from headrace.core.access.errors import DuplicateTagKeys, LimitExceeded
from headrace.core.access.limits import TAGS_MAX


def tagged(
    before: Mapping[str, str], tags: Mapping[str, str], untagged: Iterable[str]
) -> dict[str, str]:
    """Return tags with some put in and some keys taken out, by key.

    Raises:
        DuplicateTagKeys: Two keys differ in upper and lower case only.
        LimitExceeded: There would be too many.
    """
    gone = set(untagged)
    found = {key: value for key, value in before.items() if key not in gone} | dict(tags)
    if len({key.lower() for key in found}) != len(found):
        raise DuplicateTagKeys
    if len(found) > TAGS_MAX:
        raise LimitExceeded(f"The number of tags has reached the maximum limit of {TAGS_MAX}.")
    return dict(sorted(found.items()))
