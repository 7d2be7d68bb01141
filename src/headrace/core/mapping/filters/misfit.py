"""Say which part of each pattern a record does not fit, for people."""

from collections.abc import Iterator
from typing import Any

from headrace.core.mapping.filters.columns import objects_fit
from headrace.core.mapping.filters.pattern import Node, Place, Seen, rules_fit

#: Characters of a value that a reason shows.
VALUE_LENGTH_MAX = 40

ASKS_FOR_TEXT = "it asks for the body's text, and the body is JSON"
ASKS_FOR_FIELDS = "it asks for fields of the body, and the body is no JSON object"


def why_not(patterns: list[Node], record: dict[str, Any], body: Any, *, body_is_json: bool) -> str:
    """Return a reason for each pattern, joined; the record is known to fit none of them.

    Args:
        patterns: The filters of a mapping, in order.
        record: Of the event document.
        body: What its body says, if that is JSON; else its text.
        body_is_json: Whether it is.
    """
    seen = Seen({**record, "body": body})
    reasons = [
        f"filter {place}: {_reason(pattern, seen, body_is_json=body_is_json)}"
        for place, pattern in enumerate(patterns, 1)
    ]
    return "; ".join(reasons)


def is_mismatch(reason: str) -> bool:
    """Tell whether a filter was not even tried, for the form of the body (rule E-18)."""
    return ASKS_FOR_TEXT in reason or ASKS_FOR_FIELDS in reason


def _reason(pattern: Node, seen: Seen, *, body_is_json: bool) -> str:
    asked = pattern.fields.get("body")
    if asked is not None and body_is_json and asked.rules is not None:
        return ASKS_FOR_TEXT
    if asked is not None and not body_is_json and asked.asks_below:
        return ASKS_FOR_FIELDS
    misfit = next(_misfits(pattern, seen), None)
    return misfit if misfit is not None else "what it asks for stands in no one element"


def _misfits(node: Node, seen: Seen) -> Iterator[str]:
    """Yield what does not fit below a node, innermost first."""
    for field in node.fields.values():
        place = seen.at(field.path)
        values_fit = rules_fit(field, place.values, seen)
        if values_fit and (not field.asks_below or objects_fit(field, seen)):
            continue
        if values_fit:
            yield from _misfits(field, seen)
        yield f"{'.'.join(field.path)} {_shown(place)}"
    if node.choices:
        where = ".".join(node.path) or "the record"
        yield f"none of the alternatives of $or fits {where}"


def _shown(place: Place) -> str:
    if not place.values:
        return "has no one element that fits all of it" if place.objects else "is not there"
    text = str(place.values[0])
    return f"is {text[:VALUE_LENGTH_MAX]!r}" + (" and others" if len(place.values) > 1 else "")
