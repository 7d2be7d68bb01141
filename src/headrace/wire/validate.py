"""Check parameters against the constraints of the model, in AWS's words.

All violations of a request go into one error (spec/lambda.md 1.4, 13.3), up to a thousand, a
ValidationException unless the service has another word for it. Types are right already: see
`coerce.py`. SQS has no such checks; its own are ordered by hand in `core`.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

from headrace.wire.catalog import SERVICES
from headrace.wire.errors import InvalidParameterException, ValidationException
from headrace.wire.limits import (
    ITEMS_DISPLAYED_MAX,
    ITEMS_LOOKED_AT_MAX,
    PATTERN_LENGTH_FACTOR,
    PATTERN_LENGTH_MAX,
    VIOLATIONS_MAX,
)
from headrace.wire.model import Member, Service, Shape

#: Shapes whose enum `core` checks, with another code and text (spec/lambda.md L-A14).
_CHECKED_LATER = frozenset({"Runtime"})

#: Lists whose items `core` checks, because AWS prints another enum than the model's, and all bad
#: lists in one sentence (spec/lambda.md L-A73).
_ITEMS_CHECKED_LATER = frozenset({"CompatibleRuntimes", "CompatibleArchitectures"})

#: What a broken constraint is called, by its code.
_ERRORS = {one.code: one for one in (ValidationException, InvalidParameterException)}

#: Lists of texts of which AWS says that none may be null, as it does of enums (L-A75).
_NEVER_NULL = frozenset({"LayerVersionArn"})

#: Enums that AWS prints in another order than the model's (spec/lambda.md L-A81).
_PRINTED = {"InvokeMode": ("RESPONSE_STREAM", "BUFFERED")}

#: Members of the query string and headers are reported before those of the path and body
#: (spec/lambda.md 1.4: a bad qualifier precedes a bad functionName).
_PLACES = {"query": 0, "header": 1, "uri": 2, "body": 3, "status": 4}

#: In patterns of the model, but unknown to Python: letters and digits of any script, and spaces.
_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}


def check_constraints(service: Service, shape: str, parameters: dict[str, Any]) -> None:
    """Check an operation's parameters.

    Args:
        service: The rows to check against.
        shape: Name of the operation's input structure.
        parameters: Members of the right types.

    Raises:
        ServiceError: Something is missing, too long, too short, out of range, not of the
            pattern or not of the enum; the sentence names everything that is wrong, up to
            `VIOLATIONS_MAX`.
    """
    violations = _structure(service, service.shapes[shape], parameters, "")
    found = list(islice(violations, VIOLATIONS_MAX))
    if found:
        count = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise _ERRORS[service.constraint_error](f"{count} detected: {'; '.join(found)}")


def _structure(
    service: Service, shape: Shape, members: dict[str, Any], prefix: str
) -> Iterator[str]:
    for member in _ordered(service.name, shape.name):
        value = members.get(member.name)
        path = f"{prefix}{member.name[0].lower()}{member.name[1:]}"
        if value is not None:
            yield from _value(service, service.shapes[member.shape], value, path)
        elif member.required:
            yield _violation("null", path, "Member must not be null")


@cache
def _ordered(service: str, shape: str) -> tuple[Member, ...]:
    members = SERVICES[service].shapes[shape].members
    return tuple(sorted(members, key=lambda member: _PLACES[member.place]))


def _value(service: Service, shape: Shape, value: Any, path: str) -> Iterator[str]:
    broken = _broken(shape, value)
    for constraint in broken:
        yield _violation(f"'{_display(value)}'", path, constraint)
    if broken and shape.kind in {"list", "map"} and len(value) > ITEMS_LOOKED_AT_MAX:
        return
    if shape.kind == "structure":
        yield from _structure(service, shape, value, f"{path}.")
    elif shape.kind == "list" and shape.name not in _ITEMS_CHECKED_LATER:
        yield from _items(service, service.shapes[shape.item], value, path)
    elif shape.kind == "map":
        yield from _entries(service, shape, value, path)


def _items(service: Service, shape: Shape, items: list[Any], path: str) -> Iterator[str]:
    if shape.kind in {"structure", "list", "map"}:
        if _are_fine(service, shape, items):
            return
        for index, item in enumerate(items, 1):
            yield from _value(service, shape, item, f"{path}.{index}.member")
    elif any(_broken(shape, item) for item in items):
        yield _violation(
            f"'{_display(items)}'", path, f"Member must satisfy constraint: {_all_of(shape)}"
        )


def _are_fine(service: Service, shape: Shape, values: list[Any]) -> bool:
    """Tell quickly whether values surely break nothing: ten thousand events, member by member."""
    if not values:
        return True
    if shape.kind == "structure":
        for member in shape.members:
            column = [value.get(member.name) for value in values]
            if None in column:
                if member.required:
                    return False
                column = [one for one in column if one is not None]
            if not _are_fine(service, service.shapes[member.shape], column):
                return False
        return True
    if shape.pattern or shape.enum or shape.kind not in {"string", "integer", "long"}:
        return False
    sizes = list(map(len, values)) if shape.kind == "string" else values
    return (shape.maximum is None or max(sizes) <= shape.maximum) and (
        shape.minimum is None or min(sizes) >= shape.minimum
    )


def _entries(service: Service, shape: Shape, entries: dict[str, Any], path: str) -> Iterator[str]:
    key, inner = service.shapes[shape.key], service.shapes[shape.item]
    if any(_broken(key, name) for name in entries):
        yield _violation(
            f"'{_display(entries)}'", path, f"Map keys must satisfy constraint: {_all_of(key)}"
        )
    if inner.kind in {"structure", "list", "map"}:
        for name, item in entries.items():
            yield from _value(service, inner, item, f"{path}.{name}.member")
    elif any(_broken(inner, item) for item in entries.values()):
        yield _violation(
            f"'{_display(entries)}'", path, f"Map value must satisfy constraint: {_all_of(inner)}"
        )


def _violation(value: str, path: str, constraint: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


def _broken(shape: Shape, value: Any) -> list[str]:
    """Return the constraints of a shape that a value breaks, by themselves, without its parts."""
    size = value if shape.kind in {"integer", "long", "double"} else None
    if size is None and shape.kind in {"string", "blob", "list", "map"}:
        size = len(value)
    broken = []
    if size is not None:
        if shape.maximum is not None and size > shape.maximum:
            broken.append(_greatest(shape))
        if shape.minimum is not None and size < shape.minimum:
            broken.append(_least(shape))
    if shape.pattern and not _matches(shape, value):
        broken.append(_of_pattern(shape))
    if shape.enum and shape.name not in _CHECKED_LATER and value not in shape.enum:
        broken.append(_of_enum(shape))
    return broken


def _all_of(shape: Shape) -> str:
    """Return every constraint of an item's shape, as AWS lists them when one of them is broken."""
    constraints = []
    if shape.maximum is not None:
        constraints.append(_greatest(shape))
    if shape.minimum is not None:
        constraints.append(_least(shape))
    if shape.pattern:
        constraints.append(_of_pattern(shape))
    if shape.enum:
        constraints.append(_of_enum(shape))
    if shape.enum or shape.kind in {"integer", "long", "double"} or shape.name in _NEVER_NULL:
        constraints.append("Member must not be null")
    return f"[{', '.join(constraints)}]"


