"""The page for Prometheus: what counts when, labels, bounds of a turn, admission, switched off."""

import asyncio
import json

import pytest

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from headrace.shell.config import Config
from headrace.testing.server import serve
from tests.contract.sqs.caller import arn
from tests.unit.shell.talk import run, wire_to
from tests.unit.shell.test_service import ask, get, sqs
from tests.unit.shell.test_why import failing, reporting, stage_of
from tests.unit.wire.test_exposition import read

QUEUE = {"account": "000000000000", "region": "us-east-1", "queue": "q"}


def scrape(stage):
    answer = stage.send_page("/metrics")
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return read(answer.body.decode())


def value(found, name, **labels):
    """Return the one sample that has these labels."""
    _, samples = found[f"headrace_{name}"]
    (one,) = [sample for _, has, sample in samples if labels.items() <= has.items()]
    return one


def queue_counts(found, queue="q"):
    names = ("sent", "received", "empty_receives", "deleted", "dead_lettered", "expired")
    return [value(found, f"queue_{name}_total", queue=queue) for name in names]


@pytest.fixture
def stage():
    """A server with the queues `q` and `dead`."""
    with stage_of() as stage:
        stage.dead = stage.sqs.queue("dead")
        policy = {"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 1}
        stage.url = stage.sqs.queue("q", VisibilityTimeout="5", RedrivePolicy=json.dumps(policy))
        yield stage


def test_queues_count_what_happens_to_messages(stage):
    stage.message(stage.url)
    stage.message(stage.url, DelaySeconds=900)
    stage.server.advance(2)
    found = scrape(stage)
    states = [
        value(found, f"queue_messages_{name}", **QUEUE)
        for name in ("visible", "in_flight", "delayed")
    ]
    assert states == [1, 0, 1]
    assert value(found, "queue_oldest_message_age_seconds", **QUEUE) == 2
    assert queue_counts(found) == [2, 0, 0, 0, 0, 0]
    stage.receive(stage.url)
    stage.receive(stage.url)
    found = scrape(stage)
    assert value(found, "queue_messages_in_flight", **QUEUE) == 1
    assert queue_counts(found) == [2, 1, 1, 0, 0, 0]
    stage.server.advance(6)
    stage.receive(stage.url)  # it moves to the other queue
    stage.delete(stage.dead, stage.receive(stage.dead))
    found = scrape(stage)
    assert queue_counts(found) == [2, 1, 2, 0, 1, 0]
    assert queue_counts(found, "dead") == [0, 1, 0, 1, 0, 0]
    assert value(found, "queue_oldest_message_age_seconds", queue="dead") == 0


@pytest.mark.parametrize("attributes", [{}, {"FifoQueue": "true"}])
def test_messages_that_expire_are_counted_touched_or_not(stage, attributes):
    name = "short.fifo" if attributes else "short"
    url = stage.sqs.queue(name, MessageRetentionPeriod="60", VisibilityTimeout="5", **attributes)
    for number in range(3):
        fifo = {"MessageGroupId": "g", "MessageDeduplicationId": str(number)}
        stage.message(url, **(fifo if attributes else {}))
    stage.receive(url, MaxNumberOfMessages=1)
    stage.server.advance(61)
    assert queue_counts(scrape(stage), name) == [3, 1, 0, 0, 0, 3]


def events(found, uuid):
    names = ("polled", "filtered_out", "invoked", "failed_invoke", "deleted")
    return [value(found, f"mapping_{name}_events_total", mapping=uuid) for name in names]


def test_mappings_count_as_in_the_worked_example_of_a_filter(stage):
    """spec/esm.md 5.3: polled 3, filtered 2, invoked 1, deleted 3."""
    stage.function()
    uuid = stage.create(FilterCriteria={"Filters": [{"Pattern": '{"body":["a"]}'}]})["UUID"]
    stage.settle()
    assert stage.deliver(stage.url, "a", "b", "c") == ["a"]
    found = scrape(stage)
    assert events(found, uuid) == [3, 2, 1, 0, 3]
    labels = {"mapping": uuid, "queue": "q", "function": "handle", "account": "000000000000"}
    assert value(found, "mapping_enabled", **labels) == 1
    assert queue_counts(found) == [3, 3, 0, 3, 0, 0]


def test_a_reported_failure_counts_one_and_a_failed_invoke_all(stage):
    """spec/esm.md 6: the reported failures; no deletion of what failed."""
    stage.function()
    stage.run_with(reporting)
    uuid = stage.create(FunctionResponseTypes=["ReportBatchItemFailures"])["UUID"]
    stage.settle()
    stage.message(stage.url)
    stage.settle()
    assert events(scrape(stage), uuid) == [1, 0, 1, 1, 0]
    stage.run_with(failing)
    stage.message(stage.url)
    stage.settle()
    assert events(scrape(stage), uuid) == [2, 0, 2, 2, 0]


def test_a_deletion_that_is_refused_does_not_count(stage):
    stage.function()
    uuid = stage.create()["UUID"]
    stage.settle()
    pollers = stage.server.app.pollers
    stage.deliver(stage.url, "a")
    assert events(scrape(stage), uuid)[-1] == 1

    def vanish(_environment, _invocation):
        stage.server.app.rooms.queues.directory.queues.clear()  # DeleteMessages is refused
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000_000, b"null")

    stage.run_with(vanish)
    stage.message(stage.url)
    stage.settle()
    assert list(pollers.deleted.values()) == [1]


