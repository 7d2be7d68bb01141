"""From a request to a function URL to the event (payload format 2.0)."""

import base64
import json

import pytest

from headrace.api.urls.address import Address
from headrace.api.urls.event import Visitor, event_of
from headrace.wire.envelope import HttpRequest
from tests.unit.core.functions.bench import EPOCH

HOST = "abc.lambda-url.eu-west-1.localhost:4566"


def event(method="GET", target="/", body=b"", visitor=None, **headers):
    """Return an event; names of headers are written with "_" for "-"."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = HttpRequest(method, target, {"host": HOST} | given, body)
    address = Address("abc", "eu-west-1", request.path, is_path=False)
    payload = event_of(request, address, visitor or Visitor("10.0.0.9"), "id", "Root=1", EPOCH)
    return json.loads(payload)


def test_a_bare_request():
    """All members and their order."""
    assert json.dumps(event("DELETE", user_agent="curl/8")) == json.dumps(
        {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/",
            "rawQueryString": "",
            "headers": {
                "host": HOST,
                "user-agent": "curl/8",
                "x-forwarded-for": "10.0.0.9",
                "x-forwarded-proto": "http",
                "x-forwarded-port": "4566",
                "x-amzn-trace-id": "Root=1",
            },
            "requestContext": {
                "accountId": "anonymous",
                "apiId": "abc",
                "domainName": "abc.lambda-url.eu-west-1.localhost",
                "domainPrefix": "abc",
                "http": {
                    "method": "DELETE",
                    "path": "/",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "10.0.0.9",
                    "userAgent": "curl/8",
                },
                "requestId": "id",
                "routeKey": "$default",
                "stage": "$default",
                "time": "18/Nov/2026:11:06:40 +0000",
                "timeEpoch": EPOCH,
            },
            "isBase64Encoded": False,
        }
    )


def test_path_and_query_stay_as_they_were_sent():
    """L-A87."""
    sent = event(target="/pa2%Fth/1?q=foo&q=%2Fbar&a+b=c%20d&e=&%zz=%FF")
    assert (sent["rawPath"], sent["requestContext"]["http"]["path"]) == ("/pa2%Fth/1",) * 2
    assert sent["rawQueryString"] == "q=foo&q=%2Fbar&a+b=c%20d&e=&%zz=%FF"
    assert sent["queryStringParameters"] == {
        "q": "foo,/bar",
        "a b": "c d",
        "e": "",
        "%zz": "\ufffd",
    }


def test_cookies_stand_by_themselves():
    sent = event(cookie="a=1; b=2;c=3 ")
    assert sent["cookies"] == ["a=1", "b=2", "c=3"]


def test_text_in_headers_is_utf8_where_it_can_be():
    sent = event(x_a="é".encode().decode("latin-1"), x_b="\xe9")
    assert (sent["headers"]["x-a"], sent["headers"]["x-b"]) == ("é", "é")


def test_a_proxys_word_stands_before_ours():
    sent = event(x_forwarded_for="1.2.3.4", x_forwarded_proto="https", x_forwarded_port="443")[
        "headers"
    ]
    assert sent["x-forwarded-for"] == "1.2.3.4, 10.0.0.9"
    assert (sent["x-forwarded-proto"], sent["x-forwarded-port"]) == ("https", "443")


@pytest.mark.parametrize(
    ("media_type", "body", "is_text"),
    [
        ("text/plain", b"a", True),
        ("text/html; charset=utf-8", "é".encode(), True),
        ("Application/JSON", b"{}", True),
        ("application/ld+json", b"{}", True),
        ("application/soap+xml", b"<a/>", True),
        ("application/javascript", b"1", True),
        ("application/x-www-form-urlencoded", b"a=b", False),
        ("multipart/form-data; boundary=x", b"--x", False),
        ("application/octet-stream", b"a", False),
        ("text/plain", b"\xff", False),
        ("", b"a", False),
    ],
)
def test_which_bodies_are_text(media_type, body, is_text):
    headers = {"content_type": media_type} if media_type else {}
    sent = event("POST", body=body, **headers)
    assert sent["isBase64Encoded"] is not is_text
    got = sent["body"].encode() if is_text else base64.b64decode(sent["body"])
    assert got == body


def test_a_caller_with_credentials_is_named():
    visitor = Visitor("::1", "111122223333", "AKIA", "AIDA", "arn:aws:iam::111122223333:root")
    sent = event(visitor=visitor, authorization="secret")
    assert "authorization" not in sent["headers"]
    assert sent["requestContext"]["accountId"] == "111122223333"
    assert sent["requestContext"]["authorizer"] == {
        "iam": {
            "accessKey": "AKIA",
            "accountId": "111122223333",
            "callerId": "AIDA",
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": "arn:aws:iam::111122223333:root",
            "userId": "AIDA",
        }
    }
    assert event(authorization="Bearer x")["headers"]["authorization"] == "Bearer x"
