"""Asynchronous invokes from the outside: boto3, a whole server, its time in the test's hand.

Source: spec/lambda.md 6.2, 13.7, 13.13.
"""

import contextlib
import io
import json
import zipfile

import boto3
import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from headrace.core.functions.commands import AcceptEvent
from headrace.core.functions.eventbody import Envelope, encode_body
from headrace.core.functions.names import FunctionReference
from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from headrace.store.memory import MemoryBlobs, MemoryJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve_in_thread

REGION = "eu-central-1"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:work"


def archive():
    """Return a zip archive of a handler that is never read."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as code:
        code.writestr("app.py", "def handler(event, context): return event")
    return file.getvalue()


class Scene:
    """A server whose functions do what `script` says, and what they were asked."""

    def __init__(self, server, sandbox, clock):
        self.server = server
        self.clock = clock
        self.calls = []  #: (seconds since the start, invocation)
        self.fails = False
        self.began_at = clock.now()
        sandbox.invoke_script = self.run
        self._clients = []
        self.functions = self.client("lambda")
        self.sqs = self.client("sqs")

    def client(self, service):
        client = boto3.client(
            service,
            endpoint_url=self.server.endpoint_url,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="x",
            config=ClientConfig(retries={"max_attempts": 0}),
        )
        self._clients.append(client)
        return client

    def close(self):
        for client in self._clients:
            client.close()

    def run(self, environment, invocation):
        self.calls.append(((self.clock.now() - self.began_at) // 1_000, invocation))
        if self.fails:
            error = {"errorMessage": "no such luck", "errorType": "ValueError"}
            return InvokeOutcome(InvokeStatus.ERROR, 1_000_000, json.dumps(error).encode())
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000_000, b'"done"')

    def create(self, name="work", **settings):
        self.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": archive()},
            **settings,
        )

    def queue(self, name):
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def invoke(self, payload=None, **more):
        given = {} if payload is None else {"Payload": json.dumps(payload).encode()}
        answer = self.functions.invoke(FunctionName="work", InvocationType="Event", **given, **more)
        assert answer["StatusCode"] == 202
        assert answer["Payload"].read() == b""
        self.server.quiet()
        return answer["ResponseMetadata"]["RequestId"]

    def received(self, url):
        self.server.quiet()
        answer = self.sqs.receive_message(
            QueueUrl=url,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
            MaxNumberOfMessages=10,
        )
        return answer.get("Messages", [])

    def instants(self):
        return [at for at, _ in self.calls]


@contextlib.contextmanager
def stage(clock=None, **parts):
    clock = clock or VirtualClock()
    sandbox = ScriptedSandbox()
    with serve_in_thread(clock=clock, sandbox=sandbox, **parts) as server:
        scene = Scene(server, sandbox, clock)
        try:
            yield scene
        finally:
            scene.close()


@pytest.fixture
def scene():
    with stage() as scene:
        yield scene


@pytest.mark.slow
def test_an_accepted_event_runs(scene):
    scene.create()
    request_id = scene.invoke({"order": 7})
    ((_, invocation),) = scene.calls
    assert invocation.request_id == request_id
    assert json.loads(invocation.payload) == {"order": 7}
    assert invocation.invoked_function_arn == ARN


@pytest.mark.slow
def test_a_failing_function_is_tried_again_after_one_and_two_minutes(scene):
    url, arn = scene.queue("failures")
    letters_url, letters = scene.queue("letters")
    scene.create(DeadLetterConfig={"TargetArn": letters})
    config = scene.functions.put_function_event_invoke_config(
        FunctionName="work", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    assert config["FunctionArn"] == f"{ARN}:$LATEST"
    assert config["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": arn}}
    scene.fails = True
    request_id = scene.invoke()
    scene.server.advance(59)
    assert scene.instants() == [0]
    scene.server.advance(1)
    scene.server.advance(119)
    assert scene.instants() == [0, 60]
    assert scene.received(url) == []
    scene.server.advance(1)
    assert scene.instants() == [0, 60, 180]
    assert {invocation.request_id for _, invocation in scene.calls} == {request_id}
    (message,) = scene.received(url)
    record = json.loads(message["Body"])
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {"errorMessage": "no such luck", "errorType": "ValueError"},
    }
    (letter,) = scene.received(letters_url)
    assert letter["Body"] == "{}"
    told = {
        name: (attribute["DataType"], attribute["StringValue"])
        for name, attribute in letter["MessageAttributes"].items()
    }
    assert told == {
        "RequestID": ("String", request_id),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "no such luck"),
    }
    scene.server.advance(30_000)
    assert len(scene.calls) == 3


@pytest.mark.slow
@pytest.mark.parametrize(("age_s", "count"), [(60, 1), (90, 2)])
def test_an_event_that_would_be_too_old_is_given_up_at_once(scene, age_s, count):
    url, arn = scene.queue("failures")
    scene.create()
    scene.functions.put_function_event_invoke_config(
        FunctionName="work",
        MaximumEventAgeInSeconds=age_s,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    scene.fails = True
    scene.invoke()
    scene.server.advance(60 * (count - 1))
    (message,) = scene.received(url)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == count


@pytest.mark.slow
def test_success_goes_to_its_destination_and_a_function_may_be_one(scene):
    """lambda.md 10, row 21."""
    url, arn = scene.queue("good")
    scene.create()
    scene.create("next")
    scene.functions.put_function_event_invoke_config(
        FunctionName="work",
        DestinationConfig={"OnSuccess": {"Destination": ARN.replace("work", "next")}},
    )
    scene.functions.put_function_event_invoke_config(
        FunctionName="next", DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    scene.invoke({"a": 1})
    (_, first), (_, second) = scene.calls
    assert second.invoked_function_arn.endswith(":next")
    record = json.loads(second.payload)
    assert record["requestContext"]["requestId"] == first.request_id
    assert record["requestPayload"] == {"a": 1}
    assert record["responsePayload"] == "done"
    (message,) = scene.received(url)
    outer = json.loads(message["Body"])
    assert outer["requestPayload"] == record
    assert outer["requestContext"]["condition"] == "Success"
    assert "functionError" not in outer["responseContext"]


@pytest.mark.slow
def test_without_reserved_concurrency_an_event_fails_at_once(scene):
    url, arn = scene.queue("failures")
    scene.create()
    scene.functions.put_function_event_invoke_config(
        FunctionName="work", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    scene.functions.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=0)
    request_id = scene.invoke()
    assert scene.calls == []
    (message,) = scene.received(url)
    record = json.loads(message["Body"])
    del record["timestamp"]
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{ARN}:$LATEST",
            "condition": "ZeroReservedConcurrency",
            "approximateInvokeCount": 0,
        },
        "requestPayload": {},
    }


@pytest.mark.slow
def test_what_was_accepted_survives_the_server():
    """Its memory is gone; journal and code are what a next server finds."""
    clock, journal, blobs = VirtualClock(), MemoryJournal(), MemoryBlobs()
    with stage(clock, journal=journal, blobs=blobs) as scene:
        scene.create()
        scene.fails = True
        request_id = scene.invoke({"a": 1})
        assert len(scene.calls) == 1
        _, arn = scene.queue("late")
    with stage(clock, journal=journal, blobs=blobs) as scene:
        scene.functions.put_function_event_invoke_config(
            FunctionName="work", DestinationConfig={"OnSuccess": {"Destination": arn}}
        )
        scene.server.advance(59)
        assert scene.calls == []
        scene.server.advance(1)
        ((_, invocation),) = scene.calls
        assert invocation.request_id == request_id
        url = scene.sqs.get_queue_url(QueueName="late")["QueueUrl"]
        (message,) = scene.received(url)
        assert json.loads(message["Body"])["requestContext"]["approximateInvokeCount"] == 2
    blobs.close()


@pytest.mark.slow
def test_events_of_a_deleted_function_are_gone(scene):
    scene.create()
    scene.fails = True
    scene.invoke()
    scene.functions.delete_function(FunctionName="work")
    scene.create()
    scene.server.advance(30_000)
    assert len(scene.calls) == 1
    with pytest.raises(ClientError) as caught:
        scene.functions.invoke(FunctionName="absent", InvocationType="Event")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.slow
def test_a_busy_function_takes_events_one_after_the_other(scene):
    """lambda.md L-A103."""
    scene.create()
    scene.functions.put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=1)
    ids = [scene.invoke({"n": n}) for n in range(20)]
    scene.server.quiet()
    assert scene.instants() == [0] * 10  # a concurrency of one is ten requests a second (6.1)
    with pytest.raises(scene.functions.exceptions.TooManyRequestsException):
        scene.functions.invoke(FunctionName="work")
    scene.server.advance(2)
    assert sorted(invocation.request_id for _, invocation in scene.calls) == sorted(ids)


@pytest.mark.slow
@pytest.mark.parametrize(("recursion", "turns"), [("Terminate", 16), ("Allow", 40)])
def test_a_loop_of_functions_ends_after_sixteen_turns(scene, recursion, turns):
    """lambda.md 6.2 A9."""
    """The function invokes itself, as AWS's SDKs do: with the trace header that it was given."""
    url, arn = scene.queue("failures")
    scene.create()
    scene.functions.put_function_recursion_config(FunctionName="work", RecursiveLoop=recursion)
    scene.functions.put_function_event_invoke_config(
        FunctionName="work", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    header = ""
    for _ in range(40):
        body = encode_body(Envelope("again", b"{}", header))
        reference = FunctionReference(ACCOUNT, REGION, "work", None)
        driver = scene.server.app.driver
        scene.server.wait(ask(driver, reference, body))
        scene.server.quiet()
        header = scene.calls[-1][1].trace_header
    assert len(scene.calls) == turns
    if recursion == "Terminate":
        context = json.loads(scene.received(url)[0]["Body"])["requestContext"]
        assert context["approximateInvokeCount"] == 0


async def ask(driver, reference, body):
    """Accept an event as Invoke does."""
    await driver.ask(AcceptEvent(reference, driver.block, body))


@pytest.mark.slow
def test_a_payload_over_a_megabyte_is_too_large(scene):
    scene.create()
    with pytest.raises(ClientError) as caught:
        scene.functions.invoke(
            FunctionName="work", InvocationType="Event", Payload=b'"' + b"x" * 1_048_575 + b'"'
        )
    assert "1048577 byte payload is too large for the Event invocation type" in str(caught.value)
    scene.functions.invoke(
        FunctionName="work", InvocationType="Event", Payload=b'"' + b"x" * 1_048_574 + b'"'
    )
    scene.server.quiet()
    assert len(scene.calls) == 1