def _measure(shape: Shape) -> str:
    return "value" if shape.kind in {"integer", "long", "double"} else "length"


def _greatest(shape: Shape) -> str:
    return f"Member must have {_measure(shape)} less than or equal to {shape.maximum}"


def _least(shape: Shape) -> str:
    return f"Member must have {_measure(shape)} greater than or equal to {shape.minimum}"


def _of_pattern(shape: Shape) -> str:
    return f"Member must satisfy regular expression pattern: {shape.pattern}"


def _of_enum(shape: Shape) -> str:
    values = _PRINTED.get(shape.name, shape.enum)
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


def _matches(shape: Shape, text: str) -> bool:
    longest = PATTERN_LENGTH_MAX
    if shape.maximum is not None:
        longest = min(longest, int(shape.maximum) * PATTERN_LENGTH_FACTOR)
    return len(text) <= longest and compiled(shape.pattern).fullmatch(text) is not None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of the model for Python: Java's classes are ASCII unless they say so."""
    translated = pattern
    for theirs, ours in _CLASSES.items():
        translated = translated.replace(theirs, ours)
    return re.compile(translated, re.ASCII if translated == pattern else re.UNICODE)


def _some(values: Iterable[Any]) -> Iterable[Any]:
    return islice(values, ITEMS_DISPLAYED_MAX)


def _display(value: Any) -> str:
    """Return a value as Java prints it, of long lists the beginning: `[a, b]`, `{k=v}`, `true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_display, _some(value)))}]"
    if isinstance(value, dict):
        entries = (f"{key}={_display(item)}" for key, item in _some(value.items()))
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)
