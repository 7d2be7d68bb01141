"""Requests from bytes, whatever the pieces they come in, and within limits."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.shell import reader as reader_module
from headrace.shell.limits import HEAD_BYTES_MAX, HEADER_NAMES_MAX, REPEATED_HEADERS_MAX
from headrace.shell.reader import BodiesInHand, Reader, Refused
from headrace.wire.envelope import HttpRequest


class Gate:
    def __init__(self, limit=1_000):
        self.limit = limit

    def body_limit(self, method, target, headers):
        return self.limit


class Seen:
    """A reader and what came of it."""

    def __init__(self, limit=1_000):
        self.requests = []
        self.continues = 0
        self.bodies = BodiesInHand()
        self.reader = Reader(Gate(limit), self.bodies, self.requests.append, self._continue)

    def _continue(self):
        self.continues += 1

    def feed(self, *parts):
        for part in parts:
            self.reader.feed(part)
        return self.requests


def refusal_of(data, limit=1_000):
    """Return the status with which bytes are refused."""
    seen = Seen(limit)
    with pytest.raises(Refused) as caught:
        seen.feed(data)
    return caught.value.status


PLAIN = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Thing: One\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = (
    b"PUT /b HTTP/1.1\r\nhost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: t\r\n\r\n"
)
BODILESS = b"GET /c HTTP/1.1\r\nHost: x\r\nAccept: a\r\nACCEPT: b\r\n\r\n"


def test_a_request_is_assembled():
    (request,) = Seen().feed(PLAIN)
    headers = {"host": "x", "x-thing": "One", "content-length": "3"}
    assert request == HttpRequest("POST", "/a?b=c", headers, b"abc")


def test_repeated_headers_are_joined():
    (request,) = Seen().feed(BODILESS)
    assert request.headers == {"host": "x", "accept": "a, b"}


def test_a_chunked_body_is_joined_and_its_trailers_are_no_headers():
    (request,) = Seen().feed(CHUNKED)
    assert request.body == b"abc"
    assert set(request.headers) == {"host", "transfer-encoding"}


@given(cuts=st.lists(st.integers(0, len(PLAIN + CHUNKED + BODILESS)), max_size=12))
def test_pieces_make_no_difference(cuts):
    story = PLAIN + CHUNKED + BODILESS
    seen = Seen()
    ends = sorted(cuts)
    for start, end in zip([0, *ends], [*ends, len(story)], strict=True):
        seen.feed(story[start:end])
    assert [request.target for request in seen.requests] == ["/a?b=c", "/b", "/c"]
    assert [request.body for request in seen.requests] == [b"abc", b"abc", b""]
    assert not seen.reader.is_reading
    assert seen.bodies.size == 0


@given(data=st.binary(max_size=300), start=st.sampled_from([b"", PLAIN, PLAIN[:40], CHUNKED[:70]]))
def test_any_bytes_are_read_or_refused(data, start):
    seen = Seen()
    with contextlib.suppress(Refused):
        seen.feed(start, data)
    assert all(request.target for request in seen.requests)


def test_an_absolute_target_overrides_the_host():
    (request,) = Seen().feed(b"GET http://evil.example:80/p?q HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (request.target, request.headers["host"]) == ("/p?q", "evil.example:80")
    (request,) = Seen().feed(b"GET http://a@evil.example HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (request.target, request.headers["host"]) == ("/", "evil.example")


def test_an_offer_to_upgrade_is_not_taken_up():
    upgrade = (
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nContent-Length: 1\r\n\r\na"
    )
    requests = Seen().feed(upgrade + PLAIN)
    assert [request.body for request in requests] == [b"a", b"abc"]


def test_a_client_that_waits_for_100_continue_is_told_once_the_head_is_there():
    seen = Seen()
    seen.feed(PLAIN.replace(b"Host: x", b"Host: x\r\nExpect: 100-Continue")[:-3])
    assert seen.continues == 1
    assert seen.reader.has_head
    assert seen.reader.head.target == "/a?b=c"


@pytest.mark.parametrize(
    "status, data",
    [
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
        (
            400,
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n"),
        (400, b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, b"GET ftp://a/ HTTP/1.1\r\nHost: x\r\n\r\n"),
        (413, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"),
        (
            413,
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"
            + b"a" * 1_001,
        ),
        (
            413,
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"1f4\r\n%s\r\n" % (b"a" * 500) * 3,
        ),
        (417, b"POST / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n"),
        (431, b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * HEAD_BYTES_MAX),
        (
            431,
            b"GET / HTTP/1.1\r\nHost: x\r\n"
            + b"".join(b"A%d: %s\r\n" % (number, b"a" * 9_000) for number in range(20))
            + b"\r\n",
        ),
        (
            431,
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * (REPEATED_HEADERS_MAX + 2) + b"\r\n",
        ),
        (
            431,
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
            + b"A: b\r\n" * (REPEATED_HEADERS_MAX + 2),
        ),
    ],
)
def test_what_is_no_request_or_too_much_is_refused(status, data):
    assert refusal_of(data) == status


def test_a_body_of_just_the_limit_is_read():
    data = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"a" * 1_000
    assert len(Seen().feed(data)[0].body) == 1_000


def test_half_received_bodies_are_counted_and_bounded(monkeypatch):
    monkeypatch.setattr(reader_module, "BODIES_BYTES_MAX", 500)
    seen = Seen()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"
    seen.feed(head, b"a" * 300, b"a" * 300)
    assert seen.bodies.size == 300
    with pytest.raises(Refused) as caught:
        seen.feed(b"a" * 201)
    assert caught.value.status == 503
    seen.reader.close()
    assert seen.bodies.size == 0


def test_the_memory_of_header_names_is_bounded():
    for number in range(HEADER_NAMES_MAX + 100):
        Seen().feed(b"GET / HTTP/1.1\r\nHost: x\r\nX-%d: a\r\n\r\n" % number)
    assert len(reader_module._NAMES) <= HEADER_NAMES_MAX
