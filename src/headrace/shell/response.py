"""Write an HttpResponse as the bytes of HTTP/1.1."""

from http import HTTPStatus

from headrace.wire.envelope import HttpResponse

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus
}

#: Statuses whose answers have no body and no length.
_BODILESS = frozenset({204, 304})


def encode_response(
    response: HttpResponse, date_line: str, connection_line: str, *, is_head: bool
) -> bytes:
    """Return head and body as they go on the wire.

    Args:
        response: What to write.
        date_line: The Date header, with its line end.
        connection_line: A Connection header with its line end, or nothing.
        is_head: The request was HEAD: the answer's length is told and its body left out.
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
    head = f"{head}{date_line}Content-Length: {len(body)}\r\n{connection_line}\r\n"
    return head.encode("latin-1") if is_head else head.encode("latin-1") + body
