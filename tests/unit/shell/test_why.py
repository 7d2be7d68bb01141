"""Why, through a whole server: each way that a message's life can go, and what is said of it."""

import contextlib
import json
import threading
from urllib.parse import urlencode

import pytest

from headrace.api.story.answer import document_of, text_of
from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from headrace.shell.config import Config
from headrace.shell.why import PREFIX
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve_in_thread
from tests.contract.esm.stage import Stage
from tests.contract.sqs.caller import arn

JSON = {"Accept": "application/json"}


class Asker(Stage):
    """A stage that asks why."""

    def why(self, queue, message_id, status=200):
        """Return the answer as a document."""
        query = urlencode({"QueueUrl": queue, "MessageId": message_id})
        answer = self.send_page(f"{PREFIX}?{query}", JSON)
        assert answer.status == status, answer
        return answer.json

    def send_page(self, target, headers=()):
        """Ask for a page."""
        return self.sqs.send("GET", target, headers)

    def run_with(self, script):
        """Let environments follow another script, those that live too."""
        sandbox = self.server.app.parts.sandbox
        sandbox.invoke_script = script
        for environment in sandbox.environments.values():
            environment._script = script

    def said(self, queue, message_id):
        """Return what happened, as one word each."""
        return [event["event"] for event in self.why(queue, message_id)["events"]]

    def message(self, url, body="hello", **members):
        """Send a message; return its id."""
        call = {"QueueUrl": url, "MessageBody": body, **members}
        return self.sqs.ok("SendMessage", call)["MessageId"]

    def receive(self, url, **members):
        """Receive what is there; return the handles."""
        call = {"QueueUrl": url, "MaxNumberOfMessages": 10, **members}
        found = self.sqs.ok("ReceiveMessage", call).get("Messages", [])
        return [message["ReceiptHandle"] for message in found]

    def delete(self, url, handles):
        """Delete by handle."""
        for handle in handles:
            self.sqs.ok("DeleteMessage", {"QueueUrl": url, "ReceiptHandle": handle})


@contextlib.contextmanager
def stage_of(config=None, **options):
    """A server with a scripted sandbox and the function `handle`."""
    sandbox = ScriptedSandbox()
    with (
        serve_in_thread(config, clock=VirtualClock(), sandbox=sandbox, **options) as server,
        contextlib.closing(Asker(server)) as stage,
    ):
        sandbox.invoke_script = stage.run
        yield stage


