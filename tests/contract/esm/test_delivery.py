"""Deliveries over the wire, in virtual time: spec/esm.md 5, 10.2 T14 to T19, T27, T28."""

import json
from urllib.parse import quote

import pytest

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from tests.contract.esm.stage import FUNCTIONS, TAGS
from tests.contract.sqs.caller import arn

REPORTS = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def counts(event):
    return [record["attributes"]["ApproximateReceiveCount"] for record in event["Records"]]


def bodies(event):
    return [record["body"] for record in event["Records"]]


def redrive(stage, receives):
    """Give the queue a dead-letter queue; return its URL."""
    dead = stage.sqs.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": receives})
    stage.sqs.ok(
        "SetQueueAttributes", {"QueueUrl": stage.url, "Attributes": {"RedrivePolicy": policy}}
    )
    return dead


def fail(stage):
    """Let the function raise from now on."""
    stage.outcome = InvokeOutcome(InvokeStatus.ERROR, 1_000, b'{"errorMessage":"no"}')


def succeed(stage):
    stage.outcome = None


def test_14_a_batch_that_succeeds_is_deleted_and_each_message_came_once(stage):
    stage.create()
    stage.settle()
    assert stage.deliver(stage.url, *"abc") == list("abc")
    assert [count for event in stage.events for count in counts(event)] == ["1"] * 3
    assert stage.left(stage.url) == 0


def test_15_after_an_error_a_message_comes_at_its_visibility_timeout_with_another_handle(stage):
    stage.create()
    stage.settle()
    fail(stage)
    stage.deliver(stage.url, "a")
    succeed(stage)
    stage.server.advance(28)
    assert len(stage.events) == 1
    stage.server.advance(2)
    (first,), (second,) = (event["Records"] for event in stage.events)
    assert (first["messageId"], first["body"]) == (second["messageId"], second["body"])
    assert first["receiptHandle"] != second["receiptHandle"]
    assert counts(stage.events[1]) == ["2"]


def test_16_a_message_that_always_fails_runs_twice_and_is_then_dead(stage):
    dead = redrive(stage, 2)
    stage.create()
    stage.settle()
    fail(stage)
    stage.deliver(stage.url, "poison")
    stage.server.advance(90)
    assert [counts(event) for event in stage.events] == [["1"], ["2"]]
    (found,) = stage.sqs.ok("ReceiveMessage", {"QueueUrl": dead})["Messages"]
    assert found["Body"] == "poison"
    assert found["MessageId"] == stage.events[0]["Records"][0]["messageId"]


def test_17_one_reported_of_three_comes_back_alone(stage):
    """lambda.md 10, row 35."""
    stage.create(MaximumBatchingWindowInSeconds=1, **REPORTS)
    stage.settle()
    stage.reply = lambda event: {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]}
            for record in event["Records"]
            if record["body"] == "b" and len(event["Records"]) > 1
        ]
    }
    stage.deliver(stage.url, *"abc")
    stage.server.advance(1)
    assert stage.left(stage.url) == 1
    stage.server.advance(60)
    assert [sorted(bodies(event)) for event in stage.events] == [["a", "b", "c"], ["b"]]
    assert stage.left(stage.url) == 0


