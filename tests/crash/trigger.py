"""A standard and a FIFO queue that run a function, under load: what came through, and in which order.

The function tells a third queue, in order of groups, what it was given. When it has told, and only
then, may a message be gone.
"""

import asyncio
import base64
import http.client
import io
import json
import time
import zipfile

from tests.crash.history import History, broken
from tests.crash.load import Worker, counts_of

#: Seconds of a message's lease: short, so that what a kill has cut off comes again soon.
LEASE_S = 4
#: Seconds in which everything must have come through after the last start.
CENSUS_S = 60.0
GROUPS = 8
#: Each so many-th message of the standard queue is reported as failed when it comes first.
FLAKY = 7
STANDARD, FIFO = "trigger", "trigger.fifo"
FUNCTION = f"""
import json, os, urllib.request

def tell(record):
    told = json.loads(record["body"])
    told["count"] = int(record["attributes"]["ApproximateReceiveCount"])
    url = os.environ["TOLD"]
    body = {{
        "QueueUrl": url,
        "MessageBody": json.dumps(told),
        "MessageGroupId": told["group"],
        "MessageDeduplicationId": f"{{record['messageId']}}-{{told['count']}}-{{os.urandom(8).hex()}}",
    }}
    headers = {{
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.SendMessage",
    }}
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"], json.dumps(body).encode(), headers
    )
    urllib.request.urlopen(request, timeout=2).read()
    return told

def handler(event, context):
    failed = []
    for record in event["Records"]:
        told = tell(record)
        if told["group"] == "none" and told["number"] % {FLAKY} == 0 and told["count"] == 1:
            failed.append({{"itemIdentifier": record["messageId"]}})
    return {{"batchItemFailures": failed}}
"""


class TriggerModel:
    """What was sent, and what the function told of it."""

    def __init__(self):
        self.server = History()
        self.answers = 0
        self.numbers = {}  # group to how many were sent or tried
        self.sent = {}  # (group, number) that was acknowledged
        self.told = {}  # (group, number) to its receive counts, in order
        self.newest = {}  # FIFO group to the newest number that came through
        self.kills = 0

    def next_number(self, group):
        """Return the number of the next message of a group."""
        self.numbers[group] = self.numbers.get(group, 0) + 1
        return self.numbers[group]

    def acknowledged(self, group, number):
        """The server has taken a message."""
        self.answers += 1
        self.sent[group, number] = None

    def heard(self, told):
        """The function was given a message.

        Raises:
            Violation: It came before one that was sent before it, or the same receive came twice.
        """
        group, number, count = told["group"], told["number"], told["count"]
        counts = self.told.setdefault((group, number), [])
        if counts and count <= counts[-1]:
            promise = f"message {number} of group {group} ran with receive counts {counts}, {count}"
            raise broken(promise, self.server)
        if count > 2 * (self.kills + 2):
            promise = f"message {number} of group {group} was received {count} times"
            raise broken(promise, self.server)
        counts.append(count)
        if group == "none" or len(counts) > 1:
            return
        if number < self.newest.get(group, 0):
            promise = f"message {number} of {group} came after {self.newest[group]}"
            raise broken(promise, self.server)
        self.newest[group] = number

    def missing(self):
        """Return what was acknowledged and has not come through."""
        return [one for one in self.sent if one not in self.told]


class Sender(Worker):
    """Sends to one queue, of each group one after the other."""

    def __init__(self, port, scene, groups):
        super().__init__(port, scene.model, scene.dice)
        self.url = scene.urls[FIFO if groups else STANDARD]
        self.groups = groups

    def actions(self):
        return ((self.send, 1),)

    async def send(self):
        group = self.dice.choice(self.groups) if self.groups else "none"
        numbers = [self.model.next_number(group) for _ in range(self.dice.randint(1, 10))]
        entries = [
            {
                "Id": str(number),
                "MessageBody": json.dumps({"group": group, "number": number}),
                **(
                    {"MessageGroupId": group, "MessageDeduplicationId": f"{group}-{number}"}
                    if self.groups
                    else {}
                ),
            }
            for number in numbers
        ]
        answer = await self.call("SendMessageBatch", QueueUrl=self.url, Entries=entries)
        for entry in answer["Successful"]:
            self.model.acknowledged(group, int(entry["Id"]))
        await asyncio.sleep(self.dice.uniform(0.0, 0.05))


