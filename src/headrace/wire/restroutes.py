"""Find the operation of a REST request by method and raw path.

The path is split before it is decoded, so that an ARN with "%2F" stays one label
(spec/lambda.md W3). A slash at the end counts for nothing (W2).
"""

from functools import cache

from headrace.wire.catalog import SERVICES
from headrace.wire.model import Operation


class _Node:
    """One place in the tree of paths: where each next segment leads, and what ends here."""

    __slots__ = ("ends", "label", "literals")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.label: _Node | None = None
        #: Method to (literal query, label names, operation), the most particular first.
        self.ends: dict[str, list[tuple[str, tuple[str, ...], Operation]]] = {}


def find_operation(
    service: str, method: str, path: str, query: str
) -> tuple[Operation, dict[str, str]] | None:
    """Return the operation and its labels, still percent-encoded; None if there is no such route.

    Args:
        service: Signing name of the service whose routes are searched.
        method: Upper case.
        path: The raw path.
        query: The raw query string: a route may ask for a literal pair such as `List=ALL`.
    """
    segments = path.removeprefix("/").removesuffix("/").split("/")
    found = _descend(_tree(service), segments, 0, [])
    if found is None:
        return None
    node, values = found
    pairs = query.split("&")
    for literal, names, operation in node.ends.get(method, ()):
        if not literal or literal in pairs:
            return operation, dict(zip(names, values, strict=True))
    return None


def _descend(
    node: _Node, segments: list[str], index: int, values: list[str]
) -> tuple[_Node, list[str]] | None:
    """Walk down by literal segments first, by labels second; a label is never empty."""
    if index == len(segments):
        return (node, values) if node.ends else None
    segment = segments[index]
    literal = node.literals.get(segment)
    if literal is not None:
        found = _descend(literal, segments, index + 1, values)
        if found is not None:
            return found
    if node.label is not None and segment:
        return _descend(node.label, segments, index + 1, [*values, segment])
    return None


@cache
def _tree(service: str) -> _Node:
    root = _Node()
    for operation in SERVICES[service].operations.values():
        path, _, literal = operation.path.partition("?")
        node, names = root, []
        for segment in path.removeprefix("/").removesuffix("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.label = node.label or _Node()
                node = node.label
            else:
                node = node.literals.setdefault(segment, _Node())
        ends = node.ends.setdefault(operation.method, [])
        ends.append((literal, tuple(names), operation))
        ends.sort(key=lambda end: not end[0])
    return root
