"""boto3 against a real server: message move tasks, also over a restart, and looks at messages."""

import base64
import json
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.running import REGION, Running

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

#: Seconds that a task may take beyond what its rate asks for.
PATIENCE_S = 20


def arn_of(name):
    return f"arn:aws:sqs:{REGION}:000000000000:{name}"


def make_queues(sqs, name, sources=1):
    """Make a dead-letter queue and queues that name it; return its URL and theirs."""
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn_of(f"{name}-dead"), "maxReceiveCount": 1})
    attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": "0"}
    return dead, [
        sqs.create_queue(QueueName=f"{name}-{number}", Attributes=attributes)["QueueUrl"]
        for number in range(sources)
    ]


def bury(sqs, url, *bodies):
    """Send messages and receive them until they are in the dead-letter queue."""
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    while sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        pass


def receive_all(sqs, url):
    """Receive and delete until nothing comes; return the messages."""
    found = []
    while got := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    ).get("Messages"):
        found += got
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def newest(sqs, name):
    (task,) = sqs.list_message_move_tasks(SourceArn=arn_of(f"{name}-dead"))["Results"]
    return task


def wait_for(sqs, name, status):
    """Return the newest task once it has this status."""
    end = time.monotonic() + PATIENCE_S
    while (task := newest(sqs, name))["Status"] != status:
        assert time.monotonic() < end, task
        time.sleep(0.02)
    return task


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_each_message_goes_back_to_its_own_source(sqs):
    _, (one, two) = make_queues(sqs, "back", 2)
    bury(sqs, one, "a", "b")
    bury(sqs, two, "c")
    sqs.start_message_move_task(SourceArn=arn_of("back-dead"))
    task = wait_for(sqs, "back", "COMPLETED")
    assert task.keys() == {
        "Status",
        "SourceArn",
        "ApproximateNumberOfMessagesMoved",
        "ApproximateNumberOfMessagesToMove",
        "StartedTimestamp",
    }
    assert task["ApproximateNumberOfMessagesMoved"] == 3
    found = receive_all(sqs, one)
    assert [message["Body"] for message in found] == ["a", "b"]
    for message in found:
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"
        assert "DeadLetterQueueSourceArn" not in message["Attributes"]
    assert [message["Body"] for message in receive_all(sqs, two)] == ["c"]


def test_a_slow_task_is_cancelled(sqs):
    dead, _ = make_queues(sqs, "slow")
    for number in range(5):
        sqs.send_message(QueueUrl=dead, MessageBody=str(number))
    other = sqs.create_queue(QueueName="slow-other")["QueueUrl"]
    begun = time.monotonic()
    handle = sqs.start_message_move_task(
        SourceArn=arn_of("slow-dead"),
        DestinationArn=arn_of("slow-other"),
        MaxNumberOfMessagesPerSecond=1,
    )["TaskHandle"]
    assert json.loads(base64.b64decode(handle))["sourceArn"] == arn_of("slow-dead")
    task = wait_for(sqs, "slow", "RUNNING")
    assert task["TaskHandle"] == handle
    assert task["ApproximateNumberOfMessagesMoved"] <= 1 + (time.monotonic() - begun)
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    task = wait_for(sqs, "slow", "CANCELLED")
    assert moved <= task["ApproximateNumberOfMessagesMoved"] < 5
    moved = task["ApproximateNumberOfMessagesMoved"]
    assert (len(receive_all(sqs, other)), len(receive_all(sqs, dead))) == (moved, 5 - moved)
    assert refused(sqs.cancel_message_move_task, TaskHandle=handle) == (
        404,
        "ResourceNotFoundException",
    )


def test_what_cannot_begin(sqs, queue):
    name = queue.rpartition("/")[2]
    start = sqs.start_message_move_task
    assert refused(start, SourceArn=arn_of(name)) == (400, "InvalidParameterValue")
    assert refused(start, SourceArn=arn_of("absent")) == (404, "ResourceNotFoundException")
    assert refused(start, SourceArn="no arn") == (400, "InvalidParameterValue")
    assert refused(sqs.cancel_message_move_task, TaskHandle="x") == (400, "InvalidParameterValue")


def test_a_running_task_outlives_sigkill(tmp_path):
    """Every message is in exactly one queue, and the task ends."""
    bodies = [str(number) for number in range(200)]
    with Running(tmp_path) as running:
        sqs = running.client("sqs")
        dead, _ = make_queues(sqs, "killed")
        for body in bodies:
            sqs.send_message(QueueUrl=dead, MessageBody=body)
        sqs.create_queue(QueueName="killed-other")
        sqs.start_message_move_task(
            SourceArn=arn_of("killed-dead"),
            DestinationArn=arn_of("killed-other"),
            MaxNumberOfMessagesPerSecond=100,
        )
        while not newest(sqs, "killed")["ApproximateNumberOfMessagesMoved"]:
            time.sleep(0.02)
        running.process.kill()
        running.process.wait()
        sqs.close()
    with Running(tmp_path) as running:
        sqs = running.client("sqs")
        assert newest(sqs, "killed")["ApproximateNumberOfMessagesMoved"] < 200
        task = wait_for(sqs, "killed", "COMPLETED")
        assert task["ApproximateNumberOfMessagesMoved"] == 200
        found = receive_all(sqs, sqs.get_queue_url(QueueName="killed-other")["QueueUrl"])
        assert [message["Body"] for message in found] == bodies
        assert receive_all(sqs, sqs.get_queue_url(QueueName="killed-dead")["QueueUrl"]) == []
        sqs.close()


def test_messages_are_looked_at(sqs, server, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="now")
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=900)
    # Nobody signs this, so the path says the region.
    place = f"{REGION}/000000000000/{queue.rpartition('/')[2]}"
    request = urllib.request.Request(
        f"{server.endpoint_url}/_aws/sqs/messages/{place}?ShowDelayed=true",
        headers={"Accept": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        document = json.load(response)
    messages = document["ReceiveMessageResponse"]["ReceiveMessageResult"]["Message"]
    states = [
        next(pair["Value"] for pair in message["Attribute"] if pair["Name"] == "State")
        for message in messages
    ]
    assert [message["Body"] for message in messages] == ["now", "later"]
    assert states == ["visible", "delayed"]


def test_boto3_may_look_through_the_same_address(sqs, server, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="seen")
    looking = server.client("sqs", path="/_aws/sqs/messages")
    for _ in range(2):
        (message,) = looking.receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == "seen"
        assert message["Attributes"]["ApproximateReceiveCount"] == "0"
    looking.close()
