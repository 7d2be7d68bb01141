"""Requests to function URLs, through a whole server with a scripted sandbox."""

import json

import pytest

from headrace.core.functions import limits
from headrace.core.functions.accesscommands import AddPermission, CreateUrl, Grant, UpdateUrl
from headrace.core.functions.commands import CreateAlias, PublishVersion
from headrace.core.functions.settings import Code
from headrace.core.functions.url import Cors
from headrace.ports.sandbox import InitOutcome, InitStatus, InvokeOutcome, InvokeStatus
from headrace.shell.config import Config
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve
from tests.unit.core.functions.bench import ACCOUNT, REGION, creation, reference
from tests.unit.shell.talk import run, wire_to
from tests.unit.shell.test_archives import ZIP

GRANT = Grant("public", "lambda:InvokeFunctionUrl", "*", url_auth_type="NONE")
FORBIDDEN = (
    b'{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: '
    b'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}'
)
SCOPE = "AWS4-HMAC-SHA256 Credential={}/20261128/eu-central-1/lambda/aws4_request, x"


def script(payload, status=InvokeStatus.ANSWERED):
    """Return a script that ends every invoke with one answer."""
    return lambda _environment, _invocation: InvokeOutcome(status, 1_000, payload)


class Stage:
    """A server with one function that may have URLs."""

    def __init__(self, server, wire):
        self.server = server
        self.wire = wire
        self.driver = server.driver
        self.id = ""

    async def create(self):
        digest = await self.server.app.parts.blobs.put(ZIP)
        plain = creation()
        made = type(plain)(plain.reference, plain.settings, Code(digest, len(ZIP)), {}, plain.seed)
        await self.driver.ask(made)

    async def open(self, auth_type="NONE", qualifier=None, *, is_public=True, **changes):
        """Make a URL, and let everybody use it."""
        target = reference(qualifier=qualifier)
        shown = await self.driver.ask(CreateUrl(target, auth_type, b"u" * 16, **changes))
        self.id = shown.url.id
        if is_public:
            await self.driver.ask(AddPermission(target, GRANT, b"p" * 16))

    @property
    def host(self):
        return f"{self.id}.lambda-url.{REGION}.localhost:4566"

    async def ask(self, target="/", method="GET", body=b"", *, host=None, **headers):
        """Return status, headers and body; names of headers are written with "_" for "-"."""
        given = {"Host": host or self.host, "Content-Length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in given.items()), "", ""]
        await self.wire.send("\r\n".join(lines).encode() + body)
        return await self.wire.answer(bodiless=method == "HEAD")


def play(story, config=None, **scripts):
    async def whole():
        sandbox = ScriptedSandbox(**scripts)
        clock = VirtualClock()
        async with serve(config, sandbox=sandbox, clock=clock) as server, wire_to(server) as wire:
            stage = Stage(server, wire)
            await stage.create()
            await story(stage)

    run(whole())


def test_a_request_becomes_an_event_and_its_result_the_answer():
    async def story(stage):
        await stage.open()
        status, headers, body = await stage.ask(
            "/a?b=c", "POST", b"hello", Content_Type="text/plain"
        )
        event = json.loads(body)
        assert (status, headers["content-type"]) == (200, "application/json")
        assert (event["rawPath"], event["body"]) == ("/a", "hello")
        context = event["requestContext"]
        assert context["requestId"] == headers["x-amzn-requestid"]
        assert context["http"]["sourceIp"] == event["headers"]["x-forwarded-for"] == "127.0.0.1"
        assert context["timeEpoch"] == stage.server.clock.now()
        assert event["headers"]["x-amzn-trace-id"] == headers["x-amzn-trace-id"]
        assert headers["x-amzn-trace-id"].startswith("Root=1-")
        assert "content-security-policy" not in headers
        _, headers, _ = await stage.ask(X_Amzn_Trace_Id="Root=1-2-3")
        assert headers["x-amzn-trace-id"] == "Root=1-2-3"

    play(story)


def test_a_head_is_answered_without_its_body():
    async def story(stage):
        await stage.open()
        status, headers, _ = await stage.ask(method="HEAD")
        assert (status, headers["content-length"]) == (200, "3")
        assert (await stage.ask())[2] == b"abc"

    play(story, invoke=script(b'"abc"'))


def test_a_name_is_that_of_a_url_in_capitals_too():
    async def story(stage):
        await stage.open()
        status, _, body = await stage.ask("/?Action=ListQueues", host=stage.host.upper())
        assert (status, json.loads(body)["requestContext"]["apiId"]) == (200, stage.id)
        name = f"{stage.id}.LAMBDA-URL.{REGION}.example.org"
        assert (await stage.ask(host=name))[0] == 200

    play(story, Config(allow_host=("example.org",)))


def test_the_path_form_is_no_page_of_this_server():
    async def story(stage):
        await stage.open()
        for path, seen in (("", "/"), ("/", "/"), ("/x/y?q", "/x/y")):
            target = f"/_headrace/url/{stage.id}{path}"
            status, headers, body = await stage.ask(target, host="127.0.0.1:4566")
            assert (status, json.loads(body)["rawPath"]) == (200, seen)
            assert headers["content-security-policy"].startswith("sandbox")

    play(story)


def test_who_is_not_allowed_hears_it_in_awss_words():
    """L-C2, L-C3, L-C10."""

    async def story(stage):
        await stage.open(is_public=False)
        status, headers, body = await stage.ask()
        assert (status, body) == (403, FORBIDDEN)
        assert headers["x-amzn-errortype"] == "AccessDeniedException"
        assert headers["content-type"] == "application/json"
        for host in (
            f"nobody.lambda-url.{REGION}.localhost",
            f"{stage.id}.lambda-url.us-east-1.localhost",
            f".lambda-url.{REGION}.localhost",
        ):
            status, headers, body = await stage.ask(host=host)
            assert (status, body) == (403, b'{"Message":null}')
            assert headers["x-amzn-errortype"] == "AccessDeniedException"

    play(story)


def test_a_url_for_callers_with_credentials():
    async def story(stage):
        await stage.open("AWS_IAM", is_public=False)
        assert (await stage.ask())[2] == FORBIDDEN
        others = SCOPE.format("111122223333")
        assert (await stage.ask(Authorization=others))[2] == FORBIDDEN
        _, _, body = await stage.ask(Authorization=SCOPE.format(ACCOUNT))
        event = json.loads(body)
        assert event["requestContext"]["accountId"] == ACCOUNT
        iam = event["requestContext"]["authorizer"]["iam"]
        assert (iam["accessKey"], iam["userArn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
        grant = Grant("s", "lambda:InvokeFunctionUrl", "111122223333", url_auth_type="AWS_IAM")
        await stage.driver.ask(AddPermission(reference(), grant, b"q" * 16))
        _, _, body = await stage.ask(Authorization=others)
        assert json.loads(body)["requestContext"]["accountId"] == "111122223333"

    play(story)


def test_a_url_for_everybody_looks_at_no_credentials():
    async def story(stage):
        await stage.open()
        _, _, body = await stage.ask(Authorization=SCOPE.format(ACCOUNT))
        event = json.loads(body)
        assert event["requestContext"]["accountId"] == "anonymous"
        assert event["headers"]["authorization"] == SCOPE.format(ACCOUNT)

    play(story)


def test_an_alias_is_what_its_url_runs():
    seen = []

    def look(_environment, invocation):
        seen.append(invocation.invoked_function_arn)
        return InvokeOutcome(InvokeStatus.ANSWERED, 1_000, b"1")

    async def story(stage):
        await stage.driver.ask(PublishVersion(reference(), b"v" * 16))
        await stage.driver.ask(CreateAlias(reference(), "live", "1", b"w" * 16))
        await stage.open(qualifier="live")
        assert (await stage.ask())[0] == 200
        assert seen[0].endswith(":live")

    play(story, invoke=look)


@pytest.mark.parametrize("status", [InvokeStatus.ERROR, InvokeStatus.EXITED])
def test_a_failure_is_a_502(status):
    async def story(stage):
        await stage.open()
        got, headers, body = await stage.ask()
        assert (got, body) == (502, b"Internal Server Error")
        assert headers["x-amzn-requestid"]

    play(story, invoke=script(b"{}", status))


def test_a_machine_that_refuses_is_a_502():
    async def story(stage):
        await stage.open()
        assert (await stage.ask())[0] == 502

    play(story, init=lambda _spec: InitOutcome(InitStatus.ERROR, 1_000, b"{}"))


def test_too_many_are_throttled(monkeypatch):
    async def story(stage):
        await stage.open()
        monkeypatch.setattr(limits, "CONCURRENCY_MAX", 0)
        status, headers, body = await stage.ask()
        assert (status, headers["x-amzn-errortype"]) == (429, "TooManyRequestsException")
        assert json.loads(body) == {
            "Reason": "ConcurrentInvocationLimitExceeded",
            "Type": "User",
            "message": "Rate Exceeded.",
        }

    play(story)


def test_an_event_is_no_longer_than_6_mib():
    async def story(stage):
        await stage.open()
        size = limits.PAYLOAD_BYTES_MAX * 3 // 4
        status, headers, _ = await stage.ask("/", "POST", bytes(size))
        assert (status, headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")
        assert (await stage.ask("/", "POST", bytes(size - 2_000)))[0] == 200

    play(story, invoke=script(b"1"))


def test_browsers_are_answered_as_cors_says():
    async def story(stage):
        cors = Cors(allow_origins=("https://a.example",), allow_methods=("GET",))
        await stage.open(cors=cors)
        page = {"Origin": "https://a.example", "Sec_Fetch_Site": "cross-site"}
        asking = page | {"Access_Control_Request_Method": "GET"}
        status, headers, body = await stage.ask("/", "OPTIONS", **asking)
        assert (status, body) == (200, b"")
        assert headers["access-control-allow-methods"] == "GET"
        status, headers, _ = await stage.ask(**page)
        assert (status, headers["access-control-allow-origin"]) == (200, "https://a.example")
        await stage.driver.ask(UpdateUrl(reference(), cors=Cors()))
        status, _, body = await stage.ask("/", "OPTIONS", **asking)
        assert json.loads(body)["requestContext"]["http"]["method"] == "OPTIONS"

    play(story)


def test_the_rest_of_the_server_stays_closed_to_pages():
    async def story(stage):
        await stage.open()
        page = {"Origin": f"http://{stage.host}"}
        assert (await stage.ask(**page))[0] == 200
        status, _, _ = await stage.ask("/_headrace/health", host="localhost:4566", **page)
        assert status == 403

    play(story)


def test_foreign_names_are_not_let_in():
    async def story(stage):
        await stage.open()
        status, _, _ = await stage.ask(host=f"{stage.id}.lambda-url.{REGION}.evil.example")
        assert status == 403

    play(story)


def test_names_below_the_servers_own_are_let_in():
    async def story(stage):
        await stage.open()
        status, _, _ = await stage.ask(host=f"{stage.id}.lambda-url.{REGION}.aws.example.org")
        assert status == 200

    play(story, Config(port=0, allow_host=("aws.example.org",)))


def test_nothing_of_awss_protocols_is_served_under_such_a_name():
    async def story(stage):
        await stage.open()
        _, _, body = await stage.ask("/2015-03-31/functions/")
        assert json.loads(body)["rawPath"] == "/2015-03-31/functions/"
        _, _, body = await stage.ask("/", "POST", b"{}", X_Amz_Target="AmazonSQS.ListQueues")
        assert json.loads(body)["version"] == "2.0"

    play(story)


def test_a_server_that_stops_runs_nothing_new():
    async def story(stage):
        await stage.open()
        stage.server.app.service.drain()
        assert (await stage.ask())[0] == 503

    play(story)


def test_a_streamed_answer_comes_as_a_whole():
    async def story(stage):
        await stage.open(invoke_mode="RESPONSE_STREAM")
        status, headers, body = await stage.ask()
        assert (status, headers["x-a"], body) == (201, "b", b"body")

    play(story, invoke=script(b'{"statusCode":201,"headers":{"x-a":"b"}}' + b"\0" * 8 + b"body"))
