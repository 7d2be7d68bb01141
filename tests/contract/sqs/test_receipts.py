"""Receiving, and what is done by receipt handle (spec/sqs.md 2.9, 2.10, 2.11).

Handles whose time is over, older ones and other queues' stand in test_polling.py and test_fifo.py,
batches in test_batches.py.
"""

import re

import pytest

from tests.contract.sqs.mailbox import bodies, delete, hide, receive, send

INVALID = "InvalidParameterValueException"


@pytest.fixture
def q(sqs):
    return sqs.queue("q")


@pytest.fixture
def fifo(sqs):
    return sqs.queue("q.fifo", ContentBasedDeduplication="true")


def wrong(value, parameter, reason):
    return INVALID, f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"


def take(sqs, url, **members):
    """Receive the only message."""
    (message,) = receive(sqs, url, **members)
    return message


def garbage(handle):
    text = f'The input receipt handle "{handle}" is not a valid receipt handle.'
    return "ReceiptHandleIsInvalid", text


# --- ReceiveMessage -------------------------------------------------------------------------------


RANGES = [
    ("MaxNumberOfMessages", (0, 11, -1), "Must be between 1 and 10, if provided."),
    ("WaitTimeSeconds", (-1, 21), "Must be >= 0 and <= 20, if provided."),
    ("VisibilityTimeout", (-1, 43_201), "Must be >= 0 and <= 43200, if provided."),
]


@pytest.mark.parametrize("parameter, values, reason", RANGES)
def test_a_number_out_of_its_range(sqs, q, parameter, values, reason):
    """spec/sqs.md 0, 2.9."""
    for value in values:
        refusal = sqs.refusal("ReceiveMessage", {"QueueUrl": q, parameter: value})
        assert refusal == wrong(value, parameter, reason)


@pytest.mark.parametrize(
    "members", [{"MaxNumberOfMessages": 1}, {"VisibilityTimeout": 43_200}, {"WaitTimeSeconds": 20}]
)
def test_a_number_at_its_bound(sqs, q, members):
    """spec/sqs.md 0, 2.9."""
    send(sqs, q)
    assert len(receive(sqs, q, **members)) == 1


def test_one_message_unless_more_are_asked_for(sqs, q):
    """spec/sqs.md 0, 2.9: MaxNumberOfMessages is 1, and no names are no attributes; 11 row 39."""
    for body in "abc":
        send(sqs, q, body)
    (message,) = sqs.ok("ReceiveMessage", {"QueueUrl": q})["Messages"]
    assert message.keys() == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}
    assert len(message["ReceiptHandle"]) <= 1_024
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", message["MessageId"])


def test_a_visibility_timeout_of_nothing(sqs, q):
    """spec/sqs.md 2.9: counts as a receive, and the message is visible again at once."""
    send(sqs, q)
    for count in ("1", "2"):
        message = take(sqs, q, VisibilityTimeout=0)
        assert message["Attributes"]["ApproximateReceiveCount"] == count


def test_both_lists_of_system_attributes(sqs, q):
    """spec/sqs.md 2.9, 12 Q10: the union, in both protocols."""
    send(sqs, q)
    asked = {"QueueUrl": q, "VisibilityTimeout": 0, "AttributeNames": ["SenderId"]}
    for names, found in (
        (["SentTimestamp"], {"SenderId", "SentTimestamp"}),
        (["SequenceNumber"], {"SenderId"}),
        (
            ["All"],
            {
                "SenderId",
                "SentTimestamp",
                "ApproximateReceiveCount",
                "ApproximateFirstReceiveTimestamp",
            },
        ),
    ):
        answer = sqs.ok("ReceiveMessage", asked | {"MessageSystemAttributeNames": names})
        assert answer["Messages"][0]["Attributes"].keys() == found


def test_an_unknown_system_attribute(sqs, q):
    """spec/sqs.md 2.9: "Unknown Attribute X."."""
    for member in ("AttributeNames", "MessageSystemAttributeNames"):
        refusal = sqs.refusal("ReceiveMessage", {"QueueUrl": q, member: ["X"]})
        assert refusal == ("InvalidAttributeName", "Unknown Attribute X.")


# --- DeleteMessage --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["q", "q.fifo"])
def test_a_message_in_flight_is_deleted_and_again(sqs, name):
    """spec/sqs.md 2.10, 11 row 43: twice is success."""
    url = sqs.queue(name)
    ids = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if name == "q.fifo" else {}
    send(sqs, url, **ids)
    message = take(sqs, url)
    for _ in range(3):
        assert delete(sqs, url, message) == {}
    sqs.server.advance(31)
    assert receive(sqs, url) == []


def test_a_handle_outlives_its_message(sqs):
    """spec/sqs.md 2.10: gone by retention, success on both kinds of queue."""
    for name in ("q", "q.fifo"):
        ids = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if name == "q.fifo" else {}
        url = sqs.queue(name, MessageRetentionPeriod="60", VisibilityTimeout="300")
        send(sqs, url, **ids)
        message = take(sqs, url)
        sqs.server.advance(61)
        assert delete(sqs, url, message) == {}


@pytest.mark.parametrize("name", ["q", "q.fifo"])
@pytest.mark.parametrize("handle", ["garbage", "a b", "AQEB", "x" * 1_025])
def test_a_handle_that_is_none(sqs, name, handle):
    """spec/sqs.md 1.4, 2.10, 2.11, 12 Q8, 11 row 43: 400, with the handle quoted."""
    by_handle = {"QueueUrl": sqs.queue(name), "ReceiptHandle": handle}
    assert sqs.refusal("DeleteMessage", by_handle) == garbage(handle)
    change = {**by_handle, "VisibilityTimeout": 0}
    assert sqs.refusal("ChangeMessageVisibility", change) == garbage(handle)


# --- ChangeMessageVisibility ----------------------------------------------------------------------


def test_the_new_time_is_measured_from_the_call_and_not_remembered(sqs, q):
    """spec/sqs.md 2.11, 11 row 44."""
    send(sqs, q)
    message = take(sqs, q)
    sqs.server.advance(20)
    assert hide(sqs, q, message, 40) == {}
    sqs.server.advance(39)
    assert receive(sqs, q) == []
    sqs.server.advance(1)
    take(sqs, q)
    sqs.server.advance(30)
    assert bodies(receive(sqs, q)) == ["b"]


def change(url, message, seconds):
    handle = message["ReceiptHandle"]
    return {"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": seconds}


@pytest.mark.parametrize("seconds", [-1, 43_201])
def test_a_time_out_of_range(sqs, q, seconds):
    """spec/sqs.md 0, 2.11: one text in both forms, another than ReceiveMessage's."""
    send(sqs, q)
    message = take(sqs, q)
    reason = "VisibilityTimeout must be an integer between 0 and 43200."
    _, text = refusal = wrong(seconds, "VisibilityTimeout", reason)
    given = change(q, message, seconds)
    assert sqs.refusal("ChangeMessageVisibility", given) == refusal
    entry = {"Id": "a", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": seconds}
    failed = {"Id": "a", "SenderFault": True, "Code": "InvalidParameterValue", "Message": text}
    answer = sqs.ok("ChangeMessageVisibilityBatch", {"QueueUrl": q, "Entries": [entry]})
    assert answer == {"Failed": [failed]}
