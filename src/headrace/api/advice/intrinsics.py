"""CloudFormation's functions inside a template, as far as advice needs them.

What a resource will be called is not known before it is made, so a reference to one becomes a text
`${Name}` or `${Name.Attribute}`, as it stands inside Fn::Sub anyway.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

#: What cannot be known from the template alone.
UNKNOWN = "${?}"

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")
_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


#: Values and pieces of sixteen characters that a template may come to, once its references and
#: aliases are followed: AWS's own largest template has a million characters.
SIZE_MAX = 1_000_000


class TooLarge(Exception):
    """A template comes to more than `SIZE_MAX`."""


class _NoValue:
    """What `!Ref AWS::NoValue` gives: the member is not there."""


_NO_VALUE = _NoValue()


class Resolver:
    """Replaces functions by what they give."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        """Know a template's parameters by their defaults, and its conditions by nothing."""
        self._defaults = {
            str(name): parameter["Default"]
            for name, parameter in members_of(template.get("Parameters")).items()
            if isinstance(parameter, dict) and "Default" in parameter
        }
        self._mappings = members_of(template.get("Mappings"))
        self._left = SIZE_MAX

    def resolve(self, value: Any) -> Any:
        """Return a value without functions.

        Raises:
            TooLarge: It comes to too much.
        """
        found = self._resolve(value)
        return None if found is _NO_VALUE else found

    def _resolve(self, value: Any) -> Any:
        self._spend(1)
        if isinstance(value, list):
            items = [self._resolve(one) for one in value]
            return [one for one in items if one is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or str(name).startswith("Fn::"):
                return self._call(name, argument)
        members = {name: self._resolve(one) for name, one in value.items()}
        return {name: one for name, one in members.items() if one is not _NO_VALUE}

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TooLarge

    def _call(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Ref", "AWS::NoValue":
                return _NO_VALUE
            case "Ref", str():
                return self._defaults.get(argument, f"${{{argument}}}")
            case "Fn::GetAtt", str() | list():
                parts = argument if isinstance(argument, list) else [argument]
                return f"${{{'.'.join(map(str, parts))}}}"
            case "Fn::Sub", str():
                return self._substitute(argument, {})
            case "Fn::Sub", [str(text), dict(values)]:
                return self._substitute(text, values)
            case "Fn::Join", [separator, parts]:
                found = self.resolve(parts)
                return self._text(str(separator), found) if isinstance(found, list) else UNKNOWN
            case _:
                return self._choose(name, argument)

    def _choose(self, name: str, argument: Any) -> Any:
        """Return what functions give that choose among values, or write them."""
        match name, argument:
            case "Fn::If", [_, chosen, *_]:
                return self._resolve(chosen)
            case "Fn::FindInMap", [table, first, second, *_]:
                return self._find(table, first, second)
            case "Fn::ToJsonString", dict() | list():
                return json.dumps(self.resolve(argument))
            case _:
                return UNKNOWN

    def _find(self, table: Any, *keys: Any) -> Any:
        """Return what a template's Mappings hold; one that AWS's region chooses is not known."""
        found = self._mappings.get(str(self.resolve(table)))
        for key in keys:
            found = members_of(found).get(str(self.resolve(key)), UNKNOWN)
        return self._resolve(found)

    def _substitute(self, text: str, values: Mapping[str, Any]) -> str:
        parts: list[Any] = []
        end = 0
        for match in _PLACEHOLDER.finditer(text):
            name = match[1].strip()
            found = self._defaults.get(name, f"${{{name}}}")
            if name in values:
                found = self.resolve(values[name])
            parts += [text[end : match.start()], found]
            end = match.end()
        return self._text("", [*parts, text[end:]])

    def _text(self, separator: str, parts: Sequence[Any]) -> str:
        texts = [str(part) for part in parts]
        self._spend((sum(map(len, texts)) + len(separator) * len(texts)) // 16)
        return separator.join(texts)


def members_of(value: Any) -> dict[str, Any]:
    """Return an object's members; none, if it is something else."""
    return value if isinstance(value, dict) else {}


def items_of(value: Any) -> list[Any]:
    """Return a list's items; none, if it is something else."""
    return value if isinstance(value, list) else []


def name_of(value: Any) -> str:
    """Return the resource that a text refers to; empty: to none by reference."""
    match = _REFERENCE.search(str(value))
    return match[1] if match is not None else ""


def number_of(value: Any, default: int) -> int:
    """Return a number that may be a text, or the default where it cannot be known."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return default


class Numbers:
    """Reads numbers of one thing, and notes which cannot be known."""

    def __init__(self) -> None:
        """Start with all known."""
        self._unknown: set[str] = set()

    def read(self, member: str, value: Any, default: int) -> int:
        """Return a member's number; the default where it is not set, or not known."""
        if value is not None and number_of(value, -1) == -1 and number_of(value, 0) == 0:
            self._unknown.add(member)
        return number_of(value, default)

    def unknown(self) -> frozenset[str]:
        """Return which of those that were read are not known."""
        return frozenset(self._unknown)


def is_true(value: Any) -> bool:
    """Return a boolean that may be a text."""
    return str(value).lower() == "true"
