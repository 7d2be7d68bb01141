"""A look at messages in the members of a ReceiveMessage, with where each message is and why."""

from types import SimpleNamespace

import pytest

from headrace.api.sqs import looking
from headrace.core.sqs.errors import InvalidParameterValue, MissingParameter, QueueDoesNotExist
from tests.unit.api.sqs.desk import ACCOUNT, BASE, Desk

DEAD = "arn:aws:sqs:us-east-1:000000000000:dead"


@pytest.fixture
def desk():
    return Desk()


def look(desk, bodies=None, **parameters):
    context = SimpleNamespace(account=ACCOUNT, region="us-east-1", base_url=BASE)
    command = looking.look_at_messages(parameters, context, desk.rooms)
    (reply,) = desk.rooms.queues.apply(command, desk.now, 1)
    if bodies is None:
        addresses = [seen.message.address for seen in reply.value.messages]
        bodies = {at: desk.bodies[at.block, at.machine, at.number] for at in addresses}
    return looking.answer_messages_seen(parameters, context, reply.value, bodies)


def test_it_answers_as_a_receive_without_a_handle(desk):
    url = desk.queue()
    attributes = {"a": {"DataType": "String", "StringValue": "b"}}
    desk.ask("SendMessage", QueueUrl=url, MessageBody="hi", MessageAttributes=attributes)
    sent_at = desk.now
    (message,) = look(desk, QueueUrl=url)["Messages"]
    (received,) = desk.receive(
        url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )
    assert message["ReceiptHandle"] == "SQS/BACKDOOR/ACCESS"
    for name in ("MessageId", "Body", "MD5OfBody", "MessageAttributes", "MD5OfMessageAttributes"):
        assert message[name] == received[name]
    assert message["Attributes"] == {
        "SenderId": "AIDATEST",
        "SentTimestamp": str(sent_at),
        "ApproximateReceiveCount": "0",
        "IsVisible": "true",
        "IsDelayed": "false",
        "State": "visible",
        "VisibleTimestamp": str(sent_at),
        "ExpiresTimestamp": str(sent_at + 345_600_000),
        "Reason": "never received",
    }


def reasons(desk, url):
    found = look(desk, QueueUrl=url, ShowInvisible="true", ShowDelayed="1")["Messages"]
    return [(m["Attributes"]["State"], m["Attributes"]["Reason"]) for m in found]


def test_reasons(desk):
    """2027-01-15T08:00:00Z is the desk's first instant."""
    dead = desk.queue("dead")
    redrive = f'{{"deadLetterTargetArn":"{DEAD}","maxReceiveCount":2}}'
    url = desk.queue("orders", RedrivePolicy=redrive)
    desk.ask("SendMessage", QueueUrl=url, MessageBody="a")
    desk.ask("SendMessage", QueueUrl=url, MessageBody="b", DelaySeconds=60)
    assert reasons(desk, url) == [
        ("visible", f"never received; goes to {DEAD} after 2 more receives"),
        (
            "delayed",
            f"delayed until 2027-01-15T08:01:00.000Z; goes to {DEAD} after 2 more receives",
        ),
    ]
    desk.receive(url)
    assert reasons(desk, url)[0] == (
        "in flight",
        (
            "received and not deleted: in flight until 2027-01-15T08:00:30.000Z; "
            f"received 1 times, 1 of them here; goes to {DEAD} after 1 more receives"
        ),
    )
    desk.now += 30_000
    desk.receive(url, VisibilityTimeout=0)
    assert reasons(desk, url)[0] == (
        "visible",
        (
            "received and not deleted: visible again; received 2 times, 2 of them here; "
            f"goes to {DEAD} at the next receive"
        ),
    )
    desk.receive(url)
    assert reasons(desk, dead) == [
        (
            "visible",
            (
                "received and not deleted: visible again; received 2 times, 0 of them here; "
                "came as a dead letter from arn:aws:sqs:us-east-1:000000000000:orders"
            ),
        )
    ]


