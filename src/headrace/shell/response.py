"""Write an HttpResponse as the bytes of HTTP/1.1."""

from http import HTTPStatus

from headrace.wire.envelope import HttpRequest, HttpResponse

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus
}

CHUNKED = "Transfer-Encoding: chunked\r\n"

#: Statuses whose answers have no body and no length.
_BODILESS = frozenset({204, 304})


def encode_response(
    response: HttpResponse,
    date_line: str,
    connection_line: str,
    *,
    is_head: bool,
    length_line: str | None = None,
) -> bytes:
    """Return head and body as they go on the wire.

    Args:
        response: What to write.
        date_line: The Date header, with its line end.
        connection_line: A Connection header with its line end, or nothing.
        is_head: The request was HEAD: the answer's length is told and its body left out.
        length_line: What tells the length of a body that follows, with its line end, or nothing;
            None: the body is here, and its length is told.
    """
    status = response.status
    body = response.body
    head = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} Unknown\r\n"
    for name, value in response.headers:
        head += f"{name}: {value}\r\n"
    # A line end inside a value would let it write headers of its own.
    assert head.count("\n") == 1 + len(response.headers), "a header value holds a line end"
    if status in _BODILESS:
        return f"{head}{date_line}{connection_line}\r\n".encode("latin-1")
    if length_line is None:
        length = len(body) if response.length is None else response.length
        length_line = f"Content-Length: {length}\r\n"
    head = f"{head}{date_line}{length_line}{connection_line}\r\n"
    return head.encode("latin-1") if is_head else head.encode("latin-1") + body


def encode_connection(request: HttpRequest, *, goes_on: bool) -> str:
    """Return the Connection header of an answer with its line end, or nothing."""
    if not goes_on:
        return "Connection: close\r\n"
    return "Connection: keep-alive\r\n" if "connection" in request.headers else ""
