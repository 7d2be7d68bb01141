"""Tells a table's requests to a server of its own, and keeps what botocore was given."""

import contextlib
import json
import re
from pathlib import Path

from botocore.response import StreamingBody
from botocore.validate import ParamValidator

from headrace.testing.clock import VirtualClock
from headrace.testing.entropy import SeededEntropy
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve_in_thread
from tests.contract.refusals.rows import read
from tests.contract.refusals.world import (
    DOCUMENT,
    ROLE,
    TRUST,
    answer_null,
    archive,
    fill,
    new_clients,
)

_FOLDER = Path(__file__).parent
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Of a link to code.
_TOKEN = re.compile(r"token=[0-9a-f]{32}")
#: Members of an answer that later requests name.
_GIVEN = ("UUID", "UploadId")
#: Members of IAM's answers that botocore takes apart after it has read them.
_DOCUMENTS = {"AssumeRolePolicyDocument", "Document", "PolicyDocument"}
#: AWS leaves out both members, which the model says must be there (spec/lambda.md L-C1).
_BESIDE_THE_MODEL = {"GetFunctionCodeSigningConfig"}


def rows_of(service):
    """Return the rows of a service's table, in the order of its story."""
    return read(service, (_FOLDER / f"{service}.txt").read_text(encoding="utf-8"))


@contextlib.contextmanager
def new_teller(service):
    """Run a server in which there is a queue, and nothing else."""
    sandbox = ScriptedSandbox()
    sandbox.invoke_script = answer_null
    entropy = SeededEntropy()
    with serve_in_thread(clock=VirtualClock(), sandbox=sandbox, entropy=entropy) as server:
        teller = Teller(server, service)
        try:
            yield teller
        finally:
            teller.close()


class Teller:
    """One client of a server."""

    def __init__(self, server, service):
        self.server = server
        self.service = service
        self.clients = new_clients(server)
        self.clients["sqs"].create_queue(QueueName="Q")
        self.client = self.clients[service]
        self.host = server.endpoint_url.removeprefix("http://")
        self.names = {"zip": archive(), "role": ROLE, "trust": TRUST, "doc": DOCUMENT}

    def close(self):
        """Hang up."""
        for client in self.clients.values():
            client.close()

    def ask(self, operation, parameters):
        """Ask for what succeeds; return status and body, as they are written in a table.

        botocore has read the answer: its members are of the types of its model, those that must be
        there are, and in JSON there is nothing that it does not know.
        """
        bodies = []

        def note(response_dict, **_):
            bodies.append(response_dict["body"])

        model = self.client.meta.service_model
        event = f"response-received.{model.service_id.hyphenize()}.{operation}"
        self.client.meta.events.register(event, note)
        try:
            answer = self.client._make_api_call(operation, fill(parameters, self.names))
        finally:
            self.client.meta.events.unregister(event, note)
        self.server.advance(1)
        status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        streams = {name for name, one in answer.items() if isinstance(one, StreamingBody)}
        body = answer[streams.pop()].read() if streams else bodies[-1]
        self.judge(operation, answer, body)
        self.names |= {name: answer[name] for name in _GIVEN if name in answer}
        return status, self.written(body)

    def judge(self, operation, answer, body):
        """Hold an answer that botocore read against its model."""
        shape = self.client.meta.service_model.operation_model(operation).output_shape
        if shape is None or operation in _BESIDE_THE_MODEL:
            return
        read = as_text(answer)
        assert not ParamValidator().validate(read, shape).has_errors(), read
        if body.startswith(b"{"):
            assert unknown(json.loads(body), answer) == []

    def written(self, body):
        """Return a body as a table has it."""
        text = body.decode().replace(self.host, "$(host)")
        text = text.replace(f":{self.host.partition(':')[2]}/", ":$(port)/")
        return _TOKEN.sub("token=$(token)", _UUID.sub("$(id)", text))


def as_text(answer):
    """Return what botocore read before it took documents apart and said None of what is empty."""
    if isinstance(answer, dict):
        return {
            name: json.dumps(one) if name in _DOCUMENTS else as_text(one)
            for name, one in answer.items()
            if one is not None
        }
    return [as_text(one) for one in answer] if isinstance(answer, list) else answer


def unknown(given, found, above=""):
    """Return the paths of members that are in JSON and not in what botocore made of it."""
    if isinstance(given, dict):
        return [
            path
            for name, one in given.items()
            if one is not None
            for path in (
                unknown(one, found[name], f"{above}.{name}")
                if name in found
                else [f"{above}.{name}"]
            )
        ]
    if isinstance(given, list):
        return [
            path
            for one, read in zip(given, found, strict=True)
            for path in unknown(one, read, above)
        ]
    return []
