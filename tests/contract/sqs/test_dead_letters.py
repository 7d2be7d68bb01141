"""Dead letters: when a message moves, and what it looks like there (spec/sqs.md 7.1 to 7.3, 11)."""

import json

import pytest

from tests.contract.sqs.caller import arn, compact
from tests.contract.sqs.mailbox import binary, bodies, delete, receive, send, text, waiting


def redrive(name, count):
    """Return a RedrivePolicy to the queue of this name."""
    return json.dumps({"deadLetterTargetArn": arn(name), "maxReceiveCount": count})


def size(sqs, url):
    """Return how many messages are visible and in flight."""
    found = sqs.attributes(url)
    names = ("", "NotVisible")
    return [int(found[f"ApproximateNumberOfMessages{name}"]) for name in names]


@pytest.fixture
def dead(sqs):
    return sqs.queue("dead")


@pytest.fixture
def q(sqs, dead):
    return sqs.queue("q", RedrivePolicy=redrive("dead", 2), VisibilityTimeout="10")


def test_time_alone_moves_nothing(sqs, q, dead):
    """spec/sqs.md 7.1, 11 row 20: the receive that would be one too many moves it."""
    send(sqs, q)
    for _ in range(2):
        assert len(receive(sqs, q)) == 1
        sqs.server.advance(10)
    sqs.server.advance(3_600)
    assert (size(sqs, q), size(sqs, dead)) == ([1, 0], [0, 0])
    assert receive(sqs, q) == []
    assert (size(sqs, q), size(sqs, dead)) == ([0, 0], [1, 0])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_it_is_delivered_exactly_so_often(sqs, dead, count):
    """spec/sqs.md 7.1, 11 row 21: also with a visibility timeout of zero."""
    url = sqs.queue("counted", RedrivePolicy=redrive("dead", count))
    send(sqs, url)
    found = [receive(sqs, url, VisibilityTimeout=0) for _ in range(count + 1)]
    assert [len(messages) for messages in found] == [1] * count + [0]
    (message,) = receive(sqs, dead)
    assert message["Attributes"]["ApproximateReceiveCount"] == str(count + 1)


def test_the_receive_that_moves_goes_on_with_others(sqs, q, dead):
    """spec/sqs.md 7.1: it hands out what is left; one that only moves keeps waiting."""
    send(sqs, q, "old")
    for _ in range(2):
        receive(sqs, q, VisibilityTimeout=0)
    send(sqs, q, "new")
    (message,) = receive(sqs, q)
    assert message["Body"] == "new"
    assert bodies(receive(sqs, dead)) == ["old"]
    delete(sqs, q, message)
    send(sqs, q, "older")
    for _ in range(2):
        receive(sqs, q, VisibilityTimeout=0)
    with waiting(sqs, q) as answer:
        assert bodies(receive(sqs, dead)) == ["older"]
        send(sqs, q, "newer")
        assert bodies(answer()) == ["newer"]


def test_what_a_dead_letter_keeps(sqs, q, dead):
    """spec/sqs.md 7.2, 11 row 22: everything, the count goes on, and its source is added."""
    sqs.ok("SetQueueAttributes", {"QueueUrl": dead, "Attributes": {"DelaySeconds": "900"}})
    sent = send(
        sqs,
        q,
        "body",
        MessageAttributes={"a": text("v"), "b": binary(b"\0")},
        MessageSystemAttributes={"AWSTraceHeader": text("trace")},
    )
    sqs.server.advance(1)
    (first,) = receive(sqs, q, VisibilityTimeout=0)
    receive(sqs, q, VisibilityTimeout=0)
    sqs.server.advance(1)
    assert receive(sqs, q) == []
    (moved,) = receive(sqs, dead)  # its DelaySeconds is not applied
    for member in ("MessageId", "Body", "MD5OfBody", "MessageAttributes", "MD5OfMessageAttributes"):
        assert moved[member] == first[member]
    assert moved["MessageId"] == sent["MessageId"]
    assert moved["Attributes"] == first["Attributes"] | {
        "ApproximateReceiveCount": "3",
        "DeadLetterQueueSourceArn": arn("q"),
    }
    delete(sqs, dead, moved)
    assert size(sqs, dead) == [0, 0]


@pytest.mark.parametrize("suffix, left", [("", 0), (".fifo", 1)])
def test_the_retention_of_a_dead_letter(sqs, suffix, left):
    """spec/sqs.md 7.2, 4.1, 12 Q6: from the send on standard, from the move on FIFO."""
    more = {"ContentBasedDeduplication": "true"} if suffix else {}
    dead = sqs.queue(f"d{suffix}", MessageRetentionPeriod="100")
    url = sqs.queue(f"s{suffix}", RedrivePolicy=redrive(f"d{suffix}", 1), **more)
    send(sqs, url, **({"MessageGroupId": "g"} if suffix else {}))
    (first,) = receive(sqs, url, VisibilityTimeout=0)
    sqs.server.advance(60)
    assert receive(sqs, url) == []
    sqs.server.advance(50)
    found = receive(sqs, dead)
    assert len(found) == left
    sent_at = [message["Attributes"]["SentTimestamp"] for message in found]
    assert sent_at == [first["Attributes"]["SentTimestamp"]] * left
    sqs.server.advance(50)
    assert size(sqs, dead) == [0, 0]


