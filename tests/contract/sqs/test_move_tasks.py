"""Message move tasks on the wire: entries, handles, refusals (spec/sqs.md 7.4, 14.3, 11, 12)."""

import base64
import json

import pytest

from tests.contract.sqs.caller import arn
from tests.contract.sqs.mailbox import bodies, receive, send

INVALID = "InvalidParameterValueException"
GONE = "ResourceNotFoundException"
NOT_THERE = "The resource that you specified for the {} parameter doesn't exist."
FORM = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"


def redrive(name):
    """Return a RedrivePolicy that gives a message one chance."""
    return json.dumps({"deadLetterTargetArn": arn(name), "maxReceiveCount": 1})


@pytest.fixture
def dead(sqs):
    """A dead-letter queue with a source named one."""
    url = sqs.queue("dead")
    sqs.queue("one", RedrivePolicy=redrive("dead"))
    return url


def bury(sqs, source, *names):
    """Let messages become dead letters of a source."""
    for name in names:
        send(sqs, source, name)
    for _ in range(2 * len(names)):
        receive(sqs, source, VisibilityTimeout=0)


def start(sqs, **members):
    """Start a task of the dead-letter queue and return its handle."""
    return sqs.ok("StartMessageMoveTask", {"SourceArn": arn("dead"), **members})["TaskHandle"]


def tasks(sqs, **members):
    """Return the entries of the list."""
    asked = {"SourceArn": arn("dead"), **members}
    return sqs.ok("ListMessageMoveTasks", asked).get("Results", [])


def handle_of(source, task="00000000-0000-0000-0000-000000000000"):
    """Return a task handle as AWS builds it."""
    content = json.dumps({"taskId": task, "sourceArn": source})
    return base64.b64encode(content.encode()).decode()


def test_each_message_goes_back_to_its_own_source(sqs, dead):
    """spec/sqs.md 7.4, 11 row 24; 14.3 S-A13: the entry of a task that is done, and no more."""
    sqs.queue("two", RedrivePolicy=redrive("dead"))
    bury(sqs, "one", "a", "b")
    bury(sqs, "two", "c", "d")
    start(sqs)
    sqs.server.advance(1)
    (entry,) = tasks(sqs)
    assert isinstance(entry.pop("StartedTimestamp"), int)
    assert entry == {
        "ApproximateNumberOfMessagesMoved": 4,
        "ApproximateNumberOfMessagesToMove": 4,
        "SourceArn": arn("dead"),
        "Status": "COMPLETED",
    }
    assert bodies(receive(sqs, "one")) == ["a", "b"]
    assert bodies(receive(sqs, "two")) == ["c", "d"]


