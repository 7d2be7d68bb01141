"""The batch processors of Powertools, unmodified, in functions that queues run (esm.md 7.1, T34)."""

import io
import json
import re
import sys
import time
import zipfile

import boto3
import pytest

ROLE = "arn:aws:iam::000000000000:role/any"
RUNTIMES = {
    "python": f"python{sys.version_info.major}.{sys.version_info.minor}",
    "nodejs": "nodejs20.x",
}
#: Seconds of a message's lease.
LEASE_S = 2
MAX_RECEIVES = 2

#: Tells by its log what it saw, and fails for "bad" ones, and once for "late" ones.
PYTHON = """
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor, EventType, SqsFifoPartialProcessor, process_partial_response
)

STANDARD = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
FIFO = SqsFifoPartialProcessor(skip_group_on_error=True)
FIFO.raise_on_entire_batch_failure = False

def one(record):
    assert record.message_id and record.queue_url.startswith("https://sqs.")
    assert int(record.attributes.sent_timestamp) <= int(record.attributes.approximate_first_receive_timestamp)
    print("saw", record.json_body["name"], record.attributes.approximate_receive_count)
    is_first = record.attributes.approximate_receive_count == "1"
    if "bad" in record.json_body["name"] or ("late" in record.json_body["name"] and is_first):
        raise ValueError("bad")

def handler(event, context):
    is_fifo = event["Records"][0]["eventSourceARN"].endswith(".fifo")
    processor = FIFO if is_fifo else STANDARD
    return process_partial_response(
        event=event, record_handler=one, processor=processor, context=context
    )
"""

NODE = """
const {
  BatchProcessor, EventType, SqsFifoPartialProcessor, processPartialResponse,
  processPartialResponseSync,
} = require("@aws-lambda-powertools/batch");
const standard = new BatchProcessor(EventType.SQS);
const fifo = new SqsFifoPartialProcessor();

function one(record) {
  const name = JSON.parse(record.body).name;
  console.log("saw %s %s", name, record.attributes.ApproximateReceiveCount);
  const isFirst = record.attributes.ApproximateReceiveCount === "1";
  if (name.includes("bad") || (name.includes("late") && isFirst)) throw new RangeError("bad");
}

exports.handler = async (event, context) => {
  if (event.Records[0].eventSourceARN.endsWith(".fifo"))
    return processPartialResponseSync(event, one, fifo, {
      context, skipGroupOnError: true, throwOnFullBatchFailure: false,
    });
  return processPartialResponse(event, async (record) => one(record), standard, {
    context, throwOnFullBatchFailure: false,
  });
};
"""
_SAW = re.compile(r"\bsaw (\S+) (\d+)$", re.MULTILINE)


def package(folder, name, code):
    """Return an archive of the handler and all that it imports."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, code)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                made.write(path, path.relative_to(folder))
    return buffer.getvalue()


class Stage:
    """A queue with its dead-letter queue, and a function of Powertools' that it runs."""

    def __init__(self, server, language, folder, *, is_fifo):
        words = {
            "endpoint_url": server.endpoint,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        self.server = server
        self.sqs, self.functions = boto3.client("sqs", **words), boto3.client("lambda", **words)
        suffix = ".fifo" if is_fifo else ""
        kind = {"FifoQueue": "true"} if is_fifo else {}
        self.dead = self.queue("dead" + suffix, kind)
        redrive = {"deadLetterTargetArn": self.arn(self.dead), "maxReceiveCount": MAX_RECEIVES}
        self.work = self.queue(
            "work" + suffix,
            {**kind, "VisibilityTimeout": str(LEASE_S), "RedrivePolicy": json.dumps(redrive)},
        )
        name, code = ("app.py", PYTHON) if language == "python" else ("app.js", NODE)
        self.functions.create_function(
            FunctionName="f",
            Runtime=RUNTIMES[language],
            Role=ROLE,
            Handler="app.handler",
            Timeout=LEASE_S,
            MemorySize=512,
            Code={"ZipFile": package(folder, name, code)},
            Environment={"Variables": {"POWERTOOLS_SERVICE_NAME": "batch"}},
        )
        self.functions.get_waiter("function_active_v2").wait(FunctionName="f")
        self.functions.invoke(
            FunctionName="f", Payload=b'{"Records":[]}'
        )  # the imports take a while

    def queue(self, name, attributes):
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def arn(self, url):
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return found["Attributes"]["QueueArn"]

    def map(self):
        """Begin to deliver."""
        self.functions.create_event_source_mapping(
            EventSourceArn=self.arn(self.work),
            FunctionName="f",
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )

    def send(self, *names, group=None):
        """Send messages, to a FIFO queue in one group."""
        for name in names:
            marks = {"MessageGroupId": group, "MessageDeduplicationId": name} if group else {}
            body = json.dumps({"name": name})
            self.sqs.send_message(QueueUrl=self.work, MessageBody=body, **marks)

    def count(self, url):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    def finish(self, dead):
        """Wait until so many are dead and nothing is left; return what was seen, in order."""
        end = time.monotonic() + 40
        while (self.count(self.work), self.count(self.dead)) != (0, dead):
            assert time.monotonic() < end, (self.count(self.work), self.count(self.dead))
            time.sleep(0.05)
        self.server.stop()  # writes out the logs
        logs = (self.server.folder / "data" / "logs").rglob("*.log")
        return [found for log in sorted(logs) for found in _SAW.findall(log.read_text())]


@pytest.mark.parametrize("language", RUNTIMES)
def test_34_a_poison_message_fails_alone_and_ends_in_the_dead_letter_queue(
    server, powertools, language
):
    stage = Stage(server, language, powertools[language], is_fifo=False)
    stage.send("one", "bad", "two", "three")
    stage.map()
    seen = stage.finish(dead=1)
    assert sorted(seen) == [("bad", "1"), ("bad", "2"), ("one", "1"), ("three", "1"), ("two", "1")]


@pytest.mark.parametrize("language", RUNTIMES)
def test_34_a_failing_group_waits_and_others_go_on(server, powertools, language):
    stage = Stage(server, language, powertools[language], is_fifo=True)
    stage.send("a1", "a2-late", "a3", group="a")
    stage.send("b1", "b2", group="b")
    stage.map()
    seen = stage.finish(dead=0)
    # Powertools leaves out what stands behind a failure, and reports it: a3 was received twice.
    expected = [("a1", "1"), ("a2-late", "1"), ("a2-late", "2"), ("a3", "2")]
    assert sorted(seen) == [*expected, ("b1", "1"), ("b2", "1")]
