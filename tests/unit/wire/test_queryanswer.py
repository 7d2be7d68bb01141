"""XML holds any text, and what XML cannot hold is replaced."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.base.errors import InternalFailure
from headrace.wire.call import Form, Protocol
from headrace.wire.envelope import HttpRequest
from headrace.wire.queryanswer import encode_error, encode_result, escape
from headrace.wire.route import route


@pytest.mark.parametrize(
    "text, expected",
    [
        ("plain", "plain"),
        ('a&b<c>"d"\'', "a&amp;b&lt;c&gt;&quot;d&quot;'"),
        ("a\r\n\tb", "a&#xD;\n\tb"),
        ("\x00\x1f\ufffe\uffff\ud800", "\ufffd" * 5),
        ("é\U0001f600", "é\U0001f600"),
    ],
)
def test_text_is_escaped(text, expected):
    assert escape(text) == expected


@given(st.text(st.characters()))
def test_whatever_is_escaped_is_read_by_a_parser(text):
    parsed = ET.fromstring(f"<a>{escape(text)}</a>".encode()).text or ""
    assert len(parsed) == len(text)
    assert all(ours in (theirs, "\ufffd") for ours, theirs in zip(parsed, text, strict=True))


def test_numbers_truth_and_bytes_are_text():
    request = HttpRequest("GET", "/1/q?Action=ReceiveMessage", {}, b"")
    attribute = {"BinaryValue": b"\x00", "DataType": "Binary"}
    message = {"Body": "", "MessageAttributes": {"<k>": attribute}}
    body = encode_result(route(request), {"Messages": [message]}, "id").body
    assert (
        b"<Message><Body></Body><MessageAttribute><Name>&lt;k&gt;</Name>"
        b"<Value><BinaryValue>AA==</BinaryValue><DataType>Binary</DataType></Value>"
        b"</MessageAttribute></Message>"
    ) in body


def test_an_empty_receive_has_an_empty_result_element():
    request = HttpRequest("GET", "/1/q?Action=ReceiveMessage", {}, b"")
    body = encode_result(route(request), {"Messages": []}, "id").body
    assert b"<ReceiveMessageResult></ReceiveMessageResult>" in body


def test_the_text_of_an_error_is_escaped():
    response = encode_error(Protocol(Form.QUERY_XML, "sqs"), InternalFailure("<\x00>"), "id", "")
    assert "<Message>&lt;\ufffd&gt;</Message>".encode() in response.body
