"""Requests to commands and replies to answers, with real queues behind."""

import asyncio
import json

import pytest

from headrace.api.operation import Operation
from headrace.base.errors import ServiceError
from headrace.core.sqs.commands import ListQueues
from headrace.shell.config import Config
from headrace.shell.limits import (
    BODY_BYTES_MAX,
    CODE_BODY_BYTES_MAX,
    FUNCTION_BODY_BYTES_MAX,
    PAYLOAD_BODY_BYTES_MAX,
    SMALL_BODY_BYTES_MAX,
)
from headrace.shell.reader import Refused
from headrace.testing.entropy import SeededEntropy
from headrace.testing.server import serve
from headrace.wire.envelope import HttpRequest, HttpResponse
from tests.unit.shell.talk import post, run, turns, until, wire_to


def sqs(operation, *headers, **parameters):
    """Return the bytes of an SQS request in AWS JSON."""
    return post(
        "/",
        json.dumps(parameters).encode(),
        f"X-Amz-Target: AmazonSQS.{operation}",
        "Content-Type: application/x-amz-json-1.0",
        *headers,
    )


def get(target, *headers):
    """Return the bytes of a GET."""
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


async def ask(wire, data):
    """Send a request; return status, headers, and the JSON document of the answer or its bytes."""
    await wire.send(data)
    status, headers, body = await wire.answer()
    is_json = "json" in headers.get("content-type", "") and body
    return status, headers, json.loads(body) if is_json else body


def story_of(story, **options):
    """Run `story(server, wire)` with a server and one connection to it."""

    async def whole():
        async with serve(entropy=SeededEntropy(), **options) as server, wire_to(server) as wire:
            await story(server, wire)

    run(whole())


def test_a_message_goes_in_and_comes_out():
    async def story(server, wire):
        _, headers, created = await ask(wire, sqs("CreateQueue", QueueName="q"))
        assert created == {"QueueUrl": "http://localhost/000000000000/q"}
        assert len(headers["x-amzn-requestid"]) == 36
        url = created["QueueUrl"]
        _, _, sent = await ask(wire, sqs("SendMessage", QueueUrl=url, MessageBody="hello"))
        _, _, received = await ask(wire, sqs("ReceiveMessage", QueueUrl=url))
        (message,) = received["Messages"]
        assert message["Body"] == "hello"
        assert message["MessageId"] == sent["MessageId"]
        handle = message["ReceiptHandle"]
        status, headers, body = await ask(
            wire, sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
        )
        assert (status, headers["content-length"], body) == (200, "0", b"")

    story_of(story)


