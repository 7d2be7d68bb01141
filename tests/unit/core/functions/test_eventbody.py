"""What lies in blocks for an asynchronous invoke, and what is sent (spec/lambda.md 6.2)."""

import json

import pytest

from headrace.core.functions.eventbody import (
    Ending,
    Envelope,
    Result,
    decode_envelope,
    decode_result,
    encode_body,
    error_message,
    invocation_record,
    original_event,
)
from tests.unit.core.functions.bench import ARN, EPOCH, REQUEST_ID

ENVELOPE = Envelope(REQUEST_ID, b'{"a": 1}', "Root=1-2-3")
FAILED = Result("$LATEST", b'{"errorMessage":"no","errorType":"E"}', "Unhandled")
#: As format 1 was written first; it must be readable for ever.
STORED = b'\x01\x93\xd9$8476a536-e9f4-11e8-9739-2dfe598c3fcd\xc4\x08{"a": 1}\xaaRoot=1-2-3'


def test_bodies_are_what_they_were():
    assert decode_envelope(encode_body(ENVELOPE)) == ENVELOPE
    assert decode_result(encode_body(FAILED)) == FAILED
    assert decode_envelope(STORED) == ENVELOPE


@pytest.mark.parametrize("data", [b"", b"\x02\x90"])
def test_bodies_of_an_unknown_format_are_refused(data):
    with pytest.raises(ValueError, match="unknown format"):
        decode_envelope(data)


def test_the_record_has_the_members_in_the_order_of_aws():
    ending = Ending("RetriesExhausted", 3, EPOCH)
    text = invocation_record(f"{ARN}:$LATEST", ENVELOPE, ending, FAILED)
    assert text == (
        '{"version":"1.0","timestamp":"2026-11-18T11:06:40.000Z","requestContext":{"requestId":'
        f'"{REQUEST_ID}","functionArn":"{ARN}:$LATEST","condition":"RetriesExhausted",'
        '"approximateInvokeCount":3},"requestPayload":{"a": 1},"responseContext":{"statusCode":200,'
        '"executedVersion":"$LATEST","functionError":"Unhandled"},'
        '"responsePayload":{"errorMessage":"no","errorType":"E"}}'
    )


def test_a_record_without_an_answer_has_no_response():
    text = invocation_record(ARN, ENVELOPE, Ending("ZeroReservedConcurrency", 0, EPOCH), None)
    assert {"responseContext", "responsePayload"}.isdisjoint(json.loads(text))


def test_an_answer_that_is_no_json_stands_as_text():
    result = Result("1", b"plain \xff")
    record = json.loads(invocation_record(ARN, ENVELOPE, Ending("Success", 1, EPOCH), result))
    assert record["responsePayload"] == "plain \ufffd"
    assert "functionError" not in record["responseContext"]


def test_what_no_message_may_hold_is_escaped():
    envelope = Envelope(REQUEST_ID, '"\uffff\ufffe"'.encode())
    assert original_event(envelope) == '"\\uffff\\ufffe"'
    record = invocation_record(ARN, envelope, Ending("Success", 1, EPOCH), None)
    assert json.loads(record)["requestPayload"] == "\uffff\ufffe"
    assert "\uffff" not in record


def test_the_error_message_is_the_functions_own():
    assert error_message(FAILED, "RetriesExhausted") == "no"
    assert error_message(Result("1", b"text", "Unhandled"), "") == "text"
    assert error_message(None, "EventAgeExceeded") == "EventAgeExceeded"
    long = Result("1", json.dumps({"errorMessage": "x" * 2_000}).encode(), "Unhandled")
    assert error_message(long, "") == "x" * 1_024
    odd = Result("1", json.dumps({"errorMessage": "a\u0000b\tc\uffff"}).encode(), "Unhandled")
    assert error_message(odd, "") == "ab\tc"
