"""Payloads and client contexts that are refused, in AWS's words."""

import base64

import pytest

from headrace.api.functions.payload import check_json, check_size, decode_client_context
from headrace.core.functions.errors import InvalidRequestContent, RequestEntityTooLarge

SOURCE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "


@pytest.mark.parametrize(
    "payload", [b"{}", b"null", b'"text"', b"1.5e300", b" [1, 2] ", '"ä"'.encode(), b'"\\ud800"']
)
def test_any_json_value_is_passed_on_unchanged(payload):
    assert check_json(payload) is payload


def test_an_empty_payload_is_an_empty_object():
    assert check_json(b"") == b"{}"


@pytest.mark.parametrize(
    ("payload", "reason", "place"),
    [
        (b'"\x87"', "Invalid UTF-8 start byte 0x87", "line: 1, column: 3"),
        (
            b"\x99",
            (
                "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, "
                "Number, Array, Object or token 'null', 'true' or 'false')"
            ),
            "line: 1, column: 1",
        ),
        (
            b"{}\n{",
            (
                "Unexpected character ('{' (code 123)): expected a valid value (JSON String, Number, "
                "Array, Object or token 'null', 'true' or 'false')"
            ),
            "line: 2, column: 1",
        ),
        (b'{"a":', "Unexpected end-of-input", "line: 1, column: 6"),
    ],
)
def test_what_is_no_json_is_refused_as_aws_refuses_it(payload, reason, place):
    with pytest.raises(InvalidRequestContent) as refusal:
        check_json(payload)
    assert refusal.value.message == (
        "Could not parse request body into json: Could not parse payload into json: "
        f"{reason}{SOURCE}{place}]"
    )


def test_a_payload_nested_beyond_reason_is_refused():
    with pytest.raises(InvalidRequestContent, match="nesting depth"):
        check_json(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize(
    "payload", [b"1 2", b"nul", b"NaN", b"[1,]", b"-", b"01", b'{"a" 1}', b"  ", b'["\\ud800\x99"']
)
def test_every_other_payload_that_is_no_json_is_refused(payload):
    with pytest.raises(InvalidRequestContent, match="Could not parse request body into json: "):
        check_json(payload)


@pytest.mark.parametrize("payload", [b'"\xed\xa0\x80"', b'"\xc3("', b'"\xe2\x82"'])
def test_broken_utf_8_is_refused(payload):
    with pytest.raises(InvalidRequestContent, match="Invalid UTF-8 middle byte 0x"):
        check_json(payload)


def test_a_payload_has_at_most_six_mebibytes():
    check_size(bytes(6_291_456), "RequestResponse")
    with pytest.raises(RequestEntityTooLarge) as refusal:
        check_size(bytes(6_291_457), "RequestResponse")
    assert refusal.value.message == (
        "6291457 byte payload is too large for the RequestResponse invocation type "
        "(limit 6291456 bytes)"
    )


def test_a_client_context_is_json_in_base64():
    assert decode_client_context("") == ""
    assert decode_client_context(base64.b64encode(b'{"a":1}').decode()) == '{"a":1}'


@pytest.mark.parametrize(
    "encoded", ["%%%", base64.b64encode(b"nope").decode(), base64.b64encode(b"\xff").decode()]
)
def test_other_client_contexts_are_refused(encoded):
    with pytest.raises(InvalidRequestContent, match="must be a valid Base64-encoded JSON object"):
        decode_client_context(encoded)


def test_a_client_context_has_a_limit():
    encoded = base64.b64encode(b'"' + b"x" * 2_685 + b'"').decode()
    assert len(encoded) == 3_584
    with pytest.raises(InvalidRequestContent, match="no more than 3583 bytes"):
        decode_client_context(encoded)
