"""Patterns of messages whose fields are apart by spaces: `[ip, user, status = 4*, ...]`.

What stands between quotes or square brackets is one field. A pattern has a name, or a name and
conditions, for each field; `...` stands for any number of them. A name has no meaning but that the
conditions of its field begin with it.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from headrace.core.logs.patterns.conditions import (
    Condition,
    Reader,
    invalid,
    read_comparison,
    read_expression,
)

_NAME = re.compile(r"[A-Za-z_][\w-]*")
_QUOTED = r'"((?:\\.|[^"\\])*)"'
_MESSAGE_FIELD = re.compile(rf"{_QUOTED}|\[([^\]]*)\]|(\S+)", re.DOTALL)
#: The same where no bracket ends any more: looking for the end of each would take too long.
_LAST_FIELD = re.compile(rf"{_QUOTED}|(\S+)", re.DOTALL)
_ELLIPSIS = "..."


def fields_pattern(text: str) -> Callable[[str], bool]:
    """Return what a pattern between square brackets lets through.

    Raises:
        InvalidParameter: It cannot be read.
    """
    reader = Reader(text)
    slots: list[Condition | None] = []  #: None: any number of fields.
    while True:
        if reader.take(_ELLIPSIS):
            slots.append(None)
        else:
            slots.append(_read_slot(reader))
        if not reader.take(","):
            break
    if not reader.is_over or slots.count(None) > 1:
        raise invalid()
    return lambda message: _fit(split_fields(message), slots)


def split_fields(message: str) -> Iterator[str]:
    """Yield the fields of a message, without quotes and brackets around them."""
    brackets_end, at = message.rfind("]"), 0
    for match in _MESSAGE_FIELD.finditer(message):
        yield _inside(match)
        at = match.end()
        if at > brackets_end:
            break
    yield from map(_inside, _LAST_FIELD.finditer(message, at))


def _inside(match: re.Match[str]) -> str:
    return next(part for part in match.groups() if part is not None)


def _read_slot(reader: Reader) -> Condition:
    start = reader.at
    name = reader.match(_NAME)
    if name is None:
        raise invalid()
    if reader.text[reader.at :].lstrip()[:1] in {"", ","}:
        return lambda field: True
    reader.at = start

    def read_condition(reader: Reader) -> Condition:
        found = reader.match(_NAME)
        test = read_comparison(reader) if found is not None and found[0] == name[0] else None
        if test is None:
            raise invalid()
        return test

    return read_expression(reader, read_condition)


def _fit(found: Iterator[str], slots: list[Condition | None]) -> bool:
    """Tell whether fields are as many as a pattern's, and each as its condition says."""
    if None not in slots:
        fields = list(islice(found, len(slots) + 1))
    else:
        fields = list(found)
        at = slots.index(None)
        missing = len(fields) - (len(slots) - 1)
        if missing < 0:
            return False
        fields = fields[:at] + fields[at + missing :]
        slots = slots[:at] + slots[at + 1 :]
    return len(fields) == len(slots) and all(
        slot is not None and slot(field) for field, slot in zip(fields, slots, strict=True)
    )