#: What a function returns, and how many of two messages stay (spec/esm.md 5.2).
ANSWERS = [
    (b"", 0),
    (b"null", 0),
    (b"{}", 0),
    (b'{"batchItemFailures":[]}', 0),
    (b'{"batchItemFailures":null}', 0),
    (b'{"batchItemFailures":[{"itemIdentifier":"ID0"}]}', 1),
    (b'{"batchItemFailures":[{"itemIdentifier":"ID0"},{"itemIdentifier":"ID0"}]}', 1),
    (b'{"batchItemFailures":[{"itemIdentifier":"ID0"},{"itemIdentifier":"ID1"}]}', 2),
    (b'{"batchItemFailures":[{"itemIdentifier":""}]}', 2),
    (b'{"batchItemFailures":[{"itemIdentifier":null}]}', 2),
    (b'{"batchItemFailures":[{"itemIdentifier":123}]}', 2),
    (b'{"batchItemFailures":[{"itemIdentifier":"unknown"}]}', 2),
    (b'{"batchItemFailures":[{"itemIdentifier":"ID0"},{"itemIdentifier":"unknown"}]}', 2),
    (b'{"batchItemFailures":[{"foo":"x"}]}', 2),
    (b'{"batchItemFailures":[{}]}', 0),
    (b'{"batchItemFailures":"no list"}', 2),
    (b'{"batchItemFailures":["ID0"]}', 2),
    (b'{"batchItemFailures":[null]}', 2),
    (b'"ok"', 2),
    (b"7", 2),
    (b"[]", 2),
    (b'{"statusCode":200}', 0),
]


@pytest.mark.parametrize(("answer", "left"), ANSWERS, ids=[text.decode() for text, _ in ANSWERS])
def test_18_each_answer_with_partial_responses(stage, answer, left):
    stage.create(MaximumBatchingWindowInSeconds=1, **REPORTS)
    stage.settle()

    def reply(event):
        text = answer
        for place, record in enumerate(event["Records"]):
            text = text.replace(b"ID%d" % place, record["messageId"].encode())
        return text

    stage.reply = reply
    stage.deliver(stage.url, "a", "b")
    stage.server.advance(1)
    assert [len(event["Records"]) for event in stage.events] == [2]
    assert stage.left(stage.url) == left


def test_19_without_the_type_a_report_deletes_everything(stage):
    stage.create()
    stage.settle()
    stage.reply = lambda event: {
        "batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]
    }
    stage.deliver(stage.url, "a", "b")
    assert stage.left(stage.url) == 0


def reserve(stage, concurrency):
    path = f"{FUNCTIONS.replace('2015-03-31', '2017-10-31')}/handle/concurrency"
    answer = stage.send("PUT", path, {"ReservedConcurrentExecutions": concurrency})
    assert answer.status == 200, answer


def test_27_a_throttle_that_clears_within_the_lease_costs_no_receive(stage):
    stage.create()
    stage.settle()
    reserve(stage, 0)
    assert stage.deliver(stage.url, "a") == []
    stage.server.advance(9)  # tries at 0, 1, 3 and 7 s
    reserve(stage, 1)
    stage.server.advance(6)
    assert [counts(event) for event in stage.events] == [["1"]]
    assert stage.left(stage.url) == 0


def test_28_a_throttle_that_outlasts_the_lease_costs_one_each(stage):
    stage.create()
    stage.settle()
    reserve(stage, 0)
    stage.deliver(stage.url, "a")
    stage.server.advance(33)
    reserve(stage, 1)
    stage.server.advance(30)
    assert [counts(event) for event in stage.events] == [["2"]]


@pytest.mark.parametrize("tagged_later", [False, True])
def test_a_poison_batch_is_halved_where_a_tag_asks_for_it(stage, tagged_later):
    """Not AWS's: docs/configuration.md."""
    tags = {"headrace:bisect": "true"}
    made = stage.create(
        MaximumBatchingWindowInSeconds=1, **({} if tagged_later else {"Tags": tags})
    )
    stage.settle()
    if tagged_later:
        path = f"{TAGS}/{quote(made['EventSourceMappingArn'], safe='')}"
        assert stage.send("POST", path, {"Tags": tags}).status == 204
    failed = InvokeOutcome(InvokeStatus.ERROR, 1_000, b'{"errorMessage":"no"}')
    stage.reply = lambda event: failed if "bad" in bodies(event) else None
    stage.deliver(stage.url, "a", "b", "bad", "c")
    stage.server.advance(1)
    assert [len(event["Records"]) for event in stage.events] == [4, 2, 2, 1, 1]
    assert {count for event in stage.events for count in counts(event)} == {"1"}
    assert stage.left(stage.url) == 1
