"""Build JSON decoders from shapes, so that types are checked while the text is parsed.

A decoder takes well-formed parameters only, at the speed of C, and drops unknown members. What it
refuses is read again by `coerce.py`, which knows what AWS lets pass and the words for the rest.
"""

from functools import cache
from typing import Annotated, Any, TypedDict

import msgspec

from headrace.wire.catalog import SERVICES
from headrace.wire.limits import INTEGER_MAX, LONG_MAX
from headrace.wire.model import Service

_SCALARS: dict[str, Any] = {
    "string": str,
    "integer": Annotated[int, msgspec.Meta(ge=-INTEGER_MAX - 1, le=INTEGER_MAX)],
    "long": Annotated[int, msgspec.Meta(ge=-LONG_MAX - 1, le=LONG_MAX)],
    "double": float,
    "boolean": bool,
    "blob": bytes,
}


@cache
def decoder_for(service: str, shape: str) -> "msgspec.json.Decoder[dict[str, Any]] | None":
    """Return a decoder of the body members of a structure; None if it needs conversions.

    Built at first use and kept: there are as many as there are input shapes.
    """
    try:
        return msgspec.json.Decoder(_type_of(SERVICES[service], shape))
    except _Unsuited:
        return None


class _Unsuited(Exception):
    """A shape holds timestamps, which come as seconds and are handed on as milliseconds."""


def _type_of(service: Service, name: str) -> Any:
    shape = service.shapes[name]
    if shape.kind in _SCALARS:
        return _SCALARS[shape.kind]
    if shape.kind == "list":
        return list[_type_of(service, shape.item)]  # type: ignore[misc]  # built at run time
    if shape.kind == "map":
        return dict[str, _type_of(service, shape.item)]  # type: ignore[misc]
    if shape.kind == "structure":
        members = {
            member.name: _type_of(service, member.shape)
            for member in shape.members
            if member.place == "body"
        }
        return TypedDict(name, members, total=False)  # type: ignore[operator]
    raise _Unsuited
