"""From a function's result to the answer that the caller of its URL gets.

An object with a `statusCode` says status, headers, cookies and body; anything else is the body of
a 200. Source: spec/lambda.md 1.17, 2.3, L-A83 to L-A86.
"""

import base64
import binascii
import json
import re
from typing import Any

from headrace.wire.envelope import HttpResponse

Headers = list[tuple[str, str]]

_JSON = ("Content-Type", "application/json")

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

#: Headers that are the server's own business: a function's go under another name.
_REMAPPED = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    }
)

#: The content type of a stream that begins with a head (spec/lambda.md 2.3).
WITH_HEAD = "application/vnd.awslambda.http-integration-response"

#: What stands between a streamed answer's head and its body, and how far to look for it.
END_OF_HEAD = b"\0" * 8
HEAD_BYTES_MAX = 16_384


class _Malformed(ValueError):
    """The result is no answer."""


def failed(status: int = 502, sentence: str = "Internal Server Error") -> HttpResponse:
    """Return the answer when the function failed, or its result is none."""
    return HttpResponse(status, [_JSON], sentence.encode())


def answer_of(payload: bytes, *, streams: bool = False) -> HttpResponse:
    """Return the answer to what a function returned.

    Args:
        payload: What it returned, JSON.
        streams: Whether it may have written a stream instead: any bytes, perhaps behind a head.
    """
    try:
        if streams:
            head, mark, body = payload.partition(END_OF_HEAD)
            if mark and len(head) <= HEAD_BYTES_MAX:
                return _proxied(_read(head), body)
        return _mapped(_read(payload))
    except _Malformed:
        if streams:
            return HttpResponse(200, [("Content-Type", "application/octet-stream")], payload)
        return failed()


def streamed_head(head: bytes, media_type: str = "") -> HttpResponse:
    """Return the head of a stream as an answer without a body; a failure when it is none.

    Args:
        head: JSON as of an object with a `statusCode`, without body.
        media_type: Content type to take unless the head says one; empty: JSON, as always.
    """
    try:
        answer = _proxied(_read(head), b"")
    except _Malformed:
        return failed()
    if media_type and answer.headers == [_JSON] and _VALUE.fullmatch(media_type):
        return HttpResponse(answer.status, [("Content-Type", media_type)])
    return answer


def _read(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _Malformed from None


def _mapped(result: Any) -> HttpResponse:
    if isinstance(result, dict) and result.get("statusCode") is not None:
        try:
            return _proxied(result, _body(result))
        except _Malformed:
            return failed()
    return HttpResponse(200, [_JSON], _text(result))


def _proxied(result: Any, body: bytes) -> HttpResponse:
    if not isinstance(result, dict):
        raise _Malformed
    headers = _headers(result.get("headers"))
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list):
        raise _Malformed
    for cookie in cookies:
        headers.append(("Set-Cookie", _value(cookie)))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(_JSON)
    return HttpResponse(_status(result.get("statusCode", 200)), headers, body)


def _status(given: Any) -> int:
    """Return a status, which may be a string (L-A84)."""
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) == 3:
        given = int(given)
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or not 200 <= given <= 599:
        raise _Malformed
    return given


def _headers(given: Any) -> Headers:
    if given is None:
        return []
    if not isinstance(given, dict):
        raise _Malformed
    headers: Headers = []
    for name, value in given.items():
        if value is None:
            continue
        if _NAME.fullmatch(name) is None:
            raise _Malformed
        shown = f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name
        headers.append((shown, _value(value)))
    return headers


def _value(given: Any) -> str:
    """Return a header's value; one that would end it early is refused, and lists in lists."""
    if isinstance(given, list):
        if any(isinstance(one, list) for one in given):
            raise _Malformed
        return ",".join(map(_value, given))
    if isinstance(given, dict):
        raise _Malformed
    text = given if isinstance(given, str) else json.dumps(given)
    text = text.encode(errors="replace").decode("latin-1")
    if _VALUE.fullmatch(text) is None:
        raise _Malformed
    return text


def _body(result: dict[str, Any]) -> bytes:
    given = result.get("body")
    if given is None:
        return b""
    if result.get("isBase64Encoded") is True:
        try:
            return base64.b64decode(given, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise _Malformed from None
    return _text(given)


def _text(value: Any) -> bytes:
    """Return a string as it is, and anything else as compact JSON."""
    if not isinstance(value, str):
        value = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    encoded: bytes = value.encode(errors="replace")
    return encoded
