"""Every S3 operation of the table is found by what its requests say."""

import pytest

from headrace.wire.catalog import S3
from headrace.wire.errors import MethodNotAllowed, NotImplementedHere
from headrace.wire.s3routes import find_operation


def said_by(operation):
    """Return the query pairs and headers that a request of an operation has at least."""
    path, _, literal = operation.path.partition("?")
    members = S3.shapes[operation.input].members
    required = [member for member in members if member.required]
    pairs = [(member.label, "1") for member in required if member.place == "query"]
    if literal:
        name, _, value = literal.partition("=")
        pairs.append((name, value))
    headers = {member.label.lower(): "1" for member in required if member.place == "header"}
    return path.count("{"), pairs, headers


@pytest.mark.parametrize("operation", S3.operations.values(), ids=lambda row: row.name)
def test_every_operation_has_its_route(operation):
    place, pairs, headers = said_by(operation)
    assert find_operation(operation.method, place, pairs, headers).name == operation.name
    known = [*pairs, ("x-id", operation.name), ("X-Amz-Signature", "0")]
    assert find_operation(operation.method, place, known, headers).name == operation.name


def test_parts_of_things_that_are_not_served_are_not_taken_for_the_things():
    for name in ("acl", "policy", "versions", "torrent"):
        with pytest.raises(NotImplementedHere, match=name):
            find_operation("GET", 1, [(name, "")], {})
    assert find_operation("GET", 1, [("prefix", "")], {}).name == "ListObjects"


@pytest.mark.parametrize(("method", "place"), [("BREW", 1), ("POST", 1), ("PUT", 0), ("POST", 2)])
def test_methods_that_do_not_go(method, place):
    with pytest.raises(MethodNotAllowed):
        find_operation(method, place, [], {})
