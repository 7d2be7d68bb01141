"""boto3, a real server, real functions: from a queue through a mapping into a function and out."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

SOURCE = Path(__file__).parents[2] / "src"
ROLE = "arn:aws:iam::000000000000:role/any"
#: Tells a second queue what it was given; fails on "bad" and, if it may, only for that message.
FUNCTION = """
import json, os, urllib.request

def tell(event):
    body = {"QueueUrl": os.environ["SEEN"], "MessageBody": json.dumps(event)}
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.SendMessage",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/sqs/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"], json.dumps(body).encode(), headers
    )
    urllib.request.urlopen(request, timeout=5).read()

def handler(event, context):
    tell(event)
    bad = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
    if bad and os.environ["REPORTS"] == "no":
        raise ValueError("bad")
    return {"batchItemFailures": [{"itemIdentifier": i} for i in bad]}
"""

#: Sends each message back to the queue that it came from, with the trace header as SDKs do, and
#: tells a second queue of it.
LOOP = """
import json, os, urllib.request

def send(url, text):
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.SendMessage",
        "X-Amzn-Trace-Id": os.environ["_X_AMZN_TRACE_ID"],
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/sqs/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    body = json.dumps({"QueueUrl": url, "MessageBody": text}).encode()
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], body, headers)
    urllib.request.urlopen(request, timeout=5).read()

def handler(event, context):
    seen = os.environ["SEEN"]
    for record in event["Records"]:
        send(seen, record["body"])
        send(seen.rpartition("/")[0] + "/work", record["body"])
