"""Turn parsed JSON into parameters of a shape's types, letting pass what AWS lets pass.

Scalars change into text and decimal text into numbers; null counts as absent; unknown members are
dropped. Anything else is a SerializationException in AWS's words (spec/sqs.md 1.2).
"""

import base64
import binascii
import json
import math
import re
from typing import Any, NoReturn

from headrace.base.instant import MS_PER_S
from headrace.wire.errors import SerializationException
from headrace.wire.limits import ECHO_MAX, INTEGER_MAX, JSON_VALUES_MAX, LONG_MAX
from headrace.wire.model import Service, Shape

_BACKSLASH = ord("\\")
_REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,64}(\.[0-9]{0,64})?([eE][+-]?[0-9]{1,3})?", re.ASCII)

#: What AWS's messages call a JSON value where another was due.
_TOKENS = {
    bool: "BOOLEAN_VALUE",
    int: "NUMBER_VALUE",
    float: "NUMBER_VALUE",
    str: "STRING_VALUE",
}
_CLASSES = {bool: "Boolean", int: "Integer", float: "Double", str: "String"}


def parse_json(body: bytes) -> Any:
    """Return a JSON document as Python values; an empty body is an empty object.

    Strings may hold lone surrogates; `coerce` replaces them.

    Raises:
        SerializationException: Not JSON, not UTF-8, nested too deeply, of more than JSON_VALUES_MAX
            values, or with too long a number.
    """
    if not body:
        return {}
    if len(body) > JSON_VALUES_MAX and _has_too_many_values(body):
        raise SerializationException("The request body has too many values.")
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise SerializationException("The request body is not valid JSON.") from None


def _has_too_many_values(body: bytes) -> bool:
    """Count strings, and the commas outside of them, without making values of them."""
    count = at = 0
    while count <= JSON_VALUES_MAX:
        start = body.find(b'"', at)
        if start < 0:
            return count + body.count(b",", at) > JSON_VALUES_MAX
        count += 1 + body.count(b",", at, start)
        end = body.find(b'"', start + 1)
        if body[end - 1] == _BACKSLASH:  # it does not end there, or not for that reason
            rest = _REST_OF_STRING.match(body, start + 1)
            end = rest.end() - 1 if rest is not None else -1
        if end < 0:
            return False  # no JSON: it is not read far
        at = end + 1
    return True


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are no JSON


def coerce(service: Service, name: str, value: Any) -> Any:
    """Return a parsed value as the shape `name` wants it.

    Raises:
        SerializationException: The value is of another type and AWS does not convert it.
    """
    shape = service.shapes[name]
    if shape.kind == "structure":
        return _structure(service, shape, value)
    if shape.kind == "list":
        _expect(list, value)
        return [coerce(service, shape.item, item) for item in value if item is not None]
    if shape.kind == "map":
        _expect(dict, value)
        return {
            clean(key): coerce(service, shape.item, item)
            for key, item in value.items()
            if item is not None
        }
    return coerce_scalar(shape, value)


def _structure(service: Service, shape: Shape, value: Any) -> dict[str, Any]:
    _expect(dict, value)
    return {
        member.name: coerce(service, member.shape, value[member.name])
        for member in shape.members
        if member.place == "body" and value.get(member.name) is not None
    }


def _expect(kind: type, value: Any) -> None:
    if isinstance(value, kind):
        return
    if isinstance(value, (dict, list)):
        _refuse_container(value)
    raise SerializationException(
        f"Unrecognized collection type class java.lang.{_CLASSES.get(type(value), 'Object')}"
    )


def _refuse_container(value: dict[str, Any] | list[Any]) -> NoReturn:
    if isinstance(value, dict):
        raise SerializationException("Start of structure or map found where not expected.")
    raise SerializationException("Start of list found where not expected")


def coerce_scalar(shape: Shape, value: Any) -> Any:
    """Return a JSON scalar, or text of the query string or a header, as a scalar shape wants it."""
    if isinstance(value, (dict, list)):
        _refuse_container(value)
    match shape.kind:
        case "string":
            return _text(value)
        case "integer":
            return _integer(value, INTEGER_MAX, "an Integer")
        case "long":
            return _integer(value, LONG_MAX, "a Long")
        case "double":
            return _double(value)
        case "boolean":
            return _boolean(value)
        case "timestamp":
            return round(_double(value) * MS_PER_S)
        case _:
            return decode_base64(value)


def clean(text: str) -> str:
    """Return text that can be written as UTF-8.

    A lone surrogate becomes U+FFFF. Both are equally forbidden where characters are checked
    (spec/sqs.md 4.6), so the refusal comes from the rule, with its code.
    """
    return text if text.isascii() else _SURROGATES.sub("\uffff", text)


def echo(text: str) -> str:
    """Return text that came in, cut and clean, for an error's sentence to repeat."""
    return clean(text[:ECHO_MAX])


def _text(value: Any) -> str:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _integer(value: Any, greatest: int, kind: str) -> int:
    number: int | None = None
    if isinstance(value, str):
        number = int(value) if _DECIMAL.fullmatch(value) else None
    elif isinstance(value, float):
        number = int(value) if value.is_integer() else None
    elif not isinstance(value, bool):
        number = value
    if number is None or not -greatest - 1 <= number <= greatest:
        raise SerializationException(f"{_TOKENS[type(value)]} can not be converted to {kind}")
    return number


def _double(value: Any) -> float:
    number = math.inf
    if isinstance(value, str):
        number = float(value) if _NUMBER.fullmatch(value) else math.inf
    elif isinstance(value, int) and not isinstance(value, bool):
        number = float(value) if abs(value) <= LONG_MAX else math.inf
    elif isinstance(value, float):
        number = value
    if not math.isfinite(number):
        raise SerializationException(f"{_TOKENS[type(value)]} can not be converted to a Double")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise SerializationException(f"{_TOKENS[type(value)]} can not be converted to a Boolean")


def decode_base64(value: Any) -> bytes:
    """Return the bytes of a base64 string.

    Raises:
        SerializationException: It is no string or no base64.
    """
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            pass
    raise SerializationException(f"{_TOKENS[type(value)]} can not be converted to a ByteBuffer")
