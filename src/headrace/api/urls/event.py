"""The event that a function gets for a request to its URL (payload format 2.0).

Source: spec/lambda.md 1.17, L-A87.
"""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from headrace.api.urls.address import Address
from headrace.base.instant import Instant
from headrace.wire.envelope import HttpRequest

#: Media types whose bodies come as text; all others come in base64, forms too, as on AWS.
_TEXT = re.compile(r"text/.*|application/(json|javascript|xml|.*\+json|.*\+xml)")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Visitor(msgspec.Struct, frozen=True):
    """Who asks, as the event tells it."""

    peer: str  #: The address that the request came from.
    account: str = ""  #: Empty: nobody that is known.
    access_key: str = ""
    user_id: str = ""
    arn: str = ""


def event_of(
    request: HttpRequest,
    address: Address,
    visitor: Visitor,
    request_id: str,
    trace_header: str,
    now: Instant,
) -> bytes:
    """Return the event as JSON, its members in AWS's order."""
    headers = _headers(request, visitor, trace_header)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": address.path,
        "rawQueryString": request.query,
    }
    cookies = [one.strip() for one in headers.get("cookie", "").split(";") if one.strip()]
    if cookies:
        event["cookies"] = cookies
    event["headers"] = headers
    parameters = _query(request.query)
    if parameters:
        event["queryStringParameters"] = parameters
    event["requestContext"] = _context(request, address, visitor, request_id, now)
    if request.body:
        event["body"], event["isBase64Encoded"] = _body(request)
    else:
        event["isBase64Encoded"] = False
    return msgspec.json.encode(event)


def _headers(request: HttpRequest, visitor: Visitor, trace_header: str) -> dict[str, str]:
    """Return the request's headers, and those that AWS adds; a proxy's word stands before ours."""
    headers = {name: _clean(value) for name, value in request.headers.items()}
    if visitor.account:
        headers.pop("authorization", None)
    before = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{before}, {visitor.peer}" if before else visitor.peer
    headers.setdefault("x-forwarded-proto", "http")
    port = request.headers.get("host", "").rpartition("]")[2].partition(":")[2]
    headers.setdefault("x-forwarded-port", port or "80")
    headers["x-amzn-trace-id"] = trace_header
    return headers


def _clean(value: str) -> str:
    """Return a value as text: what came as UTF-8 was read as Latin-1."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _query(query: str) -> dict[str, str]:
    """Return the query's parameters, decoded; those of one name are joined by commas."""
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _context(
    request: HttpRequest, address: Address, visitor: Visitor, request_id: str, now: Instant
) -> dict[str, Any]:
    host = request.headers.get("host", "")
    context: dict[str, Any] = {"accountId": visitor.account or "anonymous", "apiId": address.id}
    if visitor.account:
        iam = {
            "accessKey": visitor.access_key,
            "accountId": visitor.account,
            "callerId": visitor.user_id,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": visitor.arn,
            "userId": visitor.user_id,
        }
        context["authorizer"] = {"iam": iam}
    at = _EPOCH + timedelta(milliseconds=now)
    return context | {
        "domainName": re.sub(r":\d+$", "", host),
        "domainPrefix": address.id,
        "http": {
            "method": request.method,
            "path": address.path,
            "protocol": "HTTP/1.1",
            "sourceIp": visitor.peer,
            "userAgent": _clean(request.headers.get("user-agent", "")),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": f"{at:%d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000",
        "timeEpoch": int(now),
    }


def _body(request: HttpRequest) -> tuple[str, bool]:
    """Return the body as text, and whether that is base64."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if _TEXT.fullmatch(media_type):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True