"""


class RunningServer:
    """`headrace up` on a port of its own, ended with SIGTERM."""

    def __init__(self, data):
        self.data = data
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "headrace", "up", "--port", "0", "--data", str(self.data)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + self.process.stdout.read()
        self.url = found[0]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(40)
        self.process.stdout.close()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}),
        )


@pytest.fixture
def server(tmp_path):
    running = RunningServer(tmp_path / "data")
    yield running
    running.end()


class Stage:
    """Two queues, a dead-letter queue and a function on a server."""

    def __init__(self, server, *, reports, code=FUNCTION):
        self.sqs, self.functions = server.client("sqs"), server.client("lambda")
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.seen = self.sqs.create_queue(QueueName="seen")["QueueUrl"]
        dead_arn = self.arn(self.dead)
        redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
        attributes = {"VisibilityTimeout": "3", "RedrivePolicy": redrive}
        self.work = self.sqs.create_queue(QueueName="work", Attributes=attributes)["QueueUrl"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", code)
        self.functions.create_function(
            FunctionName="handle",
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Role=ROLE,
            Handler="app.handler",
            Timeout=3,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"SEEN": self.seen, "REPORTS": "yes" if reports else "no"}},
        )
        self.functions.get_waiter("function_active_v2").wait(FunctionName="handle")

    def arn(self, url):
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return found["Attributes"]["QueueArn"]

    def map(self, **settings):
        created = self.functions.create_event_source_mapping(
            EventSourceArn=self.arn(self.work), FunctionName="handle", **settings
        )
        self.uuid = created["UUID"]
        self.wait_for("Enabled")
        return created

    def wait_for(self, state):
        until(lambda: self.functions.get_event_source_mapping(UUID=self.uuid)["State"] == state)

    def count(self, url):
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def events(self):
        """What the function told the second queue since the last look."""
        told = []
        while found := self.sqs.receive_message(QueueUrl=self.seen, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in found:
                told.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.seen, ReceiptHandle=message["ReceiptHandle"])
        return told


def until(condition, limit_s=40):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def test_messages_run_the_function_failures_come_back_and_end_in_the_dead_letter_queue(server):
    stage = Stage(server, reports=True)
    created = stage.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    assert created["State"] == "Creating"
    assert "Enabled" not in created
    sent = {}
    for body in ("good", "bad", "fine"):
        answer = stage.sqs.send_message(
            QueueUrl=stage.work,
            MessageBody=body,
            MessageAttributes={"n": {"DataType": "Number", "StringValue": "0012.3400"}},
        )
        sent[answer["MessageId"]] = body
    until(lambda: stage.count(stage.dead) == 1)
    assert stage.count(stage.work) == 0
    records = [record for event in stage.events() for record in event["Records"]]
    assert sorted(record["body"] for record in records) == ["bad", "bad", "fine", "good"]
    for record in records:
        assert sent[record["messageId"]] == record["body"]
        assert record["eventSourceARN"] == stage.arn(stage.work)
        assert record["messageAttributes"]["n"]["stringValue"] == "12.34"
    counts = [
        record["attributes"]["ApproximateReceiveCount"]
        for record in records
        if record["body"] == "bad"
    ]
    assert sorted(counts) == ["1", "2"]
    (dead,) = stage.sqs.receive_message(QueueUrl=stage.dead)["Messages"]
    assert dead["Body"] == "bad"
    assert sent[dead["MessageId"]] == "bad"


def test_a_window_collects_and_an_error_brings_the_whole_batch_back(server):
    stage = Stage(server, reports=False)
    stage.map(BatchSize=100, MaximumBatchingWindowInSeconds=1)
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(["a", "bad", "c"])]
    stage.sqs.send_message_batch(QueueUrl=stage.work, Entries=entries)
    until(lambda: stage.count(stage.seen) == 1)
    (event,) = stage.events()
    assert sorted(record["body"] for record in event["Records"]) == ["a", "bad", "c"]
    assert stage.count(stage.work) == 3


def test_the_life_of_a_mapping_as_a_client_sees_it(server):
    stage = Stage(server, reports=True)
    stage.map()
    functions, uuid = stage.functions, stage.uuid
    with pytest.raises(ClientError) as refused:
        functions.create_event_source_mapping(
            EventSourceArn=stage.arn(stage.work), FunctionName="handle"
        )
    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"
    assert f"with UUID {uuid}" in refused.value.response["Error"]["Message"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    with pytest.raises(ClientError) as refused:
        functions.update_event_source_mapping(UUID=uuid, MaximumBatchingWindowInSeconds=301)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError) as refused:
        functions.update_event_source_mapping(
            UUID=uuid, FilterCriteria={"Filters": [{"Pattern": "{}"}]}
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert functions.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    stage.wait_for("Disabled")
    stage.sqs.send_message(QueueUrl=stage.work, MessageBody="waits")
    listed = functions.list_event_source_mappings(FunctionName="handle")["EventSourceMappings"]
    assert [mapping["UUID"] for mapping in listed] == [uuid]
    assert stage.count(stage.work) == 1
    assert functions.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    until(lambda: stage.count(stage.work) == 0)
    stage.wait_for("Enabled")
    assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        until(lambda: not functions.get_event_source_mapping(UUID=uuid))


def test_the_answer_on_the_wire_has_nulls(server):
    stage = Stage(server, reports=True)
    raw = {}
    stage.functions.meta.events.register(
        "before-parse.lambda.CreateEventSourceMapping",
        lambda response_dict, **rest: raw.update(response_dict),
    )
    stage.map()
    body = json.loads(raw["body"])
    assert raw["status_code"] == 202
    assert body["FilterCriteria"] is None
    assert body["LastProcessingResult"] is None
    assert body["FunctionResponseTypes"] == []
    assert isinstance(body["LastModified"], float | int)
    assert body["LastModified"] < 10_000_000_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_after_a_restart_the_mapping_goes_on(server, number):
    stage = Stage(server, reports=True)
    stage.map()
    stage.sqs.send_message(QueueUrl=stage.work, MessageBody="before")
    until(lambda: stage.count(stage.seen) == 1)
    uuid = stage.uuid
    server.end(number)
    server.start()
    sqs, functions = server.client("sqs"), server.client("lambda")
    assert functions.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    work = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    sqs.send_message(QueueUrl=work, MessageBody="after")
    stage.sqs, stage.work = sqs, work
    until(lambda: stage.count(work) == 0)


def test_filters_pollers_and_tags_over_boto3(server):
    stage = Stage(server, reports=True)
    settings = {
        "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["order"]}})}]},
        "ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 20},
        "MetricsConfig": {"Metrics": ["EventCount"]},
    }
    created = stage.map(**settings, Tags={"team": "a"})
    assert {name: created[name] for name in settings} == settings
    bodies = [json.dumps({"kind": kind}) for kind in ("order", "other")] + ["plain"]
    for body in bodies:
        stage.sqs.send_message(QueueUrl=stage.work, MessageBody=body)
    until(lambda: stage.count(stage.work) == 0)
    records = [record for event in stage.events() for record in event["Records"]]
    assert [record["body"] for record in records] == bodies[:1]
    assert stage.count(stage.dead) == 0
    arn = created["EventSourceMappingArn"]
    stage.functions.tag_resource(Resource=arn, Tags={"stage": "test"})
    stage.functions.untag_resource(Resource=arn, TagKeys=["team"])
    assert stage.functions.list_tags(Resource=arn)["Tags"] == {"stage": "test"}
    with pytest.raises(ClientError, match="Invalid filter pattern definition"):
        stage.functions.update_event_source_mapping(
            UUID=stage.uuid, FilterCriteria={"Filters": [{"Pattern": "{}"}]}
        )


def test_a_loop_ends_after_sixteen_turns_unless_the_function_allows_it(server):
    stage = Stage(server, reports=False, code=LOOP)
    stage.map()
    stage.sqs.send_message(QueueUrl=stage.work, MessageBody="round and round")
    until(lambda: stage.count(stage.dead) == 1)
    # The invoke that sent it round for the last time may still run; then its own message goes too.
    until(lambda: stage.count(stage.work) == 0)
    (dead,) = stage.sqs.receive_message(
        QueueUrl=stage.dead, MessageSystemAttributeNames=["AWSTraceHeader"]
    )["Messages"]
    assert dead["Body"] == "round and round"
    assert re.search(r"Lineage=[0-9a-f]{8}:15$", dead["Attributes"]["AWSTraceHeader"])
    assert stage.count(stage.seen) == 16
    stage.sqs.purge_queue(QueueUrl=stage.dead)
    allowed = stage.functions.put_function_recursion_config(
        FunctionName="handle", RecursiveLoop="Allow"
    )
    assert allowed["RecursiveLoop"] == "Allow"
    stage.sqs.send_message(QueueUrl=stage.work, MessageBody="on and on")

    until(lambda: stage.count(stage.seen) > 16 + 20)
    assert stage.count(stage.dead) == 0
    stage.functions.put_function_recursion_config(FunctionName="handle", RecursiveLoop="Terminate")
    until(lambda: stage.count(stage.dead) == 1)
