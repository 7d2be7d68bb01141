"""A server in which there is something of everything, and botocore's clients of it.

Nothing that is asked here may change it: a refusal changes nothing.
"""

import io
import json
import zipfile
from functools import cache

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus

ACCOUNT = "000000000000"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/R"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/P"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:Q"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
DOCUMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
    }
)
#: Seconds in which every state settles.
SETTLE_S = 1


@cache
def archive():
    """Return a zip file with one handler, which the scripted sandbox never runs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(zipfile.ZipInfo("app.py"), "def handler(event, context): pass\n")
    return file.getvalue()


def answer_null(_environment, _invocation):
    """Answer each invoke with null; the invoke script of the sandbox."""
    return InvokeOutcome(InvokeStatus.ANSWERED, 1_000_000, b"null")


def new_clients(server):
    """Return a client of each service, by name; none of them looks at parameters by itself."""
    session = botocore.session.Session()
    config = Config(
        parameter_validation=False,
        retries={"max_attempts": 0},
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
    )
    return {
        service: session.create_client(
            service,
            region_name=REGION,
            endpoint_url=server.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )
        for service in ("lambda", "iam", "sts", "logs", "s3", "events", "sqs")
    }


def fill(value, names):
    """Return parameters, or a text, with what `$(name)` stands for; bytes stand alone."""
    if isinstance(value, dict):
        return {key: fill(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, names) for inner in value]
    if not isinstance(value, str) or "$(" not in value:
        return value
    for name, text in names.items():
        if value == f"$({name})":
            return text
        if isinstance(text, str):
            value = value.replace(f"$({name})", text)
    return value


class Refusal:
    """An error as botocore read it, and what it read."""

    def __init__(self, error, body, is_changed):
        self.error = error
        self.response = error.response
        self.body = body
        self.is_changed = is_changed  #: Whether the server remembers anything of it.

    @property
    def status(self):
        """The HTTP status."""
        return self.response["ResponseMetadata"]["HTTPStatusCode"]

    @property
    def headers(self):
        """The headers, names in lower case."""
        return self.response["ResponseMetadata"]["HTTPHeaders"]

    @property
    def code(self):
        """The error's code."""
        return self.response["Error"]["Code"]

    @property
    def text(self):
        """The error's text."""
        return self.response["Error"].get("Message")


class World:
    """What the rows are asked of."""

    def __init__(self, server, journal):
        self.server = server
        self.journal = journal
        self.clients = new_clients(server)
        #: What rows call `$(name)`.
        self.names = {"zip": archive(), "role": ROLE, "trust": TRUST, "doc": DOCUMENT}
        self._fill_functions()
        self._fill_access()
        self._fill_logs()
        self._fill_objects()
        assert journal.last_seq, "what is remembered goes through this journal"

    def close(self):
        """Hang up."""
        for client in self.clients.values():
            client.close()

    def ask(self, service, operation, parameters, body=None):
        """Ask for what is refused; return the Refusal.

        Args:
            service, operation, parameters: As botocore has them.
            body: What is sent instead of what the parameters make; None: that.
        """
        client = self.clients[service]
        name = f"{client.meta.service_model.service_id.hyphenize()}.{operation}"
        bodies = []

        def replace(params, **_):
            params["body"] = params["body"] if body is None else body

        def note(response_dict, **_):
            bodies.append(response_dict["body"])

        events = client.meta.events
        events.register(f"before-call.{name}", replace)
        events.register(f"response-received.{name}", note)
        before = self.journal.last_seq
        try:
            answer = client._make_api_call(operation, self.filled(parameters))
        except ClientError as error:
            is_changed = self.journal.last_seq != before
            return Refusal(error, bodies[-1], is_changed)
        finally:
            events.unregister(f"before-call.{name}", replace)
            events.unregister(f"response-received.{name}", note)
        raise AssertionError(f"not refused: {answer}")

    def filled(self, value):
        """Return parameters, or a text, with what only the server knew."""
        return fill(value, self.names)

    def settle(self):
        """Let states settle."""
        self.server.advance(SETTLE_S)

    def function(self, name):
        """Create a function and let it become active."""
        client = self.clients["lambda"]
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": archive()},
        )
        self.settle()

    def _fill_functions(self):
        """`F` has everything, `G` nothing, `B` is being updated; layer `L` with a statement."""
        client = self.clients["lambda"]
        for name in ("F", "G", "B"):
            self.function(name)
        client.publish_version(FunctionName="F")
        self.settle()
        client.create_alias(FunctionName="F", Name="live", FunctionVersion="1")
        grant = {"Action": "lambda:InvokeFunction", "Principal": ACCOUNT}
        client.add_permission(FunctionName="F", StatementId="s1", **grant)
        client.create_function_url_config(FunctionName="F", AuthType="NONE")
        client.put_function_event_invoke_config(FunctionName="F", MaximumRetryAttempts=1)
        client.put_provisioned_concurrency_config(
            FunctionName="F", Qualifier="live", ProvisionedConcurrentExecutions=1
        )
        self.settle()
        client.publish_layer_version(LayerName="L", Content={"ZipFile": archive()})
        client.add_layer_version_permission(
            LayerName="L",
            VersionNumber=1,
            StatementId="s1",
            Action="lambda:GetLayerVersion",
            Principal="*",
        )
        self.clients["sqs"].create_queue(QueueName="Q")
        mapping = client.create_event_source_mapping(
            EventSourceArn=QUEUE, FunctionName="F", Enabled=False
        )
        self.names["mapping"] = mapping["UUID"]
        self.settle()
        client.update_function_configuration(FunctionName="B", Timeout=9)

    def _fill_access(self):
        """Role `R` with a policy of its own, and policy `P`, attached, in two versions."""
        client = self.clients["iam"]
        client.create_role(RoleName="R", AssumeRolePolicyDocument=TRUST)
        client.put_role_policy(RoleName="R", PolicyName="own", PolicyDocument=DOCUMENT)
        client.create_policy(PolicyName="P", PolicyDocument=DOCUMENT)
        client.create_policy_version(PolicyArn=POLICY, PolicyDocument=DOCUMENT)
        client.attach_role_policy(RoleName="R", PolicyArn=POLICY)

    def _fill_logs(self):
        """Group `/g` with the stream `s`."""
        client = self.clients["logs"]
        client.create_log_group(logGroupName="/g")
        client.create_log_stream(logGroupName="/g", logStreamName="s")

    def _fill_objects(self):
        """Bucket `bucket` with the object `k` and an upload that is not complete."""
        client = self.clients["s3"]
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="k", Body=b"text")
        upload = client.create_multipart_upload(Bucket="bucket", Key="big")
        self.names["upload"] = upload["UploadId"]
