"""SendMessage and SendMessageBatch in AWS's words (spec/sqs.md 2.7, 2.8)."""

import hashlib

import pytest

from headrace.core.sqs.errors import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    InvalidMessageContents,
    InvalidParameterValue,
    MissingParameter,
    QueueDoesNotExist,
    TooManyEntriesInBatchRequest,
)
from tests.unit.api.sqs.desk import Desk


@pytest.fixture
def desk():
    return Desk()


def string(value):
    return {"DataType": "String", "StringValue": value}


def test_a_message_is_answered_with_its_digests(desk):
    """2.7, 4.4; no attribute digests without attributes, no sequence number on standard."""
    url = desk.queue()
    plain = desk.ask("SendMessage", QueueUrl=url, MessageBody="message")
    assert plain["MD5OfMessageBody"] == "78e731027d8fd50ed642340b7c9a63b3"
    assert set(plain) == {"MD5OfMessageBody", "MessageId"}
    rich = desk.ask(
        "SendMessage",
        QueueUrl=url,
        MessageBody="message",
        MessageAttributes={"Foo": string("Bar")},
        MessageSystemAttributes={"AWSTraceHeader": string("some-trace-id")},
    )
    assert rich["MD5OfMessageAttributes"] == "ae7155c6026991b6d54b11589678bf9c"
    assert rich["MD5OfMessageSystemAttributes"] == "fdce4f2818803f2f73becc09a54792c0"


def test_the_trace_header_of_the_request_goes_with_the_message(desk):
    """2.7, end: and it is not part of the digest of system attributes."""
    url = desk.queue()
    desk.trace_header = "Root=1"
    sent = desk.ask("SendMessage", QueueUrl=url, MessageBody="a")
    assert "MD5OfMessageSystemAttributes" not in sent
    (message,) = desk.receive(url, MessageSystemAttributeNames=["AWSTraceHeader"])
    assert message["Attributes"] == {"AWSTraceHeader": "Root=1"}


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        ({}, MissingParameter, "The request must contain the parameter MessageBody."),
        (
            {"MessageBody": ""},
            MissingParameter,
            "The request must contain the parameter MessageBody.",
        ),
        (
            {"MessageBody": "a\x00"},
            InvalidMessageContents,
            (
                "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to "
                "#xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
            ),
        ),
        (
            {"MessageBody": "a", "DelaySeconds": 901},
            InvalidParameterValue,
            (
                "Value 901 for parameter DelaySeconds is invalid. "
                "Reason: DelaySeconds must be >= 0 and <= 900."
            ),
        ),
        (
            {"MessageBody": "a", "MessageGroupId": "group 123"},
            InvalidParameterValue,
            (
                "Value group 123 for parameter MessageGroupId is invalid. Reason: MessageGroupId can "
                "only include alphanumeric and punctuation characters. 1 to 128 in length."
            ),
        ),
        (
            {"MessageBody": "a", "MessageGroupId": ""},
            InvalidParameterValue,
            (
                "Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId can "
                "only include alphanumeric and punctuation characters. 1 to 128 in length."
            ),
        ),
        (
            {"MessageBody": "x" * 1_048_577},
            InvalidParameterValue,
            (
                "One or more parameters are invalid. "
                "Reason: Message must be shorter than 1048576 bytes."
            ),
        ),
    ],
)
def test_a_wrong_message_is_refused(desk, parameters, error, sentence):
    """2.7."""
    url = desk.queue()
    with pytest.raises(error) as refusal:
        desk.ask("SendMessage", QueueUrl=url, **parameters)
    assert refusal.value.message == sentence
    assert desk.receive(url) == []


def test_exactly_the_limit_is_accepted(desk):
    """2.7: despite "shorter"; attributes count."""
    url = desk.queue(MaximumMessageSize="1024")
    whole = {"k": string("x")}
    desk.ask("SendMessage", QueueUrl=url, MessageBody="b" * 1016, MessageAttributes=whole)
    with pytest.raises(InvalidParameterValue, match="shorter than 1024 bytes"):
        desk.ask("SendMessage", QueueUrl=url, MessageBody="b" * 1017, MessageAttributes=whole)


def entries(*bodies):
    return [{"Id": f"id_{number}", "MessageBody": body} for number, body in enumerate(bodies)]


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        (
            [],
            EmptyBatchRequest,
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        ),
        (
            entries(*"abcdefghijk"),
            TooManyEntriesInBatchRequest,
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        (
            [{"Id": "in:valid", "MessageBody": "a"}],
            InvalidBatchEntryId,
            (
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long."
            ),
        ),
        (
            [*entries("a", "b", "c"), {"Id": "id_2", "MessageBody": "d"}],
            BatchEntryIdsNotDistinct,
            "Id id_2 repeated.",
        ),
        (
            entries("b" * 1_048_577),
            BatchRequestTooLong,
            "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
        ),
    ],
)
def test_a_wrong_batch_is_refused_whole(desk, given, error, sentence):
    """2.8."""
    url = desk.queue()
    with pytest.raises(error) as refusal:
        desk.ask("SendMessageBatch", QueueUrl=url, Entries=given)
    assert refusal.value.message == sentence
    assert desk.receive(url) == []


def test_the_queue_comes_before_the_entries(desk):
    """2.8, row 1."""
    with pytest.raises(QueueDoesNotExist):
        desk.ask("SendMessageBatch", QueueUrl="nowhere", Entries=[])


