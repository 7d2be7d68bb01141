"""Requests to services that are not served: how they speak, and the refusal that they can read.

A caller who has set one endpoint for all services finds out by name what is missing here. Whose a
request is stands in its credential scope; what we serve is ours whoever it was signed for.
"""

from headrace.base.errors import ServiceError
from headrace.wire.call import Form, Protocol
from headrace.wire.coerce import echo
from headrace.wire.envelope import HttpRequest, HttpResponse
from headrace.wire.errors import InvalidAction, UnknownOperation

#: Services of the REST protocol whose errors are XML, by signing name; those of the others are
#: JSON.
_IN_XML = frozenset({"cloudfront", "route53"})

_SMITHY = "smithy-protocol"
_MEDIA_TYPE = "application/cbor"

#: CBOR (RFC 8949): the first bits of a text, of a map of two, and lengths in one or two bytes.
_TEXT = 0x60
_MAP_OF_TWO = b"\xa2"
_SHORT, _BYTE, _TWO_BYTES = 24, 24, 25


def rpc_protocol(request: HttpRequest, service: str) -> Protocol | None:
    """Return the protocol of a call in CBOR, which no service here speaks; None: it is none."""
    return Protocol(Form.RPC_CBOR, service) if _SMITHY in request.headers else None


def rest_protocol(service: str) -> Protocol:
    """Return how a service that is not served is told that it is not, by its signing name."""
    return Protocol(Form.QUERY_XML if service in _IN_XML else Form.REST_JSON, service)


def refusal(protocol: Protocol, request: HttpRequest, action: str) -> ServiceError:
    """Return the refusal of a request to a service that is not served.

    Args:
        action: Of the query protocol; empty for others.
    """
    whose = f"of the service {echo(protocol.service)} is not served here."
    if action:
        return InvalidAction(f"The action {echo(action)} {whose}")
    if protocol.form is Form.RPC_CBOR:
        # /service/<name>/operation/<name>
        asked = ".".join(request.path.strip("/").split("/")[1::2])
        return UnknownOperation(f"The operation {echo(asked)} {whose}")
    return UnknownOperation(f"The route {echo(request.method)} {echo(request.path)} {whose}")


def encode_cbor_error(error: ServiceError, request_id: str) -> HttpResponse:
    """Write an error as a map of its code and text, for Smithy's RPC protocol in CBOR."""
    body = _MAP_OF_TWO + b"".join(
        _text(one) for one in ("__type", error.code, "message", error.message)
    )
    headers = [
        ("Content-Type", _MEDIA_TYPE),
        (_SMITHY, "rpc-v2-cbor"),
        ("x-amzn-RequestId", request_id),
    ]
    return HttpResponse(error.status, headers, body)


def _text(text: str) -> bytes:
    content = text.encode("utf-8", "replace")
    length = len(content)
    if length < _SHORT:
        return bytes([_TEXT | length]) + content
    if length < 1 << 8:
        return bytes([_TEXT | _BYTE, length]) + content
    return bytes([_TEXT | _TWO_BYTES]) + length.to_bytes(2) + content
