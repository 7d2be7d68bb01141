"""Patterns of messages that are JSON objects: `{ $.level = "ERROR" && $.took > 100 }`.

A selector goes down by names and positions: `$.a.b[0]`, `$.a['with space']`, `$.list[*].id`. Where
it finds nothing, no comparison holds; several finds (of a `*`) pass if one of them does.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from headrace.core.logs.patterns.conditions import (
    Condition,
    Reader,
    invalid,
    read_comparison,
    read_expression,
)

#: A name, a position, or None for all of a list.
Step = str | int | None

_ROOT = re.compile(r"\$")
_STEP = re.compile(
    r"""\.([^\s.\[\]=!<>&|()'"]+)|\[\s*(?:(\d{1,9})|(\*)|'([^']*)'|"([^"]*)")\s*\]""", re.ASCII
)
_WORDS = re.compile(
    r"(?P<null>IS\s+NULL)|(?P<true>IS\s+TRUE)|(?P<false>IS\s+FALSE)|(?P<absent>NOT\s+EXISTS)"
    r"|(?P<there>EXISTS)",
    re.IGNORECASE,
)

_TESTS: dict[str, Callable[[list[Any]], bool]] = {
    "null": lambda found: any(value is None for value in found),
    "true": lambda found: any(value is True for value in found),
    "false": lambda found: any(value is False for value in found),
    "absent": lambda found: not found,
    "there": bool,
}

_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def document_pattern(text: str) -> Callable[[str], bool]:
    """Return what a pattern between braces lets through.

    Raises:
        InvalidParameter: It cannot be read.
    """
    reader = Reader(text)
    condition = read_expression(reader, _read_condition)
    if not reader.is_over:
        raise invalid()

    def test(message: str) -> bool:
        if not message.lstrip().startswith("{"):
            return False
        try:
            document = _decode(message)
        except (msgspec.DecodeError, RecursionError, ValueError, ArithmeticError):
            return False
        return condition(document)

    return test


def _read_condition(reader: Reader) -> Condition:
    if reader.match(_ROOT) is None:
        raise invalid()
    steps = tuple(_read_steps(reader))
    if not steps:
        raise invalid()
    test = read_comparison(reader)
    if test is not None:
        return lambda document: any(test(value) for value in _find(document, steps))
    words = reader.match(_WORDS)
    if words is None:
        raise invalid()
    judge = _TESTS[words.lastgroup or ""]
    return lambda document: judge(list(_find(document, steps)))


def _read_steps(reader: Reader) -> Iterator[Step]:
    while (match := _STEP.match(reader.text, reader.at)) is not None:
        reader.at = match.end()
        name, position, everything, *quoted = match.groups()
        if everything is not None:
            yield None
        elif position is not None:
            yield int(position)
        else:
            yield next(text for text in (name, *quoted) if text is not None)


def _find(value: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    """Yield what lies at the end of a selector."""
    for depth, step in enumerate(steps):
        if step is None:
            if isinstance(value, list):
                for item in value:
                    yield from _find(item, steps[depth + 1 :])
            return
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return
        elif not isinstance(value, dict) or step not in value:
            return
        value = value[step]
    yield value