def test_a_refusal_of_an_operation_waits_like_any_other_answer():
    async def story(server, wire):
        _, _, created = await ask(wire, sqs("CreateQueue", QueueName="q"))
        url = created["QueueUrl"]
        await wire.send(
            sqs("DeleteQueue", QueueUrl=url) + sqs("SendMessage", QueueUrl=url, MessageBody="x")
        )
        assert (await wire.answer())[0] == 200
        status, headers, body = await wire.answer()
        assert status == 400
        assert headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
        assert json.loads(body)["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"

    story_of(story)


@pytest.mark.parametrize(
    "data, status, part",
    [
        (sqs("Frobnicate"), 400, "UnknownOperationException"),
        (get("/?Action=Frobnicate"), 400, "InvalidAction"),
        (get("/2015-03-31/layers"), 404, "UnknownOperationException"),
        (get("/2015-03-31/nonsense"), 404, "UnknownOperationException"),
        (get("/"), 404, "<UnknownOperationException/>"),
        (post("/", b"{", "X-Amz-Target: AmazonSQS.SendMessage"), 400, "SerializationException"),
        (sqs("SendMessage", MessageBody="x"), 400, "MissingRequiredParameter"),
        (get("/?Action=SendMessage&MessageBody=x"), 400, "MissingParameter"),
        (post("/", b"", "X-Amz-Target: AmazonSNS.Publish"), 400, "UnknownOperationException"),
    ],
)
def test_what_is_not_served_gets_the_error_of_aws(data, status, part):
    async def story(server, wire):
        got, headers, document = await ask(wire, data)
        text = headers.get("x-amzn-errortype", "") + str(document)
        assert (got, part in text) == (status, True), text

    story_of(story)


def test_account_and_region_come_from_the_credentials():
    async def story(server, wire):
        scope = "Authorization: AWS4-HMAC-SHA256 Credential={}/20261125/{}/sqs/aws4_request, x"
        await ask(
            wire, sqs("CreateQueue", scope.format("111122223333", "eu-west-1"), QueueName="q")
        )
        _, _, listed = await ask(wire, sqs("ListQueues", scope.format("111122223333", "eu-west-1")))
        assert listed == {"QueueUrls": ["http://localhost/111122223333/q"]}
        _, _, listed = await ask(wire, sqs("ListQueues", scope.format("111122223333", "eu-west-2")))
        assert listed == {}
        _, _, listed = await ask(wire, sqs("ListQueues"))
        assert listed == {}

    story_of(story)


def test_a_configured_url_stands_in_queue_urls():
    async def story(server, wire):
        _, _, created = await ask(wire, sqs("CreateQueue", QueueName="q"))
        assert created["QueueUrl"] == "https://queues.example/000000000000/q"

    story_of(story, config=Config(port=0, public_url="https://queues.example"))


def test_health_says_what_the_server_is_doing():
    async def story(server, wire):
        status, _, document = await ask(wire, get("/_headrace/health"))
        assert (status, document["service"], document["state"]) == (200, "headrace", "running")
        server.driver.running = False
        status, _, document = await ask(wire, get("/_headrace/health"))
        assert (status, document["state"]) == (503, "recovering")
        server.driver.running = True
        server.app.service.drain()
        status, _, document = await ask(wire, get("/_headrace/health"))
        assert (status, document["state"]) == (503, "stopping")

    story_of(story)


def test_nothing_is_served_while_memory_is_rebuilt():
    async def story(server, wire):
        server.driver.running = False
        status, headers, _ = await ask(wire, sqs("ListQueues"))
        assert (status, headers["x-amzn-query-error"]) == (503, "ServiceUnavailable;Receiver")
        server.driver.running = True
        assert (await ask(wire, sqs("ListQueues")))[0] == 200

    story_of(story)


def test_a_page_is_served_beside_the_protocols():
    async def story(server, wire):
        async def page(request):
            return HttpResponse(200, [], request.query.encode())

        async def broken(request):
            raise RuntimeError("a bug")

        server.app.service.pages["/_test/page"] = page
        server.app.service.pages["/_test/broken"] = broken
        assert (await ask(wire, get("/_test/page?x=1")))[2] == b"x=1"
        assert (await ask(wire, get("/_test/broken")))[0] == 500
        assert (await ask(wire, get("/_test/page?x=2")))[2] == b"x=2"

    story_of(story)


def test_a_bug_in_an_operation_is_answered_500_and_the_server_goes_on():
    async def story(server, wire):
        def broken(*arguments):
            raise RuntimeError("a bug")

        def list_queues(parameters, context, rooms):
            return ListQueues(context.account, context.region)

        table = {
            "GetQueueUrl": Operation(broken, broken),
            "ListQueues": Operation(list_queues, broken),
        }
        server.app.service._tables = {"sqs": table, "lambda": {}}
        for operation in table:
            status, headers, document = await ask(wire, sqs(operation, QueueName="q"))
            assert (status, headers["x-amzn-query-error"]) == (500, "InternalFailure;Receiver")
            assert "bug" not in str(document)
        assert (await ask(wire, get("/_headrace/health")))[2]["state"] == "running"

    story_of(story)


def test_an_operation_is_prepared_before_its_command_is_made():
    async def story(server, wire):
        go_on = asyncio.Event()

        async def prepare(parameters, context):
            await go_on.wait()
            return {**parameters, "QueueName": parameters["QueueName"] + context.account}

        server.app.service.prepare["CreateQueue"] = prepare
        await wire.send(sqs("CreateQueue", QueueName="q") + sqs("ListQueues"))
        await turns()
        assert server.driver.hand.count == 1
        go_on.set()
        name = "http://localhost/000000000000/q000000000000"
        assert json.loads((await wire.answer())[2]) == {"QueueUrl": name}
        assert json.loads((await wire.answer())[2]) == {"QueueUrls": [name]}
        await server.quiet()

    story_of(story)


class Unfit(ServiceError):
    """What a preparation refuses."""

    code = query_code = "Unfit"
    status = 400
    fault = "Sender"


@pytest.mark.parametrize(
    "error, code", [(Unfit("No."), "Unfit"), (RuntimeError("a bug"), "InternalFailure")]
)
def test_a_preparation_that_fails_is_the_answer(error, code):
    async def story(server, wire):
        async def prepare(parameters, context):
            raise error

        server.app.service.prepare["CreateQueue"] = prepare
        _, headers, _ = await ask(wire, sqs("CreateQueue", QueueName="q"))
        assert headers["x-amzn-query-error"].startswith(f"{code};")
        assert (await ask(wire, sqs("ListQueues")))[2] == {}

    story_of(story)


def test_a_draining_server_refuses_receives_and_takes_the_rest():
    async def story(server, wire):
        _, _, created = await ask(wire, sqs("CreateQueue", QueueName="q"))
        server.app.service.drain()
        url = created["QueueUrl"]
        send = sqs("SendMessage", QueueUrl=url, MessageBody="x")
        assert (await ask(wire, send))[0] == 200
        assert (await ask(wire, sqs("ReceiveMessage", QueueUrl=url)))[0] == 503

    story_of(story)


def limit_of(service, target, **headers):
    return service.body_limit("POST", target, {"host": "localhost", **headers})


def test_each_path_has_its_own_limit_for_bodies():
    async def story(server, wire):
        service = server.app.service
        assert limit_of(service, "/") == BODY_BYTES_MAX
        assert limit_of(service, "/000000000000/q") == BODY_BYTES_MAX
        for operation in ("SendMessage", "SendMessageBatch"):
            target = {"x-amz-target": f"AmazonSQS.{operation}"}
            assert limit_of(service, "/", **target) == BODY_BYTES_MAX
        for operation in ("ReceiveMessage", "SetQueueAttributes", "DeleteMessageBatch"):
            target = {"x-amz-target": f"AmazonSQS.{operation}"}
            assert limit_of(service, "/", **target) == SMALL_BODY_BYTES_MAX
        assert limit_of(service, "/2015-03-31/functions") == FUNCTION_BODY_BYTES_MAX
        assert limit_of(service, "/2015-03-31/functions/") == FUNCTION_BODY_BYTES_MAX
        assert limit_of(service, "/2015-03-31/functions/f/code") == FUNCTION_BODY_BYTES_MAX
        assert limit_of(service, "/2015-03-31/functions/f/invocations?Qualifier=1") == (
            PAYLOAD_BODY_BYTES_MAX
        )
        assert limit_of(service, "/2021-11-15/functions/f/response-streaming-invocations") == (
            PAYLOAD_BODY_BYTES_MAX
        )
        assert limit_of(service, "/2015-03-31/functions/f/configuration") == BODY_BYTES_MAX
        assert limit_of(service, "/2018-10-31/layers/l/versions/") == CODE_BODY_BYTES_MAX
        assert limit_of(service, "/2018-10-31/layers/l/versions/1/policy") == BODY_BYTES_MAX
        with pytest.raises(Refused):
            service.body_limit("POST", "/", {"host": "evil.example"})
        assert service.body_limit("PUT", "/b/k", {"host": "s3.localhost"}) == CODE_BODY_BYTES_MAX
        for key in ("/b/functions", "/b/functions/code", "/b/functions/invocations"):
            assert service.body_limit("PUT", key, {"host": "s3.localhost"}) == CODE_BODY_BYTES_MAX
        assert service.body_limit("PUT", "/b/k", {"host": "localhost"}) == BODY_BYTES_MAX
        assert service.body_limit("POST", "/b/k", {"host": "s3.localhost"}) == BODY_BYTES_MAX

    story_of(story)


@pytest.mark.parametrize(
    "data, status, content_type, part",
    [
        (
            sqs("SendMessage", "Origin: http://evil.example"),
            403,
            "application/x-amz-json-1.0",
            "AccessDeniedException",
        ),
        (
            get("/?Action=ListQueues", "Sec-Fetch-Site: cross-site"),
            403,
            "text/xml",
            "Web pages of other sites",
        ),
        (
            b"GET /?Action=ListQueues HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            403,
            "text/xml",
            "--allow-host",
        ),
        (
            (
                b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
                b"Content-Length: 99999999\r\n\r\n"
            ),
            413,
            "application/x-amz-json-1.0",
            "RequestEntityTooLargeException",
        ),
        (
            (
                b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 99999999\r\n\r\n"
            ),
            413,
            "application/json",
            "Request must be smaller than 70167211 bytes for the CreateFunction operation",
        ),
        (
            b"PUT /b/functions HTTP/1.1\r\nHost: s3.localhost\r\nContent-Length: 99999999\r\n\r\n",
            413,
            "application/xml",
            "The body exceeds",
        ),
        (b"rubbish\r\n\r\n", 400, "text/plain; charset=utf-8", "no HTTP request"),
    ],
)
def test_the_server_turns_away_in_the_words_of_the_request(data, status, content_type, part):
    async def story(server, wire):
        got, headers, document = await ask(wire, data)
        assert headers["content-type"].startswith(content_type.partition(";")[0])
        assert (got, part in str(document)) == (status, True), document

    story_of(story)


def test_a_refusal_has_a_form_for_every_status():
    async def story(server, wire):
        head = HttpRequest("POST", "/", {"x-amz-target": "AmazonSQS.SendMessage"}, b"")
        for status in (400, 403, 408, 413, 417, 431, 503):
            assert server.app.service.refuse(head, status, "Because.").status == status

    story_of(story)


def test_bodies_on_disk_are_read_for_a_receive():
    async def story(server, wire):
        _, _, created = await ask(wire, sqs("CreateQueue", QueueName="q"))
        url = created["QueueUrl"]
        await ask(wire, sqs("SendMessage", QueueUrl=url, MessageBody="cold"))
        server.app.bodies.clear()
        _, _, received = await ask(wire, sqs("ReceiveMessage", QueueUrl=url))
        assert received["Messages"][0]["Body"] == "cold"
        await until(lambda: server.driver.hand.count == 0)

    story_of(story)
