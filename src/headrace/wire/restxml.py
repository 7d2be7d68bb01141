"""Decode and encode the REST-XML protocol, which is S3's."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET

from headrace.base.errors import ServiceError
from headrace.base.instant import MS_PER_S
from headrace.wire.awschunked import own_encoding, read_payload
from headrace.wire.call import Call, Protocol
from headrace.wire.catalog import SERVICES
from headrace.wire.coerce import echo
from headrace.wire.credentials import UNSIGNED, read_credentials, read_old_credentials
from headrace.wire.envelope import HttpRequest, HttpResponse
from headrace.wire.errors import InvalidArgument, MalformedXml, MissingRequestBody
from headrace.wire.hosts import bucket_of
from headrace.wire.limits import INTEGER_MAX, XML_BYTES_MAX, XML_MARKS_MAX
from headrace.wire.model import Member, Service, Shape
from headrace.wire.queryanswer import escape
from headrace.wire.s3routes import find_operation
from headrace.wire.urlencoding import decode_percent, parse_pairs

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_MEDIA_TYPE = ("Content-Type", "application/xml")

#: The element around an answer, which the model does not name.
_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketTagging": "Tagging",
    "GetObjectTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListParts": "ListPartsResult",
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
}

#: Our own errors, and those of all services, in S3's words.
_CODES = {
    "InternalFailure": "InternalError",
    "AccessDeniedException": "AccessDenied",
    "RequestEntityTooLargeException": "EntityTooLarge",
    "MalformedQueryString": "InvalidURI",
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What makes elements, attributes and pieces of text, whose number is what parsing costs.
_MARKS = (b"<", b'"', b"'", b"\r", b"\n")
_INTEGER = re.compile(r"[0-9]{1,10}", re.ASCII)

_NO_BODY = frozenset({204, 304})


def decode_call(protocol: Protocol, request: HttpRequest) -> Call:
    """Find the operation and read its members from where they are.

    Raises:
        ServiceError: There is no such operation here, or the request cannot be read.
    """
    service = SERVICES[protocol.service]
    headers = request.headers
    labels = _labels(request)
    pairs = parse_pairs(request.query) if request.query else []
    operation = find_operation(request.method, len(labels), pairs, headers)
    shape = service.shapes[operation.input]
    parameters = _body(service, shape, request)
    for member in shape.members:
        value = _bound(service, member, labels, pairs, headers)
        if value is not None:
            parameters[member.name] = value
    if "content-encoding" in headers and "ContentEncoding" in parameters:
        parameters["ContentEncoding"] = own_encoding(headers["content-encoding"])
    credentials = read_credentials(request)
    if credentials is UNSIGNED:
        credentials = read_old_credentials(request)
    return Call(service.name, operation.name, protocol, parameters, credentials, headers)


def _labels(request: HttpRequest) -> dict[str, str]:
    """Return bucket and key, as far as the request names them."""
    path = request.path[1:]
    bucket = bucket_of(request.headers.get("host", ""))
    if not bucket:
        raw, _, path = path.partition("/")
        bucket = decode_percent(raw)
    labels = {"Bucket": bucket, "Key": decode_percent(path)}
    return {name: value for name, value in labels.items() if value}


def _body(service: Service, shape: Shape, request: HttpRequest) -> dict[str, Any]:
    if not shape.payload:
        return {}
    member = next(member for member in shape.members if member.name == shape.payload)
    inner = service.shapes[member.shape]
    payload = read_payload(request.headers, request.body)
    if inner.kind == "blob":
        return {member.name: payload}
    if len(payload.raw) > XML_BYTES_MAX:
        raise MalformedXml
    content, _ = payload.take_apart()
    if not content.strip():
        if member.required:
            raise MissingRequestBody
        return {}
    return {member.name: _structure(service, inner, parse_xml(content))}


def parse_xml(content: bytes) -> ET.Element:
    """Return the root of a document; a document type is refused, since it may define entities.

    Raises:
        MalformedXml: It is no XML, or more than any that an operation takes.
    """
    if len(content) > XML_BYTES_MAX or b"<!" in content:
        raise MalformedXml
    if sum(map(content.count, _MARKS)) > XML_MARKS_MAX:
        raise MalformedXml
    try:
        return ET.fromstring(content.decode())  # noqa: S314 - without <! there are no entities
    except (ET.ParseError, ValueError, LookupError):
        raise MalformedXml from None


def _structure(service: Service, shape: Shape, element: ET.Element) -> dict[str, Any]:
    children: dict[str, list[ET.Element]] = {}
    for child in element:
        children.setdefault(child.tag.rpartition("}")[2], []).append(child)
    found: dict[str, Any] = {}
    for member in shape.members:
        given = children.get(member.label)
        inner = service.shapes[member.shape]
        if given is None:
            if member.required and inner.kind != "list":
                raise MalformedXml
        elif inner.kind == "list":
            items = given if inner.flattened else list(given[0])
            item = service.shapes[inner.item]
            found[member.name] = [_element(service, item, one) for one in items]
        else:
            found[member.name] = _element(service, inner, given[0])
    return found


def _element(service: Service, shape: Shape, element: ET.Element) -> Any:
    if shape.kind == "structure":
        return _structure(service, shape, element)
    if len(element):
        raise MalformedXml
    text = element.text or ""
    try:
        return _scalar(shape, text, "")
    except InvalidArgument:
        raise MalformedXml from None


def _bound(
    service: Service,
    member: Member,
    labels: dict[str, str],
    pairs: list[tuple[str, str]],
    headers: dict[str, str],
) -> Any:
    """Return a member's value from path, query string or headers; None when it is not there."""
    label = member.label
    text: str | None = None
    if member.place == "uri":
        return labels[label]
    if member.place == "headers":
        return {
            name[len(label) :]: value for name, value in headers.items() if name.startswith(label)
        }
    if member.place == "header":
        text = headers.get(label.lower())
    elif member.place == "query":
        text = next((value for name, value in pairs if name == label), None)
    shape = service.shapes[member.shape]
    return None if text is None or shape.kind == "list" else _scalar(shape, text, label)