def test_an_explicit_destination_takes_all(sqs, dead):
    """spec/sqs.md 7.4, 14.3 S-A13: any queue, and the entry names it; oldest first."""
    sqs.queue("other")
    bury(sqs, "one", "a", "b")
    send(sqs, dead, "sent straight there")
    start(sqs, DestinationArn=arn("other"))
    sqs.server.advance(1)
    (entry,) = tasks(sqs)
    assert entry["DestinationArn"] == arn("other")
    assert (entry["Status"], entry["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 3)
    assert bodies(receive(sqs, "other")) == ["a", "b", "sent straight there"]


def test_a_moved_message_is_a_new_one(sqs, dead):
    """spec/sqs.md 7.4, 11 row 25: new id, time and count, no source any more."""
    bury(sqs, "one", "a")
    (before,) = receive(sqs, dead, VisibilityTimeout=0)
    sqs.server.advance(5)
    start(sqs)
    (after,) = receive(sqs, "one", WaitTimeSeconds=20)
    assert after["MessageId"] != before["MessageId"]
    assert after["Body"] == "a"
    found = after["Attributes"]
    assert "DeadLetterQueueSourceArn" not in found
    assert found["ApproximateReceiveCount"] == "1"
    assert int(found["SentTimestamp"]) - int(before["Attributes"]["SentTimestamp"]) == 5_000


def test_a_running_task(sqs, dead):
    """spec/sqs.md 7.4, 14.3 S-A9, S-A10, S-A12: rate, handle, cancel, and what stays."""
    sqs.queue("other")
    bury(sqs, "one", *(f"m{number}" for number in range(10)))
    handle = start(sqs, DestinationArn=arn("other"), MaxNumberOfMessagesPerSecond=1)
    content = json.loads(base64.b64decode(handle))
    assert set(content) == {"taskId", "sourceArn"}
    assert content["sourceArn"] == arn("dead")
    sqs.server.advance(1)
    (entry,) = tasks(sqs)
    started = entry.pop("StartedTimestamp")
    running = {
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 10,
        "DestinationArn": arn("other"),
        "MaxNumberOfMessagesPerSecond": 1,
        "SourceArn": arn("dead"),
        "Status": "RUNNING",
        "TaskHandle": handle,
    }
    assert entry == running
    answer = sqs.ok("CancelMessageMoveTask", {"TaskHandle": handle})
    assert answer == {"ApproximateNumberOfMessagesMoved": 2}
    assert tasks(sqs)[0]["Status"] == "CANCELLING"
    sqs.server.advance(1)
    (entry,) = tasks(sqs)
    del running["TaskHandle"]
    assert entry == running | {"Status": "CANCELLED", "StartedTimestamp": started}
    assert len(receive(sqs, dead)) == 8
    assert sqs.refusal("CancelMessageMoveTask", {"TaskHandle": handle}) == (
        GONE,
        "Task does not exist.",
    )


def test_the_rate_is_kept(sqs, dead):
    """spec/sqs.md 14.3 S-A12: the first at once, four messages take three seconds."""
    bury(sqs, "one", "a", "b", "c", "d")
    start(sqs, MaxNumberOfMessagesPerSecond=1)
    moved = []
    for _ in range(4):
        sqs.server.advance(0)
        entry = tasks(sqs)[0]
        moved.append((entry["ApproximateNumberOfMessagesMoved"], entry["Status"]))
        sqs.server.advance(1)
    assert moved == [(1, "RUNNING"), (2, "RUNNING"), (3, "RUNNING"), (4, "COMPLETED")]


def test_a_destination_that_goes_away(sqs, dead):
    """spec/sqs.md 7.4, 14.3 S-A11: FAILED with its reason; the rest can be received."""
    other = sqs.queue("other")
    bury(sqs, "one", *(f"m{number}" for number in range(10)))
    start(sqs, DestinationArn=arn("other"), MaxNumberOfMessagesPerSecond=1)
    sqs.server.advance(2)
    sqs.ok("DeleteQueue", {"QueueUrl": other})
    sqs.server.advance(30)
    (entry,) = tasks(sqs)
    del entry["StartedTimestamp"]
    assert entry == {
        "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 10,
        "DestinationArn": arn("other"),
        "FailureReason": "AWS.SimpleQueueService.NonExistentQueue",
        "MaxNumberOfMessagesPerSecond": 1,
        "SourceArn": arn("dead"),
        "Status": "FAILED",
    }
    assert len(receive(sqs, dead)) == 7


def test_messages_that_came_from_nowhere(sqs, dead):
    """spec/sqs.md 7.4, 11 row 24: CouldNotDetermineMessageSource, and they stay."""
    send(sqs, dead, "a")
    start(sqs)
    sqs.server.advance(1)
    (entry,) = tasks(sqs)
    assert entry["FailureReason"] == "CouldNotDetermineMessageSource"
    assert (entry["Status"], entry["ApproximateNumberOfMessagesMoved"]) == ("FAILED", 0)
    assert bodies(receive(sqs, dead)) == ["a"]


def test_fifo_messages_keep_their_groups_and_get_new_ids(sqs):
    """spec/sqs.md 7.4, 12 Q19."""
    sqs.queue("dead.fifo")
    url = sqs.queue("one.fifo", RedrivePolicy=redrive("dead.fifo"))
    send(sqs, url, "a", MessageGroupId="g", MessageDeduplicationId="1")
    (before,) = receive(sqs, url, VisibilityTimeout=0)
    assert receive(sqs, url) == []
    sqs.ok("StartMessageMoveTask", {"SourceArn": arn("dead.fifo")})
    (after,) = receive(sqs, url, WaitTimeSeconds=20)
    old, new = before["Attributes"], after["Attributes"]
    assert new["MessageGroupId"] == "g"
    assert new["MessageDeduplicationId"] not in {"1", before["MessageId"]}
    assert int(new["SequenceNumber"]) > int(old["SequenceNumber"])


def test_ten_tasks_are_listed_newest_first(sqs, dead):
    """spec/sqs.md 7.4, 0: MaxResults 1 to 10, 1 if none is given."""
    for _ in range(11):
        start(sqs)
        sqs.server.advance(1)
    assert len(tasks(sqs)) == 1
    found = [entry["StartedTimestamp"] for entry in tasks(sqs, MaxResults=10)]
    assert len(found) == 10
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    "operation, members, kind, text",
    [
        (
            "StartMessageMoveTask",
            {},
            "MissingRequiredParameterException",
            "The request must contain the parameter SourceArn.",
        ),
        (
            "StartMessageMoveTask",
            {"SourceArn": arn("one")},
            INVALID,
            "Source queue must be configured as a Dead Letter Queue.",
        ),
        (
            "StartMessageMoveTask",
            {"SourceArn": arn("missing")},
            GONE,
            NOT_THERE.format("SourceArn"),
        ),
        (
            "StartMessageMoveTask",
            {"SourceArn": arn("dead"), "DestinationArn": arn("missing")},
            GONE,
            NOT_THERE.format("DestinationArn"),
        ),
        *(
            (
                "StartMessageMoveTask",
                {"SourceArn": arn("dead")} | {parameter: value},
                INVALID,
                f"You must use this format to specify the {parameter}: {FORM}",
            )
            for parameter in ("SourceArn", "DestinationArn")
            for value in ("dead", "")
        ),
        (
            "StartMessageMoveTask",
            {"SourceArn": arn("dead"), "DestinationArn": arn("dead")},
            INVALID,
            "Source queue arn and destination queue arn cannot be the same.",
        ),
        (
            "StartMessageMoveTask",
            {"SourceArn": arn("dead"), "DestinationArn": arn("other.fifo")},
            INVALID,
            "The source queue and destination queue must be of the same queue type.",
        ),
        *(
            (
                "StartMessageMoveTask",
                {"SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": rate},
                INVALID,
                (
                    "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must "
                    "enter a number that's between 1 and 500."
                ),
            )
            for rate in (0, 501)
        ),
        (
            "ListMessageMoveTasks",
            {"SourceArn": arn("missing")},
            GONE,
            NOT_THERE.format("SourceArn"),
        ),
        (
            "CancelMessageMoveTask",
            {"TaskHandle": "garbage"},
            INVALID,
            "Value for parameter TaskHandle is invalid.",
        ),
        (
            "CancelMessageMoveTask",
            {"TaskHandle": handle_of(arn("missing"))},
            GONE,
            NOT_THERE.format("SourceArn"),
        ),
        (
            "CancelMessageMoveTask",
            {"TaskHandle": handle_of(arn("dead"))},
            GONE,
            "Task does not exist.",
        ),
    ],
)
def test_what_is_refused(sqs, dead, operation, members, kind, text):
    """spec/sqs.md 7.4, the table; 14.3 S-A15: 404 and both codes equal; 11 row 5."""
    sqs.queue("other.fifo")
    assert sqs.refusal(operation, members) == (kind, text)
    assert tasks(sqs) == []


def test_one_task_at_a_time(sqs, dead):
    """spec/sqs.md 7.4: a second active one of the same source."""
    bury(sqs, "one", "a", "b")
    start(sqs, MaxNumberOfMessagesPerSecond=1)
    assert sqs.refusal("StartMessageMoveTask", {"SourceArn": arn("dead")}) == (
        INVALID,
        (
            "There is already a task running. Only one active task is allowed for a source queue "
            "arn at a given time."
        ),
    )
