"""The AWS CLI against a real server: what a user types."""

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.running import REGION, environment

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

AWS = Path(sys.executable).parent / "aws"


@pytest.fixture
def aws(server, tmp_path):
    """Return a function that runs the CLI and returns the document that it prints."""

    def run(*words, fails=False):
        done = subprocess.run(
            # The CLI's first version finds queues by this flag only, not by AWS_ENDPOINT_URL.
            [str(AWS), "--endpoint-url", server.endpoint_url, *words],
            env=environment(
                HOME=str(tmp_path),
                AWS_DEFAULT_REGION=REGION,
                AWS_ACCESS_KEY_ID="test",
                AWS_SECRET_ACCESS_KEY="test",
                AWS_EC2_METADATA_DISABLED="true",
                AWS_PAGER="",
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert (done.returncode != 0) == fails, done.stderr
        if fails:
            return done.stderr
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else None

    return run


def test_a_message_goes_through_a_queue(aws):
    url = aws("sqs", "create-queue", "--queue-name", "typed")["QueueUrl"]
    attribute = '{"kind":{"DataType":"String","StringValue":"typed"}}'
    sent = aws(
        "sqs", "send-message", "--queue-url", url, "--message-body", "hello",
        "--message-attributes", attribute,
    )  # fmt: skip
    received = aws(
        "sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "5",
        "--message-attribute-names", "All",
    )  # fmt: skip
    (message,) = received["Messages"]
    assert (message["Body"], message["MessageId"]) == ("hello", sent["MessageId"])
    assert message["MessageAttributes"]["kind"]["StringValue"] == "typed"
    handle = message["ReceiptHandle"]
    aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", handle)
    counts = aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")
    assert counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0"
    aws("sqs", "delete-queue", "--queue-url", url)


def test_an_error_is_shown_in_the_words_of_aws(aws):
    said = aws("sqs", "get-queue-url", "--queue-name", "none-such", fails=True)
    assert "AWS.SimpleQueueService.NonExistentQueue" in said
    assert "The specified queue does not exist." in said


def test_a_function_is_made_and_invoked(aws, tmp_path):
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(
            "greet.py", "def handler(event, context):\n    return 'Hi ' + event['name']\n"
        )
    aws(
        "lambda", "create-function", "--function-name", "typed", "--runtime", "python3.12",
        "--role", "arn:aws:iam::000000000000:role/any", "--handler", "greet.handler",
        "--zip-file", f"fileb://{archive}",
    )  # fmt: skip
    aws("lambda", "wait", "function-active-v2", "--function-name", "typed")
    out = tmp_path / "out.json"
    event = '{"name": "you"}'
    answer = aws(
        "lambda", "invoke", "--function-name", "typed", "--payload", event,
        str(out),
    )  # fmt: skip
    assert answer["StatusCode"] == 200
    assert json.loads(out.read_text()) == "Hi you"
    aws("lambda", "delete-function", "--function-name", "typed")


def test_logs_are_made_and_shown(aws):
    group = ("--log-group-name", "/typed/logs")
    stream = (*group, "--log-stream-name", "s")
    aws("logs", "create-log-group", *group, "--tags", "team=a")
    aws("logs", "put-retention-policy", *group, "--retention-in-days", "7")
    aws("logs", "create-log-stream", *stream)
    at = time.time_ns() // 1_000_000
    event = json.dumps([{"timestamp": at, "message": "typed"}])
    aws("logs", "put-log-events", *stream, "--log-events", event)
    (found,) = aws("logs", "get-log-events", *stream)["events"]
    assert (found["timestamp"], found["message"]) == (at, "typed")
    groups = aws("logs", "describe-log-groups", "--log-group-name-prefix", "/typed")["logGroups"]
    (group_shown,) = groups
    assert group_shown["retentionInDays"] == 7
    shown = aws("logs", "describe-log-streams", *group, "--order-by", "LastEventTime")
    assert [one["lastEventTimestamp"] for one in shown["logStreams"]] == [at]
    aws("logs", "delete-log-group", *group)


def test_files_go_to_a_bucket_and_back(aws, tmp_path):
    made, back = tmp_path / "made", tmp_path / "back"
    made.mkdir()
    (made / "small.txt").write_text("hello")
    (made / "big.bin").write_bytes(bytes(range(256)) * 36 * 1_024)  # more than one part
    aws("s3", "mb", "s3://typed-files")
    aws("s3", "sync", str(made), "s3://typed-files/d", "--only-show-errors")
    listed = aws("s3api", "list-objects-v2", "--bucket", "typed-files", "--prefix", "d/")
    assert [(one["Key"], one["Size"]) for one in listed["Contents"]] == [
        ("d/big.bin", 9_437_184),
        ("d/small.txt", 5),
    ]
    aws("s3", "cp", "s3://typed-files/d", str(back), "--recursive", "--only-show-errors")
    for name in ("small.txt", "big.bin"):
        assert (back / name).read_bytes() == (made / name).read_bytes()
    error = aws("s3api", "get-bucket-policy", "--bucket", "typed-files", fails=True)
    assert "NotImplemented" in error
    aws("s3", "rb", "s3://typed-files", "--force")
