"""Serve looks at the messages of a queue: `/_aws/sqs/messages`, as LocalStack's users know it.

GET or POST with QueueUrl, or with the queue in the path; the answer is that of a ReceiveMessage in
XML, or in JSON for those who accept it. A ReceiveMessage of an SDK that was given this address as
its endpoint is a look too. Nothing is received, nothing changes.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from headrace.api.context import Context
from headrace.api.sqs.looking import answer_messages_seen, look_at_messages, plain
from headrace.base.errors import ServiceError, ServiceUnavailable
from headrace.core.machine import BodyAddress
from headrace.core.sqs.replies import MessagesSeen
from headrace.shell.answering import Backstage
from headrace.shell.limits import LOOK_BYTES_MAX, LOOK_FIELDS_MAX, LOOK_SLICE
from headrace.shell.service import Service
from headrace.wire.answer import encode_error, encode_result
from headrace.wire.call import Call, Form, Protocol
from headrace.wire.credentials import read_credentials
from headrace.wire.envelope import HttpRequest, HttpResponse
from headrace.wire.errors import InvalidAction
from headrace.wire.route import decode, identify

PREFIX = "/_aws/sqs/messages"
_OPERATION = "ReceiveMessage"
#: Says where to go on, whatever the answer's form.
NEXT_HEADER = "x-headrace-next-token"


class Looking:
    """What the service is asked about messages beside AWS's operations."""

    def __init__(self, service: Service) -> None:
        """Take part in a service: a page."""
        self._service = service
        self._backstage: Backstage = service.backstage
        service.pages[PREFIX] = self.serve

    async def serve(self, request: HttpRequest) -> HttpResponse:
        """Answer a look."""
        if request.method not in {"GET", "POST"}:
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("Allow", "GET, POST")]
            return HttpResponse(405, headers, b"Only GET and POST.\n")
        protocol = _protocol_of(request)
        call = Call("sqs", _OPERATION, protocol, {}, read_credentials(request), request.headers)
        context = self._service.context_of(call)
        try:
            parameters = _parameters_of(request)
            answer = await self._look(parameters, context)
        except ServiceError as refusal:
            return encode_error(protocol, refusal, context.request_id, _OPERATION)
        return _encode(call, answer, context)

    async def _look(self, parameters: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Ask the room, read the bodies, and return AWS's members.

        Raises:
            ServiceError: The room's refusal, or that there is no room for now.
        """
        driver = self._service.driver
        if not driver.running:
            raise ServiceUnavailable("The service is unavailable. Please try again.")
        context.now, context.block = driver.clock.now(), driver.block
        command = look_at_messages(parameters, context, self._service.rooms)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def take(value: Any) -> None:
            if isinstance(value, MessagesSeen):
                for seen in value.messages:  # they may be deleted before their bodies are read
                    self._backstage.bodies.pin(seen.message.address.block)
            future.set_result(value)

        driver.submit(command, take)
        reply = await future
        if isinstance(reply, ServiceError):
            raise reply
        try:
            bodies = await self._read(reply)
        finally:
            for seen in reply.messages:
                self._backstage.bodies.unpin(seen.message.address.block)
        return answer_messages_seen(parameters, context, reply, bodies)

    async def _read(self, reply: MessagesSeen) -> dict[BodyAddress, bytes]:
        """Read bodies in order until there are enough bytes of them."""
        bodies: dict[BodyAddress, bytes] = {}
        size = 0
        addresses = [seen.message.address for seen in reply.messages]
        for start in range(0, len(addresses), LOOK_SLICE):
            if size >= LOOK_BYTES_MAX:
                break
            found = await self._backstage.bodies.fetch(addresses[start : start + LOOK_SLICE])
            bodies.update(found)
            size += sum(map(len, found.values()))
        return bodies


def _protocol_of(request: HttpRequest) -> Protocol:
    """Return how to answer: as the caller speaks, else in XML or, for who accepts it, JSON."""
    protocol = identify(request)
    if protocol.form is Form.JSON:
        return Protocol(Form.JSON, "sqs")
    accepted = request.headers.get("accept", "")
    form = Form.QUERY_JSON if "application/json" in accepted else Form.QUERY_XML
    return Protocol(form, "sqs")


def _parameters_of(request: HttpRequest) -> dict[str, Any]:
    """Return query, form and JSON members together, and the queue in the path.

    Raises:
        ServiceError: It is another operation's request, or cannot be read.
    """
    texts = f"{request.query}&{_form_of(request)}"
    try:
        parameters: dict[str, Any] = dict(
            parse_qsl(texts, keep_blank_values=True, max_num_fields=LOOK_FIELDS_MAX)
        )
    except ValueError:
        raise InvalidAction("There are too many parameters.") from None
    operation = parameters.get("Action", _OPERATION)
    protocol = identify(request)
    if protocol.form is Form.JSON:
        call = decode(protocol, request)
        operation = call.operation
        parameters |= {"QueueUrl": call.parameters.get("QueueUrl", "")}
    if operation != _OPERATION:
        raise InvalidAction("Here messages are only looked at.")
    place = request.path.removeprefix(PREFIX).strip("/")
    if place and "QueueUrl" not in parameters:
        parameters["QueueUrl"] = f"/queue/{unquote(place)}"
    return parameters


def _form_of(request: HttpRequest) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or kind != "application/x-www-form-urlencoded":
        return ""
    return request.body.decode("utf-8", "replace")


def _encode(call: Call, answer: dict[str, Any], context: Context) -> HttpResponse:
    """Write the answer; the token stands in a header, and in the body where there is room."""
    token = answer.get("NextToken")
    if call.protocol.form is Form.QUERY_JSON:
        document = {
            f"{_OPERATION}Response": {
                f"{_OPERATION}Result": plain(answer),
                "ResponseMetadata": {"RequestId": context.request_id},
            }
        }
        headers = [
            ("Content-Type", "application/json"),
            ("x-amzn-RequestId", context.request_id),
        ]
        response = HttpResponse(200, headers, msgspec.json.encode(document))
    else:
        response = encode_result(call, {"Messages": answer["Messages"]}, context.request_id)
    if token is None:
        return response
    body = response.body
    if call.protocol.form is Form.QUERY_XML:
        end = f"</{_OPERATION}Result>"
        element = f"<NextToken>{token}</NextToken>{end}"
        body = body.replace(end.encode(), element.encode())
    return HttpResponse(response.status, [*response.headers, (NEXT_HEADER, token)], body)