@pytest.fixture
def stage():
    """A server with queues `q` and `dead`, a visibility timeout of 5 s and two receives."""
    with stage_of() as stage:
        stage.dead = stage.sqs.queue("dead")
        policy = {"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 2}
        stage.url = stage.sqs.queue("q", VisibilityTimeout="5", RedrivePolicy=json.dumps(policy))
        yield stage


def test_a_message_that_was_sent_received_and_deleted(stage):
    sent = stage.message(stage.url, DelaySeconds=2)
    stage.server.advance(3)
    stage.delete(stage.url, stage.receive(stage.url))
    answer = stage.why(stage.url, sent)
    assert (answer["queue"], answer["state"]) == (None, "in no queue any more")
    assert answer["notes"] == []
    words = [event["event"] for event in answer["events"]]
    assert words == ["sent", "visible", "received", "deleted"]
    first, visible, received, _ = answer["events"]
    assert (first["size"], first["queue"]) == (5, arn("q"))
    assert visible["at"] == first["at"] + 2_000
    assert received["visible_at"] == received["at"] + 5_000


def test_a_message_that_waits_says_where_it_is(stage):
    sent = stage.message(stage.url)
    stage.receive(stage.url)
    answer = stage.why(stage.url, sent)
    assert answer["queue"] == arn("q")
    assert answer["state"].startswith("received and not deleted: in flight until")


def test_a_dead_letter_is_followed_from_either_queue(stage):
    sent = stage.message(stage.url)
    for _ in range(3):
        stage.receive(stage.url)
        stage.server.advance(6)
    by_source = stage.why(stage.url, sent)
    assert by_source == stage.why(stage.dead, sent)
    assert by_source["queue"] == arn("dead")
    words = [event["event"] for event in by_source["events"]]
    assert words == ["sent", "received", "visible", "received", "visible", "arrived"]
    last = by_source["events"][-1]
    assert (last["source"], last["max_receive_count"], last["receives"]) == (arn("q"), 2, 2)
    assert last["sentence"] == (
        "dead-lettered to dead after 2 receives: the maxReceiveCount of q is 2"
    )


def test_a_move_task_gives_a_new_id_and_both_tell_the_same_life(stage):
    old = stage.message(stage.url)
    for _ in range(3):
        stage.receive(stage.url)
        stage.server.advance(6)
    stage.sqs.ok("StartMessageMoveTask", {"SourceArn": arn("dead"), "DestinationArn": arn("q")})
    stage.server.advance(5)
    answer = stage.why(stage.dead, old)
    assert answer["queue"] == arn("q")
    first, new = answer["message_ids"]
    assert first == old
    moved = answer["events"][-1]
    assert (moved["event"], moved["message_id"], moved["queue"]) == ("arrived", new, arn("q"))
    assert stage.why(stage.url, new)["events"] == answer["events"]


def test_what_purges_deletes_of_queues_and_retention_do(stage):
    stage.sqs.queue("short", MessageRetentionPeriod="60")
    url = stage.url.replace("/q", "/short")
    sent = stage.message(url)
    stage.server.advance(90)
    expired = stage.why(url, sent)["events"]
    assert [event["event"] for event in expired] == ["sent", "expired"]
    assert expired[1]["at"] == expired[0]["at"] + 60_000
    sent = stage.message(stage.url)
    stage.sqs.ok("PurgeQueue", {"QueueUrl": stage.url})
    assert stage.said(stage.url, sent) == ["sent", "purged"]
    sent = stage.message(stage.url)
    stage.sqs.ok("DeleteQueue", {"QueueUrl": stage.url})
    assert stage.said(stage.url, sent) == ["sent", "queue-deleted"]


def test_visibility_that_a_client_changes(stage):
    sent = stage.message(stage.url)
    (handle,) = stage.receive(stage.url)
    call = {"QueueUrl": stage.url, "ReceiptHandle": handle, "VisibilityTimeout": 0}
    stage.sqs.ok("ChangeMessageVisibility", call)
    stage.sqs.ok("ChangeMessageVisibility", call | {"VisibilityTimeout": 20})
    stage.server.advance(30)
    assert stage.said(stage.url, sent) == [
        "sent",
        "received",
        "visibility",
        "visibility",
        "visible",
    ]


def failing(_environment, _invocation):
    """End every invoke as a function that raises does."""
    document = {"errorType": "ValueError", "errorMessage": "boom"}
    return InvokeOutcome(InvokeStatus.ERROR, 1_000_000, json.dumps(document).encode())


def reporting(_environment, invocation):
    """Report every message as failed."""
    records = json.loads(invocation.payload)["Records"]
    failures = [{"itemIdentifier": record["messageId"]} for record in records]
    document = {"batchItemFailures": failures}
    return InvokeOutcome(InvokeStatus.ANSWERED, 1_000_000, json.dumps(document).encode())


def test_a_batch_tells_function_environment_and_error(stage):
    stage.function()
    stage.run_with(failing)
    uuid = stage.create()["UUID"]
    stage.settle()
    sent = stage.message(stage.url)
    stage.server.advance(20)
    answer = stage.why(stage.url, sent)
    words = [event["event"] for event in answer["events"]]
    once = ["received", "handed", "invoked", "ended", "visible"]
    assert words == ["sent", *once, *once, "arrived"]
    received, handed, invoked, ended = answer["events"][1:5]
    assert received["mapping"] == handed["mapping"] == f"mapping {uuid}"
    assert (handed["attempt"], handed["messages"]) == (1, 1)
    assert (invoked["error_type"], invoked["error_message"]) == ("ValueError", "boom")
    (environment,) = stage.server.app.parts.sandbox.environments.values()
    assert invoked["log_stream"] == environment.spec.log_stream
    assert (ended["failed"], ended["reported"]) == (True, False)


def test_a_partial_failure_and_a_success(stage):
    stage.function()
    stage.create(FunctionResponseTypes=["ReportBatchItemFailures"])
    stage.settle()
    sent = stage.message(stage.url)
    stage.settle()
    good = stage.why(stage.url, sent)["events"]
    assert [event["event"] for event in good][-3:] == ["invoked", "ended", "deleted"]
    assert good[-1]["why"] == "batch"
    stage.run_with(reporting)
    sent = stage.message(stage.url)
    stage.settle()
    ended = stage.why(stage.url, sent)["events"][-1]
    assert (ended["event"], ended["failed"], ended["reported"]) == ("ended", True, True)


def test_what_a_filter_dropped_says_which_and_why(stage):
    stage.function()
    pattern = {"body": {"kind": [{"prefix": "a"}], "n": [1]}}
    stage.create(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    stage.settle()
    sent = stage.message(stage.url, '{"kind":"b","n":1}')
    stage.settle()
    _, received, filtered, deleted = stage.why(stage.url, sent)["events"]
    assert (received["event"], filtered["event"]) == ("received", "filtered")
    assert filtered["reason"] == "filter 1: body.kind is 'b'"
    assert deleted["why"] == "filter"


def test_throttles_are_told_with_the_next_try(stage):
    stage.function()
    stage.send(
        "PUT", "/2017-10-31/functions/handle/concurrency", {"ReservedConcurrentExecutions": 0}
    )
    stage.create()
    stage.settle()
    sent = stage.message(stage.url)
    stage.server.advance(1.5)
    invoked, ended = stage.why(stage.url, sent)["events"][3:5]
    assert invoked["error_type"] == "TooManyRequestsException"
    assert "log_stream" not in invoked
    assert ended["retry_at"] == ended["at"] + 1_000


def test_a_fifo_message_is_followed_too(stage):
    dead = stage.sqs.queue("dead.fifo", FifoQueue="true")
    policy = {"deadLetterTargetArn": arn("dead.fifo"), "maxReceiveCount": 1}
    url = stage.sqs.queue(
        "q.fifo", FifoQueue="true", VisibilityTimeout="5", RedrivePolicy=json.dumps(policy)
    )
    sent = stage.message(url, MessageGroupId="g", MessageDeduplicationId="1")
    stage.receive(url)
    stage.server.advance(6)
    stage.receive(url)
    answer = stage.why(dead, sent)
    assert answer["queue"] == arn("dead.fifo")
    assert answer["events"][0]["group"] == "g"
    assert answer["events"][-1]["event"] == "arrived"


def test_what_is_not_known_is_said_to_be(stage):
    sent = stage.message(stage.url)
    other = f"{'0' * 8}-0000-4000-a000-{'0' * 12}"
    answer = stage.why(stage.url, other, status=404)
    assert answer["state"].startswith("not known")
    assert answer["notes"][0].startswith("the history begins at")
    assert stage.why(stage.dead, sent, status=404)["events"] == []
    assert "error" in stage.why(stage.url, "nonsense", status=400)


def test_a_page_is_text_by_default_and_only_read(stage):
    sent = stage.message(stage.url)
    target = f"{PREFIX}/us-east-1/000000000000/q?MessageId={sent.upper()}"
    answer = stage.send_page(target)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert f"message {sent} in {arn('q')}\n" in answer.body.decode()
    assert "sent to q by " in answer.body.decode()
    assert stage.sqs.send("POST", target).status == 405
    refused = stage.sqs.send("GET", target, {"Host": "evil.example"})
    assert refused.status == 403


def test_a_damaged_history_tells_what_can_be_read_and_that_something_is_missing(tmp_path):
    with stage_of(data=tmp_path) as stage:
        url = stage.sqs.queue("q", VisibilityTimeout="0")
        sent = stage.message(url)
        for _ in range(3):
            stage.receive(url)
        assert [event["event"] for event in stage.why(url, sent)["events"]][-1] == "visible"
        (path,) = (tmp_path / "history").glob("*.pages")
        whole = path.read_bytes()
        frames = frames_of(whole)
        for damage in (
            {frames[-2] + 12: 0xFF},  # the instant of a block, which is in no check sum
            {frames[-2] + 25: whole[frames[-2] + 25] ^ 1},  # its head
            {frames[-2]: 0xFF},  # the length: up to the end nothing can be read
            {frames[-2] + 12: 0xFF, frames[-2] + 25: whole[frames[-2] + 25] ^ 1},
        ):
            data = bytearray(whole)
            for at, byte in damage.items():
                data[at] = byte
            path.write_bytes(data)
            answer = stage.why(url, sent)
            assert answer["queue"] == arn("q")
            assert answer["events"][0]["event"] == "sent"
            if frames[-2] + 25 in damage:
                assert answer["notes"][0].startswith("1 blocks between ")
        path.write_bytes(whole)


def frames_of(data):
    """Return where the pages of a history begin."""
    starts, at = [], 0
    while at < len(data):
        starts.append(at)
        at += 21 + int.from_bytes(data[at : at + 4], "big")
    return starts


def test_without_a_history_the_queue_still_tells_what_it_holds():
    with stage_of(Config(port=0, history_mb=0)) as stage:
        url = stage.sqs.queue("q")
        sent = stage.message(url)
        answer = stage.why(url, sent)
        assert answer["queue"] == arn("q")
        assert answer["events"] == []
        assert "no history is kept" in answer["notes"][0]


@pytest.mark.slow
def test_the_history_outlives_the_server_and_says_so(tmp_path):
    with stage_of(data=tmp_path) as stage:
        url = stage.sqs.queue("q")
        sent = stage.message(url)
        stage.receive(url, VisibilityTimeout=30)
    with stage_of(data=tmp_path) as stage:
        assert stage.said(url, sent) == ["sent", "received", "restart"]
        stage.server.advance(60)
        stage.delete(url, stage.receive(url))
        words = ["sent", "received", "restart", "visible", "received", "deleted"]
        assert stage.said(url, sent) == words


def test_an_answer_of_a_thousand_events_is_written_beside_the_loop(stage, monkeypatch):
    threads = []
    for name, function in (("why.document_of", document_of), ("stories.text_of", text_of)):
        monkeypatch.setattr(
            f"headrace.shell.{name}",
            lambda *arguments, function=function: (
                threads.append(threading.current_thread().name) or function(*arguments)
            ),
        )
    sent = stage.message(stage.url)
    stage.send_page(f"{PREFIX}/us-east-1/000000000000/q?MessageId={sent}")
    assert len(threads) == 2
    assert not any(name.startswith("headrace-test-server") for name in threads)
