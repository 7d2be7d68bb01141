"""Message attributes: checks in AWS's words, size, digest, and which of them a receive returns.

Source: spec/sqs.md 4.2 to 4.6.
"""

import hashlib
import re
import struct
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from headrace.core.sqs import limits
from headrace.core.sqs.content import Attribute
from headrace.core.sqs.errors import InvalidParameterValue

#: Characters that neither bodies nor String values may hold (4.6).
_forbidden = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search
#: Those of ASCII that may.
_ALLOWED_ASCII = bytes([*b"\t\n\r", *range(0x20, 0x80)])
#: Characters from which it is worth its while to make bytes of a text to look at them.
_LONG_TEXT = 128

#: AWS's documented set, and the Latin letters beyond ASCII that it was seen to accept (4.3).
_NAME = re.compile(r"[A-Za-z0-9_\-.\u00c0-\u017f]+")
_RESERVED = ("aws.", "amazon.")
#: Names of a receive that stand for all attributes.
_ALL = frozenset({"All", ".*", "*"})
_TYPES = ("String", "Number", "Binary")
#: Digits are never given back (`++`): a megabyte of them may stand before what makes it no number.
_NUMBER = re.compile(r"[+-]?(\d++\.?\d*+|\.\d++)([eE][+-]?\d++)?", re.ASCII)
_LENGTH = struct.Struct(">I").pack


def parse_attributes(given: Mapping[str, Any] | None) -> dict[str, Attribute] | None:
    """Check user attributes and return them by name; None when there are none.

    Raises:
        InvalidParameterValue: With AWS's sentence for the first rule broken (4.3).
    """
    if not given:
        return None
    if len(given) > limits.MESSAGE_ATTRIBUTES_MAX:
        raise InvalidParameterValue(
            f"Number of message attributes [{len(given)}] exceeds the allowed maximum "
            f"[{limits.MESSAGE_ATTRIBUTES_MAX}]."
        )
    parsed = {}
    for name, value in given.items():
        check_name(name)
        parsed[name] = _parse_value(name, value or {})
    return parsed


def parse_system_attributes(given: Mapping[str, Any] | None) -> dict[str, Attribute] | None:
    """Check system attributes; only AWSTraceHeader may be sent.

    Raises:
        InvalidParameterValue: Another name, or not a String.
    """
    if not given:
        return None
    parsed = {}
    for name, value in given.items():
        if name != "AWSTraceHeader":
            raise InvalidParameterValue(f"Message system attribute name '{name}' is invalid.")
        parsed[name] = _parse_value(name, value or {})
        if not isinstance(parsed[name].value, str) or parsed[name].data_type.startswith("Number"):
            raise InvalidParameterValue(
                f"The type of message system attribute '{name}' is invalid. You must use only the "
                "following supported type prefixes: String."
            )
    return parsed


def holds_forbidden(text: str) -> bool:
    """Tell whether a text holds a character that AWS refuses (4.6), in the fastest way for it."""
    if len(text) >= _LONG_TEXT and text.isascii():
        return bool(text.encode().translate(None, _ALLOWED_ASCII))
    # What is printable holds nothing that is forbidden, and is found out several times faster.
    return not text.isprintable() and _forbidden(text) is not None


def check_name(name: str) -> None:
    """Check an attribute's name.

    Raises:
        InvalidParameterValue: Empty, too long, reserved, or of other characters.
    """
    if not name:
        raise InvalidParameterValue(
            "The request must contain non-empty message (user) attribute names."
        )
    if len(name.encode()) > limits.ATTRIBUTE_NAME_BYTES_MAX:
        raise InvalidParameterValue("Message (user) attribute name must be shorter than 256 bytes.")
    if name.lower().startswith(_RESERVED):
        raise InvalidParameterValue(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. "
            "These strings are reserved for internal use."
        )
    if name[0] == "." or name[-1] == "." or not _NAME.fullmatch(name):
        raise InvalidParameterValue(
            f"Invalid message (user) attribute name '{name}': it may hold alphanumeric characters, "
            "hyphens, underscores and periods, and not begin or end with a period."
        )


