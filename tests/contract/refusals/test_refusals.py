"""Every refusal of every operation: status, code and text to the letter, with botocore as judge.

What is asked and answered stands in the tables beside this file (`rows.py` says how). Besides, each
answer has the bytes and headers of its protocol, is the exception that botocore's model of the
operation names, and leaves the server as it was.
"""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from headrace.api.services import TABLES
from tests.contract.refusals.rows import read, rows_of

#: Codes that no model has, with their statuses (spec/lambda.md 1.4; API references).
UNMODELLED = {
    "lambda": {
        "AccessDeniedException": 403,
        "RequestEntityTooLargeException": 413,
        "SerializationException": 400,
        "UnknownOperationException": 404,
        "ValidationException": 400,
    },
    "iam": {"ValidationError": 400, "SerializationException": 400},
    "sts": {"ValidationError": 400, "AccessDenied": 403, "SerializationException": 400},
    "logs": {"SerializationException": 400},
    "events": {"ValidationException": 400, "SerializationException": 400},
    "s3": {
        "404": 404,
        "412": 412,
        "416": 416,
        "BadDigest": 400,
        "BucketNotEmpty": 409,
        "InvalidArgument": 400,
        "InvalidBucketName": 400,
        "InvalidDigest": 400,
        "InvalidPart": 400,
        "InvalidPartNumber": 416,
        "InvalidRange": 416,
        "InvalidRequest": 400,
        "InvalidTag": 400,
        "KeyTooLongError": 400,
        "MalformedXML": 400,
        "MissingRequestBodyError": 400,
        "NoSuchBucket": 404,
        "NoSuchKey": 404,
        "NoSuchTagSet": 404,
        "NoSuchUpload": 404,
        "NoSuchVersion": 404,
        "NotImplemented": 501,
        "PreconditionFailed": 412,
    },
}
#: Lambda's sentences that come without `Type` (spec/lambda.md L-C5).
WITHOUT_TYPE = re.compile(
    r"\$LATEST is not supported for an alias|Specified (Reserved)?ConcurrentExecutions"
    r"| ReservedConcurrentExecutions  \d+ should not be lower"
)
CAPITAL = {"AccessDeniedException", "RequestEntityTooLargeException"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: SQS has its own (tests/contract/sqs).
SERVICES = sorted(TABLES.keys() - {"sqs"})
ROWS = [row for service in SERVICES for row in rows_of(service)]


def of_service(client, code):
    """Return the shape that a service's model has for an error; None: it has none."""
    shapes = client.meta.service_model.error_shapes
    return next((shape for shape in shapes if code in {shape.name, shape.error_code}), None)


def check_json(service, refusal, shape):
    """Hold an answer in JSON against the model: its members, their order, no white space."""
    members = json.loads(refusal.body)
    assert refusal.body == json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()
    assert UUID.fullmatch(refusal.headers["x-amzn-requestid"])
    if service in {"events", "logs"}:
        assert refusal.headers["content-type"] == "application/x-amz-json-1.1"
        assert list(members) == ["__type", "message"]
        return
    assert refusal.headers["content-type"] == "application/json"
    assert refusal.headers["x-amzn-errortype"] == refusal.code
    spelling = "Message" if refusal.code in CAPITAL else "message"
    expected = [spelling]
    if shape is not None:
        (spelling,) = {"message", "Message"} & set(shape.members)
        has_type = "Type" in shape.members and not WITHOUT_TYPE.match(refusal.text)
        expected = ["Type", spelling] if has_type else [spelling]
    assert list(members) == expected
    assert members.get("Type", "User") == "User"


def check_query(service, refusal):
    """Hold an answer in XML of the query protocol against its form."""
    version = {"iam": "2010-05-08", "sts": "2011-06-15"}[service]
    space = f"{{https://{service}.amazonaws.com/doc/{version}/}}"
    root = ET.fromstring(refusal.body)
    assert root.tag == f"{space}ErrorResponse"
    assert [child.tag for child in root] == [f"{space}Error", f"{space}RequestId"]
    assert [child.tag for child in root[0]] == [
        f"{space}{one}" for one in ("Type", "Code", "Message")
    ]
    assert root.findtext(f"{space}Error/{space}Type") == "Sender"
    assert refusal.headers["content-type"] == "text/xml"
    assert root.findtext(f"{space}RequestId") == refusal.headers["x-amzn-requestid"]


def check_objects(refusal):
    """Hold an answer of S3 against its form: HEAD has headers only."""
    assert refusal.headers["content-type"] == "application/xml"
    if not refusal.body:
        assert refusal.code.isdigit()
        return
    root = ET.fromstring(refusal.body)
    names = [child.tag for child in root]
    assert root.tag == "Error"
    assert (names[:2], names[-2:]) == (["Code", "Message"], ["RequestId", "HostId"])
    assert root.findtext("RequestId") == refusal.headers["x-amz-request-id"]
    assert root.findtext("HostId") == refusal.headers["x-amz-id-2"]


def check(world, service, operation, refusal):
    """Hold a refusal against the model and the protocol."""
    client = world.clients[service]
    shape = of_service(client, refusal.code)
    if refusal.code in UNMODELLED[service]:
        assert refusal.status == UNMODELLED[service][refusal.code]
    else:
        status = shape.metadata.get("error", {}).get("httpStatusCode", 400)
        assert refusal.status == status
    if shape is not None:
        assert isinstance(refusal.error, client.exceptions.from_code(refusal.code))
    if service in {"events", "lambda", "logs"}:
        check_json(service, refusal, shape)
    elif service == "s3":
        check_objects(refusal)
    else:
        check_query(service, refusal)
    assert not refusal.is_changed


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.service}-{row.operation}" for row in ROWS])
def test_a_refusal_is_what_the_table_says(world, row):
    refusal = world.ask(row.service, row.operation, row.parameters)
    assert (refusal.status, refusal.code) == (row.status, row.code)
    assert refusal.text == world.filled(row.text)
    check(world, row.service, row.operation, refusal)


def test_a_table_is_read():
    (row,) = read(
        "sts", 'let N = {"a": "$(3 x d)"}\n# no row\nDo $(N) + {"b": 1}\n  404 None a⏎b\n'
    )
    assert row == ("sts", "Do", {"a": "ddd", "b": 1}, 404, "None", "a\nb")


@pytest.mark.parametrize("text", ["Do {}\nDo {}\n", "  404 None a\n", "Do {}\n", "whatever\n"])
def test_a_table_that_is_none_is_refused(text):
    with pytest.raises((ValueError, AssertionError)):
        read("sts", text)
