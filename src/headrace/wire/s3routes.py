"""Find the operation of a request to S3: by method, place, and what stands in query and headers.

Several operations have the same method and path: UploadPart is a PutObject with an upload id. The
one of which most is there is meant. A query name without a value asks for a part of a bucket or
object (`?acl`): if no operation of the table knows it, it is one that is not served, and must not
be taken for another.
"""

from functools import cache

import msgspec

from headrace.wire.catalog import S3
from headrace.wire.errors import MethodNotAllowed, NotImplementedHere
from headrace.wire.model import Operation


class Route(msgspec.Struct, frozen=True):
    """An operation and what tells it from others of its method and place."""

    operation: Operation
    marks: frozenset[str]  #: Query names, "=" and a value where the model names one.
    headers: frozenset[str]
    known: frozenset[str]  #: All its query names.

    @property
    def weight(self) -> int:
        """How much it asks for."""
        return len(self.marks) + len(self.headers)


def find_operation(
    method: str, place: int, pairs: list[tuple[str, str]], headers: dict[str, str]
) -> Operation:
    """Return the operation that is meant.

    Args:
        method: Upper case.
        place: 0 for the service, 1 for a bucket, 2 for an object.
        pairs: The query string's.
        headers: Names in lower case.

    Raises:
        MethodNotAllowed: S3 has none of this method here.
        NotImplementedHere: It is none that this server knows.
    """
    said = {name for name, _ in pairs} | {f"{name}={value}" for name, value in pairs}
    for route in _routes().get((method, place), ()):
        if route.marks <= said and route.headers <= headers.keys():
            for name, value in pairs:
                if not value and name not in route.known:
                    raise NotImplementedHere(
                        f"The operation {method} ?{name[:80]} is not served here."
                    )
            return route.operation
    raise MethodNotAllowed(method)


@cache
def _routes() -> dict[tuple[str, int], list[Route]]:
    routes: dict[tuple[str, int], list[Route]] = {}
    for operation in S3.operations.values():
        path, _, literal = operation.path.partition("?")
        members = S3.shapes[operation.input].members
        queries = [member for member in members if member.place == "query"]
        marks = {member.label for member in queries if member.required} | {literal} - {""}
        route = Route(
            operation,
            frozenset(marks),
            frozenset(
                member.label.lower()
                for member in members
                if member.place == "header" and member.required
            ),
            frozenset({member.label for member in queries} | {literal.partition("=")[0]}),
        )
        place = path.count("{")
        routes.setdefault((operation.method, place), []).append(route)
    for rows in routes.values():
        rows.sort(key=lambda route: -route.weight)
    return routes
