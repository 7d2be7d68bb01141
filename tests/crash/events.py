"""Asynchronous invokes under load: what got its 202 runs, and tells its destination how.

The function fails on each fifth event and is not tried again, so that nothing waits for minutes. A
destination hears at least once of each event, of however many attempts a kill has cut off.
"""

import asyncio
import base64
import io
import json
import time
import zipfile

from tests.crash.history import History, broken
from tests.crash.load import Worker
from tests.crash.trigger import ask
from tests.crash.wire import Connection, Gone

#: Seconds in which everything must have come through after the last start.
CENSUS_S = 60.0
#: Each so many-th event fails.
BAD = 5
#: Few environments: starting hundreds after each kill would be all that the machine does.
CONCURRENCY = 8
GOOD_QUEUE, BAD_QUEUE = "events-good", "events-bad"
FUNCTION = f"""
def handler(event, context):
    if event["number"] % {BAD} == 0:
        raise ValueError("bad")
    return event["number"]
"""


class EventModel:
    """What was accepted, and what the destinations were told."""

    def __init__(self):
        self.server = History()
        self.answers = 0
        self.tried = 0  # numbers that were given out
        self.accepted = set()
        self.told = {}  # number to the request ids that records of it had

    def heard(self, queue, record):
        """A destination got a record.

        Raises:
            Violation: It is of no event, or of one that ended otherwise, or of another attempt.
        """
        context = record["requestContext"]
        number = record["requestPayload"]["number"]
        is_bad = number % BAD == 0
        expected = (BAD_QUEUE, "RetriesExhausted") if is_bad else (GOOD_QUEUE, "Success")
        if (queue, context["condition"]) != expected or not 0 < number <= self.tried:
            raise broken(f"event {number} ended in {queue}: {record}", self.server)
        if context["approximateInvokeCount"] != 1:
            raise broken(f"an attempt that was cut off counted: {record}", self.server)
        if not is_bad and record["responsePayload"] != number:
            raise broken(f"event {number} got the answer of another: {record}", self.server)
        ids = self.told.setdefault(number, set())
        ids.add(context["requestId"])
        if len(ids) > 1:
            raise broken(f"event {number} ran under several request ids: {ids}", self.server)

    def missing(self):
        """Return what was accepted and of which nobody was told."""
        return sorted(self.accepted - self.told.keys())


class Caller(Worker):
    """Invokes, one after the other."""

    def actions(self):
        return ((self.invoke, 1),)

    async def invoke(self):
        self.model.tried += 1
        number = self.model.tried
        body = json.dumps({"number": number})
        if await self.connection.post("/2015-03-31/functions/events/invocations", body) == 202:
            self.model.answers += 1
            self.model.accepted.add(number)
        await asyncio.sleep(self.dice.uniform(0.0, 0.02))


class EventConnection(Connection):
    """A connection that asks Lambda to take events over."""

    async def post(self, path, body):
        """Send an asynchronous invoke; return the status."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"X-Amz-Invocation-Type: Event\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.writer.write((head + body).encode())
            status, _ = await self._answer()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Gone(path) from error
        return status


class Events:
    """The function, its destinations, and what is known of its events."""

    def __init__(self, dice):
        self.dice = dice
        self.model = EventModel()
        self.urls = {}
        self.is_there = False

    def workers(self, port):
        callers = [Caller(port, self.model, self.dice) for _ in range(4)]
        for caller in callers:
            caller.connection = EventConnection(port)
        return callers

    def summary(self):
        return f"events {len(self.model.accepted)} accepted, {len(self.model.told)} told"

    async def census(self, connection, is_last):
        """Hear what was told; in the end it must have been told of everything."""
        for name in (GOOD_QUEUE, BAD_QUEUE):
            answer = await connection.call("CreateQueue", QueueName=name)
            self.urls[name] = answer["QueueUrl"]
        if not self.is_there:
            await asyncio.to_thread(create_function, connection.port)
            self.is_there = True
        end = time.monotonic() + CENSUS_S
        while True:
            for name in (GOOD_QUEUE, BAD_QUEUE):
                await self.hear(connection, name)
            if not is_last or not self.model.missing():
                return
            if time.monotonic() > end:
                missing = self.model.missing()
                promise = f"{len(missing)} events were never told of: {missing[:5]}"
                raise broken(promise, self.model.server)

    async def hear(self, connection, name):
        """Receive all records that are in a queue."""
        url = self.urls[name]
        while True:
            answer = await connection.call(
                "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            found = answer.get("Messages", ())
            if not found:
                return
            for message in found:
                self.model.heard(name, json.loads(message["Body"]))
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(found)
            ]
            await connection.call("DeleteMessageBatch", QueueUrl=url, Entries=entries)


def create_function(port):
    """Create the function and say where its records go."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", FUNCTION)
    function = {
        "FunctionName": "events",
        "Runtime": "python3.11",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Handler": "app.handler",
        "Code": {"ZipFile": base64.b64encode(archive.getvalue()).decode()},
    }
    told = ask(port, "/2015-03-31/functions", function)
    share = {"ReservedConcurrentExecutions": CONCURRENCY}
    ask(port, "/2017-10-31/functions/events/concurrency", share, "PUT")
    prefix = told["FunctionArn"].partition(":function:")[0].replace(":lambda:", ":sqs:")
    config = {
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {
            "OnSuccess": {"Destination": f"{prefix}:{GOOD_QUEUE}"},
            "OnFailure": {"Destination": f"{prefix}:{BAD_QUEUE}"},
        },
    }
    ask(port, "/2019-09-25/functions/events/event-invoke-config", config, "PUT")
