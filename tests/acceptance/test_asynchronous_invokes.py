"""boto3, a real server that is killed, real functions: what got its 202 runs."""

import io
import json
import sys
import time
import zipfile

import pytest

from tests.acceptance.running import REGION, Running

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

ACCOUNT = "123456789012"
CODE = """
import time

def handler(event, context):
    time.sleep(event.get("sleeps", 0))
    if event.get("fails"):
        raise ValueError("no such luck")
    return {"id": context.aws_request_id, "n": event["n"]}
"""
#: Seconds that a killed server's events may take to run and to be told.
WITHIN_S = 30


def create(functions):
    """Create a function that tells a queue of its successes and another one of its failures."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", CODE)
    functions.create_function(
        FunctionName="work",
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Handler="app.handler",
        Timeout=20,
        Code={"ZipFile": archive.getvalue()},
    )
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}"
    functions.put_function_event_invoke_config(
        FunctionName="work",
        MaximumRetryAttempts=0,
        DestinationConfig={
            "OnSuccess": {"Destination": f"{arn}:good"},
            "OnFailure": {"Destination": f"{arn}:bad"},
        },
    )


def invoke(functions, **event):
    """Invoke it asynchronously; return the request id."""
    answer = functions.invoke(
        FunctionName="work", InvocationType="Event", Payload=json.dumps(event)
    )
    assert answer["StatusCode"] == 202
    return answer["ResponseMetadata"]["RequestId"]


def told(sqs, queue, wanted):
    """Return the records in a queue by request id, when all that are wanted are there."""
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = {}
    end = time.monotonic() + WITHIN_S
    while not wanted <= found.keys():
        assert time.monotonic() < end, wanted - found.keys()
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            record = json.loads(message["Body"])
            found[record["requestContext"]["requestId"]] = record
    return found


def test_what_was_accepted_runs_after_a_kill(tmp_path):
    accepted = {}
    with Running(tmp_path) as server:
        functions, sqs = server.client("lambda", ACCOUNT), server.client("sqs", ACCOUNT)
        for queue in ("good", "bad"):
            sqs.create_queue(QueueName=queue)
        create(functions)
        for n in range(8):
            accepted[invoke(functions, n=n, sleeps=2 if n < 2 else 0)] = n
        failing = invoke(functions, n=99, fails=True)
        server.process.kill()
    with Running(tmp_path) as server:
        functions, sqs = server.client("lambda", ACCOUNT), server.client("sqs", ACCOUNT)
        good = told(sqs, "good", accepted.keys())
        for id, n in accepted.items():
            assert good[id]["responsePayload"] == {"id": id, "n": n}
        context = told(sqs, "bad", {failing})[failing]["requestContext"]
        assert context["condition"] == "RetriesExhausted"
        assert context["approximateInvokeCount"] == 1
        server.process.kill()
