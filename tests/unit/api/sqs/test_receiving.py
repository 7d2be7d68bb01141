"""ReceiveMessage in AWS's words (spec/sqs.md 2.9, 4.5)."""

import pytest

from headrace.core.sqs.errors import InvalidAttributeName, InvalidParameterValue
from tests.unit.api.sqs.desk import Desk


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def url(desk):
    url = desk.queue()
    desk.ask(
        "SendMessage",
        QueueUrl=url,
        MessageBody="héllo",
        MessageAttributes={
            "Hello": {"DataType": "String", "StringValue": "There"},
            "Blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
        MessageGroupId="tenant",
    )
    return url


def test_nothing_was_asked_for_so_only_four_members_come(desk, url):
    """2.9."""
    (message,) = desk.receive(url)
    assert set(message) == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}
    assert message["Body"] == "héllo"
    assert message["ReceiptHandle"].startswith("AQEB")


def test_all_system_attributes_are_those_that_apply(desk, url):
    """4.5; a group id of a fair queue is echoed, without a sequence number."""
    desk.now += 5
    (message,) = desk.receive(url, MessageSystemAttributeNames=["All"])
    assert message["Attributes"] == {
        "SenderId": "AIDATEST",
        "SentTimestamp": "1800000000000",
        "ApproximateReceiveCount": "1",
        "ApproximateFirstReceiveTimestamp": "1800000000005",
        "MessageGroupId": "tenant",
    }


def test_named_system_attributes_come_under_both_members(desk, url):
    """2.9 and S-A23: names that do not apply are skipped."""
    (message,) = desk.receive(
        url,
        MessageSystemAttributeNames=["SentTimestamp", "SequenceNumber"],
        AttributeNames=["SenderId"],
    )
    assert set(message["Attributes"]) == {"SenderId", "SentTimestamp"}


def test_user_attributes_come_when_selected_with_a_digest_of_the_selection(desk, url):
    """2.9: MD5OfMessageAttributes covers only the returned subset."""
    (message,) = desk.receive(url, MessageAttributeNames=["Hello"], VisibilityTimeout=0)
    assert message["MessageAttributes"] == {"Hello": {"StringValue": "There", "DataType": "String"}}
    assert message["MD5OfMessageAttributes"] == "a311262e065454b75da111d535b8dacd"
    (message,) = desk.receive(url, MessageAttributeNames=["All"], VisibilityTimeout=0)
    assert message["MessageAttributes"]["Blob"] == {
        "BinaryValue": b"\x00\xff",
        "DataType": "Binary",
    }
    (message,) = desk.receive(url, MessageAttributeNames=["None"])
    assert "MessageAttributes" not in message
    assert "MD5OfMessageAttributes" not in message


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        (
            {"MaxNumberOfMessages": 11},
            InvalidParameterValue,
            (
                "Value 11 for parameter MaxNumberOfMessages is invalid. "
                "Reason: Must be between 1 and 10, if provided."
            ),
        ),
        (
            {"WaitTimeSeconds": -1},
            InvalidParameterValue,
            (
                "Value -1 for parameter WaitTimeSeconds is invalid. "
                "Reason: Must be >= 0 and <= 20, if provided."
            ),
        ),
        (
            {"VisibilityTimeout": 43_201},
            InvalidParameterValue,
            (
                "Value 43201 for parameter VisibilityTimeout is invalid. "
                "Reason: Must be >= 0 and <= 43200, if provided."
            ),
        ),
        ({"AttributeNames": ["Foo"]}, InvalidAttributeName, "Unknown Attribute Foo."),
    ],
)
def test_a_wrong_receive_is_refused(desk, url, parameters, error, sentence):
    """2.9."""
    with pytest.raises(error) as refusal:
        desk.receive(url, **parameters)
    assert refusal.value.message == sentence
    assert len(desk.receive(url)) == 1


def test_an_explicit_wait_of_0_is_a_short_poll(desk):
    """Row 42 of section 11: the queue's own wait does not apply then."""
    url = desk.queue(ReceiveMessageWaitTimeSeconds="20")
    assert desk.receive(url, WaitTimeSeconds=0) == []


def test_an_attempt_may_be_repeated(desk):
    """5.4."""
    url = desk.queue("q.fifo", FifoQueue="true")
    desk.ask(
        "SendMessage",
        QueueUrl=url,
        MessageBody="b",
        MessageGroupId="g",
        MessageDeduplicationId="1",
    )
    (first,) = desk.receive(url, ReceiveRequestAttemptId="x")
    assert desk.receive(url) == []
    assert desk.receive(url, ReceiveRequestAttemptId="x") == [first]
    with pytest.raises(InvalidParameterValue):
        desk.receive(url, ReceiveRequestAttemptId="x y")
    with pytest.raises(InvalidParameterValue):
        desk.receive(desk.queue("plain"), ReceiveRequestAttemptId="x")
