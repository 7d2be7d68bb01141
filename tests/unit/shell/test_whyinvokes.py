"""Why, about asynchronous invokes, through a whole server: each way that one's life can go."""

import asyncio
import contextlib
from urllib.parse import urlencode

import pytest

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from headrace.shell.config import Config
from headrace.shell.whyinvokes import PREFIX
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve_in_thread
from tests.contract.esm.stage import FUNCTIONS, Stage, function_arn
from tests.contract.sqs.caller import arn

BOOM = InvokeOutcome(
    InvokeStatus.ERROR, 1_000_000, b'{"errorType":"ValueError","errorMessage":"boom"}'
)
NOWHERE = "0" * 8 + "-0000-4000-8000-" + "0" * 12


class Asker(Stage):
    """A stage that invokes asynchronously and asks why."""

    def why(self, request_id, function="handle", status=200):
        """Return the answer as a document."""
        query = urlencode({"FunctionName": function, "RequestId": request_id})
        answer = self.sqs.send("GET", f"{PREFIX}?{query}", {"Accept": "application/json"})
        assert answer.status == status, answer
        return answer.json

    def said(self, request_id, function="handle"):
        """Return what happened, as one word each."""
        return [event["event"] for event in self.why(request_id, function)["events"]]

    def accept(self, function="handle", path=None, is_held=False):
        """Invoke asynchronously; return the request id."""
        path = path or f"{FUNCTIONS}/{function}/invocations"
        headers = {"X-Amz-Invocation-Type": "Event"}
        answer = self.sqs.send("POST", path, headers, b"{}")
        assert answer.status == 202, answer
        if not is_held:
            self.server.quiet()
        return answer.headers["x-amzn-requestid"]

    def hold(self):
        """Let invokes wait for `release` from now on; virtual time stands while one does."""
        held = self.server.call(lambda: asyncio.get_running_loop().create_future())
        self.run_with(lambda _environment, _invocation: held)
        return held

    def release(self, held, outcome):
        """End what is held, and all invokes that follow."""
        self.run_with(lambda _environment, _invocation: outcome)
        self.server.call(lambda: held.set_result(outcome))
        self.server.quiet()

    def run_with(self, script):
        """Let environments follow another script, those that live too."""
        sandbox = self.server.app.parts.sandbox
        sandbox.invoke_script = script
        for environment in sandbox.environments.values():
            environment._script = script

    def configure(self, **members):
        """Say how asynchronous invokes of the function are handled."""
        answer = self.send("PUT", "/2019-09-25/functions/handle/event-invoke-config", members)
        assert answer.status == 200, answer

    def reserve(self, count):
        """Set the function's reserved concurrency."""
        document = {"ReservedConcurrentExecutions": count}
        answer = self.send("PUT", "/2017-10-31/functions/handle/concurrency", document)
        assert answer.status == 200, answer


@contextlib.contextmanager
def stage_of(config=None, **options):
    """A server with a scripted sandbox and the function `handle`, unless a folder has it."""
    sandbox = ScriptedSandbox()
    with (
        serve_in_thread(config, clock=VirtualClock(), sandbox=sandbox, **options) as server,
        contextlib.closing(Asker(server)) as stage,
    ):
        sandbox.invoke_script = stage.run
        yield stage


@pytest.fixture
def stage():
    """A server with the function `handle`."""
    with stage_of() as stage:
        stage.function()
        yield stage


def test_an_invoke_that_ran_and_told_a_function(stage):
    stage.function("other")
    stage.configure(DestinationConfig={"OnSuccess": {"Destination": function_arn("other")}})
    sent = stage.accept()
    answer = stage.why(sent)
    assert (answer["request_id"], answer["function"]) == (sent, function_arn())
    assert (answer["state"], answer["notes"]) == ("done", [])
    words = [event["event"] for event in answer["events"]]
    assert words == ["accepted", "handed", "invoked", "concluded", "sent"]
    environments = stage.server.app.parts.sandbox.environments.values()
    streams = [one.spec.log_stream for one in environments if one.spec.function_name == "handle"]
    assert [answer["events"][2]["log_stream"]] == streams
    follower = answer["events"][-1]["request_id"]
    assert stage.said(follower, "other") == ["accepted", "handed", "invoked", "concluded"]


def test_invoke_async_is_told_of_too(stage):
    sent = stage.accept(path="/2014-11-13/functions/handle/invoke-async")
    assert stage.said(sent) == ["accepted", "handed", "invoked", "concluded"]


