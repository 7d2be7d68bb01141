"""Encode answers of the query protocol, in XML and, for callers that accept JSON, in JSON."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from headrace.base.errors import ServiceError
from headrace.wire.call import Call, Form, Protocol
from headrace.wire.catalog import SERVICES
from headrace.wire.envelope import HttpResponse
from headrace.wire.model import QueryNames, Service, Shape

_DECLARATION = '<?xml version="1.0"?>'
_SPECIAL = re.compile("[^\t\n\x20!#-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_encode = msgspec.json.Encoder().encode


def encode_result(call: Call, result: dict[str, Any], request_id: str) -> HttpResponse:
    """Write a result between `<XResponse>` and its ResponseMetadata, or the same as JSON."""
    service = SERVICES[call.service]
    names = _names(service)
    name = call.operation
    output = service.operations[name].output
    if call.protocol.form is Form.QUERY_JSON:
        document: dict[str, Any] = {}
        if output:
            document[f"{name}Result"] = _plain(service, names, service.shapes[output], result)
        document["ResponseMetadata"] = {"RequestId": request_id}
        return _json(200, request_id, {f"{name}Response": document})
    parts = [f'{_DECLARATION}<{name}Response xmlns="{names.xml_namespace}">']
    if output:
        parts.append(f"<{name}Result>")
        _write_members(parts, service, names, service.shapes[output], result)
        parts.append(f"</{name}Result>")
    identifier = escape(request_id)
    parts.append(f"<ResponseMetadata><RequestId>{identifier}</RequestId></ResponseMetadata>")
    parts.append(f"</{name}Response>")
    return _xml(200, request_id, "".join(parts))


#: For services that are not served: their clients look at the names of elements only.
_NOT_SERVED = QueryNames(
    xml_namespace="http://webservices.amazon.com/AWSFault/2005-15-09", version=""
)


def encode_error(
    protocol: Protocol, error: ServiceError, request_id: str, operation: str
) -> HttpResponse:
    """Write an error as `<ErrorResponse>`, or as JSON; some texts are this protocol's own."""
    service = SERVICES.get(protocol.service)
    names = _NOT_SERVED if service is None else _names(service)
    texts = names.texts
    text = texts.get((error.code, operation)) or texts.get((error.code, "")) or error.message
    if protocol.form is Form.QUERY_JSON:
        body = {"Code": error.query_code, "Message": text, "Type": error.fault}
        return _json(error.status, request_id, {"Error": body, "RequestId": request_id})
    return _xml(
        error.status,
        request_id,
        f'{_DECLARATION}<ErrorResponse xmlns="{names.xml_namespace}">'
        f"<Error><Type>{error.fault}</Type><Code>{error.query_code}</Code>"
        f"<Message>{escape(text)}</Message>{'<Detail/>' if names.has_detail else ''}</Error>"
        f"<RequestId>{escape(request_id)}</RequestId></ErrorResponse>",
    )


def _names(service: Service) -> QueryNames:
    assert service.query is not None, "only query services are identified as such"
    return service.query


def _xml(status: int, request_id: str, text: str) -> HttpResponse:
    headers = [("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)]
    return HttpResponse(status, headers, text.encode())


def _json(status: int, request_id: str, document: dict[str, Any]) -> HttpResponse:
    headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", request_id)]
    return HttpResponse(status, headers, _encode(document))


def escape(text: str) -> str:
    """Return text as XML character data; what XML cannot hold becomes U+FFFD.

    A carriage return is written as a reference, since parsers turn a raw one into a line feed.
    """
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], "\ufffd"), text)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def _moment(milliseconds: int) -> str:
    """Return an instant in whole seconds, as XML answers have it: 2026-11-28T16:04:07Z."""
    return f"{_EPOCH + timedelta(milliseconds=milliseconds):%Y-%m-%dT%H:%M:%SZ}"


def _write_members(
    parts: list[str], service: Service, names: QueryNames, shape: Shape, members: dict[str, Any]
) -> None:
    for member in shape.members:
        value = members.get(member.name)
        if value is None:
            continue
        inner = service.shapes[member.shape]
        if inner.kind == "list" and names.is_wrapped:
            parts.append(f"<{member.name}>")
            for item in value:
                _write(parts, service, names, "member", inner.item, item)
            parts.append(f"</{member.name}>")
        elif inner.kind == "list":
            for item in value:
                _write(parts, service, names, names.items[inner.name], inner.item, item)
        elif inner.kind == "map":
            entry, key_name, value_name = names.entries[inner.name]
            for key, item in value.items():
                parts.append(f"<{entry}><{key_name}>{escape(key)}</{key_name}>")
                _write(parts, service, names, value_name, inner.item, item)
                parts.append(f"</{entry}>")
        else:
            _write(parts, service, names, member.name, inner.name, value)


def _write(
    parts: list[str], service: Service, names: QueryNames, element: str, name: str, value: Any
) -> None:
    shape = service.shapes[name]
    if shape.kind == "structure":
        parts.append(f"<{element}>")
        _write_members(parts, service, names, shape, value)
        parts.append(f"</{element}>")
    elif shape.kind == "timestamp":
        parts.append(f"<{element}>{_moment(value)}</{element}>")
    else:
        parts.append(f"<{element}>{_text(value)}</{element}>")


def _plain(service: Service, names: QueryNames, shape: Shape, value: Any) -> Any:
    """Return a value for JSON: maps become lists of key and value, as in the XML."""
    if shape.kind == "structure":
        return {
            names.json_names.get(member.name, member.name): _plain(
                service, names, service.shapes[member.shape], value[member.name]
            )
            for member in shape.members
            if value.get(member.name) is not None
        }
    if shape.kind == "list":
        return [_plain(service, names, service.shapes[shape.item], item) for item in value]
    if shape.kind == "map":
        _, key_name, value_name = names.entries[shape.name]
        inner = service.shapes[shape.item]
        return [
            {key_name: key, value_name: _plain(service, names, inner, item)}
            for key, item in value.items()
        ]
    return value
