"""Decode and encode the AWS JSON protocol (1.0 and 1.1)."""

from itertools import chain
from typing import Any

import msgspec

from headrace.base.errors import ServiceError
from headrace.wire.call import Call, Protocol
from headrace.wire.catalog import SERVICES
from headrace.wire.coerce import coerce, echo, parse_json
from headrace.wire.credentials import read_credentials
from headrace.wire.envelope import HttpRequest, HttpResponse
from headrace.wire.errors import UnknownTarget
from headrace.wire.model import NULL, Service
from headrace.wire.typed import decoder_for
from headrace.wire.validate import check_constraints

_CONTENT_TYPE = "Content-Type"
_REQUEST_ID = "x-amzn-RequestId"
_SCALARS = frozenset({str, bytes, int, float, bool})

#: By the service's version of the protocol; a service that is not known is answered in 1.0.
_MEDIA_TYPES = {
    "": "application/x-amz-json-1.0",
    "1.0": "application/x-amz-json-1.0",
    "1.1": "application/x-amz-json-1.1",
}


#: What stands in X-Amz-Target to the operation that it means.
_TARGETS = {
    f"{service.target_prefix}.{operation.name}": (service, operation)
    for service in SERVICES.values()
    if service.target_prefix
    for operation in service.operations.values()
}


def _write_null(value: object) -> None:
    if value is not NULL:
        raise TypeError(f"a result holds {type(value).__name__}")


_encode = msgspec.json.Encoder(enc_hook=_write_null).encode


def decode_call(protocol: Protocol, request: HttpRequest) -> Call:
    """Read the operation from X-Amz-Target and the parameters from the body.

    Raises:
        UnknownTarget: X-Amz-Target names no operation.
        SerializationException: The body cannot be read.
        ServiceError: Values break the model's constraints.
    """
    headers = request.headers
    target = headers["x-amz-target"]
    found = _TARGETS.get(target)
    if found is None:
        reason = "known" if protocol.service else "served here"
        raise UnknownTarget(f"The operation {echo(target)} is not {reason}.")
    service, operation = found
    parameters = decode_body(service, operation.input, request.body)
    if service.checks_constraints:
        check_constraints(service, operation.input, parameters)
    credentials = read_credentials(request)
    return Call(service.name, operation.name, protocol, parameters, credentials, headers)


def decode_body(service: Service, shape: str, body: bytes) -> dict[str, Any]:
    """Return a JSON body's members, coerced to the structure's types.

    Raises:
        SerializationException: The body cannot be read.
    """
    decoder = decoder_for(service.name, shape)
    if decoder is not None and body:
        try:
            return decoder.decode(body)
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            pass  # what was refused is read again, slowly, with AWS's leniency and words
    parameters: dict[str, Any] = coerce(service, shape, parse_json(body))
    return parameters


def encode_result(call: Call, result: dict[str, Any], request_id: str) -> HttpResponse:
    """Write a result; an operation without output has an empty body."""
    service = SERVICES[call.service]
    body = b""
    if service.operations[call.operation].output:
        body = _encode(without_empty(result) if service.omits_empty else without_none(result))
    media_type = _MEDIA_TYPES[service.json_version]
    return HttpResponse(200, [(_CONTENT_TYPE, media_type), (_REQUEST_ID, request_id)], body)


def encode_error(protocol: Protocol, error: ServiceError, request_id: str) -> HttpResponse:
    """Write an error: `__type`, `message` and, for SQS, x-amzn-query-error (spec/sqs.md 1.2)."""
    service = SERVICES.get(protocol.service)
    namespace = service.namespace + "#" if service is not None and service.namespace else ""
    body = {"__type": namespace + error.code, **error.members, "message": error.message}
    headers = [
        (_CONTENT_TYPE, _MEDIA_TYPES[service.json_version if service is not None else ""]),
        (_REQUEST_ID, request_id),
    ]
    if service is None or service.query_errors:
        headers.append(("x-amzn-query-error", f"{error.query_code};{error.fault}"))
    return HttpResponse(error.status, headers, _encode(body))


def without_empty(members: dict[str, Any]) -> dict[str, Any]:
    """Return members without None, empty lists and empty maps, at any depth.

    The same dict comes back when there is nothing to leave out.
    """
    kept: dict[str, Any] | None = None
    for name, value in members.items():
        if value.__class__ is str:
            continue
        pruned = value
        if isinstance(value, dict):
            pruned = without_empty(value) or None
        elif isinstance(value, list) and not _is_flat(value):
            pruned = [without_empty(item) if isinstance(item, dict) else item for item in value]
            pruned = pruned or None
        if pruned is not value:
            if kept is None:
                kept = dict(members)
            if pruned is None:
                del kept[name]
            else:
                kept[name] = pruned
        elif value is None:
            if kept is None:
                kept = dict(members)
            del kept[name]
    return members if kept is None else kept


def _is_flat(items: list[Any]) -> bool:
    """Tell quickly whether a list holds structures of scalars, and so nothing to leave out."""
    if not items or set(map(type, items)) != {dict}:
        return False
    return _SCALARS.issuperset(map(type, chain.from_iterable(map(dict.values, items))))


def without_none(members: dict[str, Any]) -> dict[str, Any]:
    """Return members without None, at the top."""
    return {name: value for name, value in members.items() if value is not None}
