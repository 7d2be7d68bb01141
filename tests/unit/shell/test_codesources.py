"""Code that lies in S3: ours, and another's, which a server of our own plays here."""

import asyncio
import http.server
import json
import threading
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from headrace.api.context import Context
from headrace.base.instant import Instant
from headrace.core.functions.errors import InvalidParameterValue
from headrace.shell import codesources
from headrace.shell.codesources import OutsideBuckets, signed
from headrace.testing.sandbox import ScriptedSandbox
from tests.unit.core.functions.bench import ROLE
from tests.unit.shell.buckets import play
from tests.unit.shell.test_archives import ZIP, make_zip

FUNCTIONS = "/2015-03-31/functions"
AS_LAMBDA = "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261128/us-east-1/lambda/aws4_request"
VARIABLES = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
CONTEXT = Context("1" * 12, "eu-west-1", "r", b"", Instant(1_795_860_000_000), 1, "http://h", "s")
GONE = b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>Gone.</Message></Error>"


async def tell(client, method, path, document):
    """Ask Lambda."""
    body = json.dumps(document).encode()
    lines = [f"{method} {FUNCTIONS}{path} HTTP/1.1", "Host: localhost", AS_LAMBDA]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    await client.wire.send(head.encode(), body)
    status, _, answer = await client.wire.answer()
    return status, json.loads(answer)


def function(**code):
    return {
        "FunctionName": "f",
        "Runtime": "python3.11",
        "Role": ROLE,
        "Handler": "app.handler",
        "Code": code,
    }


def test_code_comes_from_our_own_buckets_and_stays_when_they_change():
    async def story(client):
        await client.ask("PUT", "/code/f.zip", ZIP)
        document = function(S3Bucket="code", S3Key="f.zip")
        status, created = await tell(client, "POST", "", document)
        assert (status, created["CodeSize"]) == (201, len(ZIP))
        other = make_zip({"app.py": "x = 1\n"})
        await client.ask("PUT", "/code/f.zip", other)
        changed = {"S3Bucket": "code", "S3Key": "f.zip", "S3ObjectVersion": "null"}
        status, updated = await tell(client, "PUT", "/f/code", changed)
        assert (status, updated["CodeSize"]) == (200, len(other))
        await client.ask("DELETE", "/code/f.zip")
        _, _, body = await client.ask("GET", "/code/f.zip")
        assert b"NoSuchKey" in body

    play(story, sandbox=ScriptedSandbox())


@pytest.mark.parametrize(
    ("place", "code", "sentence"),
    [
        (("none", "k", ""), "NoSuchBucket", "The specified bucket does not exist"),
        (("code", "none", ""), "NoSuchKey", "The specified key does not exist."),
        (("code", "k", "7"), "NoSuchVersion", "The specified version does not exist."),
    ],
)
def test_code_that_is_not_there_is_refused_in_lambdas_words(place, code, sentence):
    async def story(client):
        await client.ask("PUT", "/code/k", ZIP)
        bucket, key, version = place
        members = {"S3ObjectVersion": version} if version else {}
        document = function(S3Bucket=bucket, S3Key=key, **members)
        status, refusal = await tell(client, "POST", "", document)
        assert (status, refusal["message"]) == (
            400,
            f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {sentence}",
        )

    play(story, sandbox=ScriptedSandbox())


def test_what_is_no_archive_is_refused():
    async def story(client):
        await client.ask("PUT", "/code/k", b"no zip")
        status, refusal = await tell(client, "POST", "", function(S3Bucket="code", S3Key="k"))
        assert (status, refusal["message"][:15]) == (400, "Could not unzip")

    play(story, sandbox=ScriptedSandbox())


