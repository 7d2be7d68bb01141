"""Check a batch of GitHub webhook deliveries and send one digest of them to a second queue.

Each SQS message is one delivery: its body is what GitHub posted, byte for byte, and GitHub's
headers `X-GitHub-Event` and `X-Hub-Signature-256` are message attributes of the same names.

Environment:
    WEBHOOK_SECRET: The secret that the deliveries are signed with.
    DIGEST_QUEUE_URL: The queue that takes the digests.
"""

import hashlib
import hmac
import json
import os
import time
from collections import Counter, defaultdict

import boto3

SECRET = os.environ["WEBHOOK_SECRET"].encode()
DIGEST_QUEUE_URL = os.environ["DIGEST_QUEUE_URL"]

# Made once, when the environment starts; every later invoke finds its connection open.
sqs = boto3.client("sqs")


class BadDelivery(Exception):
    """A delivery that nobody can use: forged, damaged or incomplete."""


def handler(event, context):
    """Sum up the good deliveries of a batch, and name the bad ones.

    The mapping must be created with `ReportBatchItemFailures`: SQS then keeps only the messages
    named here, and moves them to the dead-letter queue when they have failed often enough.
    """
    received_ms = time.time_ns() // 1_000_000
    good, failures = [], []
    for record in event["Records"]:
        try:
            good.append(read_delivery(record, received_ms))
        except BadDelivery as problem:
            print(f"{record['messageId']}: {problem}")
            failures.append({"itemIdentifier": record["messageId"]})
    if good:
        # If this fails, the handler fails and the whole batch comes again: a delivery may be in
        # two digests, never in none. Readers tell repeats by the message ids.
        sqs.send_message(QueueUrl=DIGEST_QUEUE_URL, MessageBody=json.dumps(digest_of(good)))
    return {"batchItemFailures": failures}


def read_delivery(record, received_ms):
    """Return what the digest needs of one delivery, or raise BadDelivery."""
    body = record["body"]
    check_signature(body.encode(), attribute(record, "X-Hub-Signature-256"))
    kind = attribute(record, "X-GitHub-Event")
    try:
        payload = json.loads(body)
    except ValueError as error:
        raise BadDelivery(f"the body is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise BadDelivery("the body is not a JSON object")
    # Deliveries about an organization, a sponsorship or an app have no repository.
    repository = payload.get("repository") or {}
    system = record["attributes"]
    return {
        "message_id": record["messageId"],
        "kind": kind,
        "repository": repository.get("full_name"),
        "waited_ms": received_ms - int(system["SentTimestamp"]),
        "receive_count": int(system["ApproximateReceiveCount"]),
    }


def check_signature(body, signature):
    """Raise BadDelivery unless `signature` is `sha256=` and the body's HMAC under the secret."""
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    # Compared in constant time, or the time taken would tell a forger how much was right.
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise BadDelivery("the signature is wrong")


def attribute(record, name):
    """Return a message attribute's text, or raise BadDelivery if there is none."""
    try:
        return record["messageAttributes"][name]["stringValue"]
    except KeyError:
        raise BadDelivery(f"the message attribute {name} is missing") from None


def digest_of(deliveries):
    """Count deliveries by kind, and by kind for each repository; list each one's id and wait."""
    by_repository = defaultdict(Counter)
    for delivery in deliveries:
        if delivery["repository"]:
            by_repository[delivery["repository"]][delivery["kind"]] += 1
    return {
        "kinds": dict(sorted(Counter(delivery["kind"] for delivery in deliveries).items())),
        "repositories": {name: dict(kinds) for name, kinds in sorted(by_repository.items())},
        "deliveries": [
            {name: delivery[name] for name in ("message_id", "waited_ms", "receive_count")}
            for delivery in deliveries
        ],
    }
