"""What a user asks when a message is gone or an invoke failed: why, metrics and advice, over a kill of the server."""

import io
import json
import time
import urllib.request
import zipfile

import pytest

from tests.acceptance.running import REGION, Running, headrace

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

HANDLER = "def handler(event, context):\n    raise ValueError('boom')\n"


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("app.py", HANDLER)
    return file.getvalue()


def set_up(server):
    """Make a queue with a dead-letter queue and a function that fails; return the queue's URL."""
    sqs, functions = server.client("sqs"), server.client("lambda")
    sqs.create_queue(QueueName="dead")
    arn = f"arn:aws:sqs:{REGION}:000000000000:"
    policy = json.dumps({"deadLetterTargetArn": f"{arn}dead", "maxReceiveCount": 1})
    attributes = {"VisibilityTimeout": "2", "RedrivePolicy": policy}
    url = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    functions.create_function(
        FunctionName="ship",
        Runtime="python3.11",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/any",
        Code={"ZipFile": archive()},
        Timeout=1,
    )
    functions.create_event_source_mapping(FunctionName="ship", EventSourceArn=f"{arn}orders")
    return url


def events_of(server, id, place="orders"):
    words = ["why", place, id, "--json", "--endpoint", server.endpoint_url]
    asked = headrace(*words, cwd=server.folder, HEADRACE_REGION=REGION)
    assert asked.returncode == 0, asked
    return json.loads(asked.stdout)["events"]


def until_dead(server):
    """Wait until the message is in the dead-letter queue."""
    sqs = server.client("sqs")
    dead = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=20, VisibilityTimeout=0)
    assert len(found["Messages"]) == 1


def until_failed(server, request_id):
    """Wait until an asynchronous invoke has failed, and that is on disk."""
    end = time.monotonic() + 20
    while events_of(server, request_id, "ship")[-1]["event"] != "failed":
        assert time.monotonic() < end


def test_a_dead_letter_is_explained_also_after_the_server_was_killed(tmp_path):
    with Running(tmp_path) as server:
        url = set_up(server)
        sent = server.client("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
        answer = server.client("lambda").invoke(FunctionName="ship", InvocationType="Event")
        request_id = answer["ResponseMetadata"]["RequestId"]
        until_dead(server)
        before = events_of(server, sent)
        until_failed(server, request_id)
        server.process.kill()
        server.process.wait()
    with Running(tmp_path) as server:
        events, tries = events_of(server, sent), events_of(server, request_id, "ship")
        with urllib.request.urlopen(f"{server.endpoint_url}/metrics", timeout=10) as answer:
            assert (
                'headrace_queue_messages_visible{account="000000000000"' in answer.read().decode()
            )
        advice = headrace("advise", "--endpoint", server.endpoint_url, cwd=tmp_path)
    assert events[: len(before)] == before
    assert events[-1]["event"] == "restart"
    words = [event["event"] for event in events]
    assert words[:5] == ["sent", "received", "handed", "invoked", "ended"]
    assert "arrived" in words
    invoked = events[3]
    assert (invoked["error_type"], invoked["error_message"]) == ("ValueError", "boom")
    words = [event["event"] for event in tries]
    assert words == ["accepted", "handed", "invoked", "failed", "restart"]
    assert (tries[2]["error_type"], tries[2]["error_message"]) == ("ValueError", "boom")
    assert tries[3]["retry_at"] == tries[3]["at"] + 60_000
    assert advice.returncode == 20
    assert "E-06 error: orders" in advice.stdout
