"""Answers are written in the protocol of the request."""

import pytest

from headrace.base.errors import InternalFailure
from headrace.wire.answer import encode_error, encode_result
from headrace.wire.call import Form, Protocol
from headrace.wire.envelope import HttpRequest
from headrace.wire.route import route

FORM = {"content-type": "application/x-www-form-urlencoded"}
REQUESTS = {
    "application/x-amz-json-1.0": HttpRequest(
        "POST", "/", {"x-amz-target": "AmazonSQS.ListQueues"}, b""
    ),
    "text/xml": HttpRequest("POST", "/", FORM, b"Action=ListQueues"),
    "application/json": HttpRequest("GET", "/2015-03-31/functions/", {}, b""),
}


@pytest.mark.parametrize("media_type", REQUESTS)
def test_a_result_is_written_as_the_request_was(media_type):
    response = encode_result(route(REQUESTS[media_type]), {}, "id")
    assert dict(response.headers) == {"Content-Type": media_type, "x-amzn-RequestId": "id"}


@pytest.mark.parametrize("media_type", REQUESTS)
def test_an_error_is_written_as_the_request_was(media_type):
    response = encode_error(route(REQUESTS[media_type]).protocol, InternalFailure("x"), "id")
    assert response.status == 500
    assert ("Content-Type", media_type) in response.headers


def test_an_error_can_be_written_when_no_protocol_was_spoken():
    response = encode_error(Protocol(Form.NONE, ""), InternalFailure("x"), "id")
    assert (response.status, response.body) == (500, b"<InternalFailure/>")
