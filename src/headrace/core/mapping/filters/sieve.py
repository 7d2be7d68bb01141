"""All filters of a mapping: one of them must fit, else the message is not for its function."""

from collections.abc import Sequence
from typing import Any

from headrace.core.mapping.filters.columns import objects_fit
from headrace.core.mapping.filters.misfit import why_not
from headrace.core.mapping.filters.pattern import (
    Node,
    Seen,
    below_fits,
    compile_pattern,
    decode_json,
    fits,
    rules_count,
    rules_fit,
)

_BODY = "body"
#: Characters of a body that is gone through field by field; below, object by object is quicker.
LARGE_BODY = 2_048
#: What it costs to read a character of JSON, where to copy it and to hold it to a rule cost 1.
_READING = 8
#: Characters of a body for which a reason is found.
REASON_BODY_MAX = 65_536


class Sieve:
    """Patterns, compiled once, that records of the event document are held against."""

    __slots__ = ("_patterns", "burden")

    def __init__(self, patterns: Sequence[str]) -> None:
        """Compile patterns; without any, every message passes.

        Raises:
            BadPattern: One of them is none.
        """
        self._patterns = [compile_pattern(text) for text in patterns]
        #: What a character of a body costs, about: 1 to be copied, some more to be read as JSON,
        #: and 1 for each rule.
        self.burden = 1
        if patterns:
            self.burden = _READING + sum(map(rules_count, self._patterns))

    @property
    def has_patterns(self) -> bool:
        """Whether there is a message that would not pass."""
        return bool(self._patterns)

    def passes(self, record: dict[str, Any]) -> bool:
        """Tell whether the function is to see a record, whose `body` is the message's text."""
        if not self._patterns:
            return True
        try:
            seen, is_json = Seen({**record, _BODY: decode_json(record[_BODY])}), True
            seen.is_large = len(record[_BODY]) > LARGE_BODY
        except ValueError:
            seen, is_json = Seen(record), False
        return any(_fits(node, seen, is_json=is_json) for node in self._patterns)

    def why_not(self, record: dict[str, Any]) -> str:
        """Return for people why a record that does not pass does not.

        A long body is not gone through once more for that.
        """
        if (length := len(record[_BODY])) > REASON_BODY_MAX:
            return (
                f"no filter fits, and of so long a body it is not said why ({length:,} characters)"
            )
        try:
            body, is_json = decode_json(record[_BODY]), True
        except ValueError:
            body, is_json = record[_BODY], False
        return why_not(self._patterns, record, body, body_is_json=is_json)


def _fits(node: Node, seen: Seen, *, is_json: bool) -> bool:
    """Hold a record against a pattern or an alternative of it (the table of spec/esm.md 2.1)."""
    for name, field in node.fields.items():
        value = seen.record.get(name, [])
        if name == _BODY:
            if not _body_fits(field, value, seen, is_json=is_json):
                return False
        elif not fits(field, value, seen):
            return False
    return all(
        any(_fits(choice, seen, is_json=is_json) for choice in choices) for choices in node.choices
    )


def _body_fits(node: Node, body: Any, seen: Seen, *, is_json: bool) -> bool:
    """A body that is JSON is asked for its fields only, any other for its text only."""
    if is_json:
        if node.rules is not None:
            return False
        return objects_fit(node, seen) if seen.is_large else below_fits(node, body, seen)
    return not node.asks_below and rules_fit(node, body, seen)
