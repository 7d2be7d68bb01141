"""What tests of messages do again and again: send, receive, let a receive wait, look at bodies."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from tests.contract.sqs.caller import Caller, base64_of

#: Members of a receive that asks for everything.
ALL = {
    "MaxNumberOfMessages": 10,
    "MessageSystemAttributeNames": ["All"],
    "MessageAttributeNames": ["All"],
}


def text(value, data_type="String"):
    """Return a message attribute that is text."""
    return {"DataType": data_type, "StringValue": value}


def binary(value, data_type="Binary"):
    """Return a message attribute that is bytes, as both protocols carry it."""
    return {"DataType": data_type, "BinaryValue": base64_of(value)}


def send(sqs, url, body="b", **members):
    """Send one message and return the answer's members."""
    return sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": body, **members})


def receive(sqs, url, **members):
    """Receive up to ten messages with everything that can be asked for; None is not sent."""
    asked = {"QueueUrl": url, **ALL, **members}
    given = {name: value for name, value in asked.items() if value is not None}
    return sqs.ok("ReceiveMessage", given).get("Messages", [])


def bodies(messages):
    """Return the bodies of messages."""
    return [message["Body"] for message in messages]


def by_handle(sqs, operation, url, message, **members):
    """Call an operation by the receipt handle of a message."""
    handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    return sqs.ok(operation, {**handle, **members})


def delete(sqs, url, message):
    """Delete a message by its handle."""
    return by_handle(sqs, "DeleteMessage", url, message)


def hide(sqs, url, message, seconds):
    """Change the visibility of a message by its handle."""
    return by_handle(sqs, "ChangeMessageVisibility", url, message, VisibilityTimeout=seconds)


def parked(server):
    """Return how many receives wait at the server."""
    queues = server.app.rooms.queues.directory.queues
    return server.call(lambda: sum(len(queue.parked) for queue in queues.values()))


@contextlib.contextmanager
def waiting(sqs, url, **members):
    """Let a receive wait inside the block; yields a function that returns its messages."""
    before = parked(sqs.server)
    with (
        contextlib.closing(Caller(sqs.protocol, sqs.server)) as caller,
        ThreadPoolExecutor(1) as pool,
    ):
        future = pool.submit(receive, caller, url, **({"WaitTimeSeconds": 20} | members))
        while parked(sqs.server) == before and not future.done():
            pass  # each look is a turn of the server's loop
        yield future.result
        future.result()