def test_a_fifo_dead_letter_lets_its_group_go_on(sqs):
    """spec/sqs.md 5.4, 7.2, 11 row 23: group kept, the id becomes the message's own."""
    dead = sqs.queue("dead.fifo")
    url = sqs.queue("q.fifo", RedrivePolicy=redrive("dead.fifo", 1), VisibilityTimeout="10")
    for body in ("g-a", "g-b"):
        send(sqs, url, body, MessageGroupId="g", MessageDeduplicationId=body)
    (first,) = receive(sqs, url, MaxNumberOfMessages=1)
    sqs.server.advance(10)
    assert bodies(receive(sqs, url)) == ["g-b"]
    (moved,) = receive(sqs, dead)
    assert moved["MessageId"] == first["MessageId"]
    found = moved["Attributes"]
    assert found["MessageGroupId"] == "g"
    assert found["MessageDeduplicationId"] == first["MessageId"]
    assert found["ApproximateReceiveCount"] == "2"
    assert found["DeadLetterQueueSourceArn"] == arn("q.fifo")


def test_a_chain_counts_anew_in_each_queue(sqs):
    """spec/sqs.md 7.2, 12 Q5: the decision is each queue's own, the attribute goes on."""
    last = sqs.queue("last")
    middle = sqs.queue("middle", RedrivePolicy=redrive("last", 1))
    first = sqs.queue("first", RedrivePolicy=redrive("middle", 2))
    send(sqs, first)
    for _ in range(2):
        assert len(receive(sqs, first, VisibilityTimeout=0)) == 1
    assert receive(sqs, first) == []
    (message,) = receive(sqs, middle, VisibilityTimeout=0)
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"
    assert receive(sqs, middle) == []
    (message,) = receive(sqs, last)
    assert message["Attributes"]["ApproximateReceiveCount"] == "4"
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn("middle")


def test_without_its_dead_letter_queue_a_message_is_delivered_on(sqs, q, dead):
    """spec/sqs.md 12 Q23: the dead-letter queue was deleted."""
    send(sqs, q)
    for _ in range(2):
        receive(sqs, q, VisibilityTimeout=0)
    sqs.ok("DeleteQueue", {"QueueUrl": dead})
    (message,) = receive(sqs, q)
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"


def test_many_sources_are_listed(sqs, q, dead):
    """spec/sqs.md 7.3: any number of sources to one dead-letter queue, and a list of them."""
    other = sqs.queue("other", RedrivePolicy=redrive("dead", 1))
    answer = sqs.ok("ListDeadLetterSourceQueues", {"QueueUrl": dead})
    assert answer == {"queueUrls": [other, q]}


@pytest.mark.parametrize(
    "policy, is_allowed",
    [
        ({"redrivePermission": "allowAll"}, True),
        ({"redrivePermission": "denyAll"}, False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn("source")]}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn("another")]}, False),
    ],
)
def test_who_may_name_a_dead_letter_queue(sqs, dead, policy, is_allowed):
    """spec/sqs.md 7.3, 3.4: subject to RedriveAllowPolicy, also of queues that are not there."""
    allow = {"RedriveAllowPolicy": json.dumps(policy)}
    sqs.ok("SetQueueAttributes", {"QueueUrl": dead, "Attributes": allow})
    source = {"QueueName": "source", "Attributes": {"RedrivePolicy": redrive("dead", 1)}}
    if is_allowed:
        assert sqs.ok("CreateQueue", source)["QueueUrl"].endswith("/source")
    else:
        assert sqs.refusal("CreateQueue", source)[0] == "InvalidParameterValueException"


@pytest.mark.parametrize(
    "target, reason",
    [
        (arn("dead.fifo"), "Dead-letter queue must be same type of queue as the source.."),
        (arn("missing"), "Dead letter target does not exist."),
        (
            arn("dead").replace("000000000000", "111111111111"),
            "Dead-letter target owner should be same as the source.",
        ),
    ],
)
def test_what_cannot_be_a_dead_letter_queue(sqs, dead, target, reason):
    """spec/sqs.md 7.3: same account and type, and it exists."""
    sqs.queue("dead.fifo")
    policy = compact({"deadLetterTargetArn": target, "maxReceiveCount": 1}).decode()
    asked = {"QueueName": "source", "Attributes": {"RedrivePolicy": policy}}
    assert sqs.refusal("CreateQueue", asked) == (
        "InvalidParameterValueException",
        f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}",
    )