class Trigger:
    """The queues, the function, and what is known of them."""

    def __init__(self, dice):
        self.dice = dice
        self.model = TriggerModel()
        self.urls = {}
        self.is_there = False

    def workers(self, port):
        names = [f"group-{number}" for number in range(GROUPS)]
        return [
            Sender(port, self, ()),
            *(Sender(port, self, tuple(names[place::2])) for place in range(2)),
        ]

    def summary(self):
        ran = sum(map(len, self.model.told.values()))
        return f"trigger {len(self.model.sent)} sent, {len(self.model.told)} came through in {ran}"

    async def census(self, connection, is_last):
        """Hear what was told; in the end everything must have been, and the queues are empty."""
        await self.create(connection)
        await self.hear(connection)
        self.model.kills += 1
        end = time.monotonic() + CENSUS_S
        while is_last and (missing := self.model.missing()):
            if time.monotonic() > end:
                promise = f"{len(missing)} messages never ran: {missing[:5]}"
                raise broken(promise, self.model.server)
            await self.hear(connection)
        while is_last and any(
            [sum(await counts_of(connection, self.urls[name])) for name in (STANDARD, FIFO)]
        ):
            if time.monotonic() > end:
                raise broken("what ran is still in its queue", self.model.server)
            await asyncio.sleep(0.1)
        if is_last:
            await self.hear(connection)

    async def hear(self, connection):
        """Receive all that the function has told so far."""
        url = self.urls["told.fifo"]
        while True:
            answer = await connection.call(
                "ReceiveMessage",
                QueueUrl=url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1,
                AttributeNames=["MessageGroupId"],
            )
            found = answer.get("Messages", ())
            if not found:
                return
            for message in found:
                self.model.heard(json.loads(message["Body"]))
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(found)
            ]
            await connection.call("DeleteMessageBatch", QueueUrl=url, Entries=entries)

    # --- once ------------------------------------------------------------------------------------

    async def create(self, connection):
        """Create what is there from then on; URLs change with each port."""
        for name in (STANDARD, FIFO, "told.fifo"):
            attributes = {"VisibilityTimeout": str(LEASE_S if name != "told.fifo" else 30)}
            if name.endswith(".fifo"):
                attributes["FifoQueue"] = "true"
            answer = await connection.call("CreateQueue", QueueName=name, Attributes=attributes)
            self.urls[name] = answer["QueueUrl"]
        if not self.is_there:
            await asyncio.to_thread(self.create_function, connection.port)
            self.is_there = True

    def create_function(self, port):
        """Create the function and its mappings."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", FUNCTION)
        function = {
            "FunctionName": "trigger",
            "Runtime": "python3.11",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Handler": "app.handler",
            "Timeout": 3,
            "Code": {"ZipFile": base64.b64encode(archive.getvalue()).decode()},
            "Environment": {"Variables": {"TOLD": self.urls["told.fifo"]}},
        }
        told = ask(port, "/2015-03-31/functions", function)
        prefix = told["FunctionArn"].partition(":function:")[0].replace(":lambda:", ":sqs:")
        for name in (STANDARD, FIFO):
            mapping = {
                "EventSourceArn": f"{prefix}:{name}",
                "FunctionName": "trigger",
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 4},
            }
            ask(port, "/2015-03-31/event-source-mappings", mapping)


def ask(port, path, document, method="POST"):
    """Ask Lambda to create or to set something; return its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, json.dumps(document), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in {200, 201, 202}, text
        return json.loads(text)
    finally:
        connection.close()
