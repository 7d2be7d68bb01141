"""The function of the demo: which deliveries it takes, which it hands back, what it sends on."""

import ast
import hashlib
import hmac
import importlib.util
import json
import sys
from types import SimpleNamespace

import boto3
import pytest

from tests.house.tree import ROOT, imported_names

FOLDER = ROOT / "examples" / "webhooks"
SECRET = "a secret"
QUEUE = "http://127.0.0.1:4566/000000000000/digests"


class RecordingQueue:
    """Stands in for the SQS client: keeps what is sent, or fails."""

    def __init__(self):
        self.sent = []
        self.failure = None

    def send_message(self, **parameters):
        if self.failure:
            raise self.failure
        self.sent.append(parameters)


@pytest.fixture
def queue():
    return RecordingQueue()


@pytest.fixture
def handle(monkeypatch, queue):
    """Load the example as Lambda does, with a client that only records."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("DIGEST_QUEUE_URL", QUEUE)
    monkeypatch.setattr(boto3, "client", lambda service: {"sqs": queue}[service])
    spec = importlib.util.spec_from_file_location("webhooks_handler", FOLDER / "handler.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "time", SimpleNamespace(time_ns=lambda: 1_700_000_000_250_000_000))
    return lambda *records: module.handler({"Records": list(records)}, None)


def signature_of(body, secret=SECRET):
    return "sha256=" + hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


def record(name, body, *, kind="push", signature=None, receive_count=1):
    attributes = {"X-GitHub-Event": kind, "X-Hub-Signature-256": signature or signature_of(body)}
    return {
        "messageId": name,
        "body": body,
        "attributes": {
            "SentTimestamp": "1700000000000",
            "ApproximateReceiveCount": str(receive_count),
        },
        "messageAttributes": {
            key: {"dataType": "String", "stringValue": value}
            for key, value in attributes.items()
            if value
        },
    }


def push(name, repository="octo/hello", **options):
    return record(name, json.dumps({"repository": {"full_name": repository}}), **options)


def failures(answer):
    return [row["itemIdentifier"] for row in answer["batchItemFailures"]]


def test_a_batch_becomes_one_digest(handle, queue):
    answer = handle(
        push("m1", "octo/hello", kind="push"),
        push("m2", "octo/hello", kind="star", receive_count=2),
        push("m3", "octo/bye", kind="push"),
        record("m4", "{}", kind="ping"),
    )

    assert failures(answer) == []
    [message] = queue.sent
    assert message["QueueUrl"] == QUEUE
    assert json.loads(message["MessageBody"]) == {
        "kinds": {"ping": 1, "push": 2, "star": 1},
        "repositories": {"octo/bye": {"push": 1}, "octo/hello": {"push": 1, "star": 1}},
        "deliveries": [
            {"message_id": "m1", "waited_ms": 250, "receive_count": 1},
            {"message_id": "m2", "waited_ms": 250, "receive_count": 2},
            {"message_id": "m3", "waited_ms": 250, "receive_count": 1},
            {"message_id": "m4", "waited_ms": 250, "receive_count": 1},
        ],
    }


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(push("bad", signature="sha256=" + "0" * 64), id="another signature"),
        pytest.param(push("bad", signature=signature_of("{}", "guess")), id="another secret"),
        pytest.param(push("bad", signature="sha256=é"), id="not even hex"),
        pytest.param(push("bad", kind=""), id="no event name"),
        pytest.param(record("bad", "{"), id="broken JSON"),
        pytest.param(record("bad", "[]"), id="no object"),
    ],
)
def test_a_bad_delivery_is_handed_back_alone(handle, queue, bad):
    answer = handle(push("good-1"), bad, push("good-2"))

    assert failures(answer) == ["bad"]
    [message] = queue.sent
    ids = [row["message_id"] for row in json.loads(message["MessageBody"])["deliveries"]]
    assert ids == ["good-1", "good-2"]


def test_a_delivery_without_signature_is_handed_back(handle, queue):
    unsigned = push("bad")
    del unsigned["messageAttributes"]["X-Hub-Signature-256"]

    assert failures(handle(unsigned)) == ["bad"]
    assert queue.sent == []


def test_a_batch_without_a_good_delivery_sends_nothing(handle, queue):
    assert failures(handle(record("m1", "{"), record("m2", "["))) == ["m1", "m2"]
    assert queue.sent == []


def test_a_digest_that_cannot_be_sent_fails_the_whole_batch(handle, queue):
    queue.failure = ConnectionError("no route")

    with pytest.raises(ConnectionError):
        handle(push("m1"))


def test_every_real_delivery_is_taken_and_counted(handle, queue):
    lines = (FOLDER / "github-webhooks.jsonl").read_text().splitlines()
    records = [
        record(f"m{number}", json.dumps(row["payload"]), kind=row["event"])
        for number, row in enumerate(map(json.loads, lines))
    ]

    for start in range(0, len(records), 10):
        assert failures(handle(*records[start : start + 10])) == []

    digests = [json.loads(message["MessageBody"]) for message in queue.sent]
    assert len(records) == 329
    assert len(digests) == 33
    assert sum(sum(digest["kinds"].values()) for digest in digests) == 329
    assert len({kind for digest in digests for kind in digest["kinds"]}) == 58
    assert max(len(message["MessageBody"]) for message in queue.sent) < 10_000


def test_the_handler_needs_only_the_standard_library_and_boto3():
    """So a zip of this one file is all that CreateFunction needs."""
    source = ast.parse((FOLDER / "handler.py").read_text())
    names = {name.split(".")[0] for name in imported_names(source)}
    assert names - sys.stdlib_module_names == {"boto3"}
