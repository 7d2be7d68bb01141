"""Read the requests of one connection: bytes in, whole `HttpRequest`s out, within limits.

llhttp (by httptools) finds the parts. What it calls comes here; what a request may not be is raised
as `Refused`, and nothing is read after that.
"""

from collections.abc import Callable
from typing import Protocol

import httptools

from headrace.shell.limits import (
    BODIES_BYTES_MAX,
    HEAD_BYTES_MAX,
    HEADER_NAMES_MAX,
    REPEATED_HEADERS_MAX,
)
from headrace.wire.envelope import HttpRequest

#: Header names as clients write them, to lower case.
_NAMES: dict[bytes, str] = {}

_METHODS = {name.encode(): name for name in ("POST", "GET", "PUT", "DELETE", "HEAD", "PATCH")}


class Refused(Exception):
    """A request is turned away by the server itself and its connection closed."""

    def __init__(self, status: int, sentence: str) -> None:
        """Hold the HTTP status and one sentence."""
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Gate(Protocol):
    """What is asked about a request once its head is complete."""

    def body_limit(self, method: str, target: str, headers: dict[str, str]) -> int:
        """Return the number of bytes that the body may have.

        Raises:
            Refused: The request is not let in at all.
        """
        ...


class BodiesInHand:
    """Bytes of half-received bodies over all connections of a server."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        """Start with none."""
        self.size = 0


class Reader:
    """Assembles requests; `feed` it what the socket gives."""

    __slots__ = (
        "_bodies",
        "_body",
        "_body_limit",
        "_counted",
        "_gate",
        "_head_bytes",
        "_headers",
        "_is_upgrade",
        "_method",
        "_on_continue",
        "_on_request",
        "_parser",
        "_repeated",
        "_target",
        "_target_text",
        "body_bytes_expected",
        "is_reading",
    )

    def __init__(
        self,
        gate: Gate,
        bodies: BodiesInHand,
        on_request: Callable[[HttpRequest], None],
        on_continue: Callable[[], None],
    ) -> None:
        """Call `on_request` for each request, in order.

        `on_continue` is called when a client waits for "100 Continue" before it sends a body.
        """
        self._gate = gate
        self._bodies = bodies
        self._on_request = on_request
        self._on_continue = on_continue
        self._parser = httptools.HttpRequestParser(self)
        #: Whether a request has begun and is not complete.
        self.is_reading = False
        #: Once a head is complete: how long its body may be at most.
        self.body_bytes_expected = 0
        self._counted = 0
        self._head_bytes = 0
        self._body: bytes | bytearray = b""
        self.on_message_begin()
        self.is_reading = False

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection goes on behind the request that was just read."""
        return bool(self._parser.should_keep_alive())

    @property
    def takes_chunks(self) -> bool:
        """Whether the client knows answers in chunks: it speaks HTTP/1.1."""
        return bool(self._parser.get_http_version() != "1.0")

    @property
    def has_head(self) -> bool:
        """Whether the request that is being read has its head complete."""
        return self._method is not None

    @property
    def head(self) -> HttpRequest | None:
        """The head of the request that is being read, once it is complete."""
        if self._method is None:
            return None
        return HttpRequest(self._method, self._target_text, self._headers, b"")

    def feed(self, data: bytes) -> None:
        """Take bytes from the socket; calls back for each request that they complete.

        Raises:
            Refused: A request is not let in or is no HTTP. Nothing may be fed after it.
        """
        while data:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserCallbackError as error:
                cause = error.__context__
                assert cause is not None
                raise cause from None
            except httptools.HttpParserUpgrade as upgrade:
                data = self._head_without_upgrade() + data[upgrade.args[0] :]
                self._parser = httptools.HttpRequestParser(self)
                continue
            except httptools.HttpParserError as error:
                raise Refused(400, f"This is no HTTP request: {error}.") from None
            break
        if not self.is_reading:
            self._head_bytes = 0
        elif self._method is None:
            # Where in these bytes a head began is known only if no request ended in them.
            self._head_bytes = 0 if self._head_bytes < 0 else self._head_bytes + len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                raise Refused(431, f"The headers exceed {HEAD_BYTES_MAX} bytes.")

    def close(self) -> None:
        """Drop what was read by half, and what refers back to this."""
        self._bodies.size -= self._counted
        self._counted = 0
        self._body = b""
        del self._parser, self._on_request, self._on_continue

    # What llhttp calls, by name.

    def on_message_begin(self) -> None:
        """A request begins."""
        self.is_reading = True
        self._method: str | None = None
        self._target = b""
        self._headers: dict[str, str] = {}
        self._repeated = 0
        self._is_upgrade = False
        self._body = b""

    def on_url(self, part: bytes) -> None:
        """A part of the target has been read."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line has been read; behind the body it is a trailer, which nobody reads."""
        if self._method is not None:
            self._count_repeated()
            return
        key = _NAMES.get(name) or _lower(name)
        headers = self._headers
        if key in headers:
            self._count_repeated()
            if key == "host":
                raise Refused(400, "A request has one Host header.")
            headers[key] = f"{headers[key]}, {value.decode('latin-1')}"
        else:
            headers[key] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is complete: decide whether the request is let in, before its body is read."""
        headers = self._headers
        if "upgrade" in headers and self._parser.should_upgrade():
            self._is_upgrade = True
            return
        target = self._target.decode("latin-1")
        raw_method = self._parser.get_method()
        method = _METHODS.get(raw_method) or raw_method.decode("latin-1")
        if target[:1] != "/":
            target = self._target_in_origin_form(method, target)
        self._method = method
        self._target_text = target
        if "host" not in headers and self._parser.get_http_version() != "1.0":
            raise Refused(400, "A request has a Host header.")
        if len(headers) > 16 and sum(map(len, headers.values())) > HEAD_BYTES_MAX:
            raise Refused(431, f"The headers exceed {HEAD_BYTES_MAX} bytes.")
        self._body_limit = limit = self._gate.body_limit(method, target, headers)
        length = headers.get("content-length")
        self.body_bytes_expected = size = limit if length is None else int(length)
        if size > limit:
            raise _too_large(limit)
        expected = headers.get("expect")
        if expected is not None:
            if expected.lower() != "100-continue":
                raise Refused(417, "Only 100-continue can be expected.")
            self._on_continue()

    def on_body(self, part: bytes) -> None:
        """A part of the body has been read."""
        body = self._body
        if not body:
            if len(part) > self._body_limit:
                raise _too_large(self._body_limit)
            self._body = part
            return
        if len(body) + len(part) > self._body_limit:
            raise _too_large(self._body_limit)
        if isinstance(body, bytes):
            self._body = body = bytearray(body)
        body += part
        self._counted += len(part)
        self._bodies.size += len(part)
        if self._bodies.size > BODIES_BYTES_MAX:
            raise Refused(503, "Too many large requests are under way.")

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._is_upgrade:
            return
        self.is_reading = False
        self._head_bytes = -1
        if self._counted:
            self._bodies.size -= self._counted
            self._counted = 0
        body, self._body = self._body, b""
        if isinstance(body, bytearray):
            body = bytes(body)
        assert self._method is not None
        request = HttpRequest(self._method, self._target_text, self._headers, body)
        self._on_request(request)

    def _head_without_upgrade(self) -> bytes:
        """Return the head that was just read as if the client had offered no other protocol.

        The offer is not taken up. llhttp stops behind such a head and leaves the body unread;
        reading the head again without the offer makes it go on.
        """
        lines = [
            f"{name}: {value}\r\n"
            for name, value in self._headers.items()
            if name not in {"upgrade", "connection", "http2-settings"}
        ]
        method = self._parser.get_method() + b" " + self._target + b" HTTP/1.1\r\n"
        return method + "".join(lines).encode("latin-1") + b"\r\n"

    def _count_repeated(self) -> None:
        self._repeated += 1
        if self._repeated > REPEATED_HEADERS_MAX:
            raise Refused(431, "Too many headers repeat a name.")

    def _target_in_origin_form(self, method: str, target: str) -> str:
        """Turn `http://host/path` into `/path`; the host in it counts instead of Host."""
        scheme, separator, rest = target.partition("://")
        if separator and scheme.lower() in {"http", "https"}:
            authority, slash, path = rest.partition("/")
            self._headers["host"] = authority.rpartition("@")[2]
            return slash + path or "/"
        if method == "OPTIONS" and target == "*":
            return target
        raise Refused(400, "The request target is no path.")


def _too_large(limit: int) -> Refused:
    return Refused(413, f"The body exceeds {limit} bytes.")


def _lower(name: bytes) -> str:
    lower = name.decode("latin-1").lower()
    if len(_NAMES) < HEADER_NAMES_MAX:
        _NAMES[name] = lower
    return lower
