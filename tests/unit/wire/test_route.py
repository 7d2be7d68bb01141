"""The protocol is told from the shape of a request."""

import pytest

from headrace.wire.call import Form, Protocol
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import UnknownOperation
from headrace.wire.limits import QUERY_BYTES_MAX
from headrace.wire.route import decode, identify, route

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = Protocol(Form.JSON, "sqs")
XML = Protocol(Form.QUERY_XML, "sqs")
AS_JSON = Protocol(Form.QUERY_JSON, "sqs")
REST = Protocol(Form.REST_JSON, "lambda")
NONE = Protocol(Form.NONE, "")


@pytest.mark.parametrize(
    "method, target, headers, body, protocol",
    [
        ("POST", "/", {"x-amz-target": "AmazonSQS.SendMessage"}, b"{}", JSON),
        ("POST", "/1/q?Action=x", {"x-amz-target": "AmazonSQS.Fly", **FORM}, b"Action=x", JSON),
        ("POST", "/", {"x-amz-target": "Logs_20140328.X"}, b"", Protocol(Form.JSON, "logs")),
        ("POST", "/", {"x-amz-target": "Kinesis_20131202.X"}, b"", Protocol(Form.JSON, "")),
        ("POST", "/", FORM, b"Action=ListQueues", XML),
        ("POST", "/", FORM, b"Version=1&Action=ListQueues", XML),
        ("POST", "/", FORM, b"XAction=ListQueues", NONE),
        ("POST", "/", {}, b"Action=ListQueues", NONE),
        ("GET", "/1/q?Action=PurgeQueue", {}, b"", XML),
        ("POST", "/?Version=1&Action=ListQueues", {}, b"", XML),
        ("GET", "/?Action=ListQueues", {"accept": "application/json"}, b"", AS_JSON),
        ("GET", "/?XAction=1", {}, b"", NONE),
        ("GET", "/2015-03-31/functions", {}, b"", REST),
        ("POST", "/2015-03-31/functions/f/invocations", FORM, b"Action=x", REST),
        ("GET", "/2099-01-01/", {}, b"", REST),
        ("GET", "/", {}, b"", NONE),
        ("GET", "/123456789012/q", {}, b"", NONE),
    ],
)
def test_a_protocol_is_identified(method, target, headers, body, protocol):
    assert identify(HttpRequest(method, target, headers, body)) == protocol


def test_a_call_says_who_asks_what():
    headers = {
        "x-amz-target": "AmazonSQS.ListQueues",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/sqs/aws4_request, S=1",
        "host": "localhost",
    }
    call = route(HttpRequest("POST", "/", headers, b"{}"))
    assert (call.service, call.operation, call.protocol) == ("sqs", "ListQueues", JSON)
    assert call.credentials.region == "eu-west-1"
    assert call.headers is headers


def test_what_speaks_no_protocol_cannot_be_decoded():
    with pytest.raises(UnknownOperation) as caught:
        decode(NONE, HttpRequest("GET", "/", {}, b""))
    assert caught.value.status == 404


@pytest.mark.parametrize(
    "target, body, service",
    [
        ("/", b"Action=ListRoles&Version=2010-05-08", "iam"),
        ("/", b"Version=2011-06-15&Action=GetCallerIdentity", "sts"),
        ("/?Version=2010-05-08", b"Version=2011-06-15&Action=ListRoles", "iam"),
        ("/", b"Action=ListRoles&XVersion=2010-05-08", "sqs"),
        ("/", b"2010-05-08&Action=ListRoles", "sqs"),
        ("/", b"Action=ListRoles&Version=2010-05-08x", "sqs"),
        ("/", b"\xff&Action=ListRoles&Version=2010-05-08&\xff", "iam"),
    ],
)
def test_a_query_call_without_a_scope_says_by_its_version_whom_it_means(target, body, service):
    assert identify(HttpRequest("POST", target, FORM, body)).service == service


def test_megabytes_that_are_no_query_call_are_not_searched():
    body = b"x" * QUERY_BYTES_MAX + b"&Action=ListQueues"
    assert identify(HttpRequest("POST", "/functions", FORM, body)) == NONE
