"""The requests that the benchmarks send, with the headers that an SDK sends."""

import itertools
import json

from tools.bench.load import Script, body_of

_NUMBERS = itertools.count()

#: Headers as botocore sends them (values made up; sizes are real).
_HEAD = (
    "POST / HTTP/1.1\r\n"
    "Host: 127.0.0.1:{port}\r\n"
    "Accept-Encoding: identity\r\n"
    "X-Amz-Target: AmazonSQS.{operation}\r\n"
    "Content-Type: application/x-amz-json-1.0\r\n"
    "User-Agent: Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 os/linux#6.1 md/arch#x86_64 "
    "lang/python#3.11.7 md/pyimpl#CPython m/b,Z,D cfg/retry-mode#legacy Botocore/1.44.8\r\n"
    "x-amzn-query-mode: true\r\n"
    "X-Amz-Date: 20261125T020000Z\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/sqs/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode, "
    "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7\r\n"
    "amz-sdk-invocation-id: 9c2f3f3a-6a1c-4d7e-8b61-1f4f1c6f0c55\r\n"
    "amz-sdk-request: attempt=1\r\n"
    "Content-Length: {length}\r\n\r\n"
)


def request(port: int, operation: str, parameters: dict[str, object]) -> bytes:
    """Return a whole HTTP request."""
    body = json.dumps(parameters).encode()
    head = _HEAD.format(port=port, operation=operation, length=len(body))
    return head.encode() + body


def send(port: int, queue_url: str, body_bytes: int) -> Script:
    """Return a script that sends one message again and again."""
    one = request(port, "SendMessage", {"QueueUrl": queue_url, "MessageBody": "x" * body_bytes})
    return lambda _: one


def _batch(port: int, queue_url: str, body_bytes: int) -> bytes:
    entries = [{"Id": str(number), "MessageBody": "x" * body_bytes} for number in range(10)]
    return request(port, "SendMessageBatch", {"QueueUrl": queue_url, "Entries": entries})


def send_batch(port: int, queue_url: str, body_bytes: int) -> Script:
    """Return a script that sends ten messages in one request, again and again."""
    one = _batch(port, queue_url, body_bytes)
    return lambda _: one


def send_in_groups(port: int, queue_url: str, body_bytes: int, groups: int) -> Script:
    """Return a script that sends to a FIFO queue, over `groups` (at most 10,000) in turn.

    Scripts share one counter: no two requests of this process have one deduplication id.
    """
    marks = {"MessageGroupId": "group-0000", "MessageDeduplicationId": "dedup-0000000000"}
    parameters: dict[str, object] = {"QueueUrl": queue_url, "MessageBody": "x" * body_bytes}
    whole = request(port, "SendMessage", parameters | marks)
    before, _, rest = whole.partition(b"group-0000")
    between, _, after = rest.partition(b"dedup-0000000000")

    def script(_: bytes | None) -> bytes:
        number = next(_NUMBERS)
        group, dedup = b"group-%04d" % (number % groups), b"dedup-%010d" % number
        return b"".join((before, group, between, dedup, after))

    return script


def cycle(port: int, queue_url: str, body_bytes: int) -> Script:
    """Return a script of three requests: send ten, receive ten, delete what was received."""
    sends = _batch(port, queue_url, body_bytes)
    receives = request(
        port,
        "ReceiveMessage",
        {"QueueUrl": queue_url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1},
    )
    step = 0

    def script(response: bytes | None) -> bytes:
        nonlocal step
        step = step % 3 + 1
        if step == 1:
            return sends
        if step == 2:
            return receives
        assert response is not None
        messages = json.loads(body_of(response) or b"{}").get("Messages", [])
        if not messages:
            step = 0
            return sends
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        return request(port, "DeleteMessageBatch", {"QueueUrl": queue_url, "Entries": entries})

    return script
