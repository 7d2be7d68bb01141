"""Say which part of each pattern a record does not fit, for people."""

from collections.abc import Iterator
from typing import Any

from headrace.core.mapping.filters.pattern import Node, Seen, elements, fits, rules_fit

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
    misfit = next(_misfits(pattern, seen.record, seen), None)
    return misfit if misfit is not None else "what it asks for stands in no one element"


def _misfits(node: Node, value: Any, seen: Seen) -> Iterator[str]:
    """Yield what does not fit below a node, innermost first."""
    objects = [one for one in elements(value) if isinstance(one, dict)] or [{}]
    for name, field in node.fields.items():
        found = [member for one in objects for member in seen.members(one, name)]
        if fits(field, found, seen):
            continue
        if rules_fit(field, found, seen):
            yield from _misfits(field, found, seen)
        yield f"{'.'.join(field.path)} {_shown(found)}"
    if node.choices:
        place = ".".join(node.path) or "the record"
        yield f"none of the alternatives of $or fits {place}"


def _shown(found: list[Any]) -> str:
    everything = list(elements(found))
    values = [one for one in everything if not isinstance(one, dict)]
    if not values:
        return "has no one element that fits all of it" if everything else "is not there"
    text = str(values[0])
    return f"is {text[:VALUE_LENGTH_MAX]!r}" + (" and others" if len(values) > 1 else "")
