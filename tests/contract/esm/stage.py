"""Queues, scripted functions and mappings of one server, asked over the wire."""

import base64
import io
import json
import zipfile
from urllib.parse import urlencode

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from tests.contract.sqs.caller import ACCOUNT, REGION, Caller, arn

MAPPINGS = "/2015-03-31/event-source-mappings"
FUNCTIONS = "/2015-03-31/functions"
TAGS = "/2017-03-31/tags"
#: Seconds in which every state settles and every function starts.
SETTLE_S = 1


def function_arn(name="handle"):
    """Return the ARN of a function of the caller's own account and region."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def archive():
    """Return a zip file with one handler, which the scripted sandbox never runs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("app.py", "def handler(event, context): pass\n")
    return base64.b64encode(file.getvalue()).decode()


class Stage:
    """What a test says; `events` is what the function was given, in order."""

    def __init__(self, server):
        self.server = server
        self.sqs = Caller("json", server)
        self.events = []
        self.answer = None  #: What the function returns.
        self.reply = (
            None  #: Or what makes it of the event: outcomes and bytes as they are, else as JSON.
        )
        self.outcome = None  #: Or how an invoke ends.

    def close(self):
        """Hang up."""
        self.sqs.close()

    def run(self, _environment, invocation):
        """Note an event; the invoke script of the sandbox."""
        event = json.loads(invocation.payload)
        self.events.append(event)
        if self.outcome is not None:
            return self.outcome
        answer = self.answer if self.reply is None else self.reply(event)
        if isinstance(answer, InvokeOutcome):
            return answer
        payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000_000, payload)

    def send(self, method, path, document=None):
        """Ask Lambda; return the answer as it came."""
        body = b"" if document is None else json.dumps(document).encode()
        return self.sqs.send(method, path, {"Content-Type": "application/json"}, body)

    def refusal(self, method, path, document=None):
        """Ask Lambda for what fails; return status, code and text."""
        answer = self.send(method, path, document)
        assert answer.status >= 400, answer
        members = answer.json
        return (
            answer.status,
            answer.headers["x-amzn-errortype"],
            members.get("message") or members.get("Message"),
        )

    def settle(self):
        """Let states settle."""
        self.server.advance(SETTLE_S)

    def function(self, name="handle", **members):
        """Create a function and wait until it is active."""
        document = {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Handler": "app.handler",
            "Code": {"ZipFile": archive()},
            **members,
        }
        answer = self.send("POST", FUNCTIONS, document)
        assert answer.status == 201, answer
        self.settle()

    def create(self, queue="q", function="handle", **members):
        """Create a mapping; return its answer's members."""
        document = {"EventSourceArn": arn(queue), "FunctionName": function, **members}
        answer = self.send("POST", MAPPINGS, document)
        assert answer.status == 202, answer
        return answer.json

    def create_refused(self, queue="q", function="handle", **members):
        """Have a mapping refused; return status, code and text."""
        document = {"EventSourceArn": arn(queue), "FunctionName": function, **members}
        return self.refusal("POST", MAPPINGS, document)

    def update(self, uuid, **members):
        """Update a mapping; return its answer's members."""
        answer = self.send("PUT", f"{MAPPINGS}/{uuid}", members)
        assert answer.status == 202, answer
        return answer.json

    def get(self, uuid):
        """Read a mapping."""
        answer = self.send("GET", f"{MAPPINGS}/{uuid}")
        assert answer.status == 200, answer
        return answer.json

    def list(self, **parameters):
        """List mappings."""
        answer = self.send("GET", f"{MAPPINGS}?{urlencode(parameters)}")
        assert answer.status == 200, answer
        return answer.json

    def deliver(self, url, *bodies):
        """Send messages and return the bodies that the function was given for them."""
        before = len(self.events)
        for body in bodies:
            self.sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": body})
        self.settle()
        return [record["body"] for event in self.events[before:] for record in event["Records"]]

    def left(self, url):
        """Return how many messages are in a queue, visible or not."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(map(int, self.sqs.attributes(url, *names).values()))
