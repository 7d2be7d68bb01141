"""boto3, a real server: InvokeWithResponseStream (spec/lambda.md 2.3)."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.test_functions import Function
from tests.acceptance.test_programs import make_zip
from tests.unit.sandbox.programs import streaming_bootstrap

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

ACCOUNT = "123456789014"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"


@pytest.fixture(scope="module")
def functions(server):
    client = server.client("lambda", ACCOUNT)
    yield client
    client.close()


@pytest.fixture(scope="module")
def plain(functions):
    """A function in Python, whose answers are in one piece."""
    yield Function(functions, "plain")
    functions.delete_function(FunctionName="plain")


@pytest.fixture(scope="module")
def streaming(functions):
    """A program that streams what it is told to."""
    functions.create_function(
        FunctionName="streaming",
        Role=ROLE,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Timeout=3,
        Code={"ZipFile": make_zip(streaming_bootstrap())},
    )
    functions.get_waiter("function_active_v2").wait(
        FunctionName="streaming", WaiterConfig={"Delay": 0.05}
    )
    yield "streaming"
    functions.delete_function(FunctionName="streaming")


def start(client, name, event, **parameters):
    answer = client.invoke_with_response_stream(
        FunctionName=name, Payload=json.dumps(event), **parameters
    )
    return answer, iter(answer["EventStream"])


def test_a_function_that_does_not_stream_gives_one_chunk(functions, plain):
    answer, events = start(functions, "plain", {"a": 1}, LogType="Tail")
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert answer["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    chunk, complete = events
    assert json.loads(chunk["PayloadChunk"]["Payload"]) == {"a": 1}
    assert complete["InvokeComplete"].keys() == {"LogResult"}
    tail = base64.b64decode(complete["InvokeComplete"]["LogResult"]).decode()
    assert f"REPORT RequestId: {answer['ResponseMetadata']['RequestId']}" in tail


def test_a_failure_is_told_by_the_last_event(functions, plain):
    _, events = start(functions, "plain", {"do": "raise"})
    (complete,) = events
    told = complete["InvokeComplete"]
    assert told["ErrorCode"] == "Unhandled"
    assert json.loads(told["ErrorDetails"])["errorType"] == "ValueError"


def test_refusals_are_those_of_invoke_and_a_dry_run_has_no_events(functions, plain):
    with pytest.raises(ClientError) as caught:
        start(functions, "nobody", {})
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(ClientError) as caught:
        start(functions, "plain", {}, InvocationType="Event")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    answer, events = start(functions, "plain", {}, InvocationType="DryRun")
    assert (answer["StatusCode"], list(events)) == (204, [])


def test_pieces_come_while_the_function_writes(functions, streaming):
    """The function never ends by itself: what is here was not held back (lambda.md 10, row 36)."""
    event = {"pieces": ["first", "second"], "pause_s": 60}
    _, events = start(functions, streaming, event, LogType="Tail")
    chunk, complete = events
    assert chunk["PayloadChunk"]["Payload"] == b"first"
    told = complete["InvokeComplete"]
    assert json.loads(told["ErrorDetails"])["errorType"] == "Sandbox.Timedout"
    assert "sent 1\n" in base64.b64decode(told["LogResult"]).decode()


def test_an_error_in_the_middle_comes_behind_the_pieces(functions, streaming):
    event = {"pieces": ["a"], "error": ["Runtime.Oh", {"errorType": "Oh", "errorMessage": "no"}]}
    _, events = start(functions, streaming, event)
    chunk, complete = events
    assert chunk["PayloadChunk"]["Payload"] == b"a"
    told = complete["InvokeComplete"]
    assert told["ErrorCode"] == "Unhandled"
    assert json.loads(told["ErrorDetails"]) == {"errorType": "Oh", "errorMessage": "no"}


def test_an_answer_may_be_larger_than_that_of_invoke(functions, streaming):
    _, events = start(functions, streaming, {"pieces": ["x"], "times": 20, "size": 1_000_000})
    sizes = [len(one["PayloadChunk"]["Payload"]) for one in events if "PayloadChunk" in one]
    assert sum(sizes) == 20_000_000
