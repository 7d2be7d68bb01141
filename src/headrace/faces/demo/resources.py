"""Create what the main job needs, through boto3 as a user does: queues, function, mapping."""

import io
import json
import zipfile
from typing import Any

from headrace.faces.demo.deliveries import handler_source

#: How often a delivery is tried before it goes to the dead-letter queue.
TRIES = 2
#: Seconds; a failed delivery comes again after this time. At least the function's time-out.
VISIBILITY_TIMEOUT_S = 10
FUNCTION_TIMEOUT_S = 10
BATCH_SIZE = 10
SECRET = "it's a secret to everybody"  # noqa: S105 - GitHub's own example of a webhook secret
ROLE = "arn:aws:iam::000000000000:role/demo"


class FunctionBroken(Exception):
    """The function fails without any delivery; the text is its error document."""


class Clients:
    """boto3 clients of one server."""

    def __init__(self, endpoint: str) -> None:
        """Make the clients; nothing is asked yet."""
        import boto3  # noqa: PLC0415 - only the `demo` extra brings it
        from botocore.config import Config  # noqa: PLC0415

        given: dict[str, Any] = {
            "endpoint_url": endpoint,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            # Retries ride out the restart of --crash; a repeated send may then arrive twice.
            "config": Config(retries={"mode": "standard", "max_attempts": 10}),
        }
        self.sqs = boto3.client("sqs", **given)
        self.functions = boto3.client("lambda", **given)


class Resources:
    """The names of what was created."""

    def __init__(self, clients: Clients) -> None:
        """Create everything and wait until the mapping is enabled."""
        sqs = clients.sqs
        self.dead_url = sqs.create_queue(QueueName="deliveries-dead")["QueueUrl"]
        self.digests_url = sqs.create_queue(QueueName="digests")["QueueUrl"]
        redrive = {"deadLetterTargetArn": _arn(sqs, self.dead_url), "maxReceiveCount": TRIES}
        self.queue_url = sqs.create_queue(
            QueueName="deliveries",
            Attributes={
                "VisibilityTimeout": str(VISIBILITY_TIMEOUT_S),
                "RedrivePolicy": json.dumps(redrive),
            },
        )["QueueUrl"]
        self._create_function(clients.functions)
        mapping = clients.functions.create_event_source_mapping(
            EventSourceArn=_arn(sqs, self.queue_url),
            FunctionName="digest",
            BatchSize=BATCH_SIZE,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        self.mapping_id = mapping["UUID"]

    def _create_function(self, functions: Any) -> None:
        functions.create_function(
            FunctionName="digest",
            Runtime="python3.12",
            Role=ROLE,
            Handler="handler.handler",
            Code={"ZipFile": zipped_handler()},
            Timeout=FUNCTION_TIMEOUT_S,
            MemorySize=256,
            Environment={
                "Variables": {"WEBHOOK_SECRET": SECRET, "DIGEST_QUEUE_URL": self.digests_url}
            },
        )
        functions.get_waiter("function_active_v2").wait(FunctionName="digest")
        # Tried once without a delivery, as one does before events are let loose on it.
        tried = functions.invoke(FunctionName="digest", Payload=b'{"Records": []}')
        if "FunctionError" in tried:
            raise FunctionBroken(tried["Payload"].read().decode())


def zipped_handler() -> bytes:
    """Return the example's handler as a deployment package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("handler.py", handler_source())
    return buffer.getvalue()


def _arn(sqs: Any, url: str) -> str:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = found["Attributes"]["QueueArn"]
    return arn
