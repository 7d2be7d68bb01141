"""boto3 against a real server: a FIFO queue from its creation to its dead letters."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.running import REGION

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


@pytest.fixture
def fifo(sqs, request):
    """The URL of a FIFO queue of the test's own, which deduplicates by content."""
    name = request.node.name.replace("_", "-")[5:60] + ".fifo"
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def receive(sqs, url, **more):
    given = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"]} | more
    return sqs.receive_message(QueueUrl=url, **given).get("Messages", [])


def delete(sqs, url, messages):
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_group_is_handed_out_in_order_and_locked(sqs, fifo):
    entries = [
        {"Id": str(number), "MessageBody": body, "MessageGroupId": body[0]}
        for number, body in enumerate(["a1", "b1", "a2", "b2", "a3"])
    ]
    sent = sqs.send_message_batch(QueueUrl=fifo, Entries=entries)["Successful"]
    numbers = [int(one["SequenceNumber"]) for one in sent]
    assert numbers == sorted(numbers)
    first = receive(sqs, fifo, MaxNumberOfMessages=2)
    assert [message["Body"] for message in first] == ["a1", "a2"]
    second = receive(sqs, fifo)
    assert [message["Body"] for message in second] == ["b1", "b2"]
    assert receive(sqs, fifo) == []
    delete(sqs, fifo, first)
    third = receive(sqs, fifo, WaitTimeSeconds=1)
    assert [message["Body"] for message in third] == ["a3"]
    assert third[0]["Attributes"]["SequenceNumber"] == sent[4]["SequenceNumber"]
    delete(sqs, fifo, second + third)


def test_duplicates_are_dropped_by_id_and_by_content(sqs, fifo):
    first = sqs.send_message(QueueUrl=fifo, MessageBody="same", MessageGroupId="g")
    twin = sqs.send_message(QueueUrl=fifo, MessageBody="same", MessageGroupId="g")
    assert twin["MessageId"] == first["MessageId"]
    assert twin["SequenceNumber"] == first["SequenceNumber"]
    for body in ("one", "two"):
        sqs.send_message(
            QueueUrl=fifo, MessageBody=body, MessageGroupId="g", MessageDeduplicationId="id"
        )
    messages = receive(sqs, fifo)
    assert [message["Body"] for message in messages] == ["same", "one"]
    assert messages[1]["Attributes"]["MessageDeduplicationId"] == "id"
    delete(sqs, fifo, messages)


def test_an_attempt_is_answered_again_and_an_old_handle_is_refused(sqs, fifo):
    sqs.send_message(QueueUrl=fifo, MessageBody="m", MessageGroupId="g")
    (first,) = receive(sqs, fifo, ReceiveRequestAttemptId="attempt")
    (again,) = receive(sqs, fifo, ReceiveRequestAttemptId="attempt")
    assert again == first
    sqs.change_message_visibility(
        QueueUrl=fifo, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0
    )
    with pytest.raises(ClientError, match="The receipt handle has expired"):
        sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first["ReceiptHandle"])
    delete(sqs, fifo, receive(sqs, fifo))


def test_what_is_received_too_often_leaves_and_its_group_goes_on(sqs, fifo):
    url = sqs.create_queue(QueueName="dead-letters.fifo", Attributes={"FifoQueue": "true"})
    account, name = url["QueueUrl"].split("/")[-2:]
    policy = {
        "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{account}:{name}",
        "maxReceiveCount": 1,
    }
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"RedrivePolicy": json.dumps(policy)})
    for body in ("poison", "next"):
        sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageGroupId="g")
    (poison,) = receive(sqs, fifo, MaxNumberOfMessages=1, VisibilityTimeout=0)
    (after,) = receive(sqs, fifo)
    assert (poison["Body"], after["Body"]) == ("poison", "next")
    (dead,) = receive(sqs, url["QueueUrl"])
    assert (dead["Body"], dead["MessageId"]) == ("poison", poison["MessageId"])
    assert dead["Attributes"]["MessageGroupId"] == "g"