def test_why_a_visible_message_waits(desk):
    """A locked group of a FIFO queue, and a noisy group of a standard one."""
    fifo = desk.queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for body in "ab":
        desk.ask("SendMessage", QueueUrl=fifo, MessageBody=body, MessageGroupId="g")
    (first,) = desk.receive(fifo, MaxNumberOfMessages=1)
    assert reasons(desk, fifo)[1] == (
        "visible",
        (
            f"never received; waits behind {first['MessageId']} of its group, "
            "which is in flight until 2027-01-15T08:00:30.000Z"
        ),
    )
    url = desk.queue("fair")
    for number in range(31):
        desk.ask("SendMessage", QueueUrl=url, MessageBody=str(number), MessageGroupId="g")
    for _ in range(3):
        desk.receive(url)
    assert reasons(desk, url)[-1] == (
        "visible",
        "never received; its group is noisy: messages of quieter groups come first",
    )


def test_pages(desk):
    url = desk.queue()
    for number in range(5):
        desk.ask("SendMessage", QueueUrl=url, MessageBody=str(number))
    page = look(desk, QueueUrl=url, MaxResults="2")
    assert [message["Body"] for message in page["Messages"]] == ["0", "1"]
    rest = look(desk, QueueUrl=url, MaxResults="3", NextToken=page["NextToken"])
    assert [message["Body"] for message in rest["Messages"]] == ["2", "3", "4"]
    assert "NextToken" not in rest


def test_a_page_ends_where_the_bodies_end(desk):
    url = desk.queue()
    for number in range(3):
        desk.ask("SendMessage", QueueUrl=url, MessageBody=str(number))
    bodies = dict(sorted(desk.bodies.items())[:2])
    bodies = dict(_addressed(desk, url, bodies))
    page = look(desk, bodies, QueueUrl=url)
    assert [message["Body"] for message in page["Messages"]] == ["0", "1"]
    rest = look(desk, QueueUrl=url, NextToken=page["NextToken"])
    assert [message["Body"] for message in rest["Messages"]] == ["2"]


def _addressed(desk, url, bodies):
    """Return some bodies under the addresses that a look gives."""
    context = SimpleNamespace(account=ACCOUNT, region="us-east-1", base_url=BASE)
    command = looking.look_at_messages({"QueueUrl": url}, context, desk.rooms)
    (reply,) = desk.rooms.queues.apply(command, desk.now, 1)
    for seen in reply.value.messages:
        at = seen.message.address
        if (at.block, at.machine, at.number) in bodies:
            yield at, bodies[at.block, at.machine, at.number]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({}, MissingParameter),
        ({"QueueUrl": "absent"}, QueueDoesNotExist),
        ({"QueueUrl": "q", "MaxResults": "0"}, InvalidParameterValue),
        ({"QueueUrl": "q", "MaxResults": "1001"}, InvalidParameterValue),
        ({"QueueUrl": "q", "MaxResults": "9" * 99}, InvalidParameterValue),
        ({"QueueUrl": "q", "MaxResults": "x"}, InvalidParameterValue),
        ({"QueueUrl": "q", "NextToken": "x"}, InvalidParameterValue),
        ({"QueueUrl": "q", "NextToken": "eHh4"}, InvalidParameterValue),
    ],
)
def test_what_is_refused(desk, parameters, error):
    desk.queue()
    with pytest.raises(error):
        look(desk, **parameters)


def test_plain_has_the_names_of_the_xml(desk):
    url = desk.queue()
    attributes = {"a": {"DataType": "Binary", "BinaryValue": b"\xff"}}
    desk.ask("SendMessage", QueueUrl=url, MessageBody="hi", MessageAttributes=attributes)
    desk.ask("SendMessage", QueueUrl=url, MessageBody="ho")
    document = looking.plain(look(desk, QueueUrl=url, MaxResults="1"))
    assert document.keys() == {"Message", "NextToken"}
    (message,) = document["Message"]
    assert message["Body"] == "hi"
    assert {"Name": "State", "Value": "visible"} in message["Attribute"]
    assert message["MessageAttribute"] == [
        {"Name": "a", "Value": {"BinaryValue": "/w==", "DataType": "Binary"}}
    ]
