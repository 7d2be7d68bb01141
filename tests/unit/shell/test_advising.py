"""Advice on what lives here, through a whole server."""

import json

import pytest

from headrace.core.advice.advise import advise
from headrace.shell.advising import PREFIX
from tests.contract.sqs.caller import arn
from tests.unit.shell.test_why import JSON, failing, reporting, stage_of


@pytest.fixture
def stage():
    """A server with the queues `q` and `dead`, and the function `handle` of 10 s."""
    with stage_of() as stage:
        stage.sqs.queue("dead", MessageRetentionPeriod="1209600")
        policy = {"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 5}
        stage.url = stage.sqs.queue("q", VisibilityTimeout="180", RedrivePolicy=json.dumps(policy))
        stage.function(Timeout=30)
        yield stage


def advice(stage):
    answer = stage.send_page(PREFIX, JSON)
    assert answer.status == 200, answer
    return answer.json


def rules(document):
    return {finding["rule"]: finding for finding in document["findings"]}


def test_a_good_setup_has_no_findings(stage):
    stage.create(
        FunctionResponseTypes=["ReportBatchItemFailures"], MetricsConfig={"Metrics": ["EventCount"]}
    )
    stage.settle()
    document = advice(stage)
    assert (document["worst"], document["findings"], document["mappings"]) == ("none", [], 1)
    assert {one["rule"] for one in document["unjudged"]} >= {"E-03", "E-28", "E-30"}


def test_what_is_set_badly_is_found(stage):
    stage.create()
    stage.settle()
    attributes = {
        "VisibilityTimeout": "20",
        "RedrivePolicy": "",
        "ReceiveMessageWaitTimeSeconds": "5",
    }
    stage.sqs.ok("SetQueueAttributes", {"QueueUrl": stage.url, "Attributes": attributes})
    stage.send(
        "PUT", "/2017-10-31/functions/handle/concurrency", {"ReservedConcurrentExecutions": 1}
    )
    document = advice(stage)
    assert document["worst"] == "error"
    assert set(rules(document)) == {"E-01", "E-05", "E-09", "E-11", "E-13", "E-34", "E-39"}
    assert rules(document)["E-05"]["subject"] == "q"
    text = stage.send_page(PREFIX).body.decode()
    assert "E-01 error: " in text
    assert text.endswith("1 mappings looked at: 2 error, 3 warning, 2 info\n")


def test_what_functions_answer_is_judged(stage):
    """spec/esm.md 10.2 T19: a report that nobody asked for deletes everything (E-15)."""
    stage.run_with(reporting)
    stage.create()
    stage.settle()
    stage.message(stage.url)
    stage.settle()
    assert stage.left(stage.url) == 0
    assert rules(advice(stage))["E-15"]["severity"] == "error"


def test_slow_invokes_and_repeats_are_judged_once_there_are_enough(stage):
    stage.run_with(failing)
    stage.create(BatchSize=1)
    stage.settle()
    for _ in range(20):
        stage.message(stage.url)
    stage.server.advance(200)
    document = advice(stage)
    assert "E-38" in rules(document)
    assert {"E-03", "E-22", "E-38"}.isdisjoint({one["rule"] for one in document["unjudged"]})


def test_the_alias_and_the_queue_that_a_mapping_names_may_be_gone(stage):
    stage.create()
    stage.settle()
    stage.sqs.ok("DeleteQueue", {"QueueUrl": stage.url})
    stage.send("DELETE", "/2015-03-31/functions/handle")
    assert set(rules(advice(stage))) == {"E-13", "E-34"}


def test_it_is_only_read(stage):
    assert stage.sqs.send("POST", PREFIX).status == 405
    assert stage.send_page(PREFIX, {"Host": "evil.example"}).status == 403


def test_of_a_chain_of_dead_letter_queues_no_more_than_the_first_is_read(stage, monkeypatch):
    setups = []
    monkeypatch.setattr(
        "headrace.shell.advising.advise", lambda setup: setups.append(setup) or advise(setup)
    )
    last = {"deadLetterTargetArn": arn("last"), "maxReceiveCount": 5}
    stage.sqs.queue("last")
    url = stage.sqs.ok("GetQueueUrl", {"QueueName": "dead"})["QueueUrl"]
    attributes = {"RedrivePolicy": json.dumps(last)}
    stage.sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": attributes})
    stage.create()
    stage.settle()
    advice(stage)
    assert sorted(setups[0].queues) == [arn("dead"), arn("q")]


def test_destinations_of_the_function_are_known(stage):
    stage.create()
    stage.settle()
    assert "E-08" not in rules(advice(stage))
    stage.send(
        "PUT",
        "/2019-09-25/functions/handle/event-invoke-config",
        {"DestinationConfig": {"OnFailure": {"Destination": arn("dead")}}},
    )
    assert "has destinations" in rules(advice(stage))["E-08"]["meaning"]
