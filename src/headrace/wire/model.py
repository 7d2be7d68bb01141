"""The rows that the tables are made of: Service, Operation, Shape, Member, ErrorShape.

`wire/tables/` holds the rows; everything else in this room is functions over them. A row names
shapes; `Service.shapes` finds them. Nothing here knows which services there are.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, final

import msgspec

#: What a value of a shape is on the wire. `double` includes AWS's `float`.
Kind = Literal[
    "structure",
    "list",
    "map",
    "string",
    "integer",
    "long",
    "double",
    "boolean",
    "blob",
    "timestamp",
]

#: Where the REST protocols carry a member; "headers" is a map whose keys follow the member's name.
#: Other protocols have only "body".
Place = Literal["body", "uri", "query", "header", "headers", "status"]


class Member(msgspec.Struct, frozen=True):
    """One member of a structure."""

    name: str  #: AWS's name, the key in parameters and results.
    shape: str  #: Name of the member's shape.
    required: bool = False
    place: Place = "body"
    wire_name: str = ""  #: Name in the query string or header; empty: the same as `name`.

    @property
    def label(self) -> str:
        """The name that the member has on the wire."""
        return self.wire_name or self.name


class Shape(msgspec.Struct, frozen=True):
    """One shape: a type and the constraints that AWS's model puts on it."""

    name: str
    kind: Kind
    members: tuple[Member, ...] = ()  #: Of a structure, in the model's order.
    payload: str = ""  #: Of a structure: the member that is the whole body.
    item: str = ""  #: Shape of a list's items or a map's values.
    key: str = ""  #: Shape of a map's keys.
    minimum: float | None = None  #: Of a number; of a string, list, map or blob: the least length.
    maximum: float | None = None  #: Likewise, the greatest.
    pattern: str = ""  #: A regular expression that a string must match as a whole.
    enum: tuple[str, ...] = ()  #: The values that a string may have, in the model's order.
    sensitive: bool = False  #: Not to be written to logs.
    event_stream: bool = False  #: The body is a stream of framed events.
    flattened: bool = False  #: Of a list in XML: its items stand beside the other members.
    item_name: str = ""  #: Of a list in XML that is not flattened: the element of an item.


class Operation(msgspec.Struct, frozen=True):
    """One operation: how it is asked for, what it takes and what it gives."""

    name: str
    method: str
    path: str  #: The model's URI template, with `{Label}` and a literal query where there is one.
    status: int  #: HTTP status of success.
    input: str  #: Name of the input structure.
    output: str = ""  #: Name of the output structure; empty: the answer has no body.


class ErrorShape(msgspec.Struct, frozen=True):
    """One modelled error: how its body spells things."""

    code: str
    status: int  #: 0 where the model names none.
    message: str  #: "message" or "Message": how its body spells it; empty: the model has none.
    headers: tuple[tuple[str, str], ...] = ()  #: (member, header) for what is not in the body.


class QueryNames(msgspec.Struct, frozen=True, kw_only=True):
    """What the query protocol of a service adds to its model; see `tables/query.py`."""

    xml_namespace: str
    version: str  #: Of the API, as `Version` names it in a request that is not signed.
    #: Lists stand in an element, or parameter, of their own, and their items in it as `member`;
    #: else they are flattened: an item is an element beside the other members.
    is_wrapped: bool = False
    items: Mapping[str, str] = MappingProxyType({})  #: Flattened list shape to the name of an item.
    #: Map shape to the names of entry, key and value.
    entries: Mapping[str, tuple[str, str, str]] = MappingProxyType({})
    path_member: str = ""  #: The member that a request on another path than "/" means.
    has_detail: bool = False  #: Errors have an empty `<Detail/>`.
    root_only: frozenset[str] = frozenset()  #: Operations refused on a path other than "/".
    json_names: Mapping[str, str] = MappingProxyType({})  #: Members renamed in JSON answers.
    #: (error code, operation or "") to the text that replaces the other protocol's.
    texts: Mapping[tuple[str, str], str] = MappingProxyType({})


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service: its rows and how it speaks."""

    name: str  #: "sqs", "lambda": the service of the credential scope.
    target_prefix: str = ""  #: AWS JSON: what stands before the dot in X-Amz-Target.
    json_version: str = ""  #: AWS JSON: "1.0" or "1.1".
    namespace: str = ""  #: AWS JSON: what stands before "#" in an error's `__type`.
    query: QueryNames | None = None  #: None: the service does not speak the query protocol.
    query_errors: bool = False  #: AWS JSON errors carry x-amzn-query-error.
    omits_empty: bool = False  #: Empty lists and maps are left out of AWS JSON answers.
    checks_constraints: bool = False  #: Parameters are checked against the model's constraints.
    constraint_error: str = "ValidationException"  #: What a broken constraint is called.
    operations: Mapping[str, Operation]
    shapes: Mapping[str, Shape]
    errors: Mapping[str, ErrorShape]


@final
class Null:
    """The type of NULL."""

    def __repr__(self) -> str:
        """Name the only instance."""
        return "NULL"


#: In a result: the member is present and is JSON null (`None` means absent).
NULL: Final = Null()

#: Parameters and results: AWS's member names to str, int, float, bool, bytes, list or dict of such.
Parameters = dict[str, Any]