@pytest.mark.parametrize("token", ["", "token"])
def test_a_signature_is_the_one_that_botocore_makes(token):
    url = "http://127.0.0.1:9000/code/a%20b/c.zip?versionId=x%2Fy"
    moment = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
    mine = signed(
        url, "eu-west-1", int(moment.timestamp()), VARIABLES | {"AWS_SESSION_TOKEN": token}
    )
    request = AWSRequest("GET", url, headers={"x-amz-content-sha256": mine["x-amz-content-sha256"]})
    request.context["timestamp"] = mine["x-amz-date"]
    auth = S3SigV4Auth(Credentials("AKID", "secret", token or None), "s3", "eu-west-1")
    if token:
        request.headers["x-amz-security-token"] = token
    request.headers["x-amz-date"] = mine["x-amz-date"]
    request.headers["host"] = mine["host"]
    text = auth.string_to_sign(request, auth.canonical_request(request))
    assert mine["authorization"].endswith(f"Signature={auth.signature(text, request)}")
    assert "Credential=AKID/20261128/eu-west-1/s3/aws4_request" in mine["authorization"]


def test_without_credentials_nothing_is_signed():
    assert signed("http://h/b/k", "eu-west-1", 0, {}) == {}


class Outside(http.server.BaseHTTPRequestHandler):
    """Another S3, which has one object."""

    asked: list

    def do_GET(self):
        self.asked.append((self.path, self.headers.get("authorization", "")[:35]))
        answers = {
            "/b/a%20k": (200, b"content"),
            "/b/odd": (500, b"<no xml"),
            "/b/elsewhere": (307, b""),
            "/b/short": (200, b"cont"),
        }
        if self.path == "/b/garbage":
            self.wfile.write(b"I speak no HTTP\r\n\r\n")
            return
        status, content = answers.get(self.path.partition("?")[0], (404, GONE))
        self.send_response(status)
        self.send_header("Content-Length", "7" if self.path == "/b/short" else str(len(content)))
        self.send_header("Location", f"http://localhost:{self.server.server_port}/b/a%20k")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def outside(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Outside.asked = []
    server = http.server.HTTPServer(("127.0.0.1", 0), Outside)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield OutsideBuckets(f"http://127.0.0.1:{server.server_port}/", VARIABLES)
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(source, bucket, key, version=""):
    return asyncio.run(source.fetch(bucket, key, version, CONTEXT))


def test_code_comes_from_another_s3(outside):
    assert fetch(outside, "b", "a k", "v/1") == b"content"
    assert Outside.asked == [("/b/a%20k?versionId=v%2F1", "AWS4-HMAC-SHA256 Credential=AKID/20")]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("gone", "S3 Error Code: NoSuchKey. S3 Error Message: Gone."),
        ("odd", "S3 Error Code: 500. S3 Error Message: Internal Server Error"),
    ],
)
def test_what_the_other_refuses_is_repeated(outside, key, text):
    with pytest.raises(InvalidParameterValue, match=f"while GetObject. {text}"):
        fetch(outside, "b", key)


def test_nothing_is_sent_to_where_the_other_points(outside):
    with pytest.raises(InvalidParameterValue, match="S3 Error Code: 307"):
        fetch(outside, "b", "elsewhere")
    assert [path for path, _ in Outside.asked] == ["/b/elsewhere"]


@pytest.mark.parametrize(
    ("key", "text"), [("short", "ended 3 bytes too early"), ("garbage", "cannot be read: ")]
)
def test_an_answer_that_is_none_is_refused(outside, key, text):
    with pytest.raises(InvalidParameterValue, match=text):
        fetch(outside, "b", key)


def test_what_is_too_large_is_not_read_to_its_end(outside, monkeypatch):
    monkeypatch.setattr(codesources, "OBJECT_BYTES_MAX", 6)
    with pytest.raises(InvalidParameterValue, match="larger than 6 bytes"):
        fetch(outside, "b", "a k")


def test_nobody_there():
    with pytest.raises(InvalidParameterValue, match=r"cannot be read: .*refused"):
        fetch(OutsideBuckets("http://127.0.0.1:1", {}), "b", "k")
