"""What cannot be read is refused by every operation that takes a body, in its protocol's word."""

import json

import pytest

from headrace.api.services import TABLES
from headrace.wire.catalog import SERVICES
from tests.contract.refusals.rows import rows_of
from tests.contract.refusals.test_refusals import check

VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
HALF = b'{"'
#: A value that no member of the kind has.
WRONG = {
    "structure": [],
    "list": {},
    "map": [],
    "string": {},
    "blob": {},
    "integer": "x",
    "long": "x",
    "double": "x",
    "boolean": "x",
    "timestamp": "x",
}


def members_of(service, operation):
    """Return an operation's members that stand in a document: its names and kinds."""
    wire = SERVICES[service]
    shape = wire.shapes[wire.operations[operation].input]
    if shape.payload:
        return {}
    return {
        member.name: wire.shapes[member.shape].kind
        for member in shape.members
        if member.place == "body"
    }


def takes_xml(operation):
    """Tell whether an operation of S3 takes a document."""
    wire = SERVICES["s3"]
    shape = wire.shapes[wire.operations[operation].input]
    payload = [member for member in shape.members if member.name == shape.payload]
    return any(wire.shapes[member.shape].kind != "blob" for member in payload)


def parameters_of(service, operation):
    """Return parameters of a row, for what does not stand in the body."""
    return next(row.parameters for row in rows_of(service) if row.operation == operation)


JSON = [
    (service, operation)
    for service in ("lambda", "logs", "events")
    for operation in TABLES[service]
    if members_of(service, operation)
]
NUMBERS = [
    (service, operation, name)
    for service in ("iam", "sts")
    for operation in TABLES[service]
    for name, kind in members_of(service, operation).items()
    if kind in {"integer", "long", "boolean"}
]


def refused(world, service, operation, body):
    """Send a body; return code and text after looking at the bytes of the answer."""
    refusal = world.ask(service, operation, parameters_of(service, operation), body)
    check(world, service, operation, refusal)
    return refusal.code


@pytest.mark.parametrize("service, operation", JSON)
def test_a_document_that_is_none_or_has_a_value_of_another_type(world, service, operation):
    bodies = [HALF, b"[]", b"null", b"\xff"]
    for name, kind in members_of(service, operation).items():
        bodies.append(json.dumps({name: WRONG[kind]}).encode())
    found = {body: refused(world, service, operation, body) for body in bodies}
    assert found == dict.fromkeys(bodies, "SerializationException")


@pytest.mark.parametrize("operation", [*filter(takes_xml, TABLES["s3"])])
def test_xml_that_is_none(world, operation):
    for body in (b"<a>", b"text", b"<!DOCTYPE a><a/>"):
        assert refused(world, "s3", operation, body) == "MalformedXML"


@pytest.mark.parametrize("service, operation, name", NUMBERS)
def test_a_parameter_of_another_type(world, service, operation, name):
    body = {"Action": operation, "Version": VERSIONS[service], name: "soon"}
    assert refused(world, service, operation, body) == "SerializationException"
