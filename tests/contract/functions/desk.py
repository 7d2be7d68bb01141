"""Lambda's API of one server, asked over the wire, with functions whose answers are scripted."""

import base64
import io
import json
import zipfile

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from tests.contract.sqs.caller import ACCOUNT, REGION, Caller

FUNCTIONS = "/2015-03-31/functions"
LAYERS = "/2018-10-31/layers"
TAGS = "/2017-03-31/tags"
SETTINGS = "/2016-08-19/account-settings/"
ROLE = "arn:aws:iam::000000000000:role/any"
#: Seconds in which every state settles.
SETTLE_S = 1

INVALID = "InvalidParameterValueException"
CONSTRAINT = "ValidationException"
NOT_FOUND = "ResourceNotFoundException"
CONFLICT = "ResourceConflictException"
PRECONDITION = "PreconditionFailedException"


def arn(resource):
    """Return an ARN of Lambda's in the caller's own account and region."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:{resource}"


def function_arn(name="F"):
    """Return the ARN of a function."""
    return arn(f"function:{name}")


def archive(text="def handler(event, context): pass\n"):
    """Return a zip file with one handler, which the scripted sandbox never runs, in base64."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(zipfile.ZipInfo("app.py"), text)
    return base64.b64encode(file.getvalue()).decode()


def constraint(value, member, rule, count=1):
    """Return AWS's sentence about a member that breaks its constraint."""
    errors = "1 validation error" if count == 1 else f"{count} validation errors"
    return f"{errors} detected: Value {value} at '{member}' failed to satisfy constraint: {rule}"


class Desk:
    """What a test says; `runs` is what the environments were given, in order."""

    def __init__(self, server):
        self.server = server
        self.caller = Caller("json", server)
        self.runs = []
        self.answer = b"null"  #: What the function returns.
        self.outcome = None  #: Or how an invoke ends.

    def close(self):
        """Hang up."""
        self.caller.close()

    def run(self, environment, invocation):
        """Note an invoke; the invoke script of the sandbox."""
        self.runs.append((environment, invocation))
        if self.outcome is not None:
            return self.outcome
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000_000, self.answer)

    def send(self, method, path, document=None, headers=None):
        """Ask Lambda; return the answer as it came."""
        body = document if isinstance(document, bytes) else b""
        if document is not None and not isinstance(document, bytes):
            body = json.dumps(document).encode()
        return self.caller.send(
            method, path, {"Content-Type": "application/json"} | (headers or {}), body
        )

    def ok(self, method, path, document=None, status=200):
        """Ask Lambda for what succeeds; return the members of the answer."""
        answer = self.send(method, path, document)
        assert answer.status == status, answer
        return answer.json if answer.body else None

    def refusal(self, method, path, document=None):
        """Ask Lambda for what fails; return status, code and text."""
        answer = self.send(method, path, document)
        assert answer.status >= 400, answer
        members = answer.json
        text = members.get("message") or members.get("Message")
        return answer.status, answer.headers["x-amzn-errortype"], text

    def settle(self):
        """Let states settle."""
        self.server.advance(SETTLE_S)

    def document(self, name="F", **members):
        """Return what CreateFunction is sent; a member that is None is left out."""
        whole = {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Role": ROLE,
            "Handler": "app.handler",
            "Code": {"ZipFile": archive()},
            **members,
        }
        return {member: value for member, value in whole.items() if value is not None}

    def create(self, name="F", **members):
        """Create a function, wait until it is active, and return CreateFunction's answer."""
        made = self.ok("POST", FUNCTIONS, self.document(name, **members), status=201)
        self.settle()
        return made

    def configure(self, name="F", **members):
        """Update a configuration and wait; return the answer."""
        answer = self.ok("PUT", f"{FUNCTIONS}/{name}/configuration", members)
        self.settle()
        return answer

    def change_code(self, name="F", text="def handler(event, context): return 1\n", **members):
        """Update the code and wait; return the answer."""
        document = {"ZipFile": archive(text), **members}
        answer = self.ok("PUT", f"{FUNCTIONS}/{name}/code", document)
        self.settle()
        return answer

    def publish(self, name="F", **members):
        """Publish a version and wait; return the answer."""
        answer = self.ok("POST", f"{FUNCTIONS}/{name}/versions", members, status=201)
        self.settle()
        return answer

    def alias(self, alias="prod", version="1", name="F", **members):
        """Create an alias; return the answer."""
        document = {"Name": alias, "FunctionVersion": version, **members}
        return self.ok("POST", f"{FUNCTIONS}/{name}/aliases", document, status=201)

    def get(self, name="F", qualifier=None):
        """Return the configuration that GetFunction shows."""
        query = "" if qualifier is None else f"?Qualifier={qualifier}"
        return self.ok("GET", f"{FUNCTIONS}/{name}{query}")["Configuration"]

    def invoke(self, name="F", document=None, qualifier=None, **headers):
        """Invoke; return the answer as it came."""
        query = "" if qualifier is None else f"?Qualifier={qualifier}"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", f"{FUNCTIONS}/{name}/invocations{query}", document, names)
