"""Answers as bytes."""

import pytest

from headrace.shell.response import encode_response
from headrace.wire.envelope import HttpResponse

DATE = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"


def encode(response, connection_line="", *, is_head=False):
    return encode_response(response, DATE, connection_line, is_head=is_head)


def test_an_answer_has_status_headers_date_length_and_body():
    assert encode(HttpResponse(200, [("A", "b"), ("C", "d")], b"body")) == (
        b"HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n" + DATE.encode() + b"Content-Length: 4\r\n\r\nbody"
    )


def test_an_answer_to_head_tells_the_length_and_leaves_the_body_out():
    data = encode(HttpResponse(200, [], b"body"), is_head=True)
    assert data.endswith(b"Content-Length: 4\r\n\r\n")


def test_no_content_has_no_length():
    data = encode(HttpResponse(204, []), "Connection: close\r\n")
    assert data == b"HTTP/1.1 204 No Content\r\n" + DATE.encode() + b"Connection: close\r\n\r\n"


def test_an_unusual_status_is_written():
    assert encode(HttpResponse(599, [])).startswith(b"HTTP/1.1 599 Unknown\r\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_end_in_a_header_is_a_bug(end):
    with pytest.raises(AssertionError):
        encode(HttpResponse(200, [("A", f"b{end}Set-Cookie: c")]))
