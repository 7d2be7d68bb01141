"""CloudWatch Logs through boto3, on a server in this process."""

import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from headrace.core.logs.commands import GroupPlace
from headrace.testing.server import serve_in_thread

ACCOUNT = "123456789012"
REGION = "eu-central-1"
GROUP = {"logGroupName": "/own/group"}
STREAM = {**GROUP, "logStreamName": "s"}


@pytest.fixture(scope="module")
def server():
    with serve_in_thread() as server:
        yield server


@pytest.fixture
def logs(server):
    client = boto3.client(
        "logs",
        endpoint_url=server.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="x",
    )
    client.create_log_group(**GROUP)
    yield client
    client.delete_log_group(**GROUP)
    client.close()


def refusal_of(call, **parameters):
    """Return code and sentence of a refusal."""
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def put(logs, *messages):
    """Put messages, a millisecond apart; return the instant of the first."""
    at = time.time_ns() // 1_000_000
    events = [{"timestamp": at + index, "message": one} for index, one in enumerate(messages)]
    logs.put_log_events(**STREAM, logEvents=events)
    return at


def test_events_are_put_and_got(logs):
    logs.create_log_stream(**STREAM)
    at = put(logs, "one", "two\n")
    answer = logs.get_log_events(**STREAM, startFromHead=True)
    assert [event["message"] for event in answer["events"]] == ["one", "two\n"]
    assert [event["timestamp"] for event in answer["events"]] == [at, at + 1]
    again = logs.get_log_events(**STREAM, nextToken=answer["nextForwardToken"])
    assert again["events"] == []
    assert again["nextForwardToken"] == answer["nextForwardToken"]


def test_botos_pages_hold_everything_once(logs):
    logs.create_log_stream(**STREAM)
    put(logs, *(f"{number}" for number in range(25)))
    pages = logs.get_paginator("filter_log_events").paginate(
        **GROUP, filterPattern="-13", PaginationConfig={"PageSize": 10}
    )
    found = [event["message"] for page in pages for event in page["events"]]
    assert found == [f"{number}" for number in range(25) if number != 13]
    for name in ("b", "c"):
        logs.create_log_stream(**GROUP, logStreamName=name)
    pages = logs.get_paginator("describe_log_streams").paginate(
        **GROUP, PaginationConfig={"PageSize": 2}
    )
    assert [one["logStreamName"] for page in pages for one in page["logStreams"]] == ["b", "c", "s"]
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 1})
    groups = [group for page in pages for group in page["logGroups"]]
    assert [group["logGroupName"] for group in groups] == ["/own/group"]
    assert groups[0]["storedBytes"] > 0


def test_streams_are_made_once_and_can_be_deleted(logs):
    logs.create_log_stream(**STREAM)
    assert refusal_of(logs.create_log_stream, **STREAM) == (
        "ResourceAlreadyExistsException",
        "The specified log stream already exists",
    )
    logs.delete_log_stream(**STREAM)
    missing = ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert refusal_of(logs.delete_log_stream, **STREAM) == missing
    assert refusal_of(logs.get_log_events, **STREAM) == missing
    event = {"timestamp": time.time_ns() // 1_000_000, "message": "x"}
    assert refusal_of(logs.put_log_events, **STREAM, logEvents=[event]) == missing


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("create_log_stream", {"logStreamName": "s"}),
        ("delete_log_stream", {"logStreamName": "s"}),
        ("describe_log_streams", {}),
        ("put_log_events", {"logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "x"}]}),
        ("get_log_events", {"logStreamName": "s"}),
        ("filter_log_events", {}),
        ("describe_subscription_filters", {}),
        ("put_retention_policy", {"retentionInDays": 1}),
        ("delete_log_group", {}),
    ],
)
def test_a_group_that_is_not_there_has_nothing(logs, name, more):
    assert refusal_of(getattr(logs, name), logGroupName="/none", **more) == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )


def test_what_terraform_asks_of_a_group(logs):
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/own/group")["logGroups"]
    assert "retentionInDays" not in group
    logs.put_retention_policy(**GROUP, retentionInDays=14)
    arn = group["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/own/group")["logGroups"]
    assert group["retentionInDays"] == 14
    logs.delete_retention_policy(**GROUP)
    assert logs.describe_subscription_filters(**GROUP)["subscriptionFilters"] == []


def test_what_is_older_than_the_retention_is_not_shown(logs):
    logs.create_log_stream(**STREAM)
    now = time.time_ns() // 1_000_000
    old = now - 2 * 86_400_000
    logs.put_log_events(**STREAM, logEvents=[{"timestamp": old, "message": "old"}])
    logs.put_log_events(**STREAM, logEvents=[{"timestamp": now, "message": "new"}])
    assert len(logs.filter_log_events(**GROUP)["events"]) == 2
    logs.put_retention_policy(**GROUP, retentionInDays=1)
    for answer in (logs.filter_log_events(**GROUP), logs.get_log_events(**STREAM)):
        assert [event["message"] for event in answer["events"]] == ["new"]
    answer = logs.put_log_events(**STREAM, logEvents=[{"timestamp": old, "message": "old"}])
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}


def follow(logs, group, rounds):
    """Yield new messages as `aws logs tail --follow` (AWS CLI 2) finds them, a round at a time.

    It pages by token, begins anew at the newest instant it saw, and leaves out ids it has shown.
    """
    since, shown = 0, set()
    for _ in range(rounds):
        new = []
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, interleaved=True, startTime=since, PaginationConfig={"PageSize": 3}
        )
        for page in pages:
            for event in page["events"]:
                if event["eventId"] not in shown:
                    shown.add(event["eventId"])
                    new.append(event["message"])
                    since = max(since, event["timestamp"])
        yield new


def test_a_tail_that_is_followed_shows_each_line_once(server, logs):
    place = GroupPlace(ACCOUNT, REGION, "/own/group")

    def write(stream, *lines):
        text = "".join(f"{line}\n" for line in lines).encode()
        server.call(lambda: server.app.logs.write(place, stream, text))

    write("a", *range(5))
    rounds = follow(logs, "/own/group", 4)
    assert next(rounds) == [f"{number}\n" for number in range(5)]
    write("b", 5)
    write("a", 6, 7)
    assert sorted(next(rounds)) == ["5\n", "6\n", "7\n"]
    assert next(rounds) == []
    write("b", 8)
    assert next(rounds) == ["8\n"]


def test_lines_of_functions_are_events(server, logs):
    place = GroupPlace(ACCOUNT, REGION, "/aws/lambda/f")
    server.call(lambda: server.app.logs.write(place, "2026/11/28/[$LATEST]0f", b"START\n\nhi\n"))
    answer = logs.filter_log_events(logGroupIdentifier="/aws/lambda/f", interleaved=True)
    assert [event["message"] for event in answer["events"]] == ["START\n", "hi\n"]
    logs.delete_log_group(logGroupName="/aws/lambda/f")


def test_a_disk_that_takes_nothing_is_no_bug_of_ours(server, logs, monkeypatch):
    async def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(server.app.parts.logs, "create_stream", fail)
    client = boto3.client(
        "logs",
        endpoint_url=server.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 0}),
    )
    code, sentence = refusal_of(client.create_log_stream, **STREAM)
    assert (code, sentence) == ("ServiceUnavailable", "The log files cannot be used: disk full.")
