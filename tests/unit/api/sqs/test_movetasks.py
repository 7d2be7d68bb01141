"""Message move tasks in AWS's words (spec/sqs.md 7.4, 14.3)."""

import base64
import json

import pytest

from headrace.core.sqs.errors import InvalidParameterValue, MissingParameter, ResourceNotFound
from tests.unit.api.sqs.desk import Desk

DEAD = "arn:aws:sqs:us-east-1:000000000000:dead"
OTHER = "arn:aws:sqs:us-east-1:000000000000:other"


@pytest.fixture
def desk():
    """A dead-letter queue with five messages, its source, and another queue."""
    desk = Desk()
    url = desk.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 1})
    desk.queue("source", RedrivePolicy=redrive)
    desk.queue("other")
    for number in range(5):
        desk.ask("SendMessage", QueueUrl=url, MessageBody=str(number))
    return desk


def wake(desk, wait_ms=0):
    desk.now += wait_ms
    desk.rooms.queues.wake(desk.now, 1_000)


def entry(desk):
    (found,) = desk.ask("ListMessageMoveTasks", SourceArn=DEAD)["Results"]
    return found


def test_a_running_task_has_a_handle_and_what_was_asked_for(desk):
    handle = desk.ask(
        "StartMessageMoveTask",
        SourceArn=DEAD,
        DestinationArn=OTHER,
        MaxNumberOfMessagesPerSecond=1,
    )["TaskHandle"]
    content = json.loads(base64.b64decode(handle))
    assert content.keys() == {"taskId", "sourceArn"}
    assert content["sourceArn"] == DEAD
    wake(desk)
    assert entry(desk) == {
        "TaskHandle": handle,
        "Status": "RUNNING",
        "SourceArn": DEAD,
        "DestinationArn": OTHER,
        "MaxNumberOfMessagesPerSecond": 1,
        "ApproximateNumberOfMessagesMoved": 1,
        "ApproximateNumberOfMessagesToMove": 5,
        "StartedTimestamp": desk.now,
    }


def test_a_finished_task_has_no_handle(desk):
    """S-A13."""
    desk.ask("StartMessageMoveTask", SourceArn=DEAD, DestinationArn=OTHER)
    started_at = desk.now
    wake(desk)
    assert entry(desk) == {
        "Status": "COMPLETED",
        "SourceArn": DEAD,
        "DestinationArn": OTHER,
        "ApproximateNumberOfMessagesMoved": 5,
        "ApproximateNumberOfMessagesToMove": 5,
        "StartedTimestamp": started_at,
    }


def test_a_failed_task_says_why(desk):
    desk.ask("StartMessageMoveTask", SourceArn=DEAD)
    started_at = desk.now
    wake(desk)
    assert entry(desk) == {
        "Status": "FAILED",
        "FailureReason": "CouldNotDetermineMessageSource",
        "SourceArn": DEAD,
        "ApproximateNumberOfMessagesMoved": 0,
        "ApproximateNumberOfMessagesToMove": 5,
        "StartedTimestamp": started_at,
    }


def test_cancelling_answers_with_the_count_so_far(desk):
    """S-A9."""
    handle = desk.ask(
        "StartMessageMoveTask",
        SourceArn=DEAD,
        DestinationArn=OTHER,
        MaxNumberOfMessagesPerSecond=1,
    )["TaskHandle"]
    wake(desk)
    wake(desk, 1_000)
    assert desk.ask("CancelMessageMoveTask", TaskHandle=handle) == {
        "ApproximateNumberOfMessagesMoved": 2
    }
    assert "TaskHandle" not in entry(desk)
    wake(desk, 1_000)
    assert entry(desk)["Status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("StartMessageMoveTask", "SourceArn"),
        ("ListMessageMoveTasks", "SourceArn"),
        ("CancelMessageMoveTask", "TaskHandle"),
    ],
)
def test_what_is_required_is_said_to_be(desk, operation, name):
    with pytest.raises(MissingParameter) as refusal:
        desk.ask(operation)
    assert refusal.value.message == f"The request must contain the parameter {name}."


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "no base64!",
        base64.b64encode(b"no json").decode(),
        base64.b64encode(b'{"taskId":"x"}').decode(),
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'"\xff"').decode(),
        base64.b64encode(b'{"x":' + b"[" * 5_000).decode(),
    ],
)
def test_a_handle_that_cannot_be_read_is_refused(desk, handle):
    with pytest.raises(InvalidParameterValue) as refusal:
        desk.ask("CancelMessageMoveTask", TaskHandle=handle)
    assert refusal.value.message == "Value for parameter TaskHandle is invalid."


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (DEAD, "Task does not exist."),
        (
            DEAD + "x",
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        ),
    ],
)
def test_a_handle_of_nothing_is_refused(desk, source, sentence):
    content = json.dumps({"taskId": "10f6f4c2-0000-4000-a000-000000000000", "sourceArn": source})
    with pytest.raises(ResourceNotFound) as refusal:
        desk.ask("CancelMessageMoveTask", TaskHandle=base64.b64encode(content.encode()).decode())
    assert refusal.value.message == sentence
    assert (refusal.value.status, refusal.value.query_code) == (404, "ResourceNotFoundException")


def test_one_is_listed_unless_more_are_asked_for(desk):
    for _ in range(3):
        desk.ask("StartMessageMoveTask", SourceArn=DEAD)
        wake(desk, 1_000)
    assert len(desk.ask("ListMessageMoveTasks", SourceArn=DEAD)["Results"]) == 1
    assert len(desk.ask("ListMessageMoveTasks", SourceArn=DEAD, MaxResults=10)["Results"]) == 3
    for wrong in (0, 11):
        with pytest.raises(InvalidParameterValue, match="between 1 and 10"):
            desk.ask("ListMessageMoveTasks", SourceArn=DEAD, MaxResults=wrong)
