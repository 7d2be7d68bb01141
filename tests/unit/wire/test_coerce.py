"""Values become what the shape says where AWS lets them, and are refused in its words elsewhere."""

import json

import pytest

from headrace.wire.catalog import LAMBDA, SQS
from headrace.wire.coerce import clean, coerce, coerce_scalar, decode_base64, echo, parse_json
from headrace.wire.errors import SerializationException
from headrace.wire.model import Shape


def scalar(kind, value):
    return coerce_scalar(Shape("X", kind), value)


@pytest.mark.parametrize(
    "kind, value, expected",
    [
        ("string", "a", "a"),
        ("string", 30, "30"),
        ("string", 1.5, "1.5"),
        ("string", True, "true"),
        ("string", False, "false"),
        ("integer", 7, 7),
        ("integer", "-7", -7),
        ("integer", 7.0, 7),
        ("integer", 2**31 - 1, 2**31 - 1),
        ("integer", -(2**31), -(2**31)),
        ("long", 2**31, 2**31),
        ("double", 1, 1.0),
        ("double", "0.5", 0.5),
        ("double", "1e3", 1000.0),
        ("boolean", True, True),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("blob", "aGk=", b"hi"),
        ("timestamp", 1763949999.123, 1763949999123),
        ("timestamp", "1763949999", 1763949999000),
    ],
)
def test_a_scalar_that_fits_is_converted(kind, value, expected):
    result = scalar(kind, value)
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    "kind, value, text",
    [
        ("integer", "soon", "STRING_VALUE can not be converted to an Integer"),
        ("integer", "", "STRING_VALUE can not be converted to an Integer"),
        ("integer", "٣", "STRING_VALUE can not be converted to an Integer"),
        ("integer", 1.5, "NUMBER_VALUE can not be converted to an Integer"),
        ("integer", 2**31, "NUMBER_VALUE can not be converted to an Integer"),
        ("integer", True, "BOOLEAN_VALUE can not be converted to an Integer"),
        ("long", 2**63, "NUMBER_VALUE can not be converted to a Long"),
        ("double", "x", "STRING_VALUE can not be converted to a Double"),
        ("double", 10**400, "NUMBER_VALUE can not be converted to a Double"),
        ("double", True, "BOOLEAN_VALUE can not be converted to a Double"),
        ("double", float("inf"), "NUMBER_VALUE can not be converted to a Double"),
        ("double", "1e999", "STRING_VALUE can not be converted to a Double"),
        ("boolean", "yes", "STRING_VALUE can not be converted to a Boolean"),
        ("boolean", 1, "NUMBER_VALUE can not be converted to a Boolean"),
        ("blob", "a", "STRING_VALUE can not be converted to a ByteBuffer"),
        ("blob", "é", "STRING_VALUE can not be converted to a ByteBuffer"),
        ("blob", 1, "NUMBER_VALUE can not be converted to a ByteBuffer"),
        ("string", {}, "Start of structure or map found where not expected."),
        ("string", [], "Start of list found where not expected"),
        ("integer", {}, "Start of structure or map found where not expected."),
        ("blob", [], "Start of list found where not expected"),
    ],
)
def test_a_scalar_that_does_not_fit_is_refused(kind, value, text):
    with pytest.raises(SerializationException) as caught:
        scalar(kind, value)
    assert caught.value.message == text


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("AttributeNameList", "All", "Unrecognized collection type class java.lang.String"),
        ("AttributeNameList", 1, "Unrecognized collection type class java.lang.Integer"),
        ("AttributeNameList", {}, "Start of structure or map found where not expected."),
        ("QueueAttributeMap", "x", "Unrecognized collection type class java.lang.String"),
        ("QueueAttributeMap", True, "Unrecognized collection type class java.lang.Boolean"),
        ("QueueAttributeMap", [], "Start of list found where not expected"),
        ("SendMessageRequest", [], "Start of list found where not expected"),
        ("SendMessageRequest", None, "Unrecognized collection type class java.lang.Object"),
    ],
)
def test_a_container_of_another_kind_is_refused(name, value, text):
    with pytest.raises(SerializationException) as caught:
        coerce(SQS, name, value)
    assert caught.value.message == text


def test_nulls_are_dropped_from_lists_maps_and_structures():
    value = {"QueueUrl": None, "AttributeNames": ["All", None]}
    assert coerce(SQS, "GetQueueAttributesRequest", value) == {"AttributeNames": ["All"]}
    assert coerce(SQS, "QueueAttributeMap", {"a": None, "b": "c"}) == {"b": "c"}


def test_members_that_are_not_in_the_body_are_not_looked_for_there():
    assert coerce(LAMBDA, "UpdateFunctionCodeRequest", {"FunctionName": "f"}) == {}


def test_text_that_cannot_be_written_is_made_writable():
    assert clean("a\ud800é") == "a\uffffé"
    assert clean("plain") == "plain"
    assert coerce(SQS, "QueueAttributeMap", {"\udfff": "x"}) == {"\uffff": "x"}


def test_an_echo_is_short_and_writable():
    assert echo("\ud800" * 1000).encode() == "\uffff".encode() * 256


def test_base64_must_be_whole():
    assert decode_base64("") == b""
    with pytest.raises(SerializationException):
        decode_base64("aGk")


def test_json_is_parsed_and_nothing_else():
    assert parse_json(b"") == {}
    assert parse_json(json.dumps({"a": [1, None]}).encode()) == {"a": [1, None]}
    for body in (b"{", b"\xff", b"[" * 100_000, b"Infinity", b"1" * 5000):
        with pytest.raises(SerializationException):
            parse_json(body)


@pytest.mark.parametrize("value", [b"{}", b"5", b'""', b'"\\\\"', b'{"a":5}'])
def test_a_document_of_millions_of_values_is_refused_unread(value):
    body = b'{"a":[' + b",".join([value] * 100_000) + b"]}"
    with pytest.raises(SerializationException) as refusal:
        parse_json(body)
    assert refusal.value.message == "The request body has too many values."


@pytest.mark.parametrize("text", ['["x",]' * 50_000, "," * 500_000, '\\"' * 90_000, "\\" * 90_001])
def test_what_stands_in_a_string_is_one_value(text):
    document = {"a": text, "b": [1, "\\", text]}
    assert parse_json(json.dumps(document).encode()) == document
    assert parse_json(b" " * 70_000 + json.dumps(document).encode()) == document


def test_a_long_text_that_is_no_json_is_refused_as_such():
    for body in (b'{"a":"' + b"x" * 70_000, b'"\\' * 70_000, b'"' + b'\\"' * 70_000):
        with pytest.raises(SerializationException) as refusal:
            parse_json(body)
        assert refusal.value.message == "The request body is not valid JSON."
