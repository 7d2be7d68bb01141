"""The 329 real webhook deliveries as SQS messages, three of them with a wrong signature."""

import hashlib
import hmac
import json
from importlib.resources import files
from pathlib import Path

import msgspec

#: Which lines of the file get a wrong signature.
FORGED_LINES = (41, 137, 260)
#: Entries of one SendMessageBatch; AWS allows 10.
BATCH_ENTRIES_MAX = 10

WEBHOOKS = files("headrace") / "examples" / "webhooks"


class Delivery(msgspec.Struct, frozen=True):
    """One delivery as it will be sent."""

    line: int  #: Line in the file, from 0; also its id in a batch.
    event: str
    body: str
    signature: str

    @property
    def is_forged(self) -> bool:
        """Whether its signature is wrong."""
        return self.line in FORGED_LINES


def read_deliveries(secret: str) -> list[Delivery]:
    """Return every delivery of the example, signed with `secret`, in the file's order."""
    deliveries = []
    for line, text in enumerate((WEBHOOKS / "github-webhooks.jsonl").read_text().splitlines()):
        given = json.loads(text)
        body = json.dumps(given["payload"], separators=(",", ":"), ensure_ascii=False)
        key = "not the secret" if line in FORGED_LINES else secret
        signature = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
        deliveries.append(Delivery(line, given["event"], body, f"sha256={signature}"))
    return deliveries


def batches(deliveries: list[Delivery]) -> list[list[Delivery]]:
    """Return the deliveries in groups that fit into one SendMessageBatch."""
    return [
        deliveries[first : first + BATCH_ENTRIES_MAX]
        for first in range(0, len(deliveries), BATCH_ENTRIES_MAX)
    ]


def entry_of(delivery: Delivery) -> dict[str, object]:
    """Return a delivery as an entry of SendMessageBatch."""
    return {
        "Id": str(delivery.line),
        "MessageBody": delivery.body,
        "MessageAttributes": {
            "X-GitHub-Event": {"DataType": "String", "StringValue": delivery.event},
            "X-Hub-Signature-256": {"DataType": "String", "StringValue": delivery.signature},
        },
    }


def handler_source() -> bytes:
    """Return the example's handler, to be zipped into the function's code."""
    return (WEBHOOKS / "handler.py").read_bytes()


def example_folder() -> Path:
    """Return where the example lies on this machine, for what is printed."""
    return Path(str(WEBHOOKS))
