"""Decode and encode the REST-JSON protocol: members in path, query, headers, status and body."""

from functools import cache
from typing import Any

import msgspec

from headrace.base.errors import ServiceError
from headrace.base.instant import MS_PER_S
from headrace.wire.awsjson import decode_body
from headrace.wire.call import Call, Protocol
from headrace.wire.catalog import SERVICES
from headrace.wire.coerce import coerce_scalar, echo
from headrace.wire.credentials import read_credentials
from headrace.wire.envelope import HttpRequest, HttpResponse
from headrace.wire.errors import UnknownOperation
from headrace.wire.eventstream import MEDIA_TYPE as EVENT_STREAM
from headrace.wire.eventstream import encode_event
from headrace.wire.model import NULL, Member, Service, Shape
from headrace.wire.restroutes import find_operation
from headrace.wire.urlencoding import decode_percent, parse_pairs
from headrace.wire.validate import check_constraints

_MEDIA_TYPE = ("Content-Type", "application/json")

#: Errors outside the model that spell their text with a capital (spec/lambda.md 1.4, I3).
_CAPITAL_MESSAGE = frozenset({"AccessDeniedException", "RequestEntityTooLargeException"})

_encode = msgspec.json.Encoder().encode


def decode_call(protocol: Protocol, request: HttpRequest) -> Call:
    """Find the operation by method and path and read its members from where they are.

    Raises:
        UnknownOperation: No route has this method and path.
        MalformedQueryString: Path or query string cannot be read.
        SerializationException: The body cannot be read, or a value is of another type.
        ValidationException: Values break the model's constraints.
    """
    service = SERVICES[protocol.service]
    path, query = request.path, request.query
    found = find_operation(service.name, request.method, path, query)
    if found is None:
        raise UnknownOperation(f"No operation has the route {echo(request.method)} {echo(path)}.")
    operation, labels = found
    shape = service.shapes[operation.input]
    parameters = _body(service, shape, request.body)
    pairs = parse_pairs(query) if query else []
    for member in shape.members:
        if member.place == "body":
            continue
        value = _bound(service, member, labels, pairs, request.headers)
        if value is not None:
            parameters[member.name] = value
    if service.checks_constraints:
        check_constraints(service, operation.input, parameters)
    credentials = read_credentials(request)
    return Call(service.name, operation.name, protocol, parameters, credentials, request.headers)


def _body(service: Service, shape: Shape, body: bytes) -> dict[str, Any]:
    if shape.payload:
        member = next(member for member in shape.members if member.name == shape.payload)
        if service.shapes[member.shape].kind == "blob":
            return {member.name: body}
        return {member.name: decode_body(service, member.shape, body)} if body else {}
    if any(member.place == "body" for member in shape.members):
        return decode_body(service, shape.name, body)
    return {}


def _bound(
    service: Service,
    member: Member,
    labels: dict[str, str],
    pairs: list[tuple[str, str]],
    headers: dict[str, str],
) -> Any:
    """Return a member's value from path, query string or header; None when it is not there."""
    shape = service.shapes[member.shape]
    text: str | None = None
    if member.place == "uri":
        text = decode_percent(labels[member.label])
    elif member.place == "header":
        text = headers.get(member.label.lower())
    else:
        values = [value for name, value in pairs if name == member.label]
        if shape.kind == "list" and values:
            inner = service.shapes[shape.item]
            return [coerce_scalar(inner, value) for value in values]
        text = values[0] if values else None
    return None if text is None else coerce_scalar(shape, text)


def encode_result(call: Call, result: dict[str, Any], request_id: str) -> HttpResponse:
    """Write a result: status, headers and body by the operation's output shape."""
    service = SERVICES[call.service]
    operation = service.operations[call.operation]
    headers = [("x-amzn-RequestId", request_id)]
    if not operation.output:
        if operation.status != 204:
            headers.append(_MEDIA_TYPE)
        return HttpResponse(operation.status, headers)
    shape = service.shapes[operation.output]
    status = operation.status
    for member in shape.members:
        value = result.get(member.name)
        if value is not None and member.place == "status":
            status = value
        elif value is not None and member.place == "header":
            headers.append((member.label, str(value)))
    events = _event_stream(service, shape)
    if status != 204:
        headers.append(("Content-Type", EVENT_STREAM) if events else _MEDIA_TYPE)
    if events:
        frames = [encode_event(service, events, one) for one in result.get(shape.payload, ())]
        return HttpResponse(status, headers, b"".join(frames))
    if shape.payload:
        return HttpResponse(status, headers, result.get(shape.payload) or b"")
    return HttpResponse(status, headers, _encode(_plain(service, shape, result)))


def _plain(service: Service, shape: Shape, value: Any) -> Any:
    """Return a value as JSON has it: without None, NULL as null, timestamps in seconds."""
    if value is NULL:
        return None
    if shape.kind == "structure":
        members = _body_shapes(service.name, shape.name)
        return {
            name: _plain(service, members[name], item) if name in members else item
            for name, item in value.items()
            if item is not None
        }
    if shape.kind == "list":
        inner = service.shapes[shape.item]
        return [_plain(service, inner, item) for item in value]
    if shape.kind == "map":
        inner = service.shapes[shape.item]
        return {
            name: _plain(service, inner, item) for name, item in value.items() if item is not None
        }
    if shape.kind == "timestamp":
        return value / MS_PER_S
    return value


@cache
def _body_shapes(service: str, shape: str) -> dict[str, Shape]:
    shapes = SERVICES[service].shapes
    return {
        member.name: shapes[member.shape]
        for member in shapes[shape].members
        if member.place == "body"
    }


def encode_next_event(call: Call, event: dict[str, Any]) -> bytes:
    """Write one more event of an answer that is a stream: its name and its members."""
    service = SERVICES[call.service]
    shape = service.shapes[service.operations[call.operation].output]
    return encode_event(service, _event_stream(service, shape), event)


def _event_stream(service: Service, shape: Shape) -> str:
    """Return the name of the shape of an answer's events; empty: it is no stream."""
    for member in shape.members:
        if member.name == shape.payload and service.shapes[member.shape].event_stream:
            return member.shape
    return ""


def encode_error(protocol: Protocol, error: ServiceError, request_id: str) -> HttpResponse:
    """Write an error: code in x-amzn-ErrorType, text and further members in the body.

    The text stands last, further members before it by name: recorded are `Type`, `message`;
    `Reason`, `Type`, `message`; `Type`, `Message` (spec/lambda.md L-A1, I5; spec/esm.md 1).
    """
    service = SERVICES.get(protocol.service)  # None: one that is not served
    row = None if service is None else service.errors.get(error.code)
    spelling = row.message if row is not None else ""
    if not spelling:
        spelling = "Message" if error.code in _CAPITAL_MESSAGE else "message"
    text = error.message or None  # a refusal without a sentence has the member all the same
    body: dict[str, Any] = {**dict(sorted(error.members.items())), spelling: text}
    headers = [
        ("x-amzn-RequestId", request_id),
        ("x-amzn-ErrorType", error.code),
        _MEDIA_TYPE,
    ]
    for member, header in row.headers if row is not None else ():
        if member in body:
            headers.append((header, str(body.pop(member))))
    return HttpResponse(error.status, headers, _encode(body))