def test_functions_count_invokes_errors_throttles_and_environments(stage):
    stage.function()
    stage.run_with(failing)
    path = "/2015-03-31/functions/handle/invocations"
    stage.send("POST", path, {})
    stage.send(
        "PUT", "/2017-10-31/functions/handle/concurrency", {"ReservedConcurrentExecutions": 0}
    )
    assert stage.send("POST", path, {}).status == 429
    found = scrape(stage)
    names = ("invocations_total", "errors_total", "throttles_total", "cold_starts_total")
    counts = [value(found, f"function_{name}", function="handle") for name in names]
    assert counts == [1, 1, 1, 1]
    assert value(found, "function_concurrent_executions", function="handle") == 0
    _, samples = found["headrace_function_duration_seconds"]
    assert ("headrace_function_duration_seconds_count", 1) in [
        (name, one) for name, _, one in samples
    ]
    living = [value(found, "function_environments", state=state) for state in ("idle", "frozen")]
    assert sum(living) == 1


def test_functions_count_asynchronous_invokes(stage):
    stage.function()
    stage.run_with(failing)
    path = "/2015-03-31/functions/handle/invocations"
    config = {
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnFailure": {"Destination": arn("dead")}},
    }
    stage.send("PUT", "/2019-09-25/functions/handle/event-invoke-config", config)
    stage.sqs.ok("DeleteQueue", {"QueueUrl": stage.dead})
    assert stage.sqs.send("POST", path, {"X-Amz-Invocation-Type": "Event"}, b"{}").status == 202
    stage.settle()
    found = scrape(stage)
    names = (
        "async_events_received_total",
        "async_events_dropped_total",
        "destination_delivery_failures_total",
        "dead_letter_errors_total",
        "async_events_waiting",
    )
    counts = [value(found, f"function_{name}", function="handle") for name in names]
    assert counts == [1, 1, 1, 0, 0]
    _, samples = found["headrace_function_async_event_age_seconds"]
    assert ("headrace_function_async_event_age_seconds_count", 1) in [
        (name, one) for name, _, one in samples
    ]


def test_the_server_counts_itself(stage):
    stage.message(stage.url)
    found = scrape(stage)
    assert value(found, "info") == 1
    assert value(found, "records_total") >= 3
    assert value(found, "connections") == 1
    assert found["headrace_commit_seconds"][0] == "histogram"
    assert value(found, "resident_memory_bytes") > 1_000_000


def test_a_scrape_is_only_read_by_those_who_are_let_in(stage):
    assert stage.sqs.send("POST", "/metrics").status == 405
    assert stage.send_page("/metrics", {"Host": "evil.example"}).status == 403
    assert stage.send_page("/metrics/x").status == 404


def test_it_can_be_switched_off():
    with stage_of(Config(port=0, metrics=False)) as stage:
        assert stage.send_page("/metrics").status == 404


def test_other_work_goes_on_between_the_parts_of_a_large_page(monkeypatch):
    monkeypatch.setattr("headrace.shell.metrics.METRICS_SLICE", 2)

    async def story():
        async with serve() as server, wire_to(server) as wire:
            for number in range(10):
                await ask(wire, sqs("CreateQueue", QueueName=f"q{number}"))
            turns = 0
            loop = asyncio.get_running_loop()

            def turn():
                nonlocal turns
                turns += 1
                loop.call_soon(turn)

            loop.call_soon(turn)
            page = server.app.service.pages["/metrics"]
            before = turns
            request = type("Request", (), {"path": "/metrics", "method": "GET"})
            answer = await page(request)
            assert turns - before >= 5
            assert answer.body.count(b"headrace_queue_sent_total{") == 10
            assert (await ask(wire, get("/metrics")))[0] == 200

    run(story())
