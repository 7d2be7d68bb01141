"""The event document: spec/esm.md section 3, acceptance tests 22 and 35."""

import json

import pytest

from headrace.core.mapping.commands import MessageAttribute, PolledMessage
from headrace.core.mapping.filters.sieve import Sieve
from headrace.core.mapping.limits import LONG_BURDEN
from headrace.core.mapping.payload import (
    Sifter,
    encode_record,
    event_of,
    normal_number,
    record_of,
    sift,
)
from headrace.core.mapping.settings import Settings

ARN = "arn:aws:sqs:us-east-2:123456789012:my-queue"


def message(**changes):
    members = {
        "message_id": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receipt_handle": "AQEB",
        "body": "Hello",
        "sender_id": "AIDAEXAMPLE",
        "sent_at": 1545082649183,
        "first_received_at": 1545082649185,
        "receive_count": 1,
    }
    return PolledMessage(**{**members, **changes})


def record(windowed=False, **changes):
    return json.loads(
        encode_record(record_of(message(**changes), ARN, "us-east-2", windowed=windowed))
    )


def test_a_plain_message_as_aws_writes_it():
    assert list(record().items()) == [
        ("messageId", "059f36b4-87a3-44ab-83d2-661975830a7d"),
        ("receiptHandle", "AQEB"),
        ("body", "Hello"),
        (
            "attributes",
            {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1545082649183",
                "SenderId": "AIDAEXAMPLE",
                "ApproximateFirstReceiveTimestamp": "1545082649185",
            },
        ),
        ("messageAttributes", {}),
        ("md5OfBody", "8b1a9953c4611296a827abf8c47804d7"),
        ("eventSource", "aws:sqs"),
        ("eventSourceARN", ARN),
        ("awsRegion", "us-east-2"),
    ]
    assert list(record()["attributes"]) == [
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SenderId",
        "ApproximateFirstReceiveTimestamp",
    ]


def test_the_digest_of_no_attributes_is_absent_without_and_null_with_a_window():
    assert "md5OfMessageAttributes" not in record()
    windowed = record(windowed=True)
    assert windowed["md5OfMessageAttributes"] is None
    names = list(windowed)
    assert names.index("md5OfMessageAttributes") == names.index("messageAttributes") + 1


def test_attributes_have_empty_lists_and_only_the_scalar_that_applies():
    found = record(
        attributes=(
            MessageAttribute("Author", "String", "John"),
            MessageAttribute("Weeks", "Number.int", "0012.3400"),
            MessageAttribute("Blob", "Binary", b"\x00\x01\x7f\x80\xff"),
        ),
        attributes_md5="d25a6aea97eb8f585bfa92d314504a92",
    )
    assert found["md5OfMessageAttributes"] == "d25a6aea97eb8f585bfa92d314504a92"
    assert found["messageAttributes"] == {
        "Author": {
            "stringValue": "John",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "String",
        },
        "Weeks": {
            "stringValue": "12.34",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "Number.int",
        },
        "Blob": {
            "binaryValue": "AAF/gP8=",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "Binary",
        },
    }
    assert list(found["messageAttributes"]["Author"]) == [
        "stringValue",
        "stringListValues",
        "binaryListValues",
        "dataType",
    ]


def test_what_the_sender_and_the_queue_add_is_in_the_attributes():
    found = record(
        trace_header="Root=1-5759e988-bd862e3fe1be46a994272793",
        dead_letter_source_arn="arn:aws:sqs:us-east-2:123456789012:source",
        group_id="g",
        deduplication_id="d",
        sequence_number="18849496460467696128",
    )
    assert found["attributes"] == {
        "ApproximateReceiveCount": "1",
        "AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
        "SentTimestamp": "1545082649183",
        "SequenceNumber": "18849496460467696128",
        "MessageGroupId": "g",
        "SenderId": "AIDAEXAMPLE",
        "MessageDeduplicationId": "d",
        "ApproximateFirstReceiveTimestamp": "1545082649185",
        "DeadLetterQueueSourceArn": "arn:aws:sqs:us-east-2:123456789012:source",
    }


def test_the_body_comes_out_as_it_went_in():
    body = 'é\u2028\r\n\t"\\</script>\x7f😀{"a":1}'
    assert record(body=body)["body"] == body


def test_an_event_of_two_records():
    one, two = (encode_record(record_of(message(body=b), ARN, "r", windowed=False)) for b in "ab")
    assert [r["body"] for r in json.loads(event_of([one, two]))["Records"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("0012.3400", "12.34"),
        ("6", "6"),
        ("100", "100"),
        ("-0.50", "-0.5"),
        ("+7", "7"),
        ("0.0", "0"),
        ("-0", "0"),
        ("1E3", "1000"),
        ("1.5e-3", "0.0015"),
        ("12.5e-1", "1.25"),
        ("0.00125E2", "0.125"),
        ("-12e-1", "-1.2"),
        ("5.", "5"),
        (".5", "0.5"),
        (".", "."),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.10000000000000000000000000000000000001", "0.10000000000000000000000000000000000001"),
        ("1e99999999", "1e99999999"),
        ("NaN", "NaN"),
        ("x", "x"),
        pytest.param("1" * 500_000 + "e", "1" * 500_000 + "e", id="digits that are no number"),
    ],
)
def test_numbers_lose_needless_zeros_and_nothing_else(given, normal):
    assert normal_number(given) == normal


def test_messages_are_wanted_or_filtered_out_or_in_a_loop():
    turns = {"a": 0, "b": 16, "c": 15, "d": 99}
    sent = [
        message(message_id=name, receipt_handle=f"h-{name}", turns=turns[name]) for name in turns
    ]
    sent.append(message(message_id="e", receipt_handle="h-e", body="other"))
    sifted = sift(sent, Sieve(('{"body":["Hello"]}',)), ARN, "us-east-2", windowed=False)
    assert [one.message_id for one, _ in sifted.wanted] == ["a", "c"]
    assert [json.loads(made)["messageId"] for _, made in sifted.wanted] == ["a", "c"]
    assert [one.message_id for one in sifted.looping] == ["b", "d"]
    ((filtered, reason),) = sifted.unwanted
    assert filtered.message_id == "e"
    assert reason


def test_what_takes_long_is_told_by_length_and_rules():
    few, many = ((json.dumps({"body": {"a": list(range(rules))}}),) for rules in (1, 100))
    lengths = {(): LONG_BURDEN, few: LONG_BURDEN // 9, many: LONG_BURDEN // 108}
    for filters, length in lengths.items():
        sifter = Sifter(Settings("f", filters=filters), ARN, "us-east-2")
        half = message(body="x" * (length // 2))
        assert not sifter.takes_long([half, half])
        assert sifter.takes_long([half, half, message(body="x" * 20)])
        assert sifter.sift([half]).wanted or filters
