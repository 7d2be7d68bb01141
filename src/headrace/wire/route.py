"""Tell which operation an HttpRequest asks for, in which protocol, and read its parameters."""

import re

from headrace.wire import awsjson, foreign, query, restjson, restxml
from headrace.wire.call import Call, Form, Protocol
from headrace.wire.catalog import SERVICES
from headrace.wire.credentials import UNSIGNED, read_credentials, read_old_credentials
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import UnknownOperation
from headrace.wire.hosts import is_s3
from headrace.wire.limits import QUERY_BYTES_MAX
from headrace.wire.query import is_form
from headrace.wire.restroutes import find_operation

__all__ = ["Call", "Form", "Protocol", "decode", "identify", "route"]

_NONE = Protocol(Form.NONE, "")
_UNKNOWN_JSON = Protocol(Form.JSON, "")
_REST = Protocol(Form.REST_JSON, "lambda")
_S3 = Protocol(Form.REST_XML, "s3")

#: What stands before the dot of X-Amz-Target to the protocol it means.
_PREFIXES = {
    service.target_prefix: Protocol(Form.JSON, service.name)
    for service in SERVICES.values()
    if service.target_prefix
}

#: Services that speak the query protocol, and the protocol for either rendering of answers.
_QUERIES = {
    service.name: {form: Protocol(form, service.name) for form in (Form.QUERY_XML, Form.QUERY_JSON)}
    for service in SERVICES.values()
    if service.query is not None
}

#: The version that a request names to the service that has it.
_VERSIONS = {
    service.query.version: service.name
    for service in SERVICES.values()
    if service.query is not None
}
_VERSION = re.compile(rb"([0-9-]{10})(?:&|$)")

_ACTION = b"Action="
_QUERY_FORMS = frozenset({Form.QUERY_XML, Form.QUERY_JSON})

#: Lambda's paths begin with the date of the feature; no account id looks like that.
_DATED = re.compile(r"/\d{4}-\d{2}-\d{2}/", re.ASCII)


def identify(request: HttpRequest) -> Protocol:
    """Return the protocol that a request speaks, from its shape (spec/sqs.md 1.1).

    Never fails: what is no protocol of ours is `Form.NONE`, and decoding that is refused.
    """
    target = request.headers.get("x-amz-target")
    if target is not None:
        return _PREFIXES.get(target.rpartition(".")[0], _UNKNOWN_JSON)
    service = read_credentials(request).service
    if service == "s3" or is_s3(request.headers.get("host", "")):
        return _S3
    if service and service not in SERVICES:
        theirs = _identify_foreign(request, service)
        if theirs is not None:
            return theirs
    if _DATED.match(request.target):
        return _REST
    if _has_action(request):
        in_json = "application/json" in request.headers.get("accept", "")
        by_form = _QUERIES.get(service) or _QUERIES[_by_version(request) or "sqs"]
        return by_form[Form.QUERY_JSON if in_json else Form.QUERY_XML]
    return _NONE if read_old_credentials(request) is UNSIGNED else _S3


def _identify_foreign(request: HttpRequest, service: str) -> Protocol | None:
    """Return how a request speaks that was signed for a service which is not served.

    None: it asks for something of ours all the same.
    """
    if _DATED.match(request.target):
        found = find_operation(_REST.service, request.method, request.path, request.query)
        return foreign.rest_protocol(service) if found is None else None
    if _has_action(request):
        return None if _by_version(request) else Protocol(Form.QUERY_XML, service)
    return foreign.rpc_protocol(request, service) or foreign.rest_protocol(service)


def _has_action(request: HttpRequest) -> bool:
    return (is_form(request) and _place_of(_ACTION, request.body) >= 0) or (
        "Action=" in request.target and _place_of(_ACTION, _query(request)) >= 0
    )


def _by_version(request: HttpRequest) -> str:
    """Return the service whose API's version a query call names.

    SQS where it names none; empty where the version is none of ours.
    """
    for text in (_query(request), request.body if is_form(request) else b""):
        place = _place_of(b"Version=", text)
        if place >= 0:
            found = _VERSION.match(text, place)
            return _VERSIONS.get(found[1].decode() if found else "", "")
    return "sqs"


def _query(request: HttpRequest) -> bytes:
    return request.query.encode(errors="replace")


def _place_of(name: bytes, text: bytes) -> int:
    """Return where a parameter's value begins; -1 if it is not there.

    Not with a regular expression, which takes 20 ms for a megabyte.
    """
    if text.startswith(name):
        return len(name)
    place = text.find(b"&" + name, 0, QUERY_BYTES_MAX)
    return place if place < 0 else place + 1 + len(name)


def decode(protocol: Protocol, request: HttpRequest) -> Call:
    """Read a request that speaks `protocol`.

    Raises:
        ServiceError: No such operation, or the request cannot be read; see `wire/errors.py`.
    """
    if protocol.service and protocol.service not in SERVICES:
        action = query.action_of(request) if protocol.form in _QUERY_FORMS else ""
        raise foreign.refusal(protocol, request, action)
    if protocol.form is Form.JSON:
        return awsjson.decode_call(protocol, request)
    if protocol.form is Form.REST_JSON:
        return restjson.decode_call(protocol, request)
    if protocol.form is Form.REST_XML:
        return restxml.decode_call(protocol, request)
    if protocol.form in _QUERY_FORMS:
        return query.decode_call(protocol, request)
    raise UnknownOperation("No operation of ours is asked for.")


def route(request: HttpRequest) -> Call:
    """Read a request in whatever protocol it speaks; see `decode`."""
    return decode(identify(request), request)