def _parse_value(name: str, value: Mapping[str, Any]) -> Attribute:
    data_type = value.get("DataType")
    if not data_type:
        raise InvalidParameterValue(
            f"The message (user) attribute '{name}' must contain a non-empty message attribute "
            "type."
        )
    if len(data_type.encode()) > limits.ATTRIBUTE_TYPE_BYTES_MAX:
        raise InvalidParameterValue("Message (user) attribute type must be shorter than 256 bytes.")
    kind = data_type.partition(".")[0]
    if kind not in _TYPES:
        raise InvalidParameterValue(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the "
            "following supported type prefixes: Binary, Number, String."
        )
    if value.get("StringListValues") or value.get("BinaryListValues"):
        raise InvalidParameterValue(
            "Message attribute list values in SendMessage operation are not supported."
        )
    return Attribute(data_type, _value_of_kind(name, kind, value))


def _value_of_kind(name: str, kind: str, value: Mapping[str, Any]) -> str | bytes:
    text, binary = value.get("StringValue"), value.get("BinaryValue")
    if text is None and binary is None:
        raise InvalidParameterValue(
            f"The message (user) attribute '{name}' must contain a non-empty message attribute "
            "value."
        )
    chosen: str | bytes | None = binary if kind == "Binary" else text
    if not chosen:
        raise InvalidParameterValue(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
        )
    if isinstance(chosen, str):
        if holds_forbidden(chosen):
            raise InvalidParameterValue(
                f"Invalid binary character was found in the message (user) attribute '{name}'."
            )
        if kind == "Number" and not _NUMBER.fullmatch(chosen):
            raise InvalidParameterValue(
                f"Can't cast the value of message (user) attribute '{name}' to a number."
            )
    return chosen


def size_of(attributes: Mapping[str, Attribute]) -> int:
    """Return the bytes that user attributes add to a message's size (4.2)."""
    size = 0
    for name, attribute in attributes.items():
        value = attribute.value
        size += len(name.encode()) + len(attribute.data_type.encode())
        size += len(value.encode() if isinstance(value, str) else value)
    return size


def digest(attributes: Mapping[str, Attribute]) -> str:
    """Return the MD5 that clients compare, in lower-case hex (4.4)."""
    md5 = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        value = attribute.value
        kind, data = (b"\x01", value.encode()) if isinstance(value, str) else (b"\x02", value)
        for part in (name.encode(), attribute.data_type.encode()):
            md5.update(_LENGTH(len(part)) + part)
        md5.update(kind + _LENGTH(len(data)) + data)
    return md5.hexdigest()


def body_digest(body: str) -> str:
    """Return the MD5 of a body in lower-case hex."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


class Wanted(NamedTuple):
    """The attributes that a receive asked for by `MessageAttributeNames` (2.9)."""

    names: frozenset[str]
    prefixes: frozenset[str]  #: Of "bar.*": "bar".
    is_all: bool  #: "All", ".*" or "*" was among them.


def wanted_of(names: Iterable[str]) -> Wanted:
    """Read the names that a receive asked for; there may be tens of thousands."""
    asked = frozenset(names)
    prefixes = frozenset(name[:-2] for name in asked if name.endswith(".*"))
    return Wanted(asked, prefixes, is_all=not asked.isdisjoint(_ALL))


def select(attributes: Mapping[str, Attribute], wanted: Wanted) -> dict[str, Attribute]:
    """Return those of the attributes that are wanted."""
    if wanted.is_all:
        return dict(attributes)
    names, prefixes = wanted.names, wanted.prefixes
    return {
        name: attribute
        for name, attribute in attributes.items()
        if name in names
        or (prefixes and any(name[:end] in prefixes for end in range(len(name) + 1)))
    }
