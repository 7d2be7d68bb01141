"""Conditions joined by `&&` and `||`, with brackets: the grammar that JSON and fields share.

expression = conjunction { "||" conjunction }
conjunction = condition { "&&" condition }
condition = "(" expression ")" | whatever the reader of single conditions takes
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.limits import PATTERN_DEPTH_MAX
from headrace.core.logs.patterns.terms import no_expressions, unescaped

#: Tells whether a subject (a document, or a message's fields) passes.
Condition = Callable[[Any], bool]
#: Tells whether a value passes.
Test = Callable[[Any], bool]

_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"!=|<=|>=|=|<|>")
_VALUE = re.compile(r'"((?:\\.|[^"\\])*)"|([^\s"()&|,\]}]+)', re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d{1,4})?", re.ASCII)

#: Whole numbers stay what they are: they compare with decimals exactly, and quickly.
Number = int | Decimal

_ORDERS: dict[str, Callable[[Number, Number], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


class Reader:
    """A place in the text of a pattern."""

    def __init__(self, text: str) -> None:
        """Begin at the beginning."""
        self.text = text
        self.at = 0

    def skip(self) -> None:
        """Go over white space."""
        match = _SPACE.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def take(self, word: str) -> bool:
        """Go over a word, if it stands here."""
        self.skip()
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go over what a pattern finds here, if it finds anything."""
        self.skip()
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    @property
    def is_over(self) -> bool:
        """Whether nothing but white space is left."""
        self.skip()
        return self.at == len(self.text)


def read_expression(
    reader: Reader, read_condition: Callable[[Reader], Condition], depth: int = 0
) -> Condition:
    """Read conditions and what joins them.

    Raises:
        InvalidParameter: They cannot be read.
    """
    if depth > PATTERN_DEPTH_MAX:
        raise InvalidParameter(f"A filter pattern has at most {PATTERN_DEPTH_MAX} nested brackets.")
    choices = [_read_conjunction(reader, read_condition, depth)]
    while reader.take("||"):
        choices.append(_read_conjunction(reader, read_condition, depth))
    if len(choices) == 1:
        return choices[0]
    return lambda subject: any(choice(subject) for choice in choices)


def _read_conjunction(
    reader: Reader, read_condition: Callable[[Reader], Condition], depth: int
) -> Condition:
    conditions = []
    while True:
        if reader.take("("):
            conditions.append(read_expression(reader, read_condition, depth + 1))
            if not reader.take(")"):
                raise invalid()
        else:
            conditions.append(read_condition(reader))
        if not reader.take("&&"):
            break
    if len(conditions) == 1:
        return conditions[0]
    return lambda subject: all(condition(subject) for condition in conditions)


def read_comparison(reader: Reader) -> Test | None:
    """Read an operator and a value, and return how values compare; None: there is no operator.

    Raises:
        InvalidParameter: What follows the operator is no value for it.
    """
    found = reader.match(_OPERATOR)
    if found is None:
        return None
    operator = found[0]
    match = reader.match(_VALUE)
    if match is None:
        raise invalid()
    quoted, word = match[1], match[2]
    text = unescaped(quoted) if quoted is not None else word
    if quoted is None and len(word) > 2 and word.startswith("%") and word.endswith("%"):
        raise no_expressions()
    number = _whole(number_of(text)) if quoted is None else None
    if operator in _ORDERS:
        if number is None:
            raise invalid()
        return _order(_ORDERS[operator], number)
    equal = _equality(text, number)
    if operator == "=":
        return equal
    return lambda value: not equal(value)


def _order(compare: Callable[[Number, Number], bool], number: Number) -> Test:
    def test(value: Any) -> bool:
        found = number_of(value)
        return found is not None and compare(found, number)

    return test


def _equality(text: str, number: Number | None) -> Test:
    """Return how a value equals a pattern's: as numbers, or as texts with `*` for anything."""
    if number is not None:
        return lambda value: number_of(value) == number
    if "*" not in text:
        return lambda value: isinstance(value, str) and value == text
    return _wildcard(re.split(r"\*+", text))


def _wildcard(parts: list[str]) -> Test:
    """Return how a text matches parts with anything between them, without going back."""

    def test(value: Any) -> bool:
        text = value if isinstance(value, str) else _shown(value)
        if text is None or not text.startswith(parts[0]):
            return False
        at = len(parts[0])
        for part in parts[1:-1]:
            found = text.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        return len(text) - at >= len(parts[-1]) and text.endswith(parts[-1])

    return test


def _shown(value: Any) -> str | None:
    """Return a number as text, for a wildcard such as 4*."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    return str(value)


def number_of(value: Any) -> Number | None:
    """Return a value as a number, or None if it is none; texts that look like one are."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        try:
            return Decimal(value)
        except InvalidOperation:
            return None
    return None


def _whole(number: Number | None) -> Number | None:
    """Return a decimal without decimal places as a whole number: most are, on both sides."""
    if isinstance(number, Decimal) and number.as_tuple().exponent == 0:
        return int(number)
    return number


def invalid() -> InvalidParameter:
    """Return what is said of a pattern that cannot be read."""
    return InvalidParameter("Invalid filter pattern")