def test_wrong_entries_fail_for_themselves(desk):
    """2.8, second table; order is the request's."""
    url = desk.queue(MaximumMessageSize="1024")
    given = entries("a", "b\x00", "x" * 1025, "d", "")
    given[3]["DelaySeconds"] = -1
    answer = desk.ask("SendMessageBatch", QueueUrl=url, Entries=[*given, *entries_named("f")])
    assert [entry["Id"] for entry in answer["Successful"]] == ["id_0", "f"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [
        ("id_1", "InvalidMessageContents"),
        ("id_2", "InvalidParameterValue"),
        ("id_3", "InvalidParameterValue"),
        ("id_4", "MissingParameter"),
    ]
    assert answer["Failed"][1]["Message"] == (
        "One or more parameters cannot be validated. "
        "Reason: Message must be shorter than 1024 bytes."
    )
    assert all(entry["SenderFault"] for entry in answer["Failed"])
    assert [message["Body"] for message in desk.receive(url)] == ["a", "f"]


def entries_named(*names):
    return [{"Id": name, "MessageBody": name} for name in names]


def test_a_batch_of_nothing_but_wrong_entries_sends_nothing(desk):
    """2.8."""
    url = desk.queue()
    answer = desk.ask("SendMessageBatch", QueueUrl=url, Entries=entries("\x00", "\x01"))
    assert "Successful" not in answer
    assert len(answer["Failed"]) == 2
    assert desk.receive(url) == []


NO_ID = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
    "provided explicitly"
)


@pytest.fixture
def fifo(desk):
    return desk.queue("q.fifo", FifoQueue="true")


def fifo_entry(entry_id, body="b", **more):
    return {"Id": entry_id, "MessageBody": body, **more}


def test_the_two_ids_are_missed_under_two_codes(desk, fifo):
    """2.7, S-A18."""
    with pytest.raises(MissingParameter) as refusal:
        desk.ask("SendMessage", QueueUrl=fifo, MessageBody="b", MessageDeduplicationId="1")
    assert refusal.value.message == "The request must contain the parameter MessageGroupId."
    with pytest.raises(InvalidParameterValue) as refusal:
        desk.ask("SendMessage", QueueUrl=fifo, MessageBody="b", MessageGroupId="g")
    assert refusal.value.message == NO_ID


def test_a_batch_without_an_id_is_refused_as_a_whole(desk, fifo):
    """2.8, rows 7 and 8; 11, row 36."""
    good = {"MessageGroupId": "g", "MessageDeduplicationId": "1"}
    for bad, sentence in (
        ({"MessageDeduplicationId": "2"}, "The request must contain the parameter MessageGroupId."),
        ({"MessageGroupId": "g"}, NO_ID),
    ):
        with pytest.raises(InvalidParameterValue) as refusal:
            desk.ask(
                "SendMessageBatch",
                QueueUrl=fifo,
                Entries=[fifo_entry("a", **good), fifo_entry("b", **bad)],
            )
        assert refusal.value.message == sentence
        assert type(refusal.value) is InvalidParameterValue
    assert desk.receive(fifo) == []


def test_wrong_entries_of_a_batch_fail_for_themselves(desk, fifo):
    """2.8, second table."""
    answer = desk.ask(
        "SendMessageBatch",
        QueueUrl=fifo,
        Entries=[
            fifo_entry("a", MessageGroupId="g", MessageDeduplicationId="1"),
            fifo_entry("b", MessageGroupId="g h", MessageDeduplicationId="2"),
            fifo_entry("c", MessageGroupId="g", MessageDeduplicationId="3", DelaySeconds=2),
            fifo_entry("d", MessageGroupId="g", MessageDeduplicationId="1"),
        ],
    )
    first, twin = answer["Successful"]
    assert (first["Id"], twin["Id"]) == ("a", "d")
    assert first["SequenceNumber"] == twin["SequenceNumber"]
    assert [(failed["Id"], failed["Code"]) for failed in answer["Failed"]] == [
        ("b", "InvalidParameterValue"),
        ("c", "InvalidParameterValue"),
    ]


def test_content_decides_by_the_sha_256_of_the_body(desk):
    """5.2: attributes do not count; an explicit id wins, and may collide with a content id."""
    fifo = desk.queue("c.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    digest = hashlib.sha256(b"b").hexdigest()
    send = {"QueueUrl": fifo, "MessageBody": "b", "MessageGroupId": "g"}
    first = desk.ask("SendMessage", **send)
    attributes = {"k": {"DataType": "String", "StringValue": "v"}}
    twin = desk.ask("SendMessage", **send, MessageAttributes=attributes)
    assert twin["MessageId"] == first["MessageId"]
    assert "MD5OfMessageAttributes" in twin, "digests are of the current request"
    collision = desk.ask("SendMessage", **send, MessageDeduplicationId=digest)
    assert collision["SequenceNumber"] == first["SequenceNumber"]
    other = desk.ask("SendMessage", **send, MessageDeduplicationId="own")
    assert other["MessageId"] != first["MessageId"]
    found = desk.receive(fifo, AttributeNames=["All"])
    assert [message["Attributes"]["MessageDeduplicationId"] for message in found] == [digest, "own"]
    assert set(found[0]["Attributes"]) == {
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "MessageDeduplicationId",
        "MessageGroupId",
        "SenderId",
        "SentTimestamp",
        "SequenceNumber",
    }
    assert found[0]["Attributes"]["SequenceNumber"] == first["SequenceNumber"]
