"""Rules: a mapping's tags (spec/esm.md 12.2 E-A8)."""

from collections.abc import Mapping

from headrace.base.instant import Instant
from headrace.core.mapping.commands import TagMapping, UntagMapping
from headrace.core.mapping.errors import InvalidParameterValue
from headrace.core.mapping.limits import TAGS_MAX
from headrace.core.mapping.records import MappingTagged

#: A tag of ours: with the value "true" a batch that failed is halved and its halves are tried.
BISECT = "headrace:bisect"


def bisects(tags: Mapping[str, str]) -> bool:
    """Tell whether a mapping with these tags halves batches that failed (AWS has no such thing)."""
    return tags.get(BISECT) == "true"


def check(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a mapping may have.

    Raises:
        InvalidParameterValue: There are more than 50.
    """
    if len(tags) > TAGS_MAX:
        raise InvalidParameterValue("Number of tags exceeds resource tag limit.")


def decide(
    command: TagMapping | UntagMapping, tags: Mapping[str, str], now: Instant
) -> MappingTagged:
    """Return which tags a mapping with these has afterwards.

    Raises:
        InvalidParameterValue: None are given, or there would be too many.
    """
    if isinstance(command, UntagMapping):
        kept = {key: value for key, value in tags.items() if key not in command.keys}
        return MappingTagged(command.mapping, now, kept)
    if not command.tags:
        raise InvalidParameterValue("An error occurred and the request cannot be processed.")
    after = {**tags, **command.tags}
    check(after)
    return MappingTagged(command.mapping, now, after)
