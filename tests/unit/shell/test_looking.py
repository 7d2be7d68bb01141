"""Looks at messages through a whole server: forms of asking and answering, bounds, admission."""

import json
import xml.etree.ElementTree as ET
from urllib.parse import quote, urlencode

import pytest

from headrace.shell import looking
from tests.unit.shell.talk import post
from tests.unit.shell.test_service import ask, get, sqs, story_of

PAGE = "/_aws/sqs/messages"
NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"
JSON = "Accept: application/json"


async def make_queue(wire, *bodies):
    _, _, created = await ask(wire, sqs("CreateQueue", QueueName="q"))
    for body in bodies:
        await ask(wire, sqs("SendMessage", QueueUrl=created["QueueUrl"], MessageBody=body))
    return created["QueueUrl"]


def bodies_in(document):
    result = document["ReceiveMessageResponse"]["ReceiveMessageResult"]
    return [message["Body"] for message in result["Message"]]


def bodies_in_xml(data):
    return [element.text for element in ET.fromstring(data).iter(f"{NAMESPACE}Body")]


def test_every_form_of_asking_gets_the_messages():
    async def story(server, wire):
        url = await make_queue(wire, "a<b", "c")
        query = urlencode({"QueueUrl": url})
        form = "Content-Type: application/x-www-form-urlencoded"
        for data in (
            get(f"{PAGE}?{query}"),
            get(f"{PAGE}/?{query}&Action=ReceiveMessage"),
            get(f"{PAGE}/us-east-1/000000000000/q"),
            post(PAGE, query.encode(), form),
            post(PAGE, f"Action=ReceiveMessage&{query}".encode(), form),
        ):
            status, headers, answer = await ask(wire, data)
            assert (status, headers["content-type"]) == (200, "text/xml")
            assert ET.fromstring(answer).tag == f"{NAMESPACE}ReceiveMessageResponse"
            assert bodies_in_xml(answer) == ["a<b", "c"]
            assert "x-headrace-next-token" not in headers
        for data in (
            get(f"{PAGE}?{query}", JSON),
            post(PAGE, query.encode(), form, JSON),
        ):
            status, headers, document = await ask(wire, data)
            assert (status, headers["content-type"]) == (200, "application/json")
            assert bodies_in(document) == ["a<b", "c"]

    story_of(story)


def test_the_receive_of_an_sdk_with_this_endpoint_is_a_look():
    async def story(server, wire):
        url = await make_queue(wire, "a")
        data = post(
            PAGE + "/",
            json.dumps({"QueueUrl": url}).encode(),
            "X-Amz-Target: AmazonSQS.ReceiveMessage",
            "Content-Type: application/x-amz-json-1.0",
        )
        for _ in range(2):
            status, headers, document = await ask(wire, data)
            assert (status, headers["content-type"]) == (200, "application/x-amz-json-1.0")
            (message,) = document["Messages"]
            assert message["Attributes"]["ApproximateReceiveCount"] == "0"
        data = data.replace(b"AmazonSQS.ReceiveMessage", b"AmazonSQS.DeleteQueue")
        assert (await ask(wire, data))[0] == 400
        assert (await ask(wire, sqs("ListQueues")))[2] == {"QueueUrls": [url]}

    story_of(story)


def test_nothing_is_received():
    async def story(server, wire):
        url = await make_queue(wire, "a")
        for _ in range(3):
            await ask(wire, get(f"{PAGE}?QueueUrl={quote(url)}&Action=ReceiveMessage"))
        _, _, got = await ask(
            wire, sqs("ReceiveMessage", QueueUrl=url, MessageSystemAttributeNames=["All"])
        )
        (message,) = got["Messages"]
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"
        _, _, seen = await ask(wire, get(f"{PAGE}?QueueUrl={quote(url)}", JSON))
        assert bodies_in(seen) == []
        _, _, seen = await ask(wire, get(f"{PAGE}?QueueUrl={quote(url)}&ShowInvisible=true", JSON))
        assert bodies_in(seen) == ["a"]

    story_of(story)


def test_pages_in_both_forms():
    async def story(server, wire):
        url = await make_queue(wire, "a", "b", "c")
        target = f"{PAGE}?QueueUrl={quote(url)}&MaxResults=2"
        _, headers, document = await ask(wire, get(target, JSON))
        token = document["ReceiveMessageResponse"]["ReceiveMessageResult"]["NextToken"]
        assert headers["x-headrace-next-token"] == token
        _, _, answer = await ask(wire, get(target))
        assert ET.fromstring(answer).find(f"*/{NAMESPACE}NextToken").text == token
        _, headers, document = await ask(wire, get(f"{target}&NextToken={quote(token)}", JSON))
        assert bodies_in(document) == ["c"]
        assert "x-headrace-next-token" not in headers

    story_of(story)


def test_bytes_are_bounded(monkeypatch):
    monkeypatch.setattr(looking, "LOOK_BYTES_MAX", 10)
    monkeypatch.setattr(looking, "LOOK_SLICE", 2)

    async def story(server, wire):
        url = await make_queue(wire, *["0123456789"] * 5)
        _, headers, document = await ask(wire, get(f"{PAGE}?QueueUrl={quote(url)}", JSON))
        assert len(bodies_in(document)) == 2
        token = quote(headers["x-headrace-next-token"])
        _, _, document = await ask(
            wire, get(f"{PAGE}?QueueUrl={quote(url)}&NextToken={token}", JSON)
        )
        assert len(bodies_in(document)) == 2

    story_of(story)


@pytest.mark.parametrize(
    ("data", "status", "part"),
    [
        (get(PAGE), 400, b"<Code>MissingParameter</Code>"),
        (get(f"{PAGE}?QueueUrl=absent"), 400, b"NonExistentQueue"),
        (get(f"{PAGE}/us-east-1/000000000000/absent"), 400, b"NonExistentQueue"),
        (get(f"{PAGE}?QueueUrl=q&Action=PurgeQueue"), 400, b"InvalidAction"),
        (get(f"{PAGE}?{'a=b&' * 60}"), 400, b"InvalidAction"),
        (get(f"{PAGE}?QueueUrl=q").replace(b"GET", b"PUT"), 405, b"Only GET and POST."),
    ],
)
def test_what_is_refused(data, status, part):
    async def story(server, wire):
        await make_queue(wire)
        got, _, answer = await ask(wire, data)
        assert (got, part in answer) == (status, True), answer

    story_of(story)


@pytest.mark.parametrize(
    "data",
    [
        get(f"{PAGE}?QueueUrl=q", "Origin: http://evil.example"),
        get(f"{PAGE}?QueueUrl=q").replace(b"Host: localhost", b"Host: evil.example"),
    ],
    ids=["a web page", "a foreign name"],
)
def test_who_is_not_let_in_sees_nothing(data):
    async def story(server, wire):
        await make_queue(wire, "secret")
        await wire.send(data)
        status, _, answer = await wire.answer()
        assert (status, b"secret" in answer) == (403, False)

    story_of(story)


def test_account_and_region_are_the_callers():
    async def story(server, wire):
        await make_queue(wire, "a")
        scope = "Authorization: AWS4-HMAC-SHA256 Credential={}/20261125/{}/sqs/aws4_request, x"
        target = f"{PAGE}?QueueUrl=q"
        assert (await ask(wire, get(target, scope.format("test", "us-east-1"))))[0] == 200
        assert (await ask(wire, get(target, scope.format("111122223333", "us-east-1"))))[0] == 400
        assert (await ask(wire, get(target, scope.format("test", "eu-west-1"))))[0] == 400

    story_of(story)