def _scalar(shape: Shape, text: str, label: str) -> Any:
    match shape.kind:
        case "integer" | "long":
            if _INTEGER.fullmatch(text) is None or int(text) > INTEGER_MAX:
                raise InvalidArgument(
                    f"Provided {label} not an integer or within integer range",
                    ArgumentName=label,
                    ArgumentValue=echo(text),
                )
            return int(text)
        case "boolean":
            if text not in {"true", "false"}:
                raise InvalidArgument(
                    f"Provided {label} is not true or false",
                    ArgumentName=label,
                    ArgumentValue=echo(text),
                )
            return text == "true"
        case "timestamp":
            return _moment(text)
        case _:
            return text


def _moment(text: str) -> int | None:
    """Return a date of a header in milliseconds; None if it is none, as S3 overlooks it."""
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return round((moment - _EPOCH).total_seconds()) * MS_PER_S


def encode_result(call: Call, result: dict[str, Any], request_id: str) -> HttpResponse:
    """Write a result: status, headers and body by the operation's output shape."""
    service = SERVICES[call.service]
    operation = service.operations[call.operation]
    headers = [("x-amz-request-id", request_id), ("x-amz-id-2", _id_2(request_id))]
    if not operation.output:
        return HttpResponse(operation.status, headers)
    shape = service.shapes[operation.output]
    headers += _headers(service, shape, result)
    status = 206 if "ContentRange" in result else operation.status
    length = result.get("ContentLength")
    if shape.payload and service.shapes[_payload(shape).shape].kind == "blob":
        return HttpResponse(status, headers, result.get(shape.payload) or b"", length)
    if length is not None:  # of what HEAD does not bring
        return HttpResponse(status, headers, b"", length)
    text = _document(service, call.operation, shape, result)
    if not text:
        return HttpResponse(status, headers)
    return HttpResponse(status, [*headers, _MEDIA_TYPE], text.encode())


def _payload(shape: Shape) -> Member:
    return next(member for member in shape.members if member.name == shape.payload)


def _headers(service: Service, shape: Shape, result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for member in shape.members:
        value = result.get(member.name)
        if value is None or member.name == "ContentLength":
            continue
        if member.place == "headers":
            for name, text in value.items():
                yield member.label + name, text
        elif member.place == "header":
            if service.shapes[member.shape].kind == "timestamp":
                value = format_datetime(_EPOCH + timedelta(milliseconds=value), usegmt=True)
            yield member.label, _text(value)


def _document(service: Service, operation: str, shape: Shape, result: dict[str, Any]) -> str:
    """Return an answer's XML; empty if it has none."""
    parts: list[str] = []
    if operation == "GetBucketLocation":
        location = result.get("LocationConstraint")
        end = f">{escape(location)}</LocationConstraint>" if location else "/>"
        return f'{_DECLARATION}<LocationConstraint xmlns="{_NAMESPACE}"{end}'
    if shape.payload:
        member = _payload(shape)
        root, shape = member.label, service.shapes[member.shape]
        result = result.get(member.name) or {}
    elif operation in _ROOTS:
        root = _ROOTS[operation]
    else:
        return ""
    _write_members(parts, service, shape, result)
    return f'{_DECLARATION}<{root} xmlns="{_NAMESPACE}">{"".join(parts)}</{root}>'


def _write_members(
    parts: list[str], service: Service, shape: Shape, members: dict[str, Any]
) -> None:
    for member in shape.members:
        value = members.get(member.name)
        if value is None or member.place != "body":
            continue
        inner = service.shapes[member.shape]
        if inner.kind != "list":
            _write(parts, service, member.label, inner, value)
            continue
        item = service.shapes[inner.item]
        if not inner.flattened:
            parts.append(f"<{member.label}>")
        for one in value:
            _write(parts, service, inner.item_name or member.label, item, one)
        if not inner.flattened:
            parts.append(f"</{member.label}>")


def _write(parts: list[str], service: Service, element: str, shape: Shape, value: Any) -> None:
    if shape.kind == "structure":
        parts.append(f"<{element}>")
        _write_members(parts, service, shape, value)
        parts.append(f"</{element}>")
    elif shape.kind == "timestamp":
        moment = _EPOCH + timedelta(milliseconds=value)
        parts.append(f"<{element}>{moment:%Y-%m-%dT%H:%M:%S}.000Z</{element}>")
    else:
        parts.append(f"<{element}>{escape(_text(value))}</{element}>")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def encode_error(error: ServiceError, request_id: str) -> HttpResponse:
    """Write an error; its members are elements of their own, before the ids."""
    headers = [("x-amz-request-id", request_id), ("x-amz-id-2", _id_2(request_id))]
    if error.status in _NO_BODY:
        return HttpResponse(error.status, headers)
    code = _CODES.get(error.code, error.code)
    members = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in error.members.items())
    text = (
        f"{_DECLARATION}<Error><Code>{code}</Code><Message>{escape(error.message)}</Message>"
        f"{members}<RequestId>{escape(request_id)}</RequestId>"
        f"<HostId>{_id_2(request_id)}</HostId></Error>"
    )
    return HttpResponse(error.status, [*headers, _MEDIA_TYPE], text.encode())


def _id_2(request_id: str) -> str:
    return base64.b64encode(f"headrace {request_id}".encode()).decode()