def test_an_invoke_that_fails_is_tried_again_and_given_up(stage):
    queue = stage.sqs.queue("dlq")
    stage.configure(
        MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": arn("dlq")}}
    )
    stage.outcome = BOOM
    sent = stage.accept()
    answer = stage.why(sent)
    _, _, invoked, failed = answer["events"]
    assert (invoked["error_type"], invoked["error_message"]) == ("ValueError", "boom")
    assert failed["retry_at"] == failed["at"] + 60_000
    assert answer["state"].startswith("failed once; waits until ")
    stage.server.advance(60)
    words = ["accepted", "handed", "invoked", "failed", "handed", "invoked", "concluded", "sent"]
    assert stage.said(sent) == words
    *_, concluded, told = stage.why(sent)["events"]
    assert (concluded["condition"], concluded["attempts"]) == ("RetriesExhausted", 2)
    message = stage.sqs.ok("ReceiveMessage", {"QueueUrl": queue})["Messages"][0]
    assert told["message_id"] == message["MessageId"]


def test_a_dead_letter_queue_that_is_gone_is_told_with_the_reason(stage):
    url = stage.sqs.queue("dlq")
    stage.function("sad", DeadLetterConfig={"TargetArn": arn("dlq")})
    stage.sqs.ok("DeleteQueue", {"QueueUrl": url})
    stage.outcome = BOOM
    sent = stage.accept("sad")
    stage.server.advance(400)
    *_, refused = stage.why(sent, "sad")["events"]
    assert (refused["event"], refused["dead_letter"], refused["again"]) == ("not-sent", True, False)
    assert refused["error_message"]


def test_what_is_in_hand_or_waits_for_room_says_so(stage):
    stage.reserve(1)
    held = stage.hold()
    first, second = stage.accept(is_held=True), stage.accept(is_held=True)
    while not (state := stage.why(first)["state"]).startswith("runs, log stream "):
        assert "waits" in state
    assert stage.said(first) == ["accepted", "handed"]
    assert stage.why(second)["state"].startswith(
        "waits: the reserved concurrency of the function was used up when it was looked at last; "
    )
    stage.release(held, InvokeOutcome(InvokeStatus.TIMED_OUT, 3_000_000_000))
    for sent in (first, second):
        assert stage.why(sent)["events"][2]["error_type"] == "Sandbox.Timedout"


def test_a_function_without_concurrency_or_that_is_deleted(stage):
    stage.reserve(0)
    sent = stage.accept()
    assert stage.said(sent) == ["accepted", "concluded"]
    stage.reserve(1)
    stage.outcome = BOOM
    sent = stage.accept()
    stage.sqs.send("DELETE", "/2015-03-31/functions/handle")
    answer = stage.why(sent)
    assert answer["events"][-1]["event"] == "function-deleted"
    assert answer["state"] == "gone with its function"


def test_every_name_of_a_function_is_understood(stage):
    sent = stage.accept()
    told = stage.why(sent)
    for name in (function_arn(), f"{function_arn()}:7", "000000000000:function:handle", "handle:x"):
        assert stage.why(sent, name) == told
    text = stage.sqs.send("GET", f"{PREFIX}/handle?RequestId={sent.upper()}").body.decode()
    assert text.startswith(f"asynchronous invoke {sent} to {function_arn()}\n  now: done\n")


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"FunctionName": "handle", "RequestId": NOWHERE}, 404, "no asynchronous invoke with this"),
        ({"FunctionName": "nobody", "RequestId": NOWHERE}, 404, "ever accepted for nobody"),
        ({"FunctionName": "handle", "RequestId": "x"}, 400, "RequestId must be the id"),
        ({"FunctionName": "handle", "RequestId": "x" * 36}, 400, "RequestId must be the id"),
        ({"RequestId": NOWHERE}, 400, "FunctionName must name a function"),
        ({"FunctionName": "a b", "RequestId": NOWHERE}, 404, "Function not found"),
    ],
)
def test_what_is_not_known_or_no_question(stage, query, status, sentence):
    answer = stage.sqs.send("GET", f"{PREFIX}?{urlencode(query)}")
    assert answer.status == status
    assert sentence in answer.body.decode()


def test_an_invoke_of_another_function_is_not_shown_as_this_ones(stage):
    stage.function("other")
    sent = stage.accept("other")
    assert stage.why(sent, status=404)["function"] is None
    assert stage.why(sent, "other")["state"] == "done"


def test_without_a_history_nothing_is_told_and_nothing_breaks():
    with stage_of(Config(port=0, history_mb=0)) as stage:
        stage.function()
        answer = stage.why(stage.accept(), status=404)
        assert answer["notes"][0].startswith("no history is kept")


@pytest.mark.slow
def test_a_restart_says_what_it_knows(tmp_path):
    with stage_of(data=tmp_path) as stage:
        stage.function()
        good = stage.accept()
        stage.outcome = BOOM
        bad = stage.accept()
    with stage_of(data=tmp_path) as stage:
        assert stage.said(good) == ["accepted", "handed", "invoked", "concluded"]
        answer = stage.why(bad)
        words = ["accepted", "handed", "invoked", "failed", "restart"]
        assert [event["event"] for event in answer["events"]] == words
        assert answer["state"].startswith("failed once; waits until ")
        stage.server.advance(60)
        assert stage.said(bad) == [*words, "handed", "invoked", "concluded"]
