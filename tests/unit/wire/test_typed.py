"""Typed decoders take what fits and leave the rest to coerce."""

import msgspec
import pytest

from headrace.wire.catalog import SQS
from headrace.wire.typed import decoder_for


@pytest.mark.parametrize("operation", SQS.operations.values(), ids=lambda row: row.name)
def test_every_sqs_operation_is_read_the_fast_way(operation):
    decoder = decoder_for("sqs", operation.input)
    assert decoder is not None
    assert decoder.decode(b'{"Unknown": [{}]}') == {}


def test_bytes_and_nested_members_are_converted_while_parsing():
    body = b'{"MessageAttributes": {"a": {"BinaryValue": "aGk=", "Colour": 1}}, "DelaySeconds": 5}'
    assert decoder_for("sqs", "SendMessageRequest").decode(body) == {
        "MessageAttributes": {"a": {"BinaryValue": b"hi"}},
        "DelaySeconds": 5,
    }


@pytest.mark.parametrize(
    "body",
    [b'{"DelaySeconds": "5"}', b'{"DelaySeconds": 2147483648}', b'{"MessageBody": null}', b"[]"],
)
def test_what_does_not_fit_is_left_to_coerce(body):
    with pytest.raises(msgspec.ValidationError):
        decoder_for("sqs", "SendMessageRequest").decode(body)


def test_shapes_with_times_need_conversions_and_are_not_read_the_fast_way():
    assert decoder_for("lambda", "CreateEventSourceMappingRequest") is None


def test_members_that_are_not_in_the_body_are_dropped():
    decoder = decoder_for("lambda", "UpdateFunctionCodeRequest")
    assert decoder.decode(b'{"FunctionName": "f", "DryRun": true}') == {"DryRun": True}
