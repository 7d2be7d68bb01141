"""Write results and errors in the protocol of the request."""

from typing import Any

from headrace.base.errors import ServiceError
from headrace.wire import awsjson, queryanswer, restjson, restxml
from headrace.wire.call import Call, Form, Protocol
from headrace.wire.envelope import HttpResponse
from headrace.wire.foreign import encode_cbor_error


def encode_result(call: Call, result: dict[str, Any], request_id: str) -> HttpResponse:
    """Write what an operation gave, as AWS does.

    Args:
        call: The request that is answered.
        result: AWS's member names to values; bytes for blobs, whole milliseconds since 1970 for
            timestamps. None means absent; `wire.model.NULL` means JSON null.
        request_id: For x-amzn-RequestId.
    """
    form = call.protocol.form
    if form is Form.JSON:
        return awsjson.encode_result(call, result, request_id)
    if form is Form.REST_JSON:
        return restjson.encode_result(call, result, request_id)
    if form is Form.REST_XML:
        return restxml.encode_result(call, result, request_id)
    return queryanswer.encode_result(call, result, request_id)


def encode_next_event(call: Call, event: dict[str, Any]) -> bytes:
    """Write one event of an answer that is a stream of them, behind what `encode_result` gave.

    Args:
        call: The request that is answered.
        event: The event's name and its members, as in a result.
    """
    return restjson.encode_next_event(call, event)


def encode_error(
    protocol: Protocol, error: ServiceError, request_id: str, operation: str = ""
) -> HttpResponse:
    """Write an error, as AWS does.

    Args:
        protocol: How the request spoke, from `identify`.
        error: The refusal.
        request_id: For x-amzn-RequestId.
        operation: AWS's name of the operation, where it is known: a text may depend on it.
    """
    if protocol.form is Form.JSON:
        return awsjson.encode_error(protocol, error, request_id)
    if protocol.form is Form.REST_JSON:
        return restjson.encode_error(protocol, error, request_id)
    if protocol.form is Form.REST_XML:
        return restxml.encode_error(error, request_id)
    if protocol.form in {Form.QUERY_XML, Form.QUERY_JSON}:
        return queryanswer.encode_error(protocol, error, request_id, operation)
    if protocol.form is Form.RPC_CBOR:
        return encode_cbor_error(error, request_id)
    return HttpResponse(
        error.status,
        [("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)],
        f"<{error.code}/>".encode(),
    )
