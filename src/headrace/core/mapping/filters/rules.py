"""The single rules of a pattern: each looks at one value of a message that is no object or array.

Source: spec/esm.md 2.2. Numbers are integers or decimals and compare by value, never as floats.
"""

import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

#: Whether a value fits; the value is text, a number, a boolean or None.
Rule = Callable[[Any], bool]
#: Names of rules; as keys inside `$or` they make it a plain field (spec/esm.md 2.2).
NAMES = frozenset(
    (
        "anything-but",
        "cidr",
        "equals-ignore-case",
        "exists",
        "numeric",
        "prefix",
        "suffix",
        "wildcard",
    )
)
_ESCAPE = re.compile(r"\\[*\\]")


class BadPattern(ValueError):
    """A pattern that is none; the text says why, for the log."""


def rules_of(items: list[Any]) -> list[Rule]:
    """Compile the elements of a rule array, of which one must fit; prefixes together are one rule.

    Raises:
        BadPattern: One is no rule.
    """
    rules: list[Rule] = []
    affixes: dict[str, list[str]] = {}
    for item in items:
        match item:
            case {"prefix": str(text)} if len(item) == 1:
                affixes.setdefault("prefix", []).append(text)
            case {"suffix": str(text)} if len(item) == 1:
                affixes.setdefault("suffix", []).append(text)
            case _:
                rules.append(rule_of(item))
    return rules + [_ends_in_one_of(name, tuple(texts)) for name, texts in affixes.items()]


def rule_of(item: Any) -> Rule:
    """Compile one element of a rule array, `exists` excepted: that one is about more than a value.

    Raises:
        BadPattern: It is no rule.
    """
    if isinstance(item, dict):
        if len(item) != 1:
            raise BadPattern("a rule has exactly one operator")
        ((name, argument),) = item.items()
        compiler = _COMPILERS.get(name)
        if compiler is None:
            raise BadPattern(f"unrecognized match type {name}")
        return compiler(argument)
    if isinstance(item, list):
        raise BadPattern("a rule cannot be an array")
    return _literal(item)


def is_number(value: Any) -> bool:
    """Tell whether a JSON value is a number."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _literal(expected: Any) -> Rule:
    if is_number(expected):
        return lambda value: is_number(value) and value == expected
    return lambda value: type(value) is type(expected) and value == expected


def _text(name: str, argument: Any) -> str:
    if not isinstance(argument, str):
        raise BadPattern(f"{name} match pattern must be a string")
    return argument


def _ignoring_case(argument: Any) -> Rule:
    lowered = _text("equals-ignore-case", argument).lower()
    return lambda value: isinstance(value, str) and value.lower() == lowered


def _ends_in_one_of(name: str, texts: tuple[str, ...]) -> Rule:
    at_the_edge = str.startswith if name == "prefix" else str.endswith
    return lambda value: isinstance(value, str) and at_the_edge(value, texts)


def _affix(name: str) -> Callable[[Any], Rule]:
    """Return the compiler of `prefix` or `suffix`."""
    at_the_edge = str.startswith if name == "prefix" else str.endswith

    def compile_affix(argument: Any) -> Rule:
        if isinstance(argument, dict):
            if list(argument) != ["equals-ignore-case"]:
                raise BadPattern(f"{name} match pattern must be a string")
            lowered = _text(name, argument["equals-ignore-case"]).lower()
            return lambda value: isinstance(value, str) and at_the_edge(value.lower(), lowered)
        text = _text(name, argument)
        return lambda value: isinstance(value, str) and at_the_edge(value, text)

    return compile_affix


def _wildcard(argument: Any) -> Rule:
    text = _text("wildcard", argument)
    # Escaped characters are set aside first, so that every star that is left is a wildcard.
    kept: list[str] = [""]
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            if not _ESCAPE.match(text, position):
                raise BadPattern(f"invalid escape character at pos {position}")
            position += 1
            kept[-1] += text[position]
        elif character == "*":
            if text.startswith("*", position + 1):
                raise BadPattern(f"consecutive wildcard characters at pos {position}")
            kept.append("")
        else:
            kept[-1] += character
        position += 1
    return lambda value: isinstance(value, str) and _in_order(value, kept)


def _in_order(value: str, parts: list[str]) -> bool:
    """Tell whether the parts stand in the text one behind the other, the outer ones at its ends."""
    if len(parts) == 1:
        return value == parts[0]
    first, *inner, last = parts
    if len(value) < len(first) + len(last):
        return False
    if not (value.startswith(first) and value.endswith(last)):
        return False
    position, end = len(first), len(value) - len(last)
    for part in inner:
        found = value.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _cidr(argument: Any) -> Rule:
    text = _text("cidr", argument)
    address, slash, length = text.partition("/")
    if not slash or not (length.isascii() and length.isdigit()) or "%" in address:
        raise BadPattern("malformed CIDR, one '/' required")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise BadPattern(f"nonstandard IP address: {text}") from error

    def matches(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return matches


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


def _numeric(argument: Any) -> Rule:
    if not isinstance(argument, list):
        raise BadPattern("value of numeric must be an array")
    if len(argument) not in (2, 4):
        raise BadPattern("numeric takes one or two comparisons")
    operators, bounds = argument[0::2], argument[1::2]
    for operator, bound in zip(operators, bounds, strict=True):
        if not isinstance(operator, str) or operator not in _COMPARE:
            raise BadPattern(f"unrecognized numeric range operator: {operator}")
        if not is_number(bound):
            raise BadPattern(f"value of {operator} must be numeric")
    if len(bounds) == 2:
        if operators[0] not in (">", ">=") or operators[1] not in ("<", "<="):
            raise BadPattern(f"bad numeric range operator: {operators[1]}")
        if bounds[0] >= bounds[1]:
            raise BadPattern("bottom must be less than top")
    tests = [(_COMPARE[operator], bound) for operator, bound in zip(operators, bounds, strict=True)]
    return lambda value: is_number(value) and all(test(value, bound) for test, bound in tests)


def _anything_but(argument: Any) -> Rule:
    if isinstance(argument, dict):
        refused = _nested_refusals(argument)
    else:
        values = argument if isinstance(argument, list) else [argument]
        if not values:
            raise BadPattern("empty arrays are not allowed")
        kinds = {str if isinstance(one, str) else is_number(one) for one in values}
        if len(kinds) != 1 or False in kinds:
            raise BadPattern("value of anything-but must be an array or single string/number value")
        refused = [_literal(one) for one in values]
    return lambda value: not any(rule(value) for rule in refused)


def _nested_refusals(argument: dict[str, Any]) -> list[Rule]:
    """Compile what stands in anything-but: one operator, with one text or several."""
    if len(argument) != 1:
        raise BadPattern("anything-but takes one operator")
    ((name, values),) = argument.items()
    if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
        raise BadPattern(f"unsupported anything-but pattern: {name}")
    texts = values if isinstance(values, list) else [values]
    if not texts:
        raise BadPattern("empty arrays are not allowed")
    for text in texts:
        if not _text(name, text) and name in ("prefix", "suffix"):
            raise BadPattern("null prefix/suffix not allowed")
    return [_COMPILERS[name](text) for text in texts]


_COMPILERS: dict[str, Callable[[Any], Rule]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _ignoring_case,
    "numeric": _numeric,
    "prefix": _affix("prefix"),
    "suffix": _affix("suffix"),
    "wildcard": _wildcard,
}
