"""A small HTTP/1.1 server for one environment: its programs and extensions talk to us here.

Accepts what official and home-made clients send: bodies in chunks, with trailers, after
`Expect: 100-continue`, requests behind each other on one connection, header names in any case.
An answer may be given much later: a runtime waits in `next` for hours. What a hostile function can
make us keep has limits: connections, bodies, and answers that it does not read.
"""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

import httptools
import msgspec

from headrace.sandbox import limits
from headrace.sandbox.answerflow import Valve


class Request(msgspec.Struct):
    """One whole request."""

    method: str
    path: str  #: Without its query.
    headers: dict[str, str]  #: By lower-case name; of equal names the last one.
    body: bytes = b""
    #: The body is larger than allowed, or too much else is in hand, and it was not kept.
    is_too_large: bool = False
    trailers: dict[str, str] = {}
    is_streamed: bool = False  #: A `BodyTaker` has had the body.


class Reply(msgspec.Struct, frozen=True):
    """One answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}
    content_type: str = "application/json"


class Exchange:
    """The place for the answer to one request."""

    def __init__(self, connection: "WebConnection", *, keep_alive: bool) -> None:
        self._connection = connection
        self._keep_alive = keep_alive

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for the answer."""
        return self._connection.current is self

    def answer(self, reply: Reply) -> None:
        """Answer, once; does nothing when nobody waits any more."""
        if self.is_open:
            self._connection.write(reply, keep_alive=self._keep_alive)


#: Takes a request and the place for its answer.
Handler = Callable[[Request, Exchange], None]


class BodyTaker(Protocol):
    """Takes the body of one request bit by bit; the request is handled behind it."""

    def add(self, piece: bytes) -> None:
        """Take a piece."""
        ...

    def lose(self) -> None:
        """The connection has ended before the body did."""
        ...


#: Takes a request that has no body yet and the connection that can hold it back; returns who takes
#: the body, or None when it is to come with the request.
BodyDoor = Callable[[Request, Valve], BodyTaker | None]
#: Returns whether the program at the other end, by address and port, may speak here.
PeerCheck = Callable[[tuple[str, int]], bool]


class Peers:
    """The connections of one server, and what they keep together."""

    def __init__(
        self, handle: Handler, may_speak: PeerCheck | None, open_body: BodyDoor | None
    ) -> None:
        self.handle = handle
        self.open_body = open_body
        self.may_speak = may_speak
        self.connections: set[WebConnection] = set()
        self.bodies_bytes = 0

    def admits(self, address: tuple[str, int]) -> bool:
        """Return whether another connection, which is counted already, may speak here."""
        if len(self.connections) > limits.API_CONNECTIONS_MAX:
            return False
        return self.may_speak is None or self.may_speak(address)


class WebServer:
    """A listening socket and its connections."""

    def __init__(
        self,
        handle: Handler,
        may_speak: PeerCheck | None = None,
        open_body: BodyDoor | None = None,
    ) -> None:
        """Begin without a socket.

        Args:
            may_speak: None: whoever can reach the socket belongs to the environment.
            open_body: None: every body comes with its request.
        """
        self._peers = Peers(handle, may_speak, open_body)
        self._server: asyncio.Server | None = None
        self._is_closed = False

    async def listen(self, listener: socket.socket) -> None:
        """Serve a socket that listens already; it is closed with the server."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, sock=listener)
        if self._is_closed:  # Meanwhile.
            self.close()

    def close(self) -> None:
        """Close the socket and cut all connections."""
        self._is_closed = True
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._peers.connections):
            connection.cut()

    def _connect(self) -> "WebConnection":
        return WebConnection(self._peers)


class WebConnection(asyncio.Protocol):
    """One connection: reads requests, has one at a time answered, in their order."""

    def __init__(self, peers: Peers) -> None:
        self.current: Exchange | None = None
        self._peers = peers
        self._is_stuck = False  #: Its answers are not read.
        self._is_held = False  #: Who takes its body has enough for now.
        self._transport: Any = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._begin()

    def _begin(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._trailers: dict[str, str] = {}
        self._head_bytes = 0
        self._body = bytearray()
        self._is_too_large = False
        self._in_body = False
        self._taker: BodyTaker | None = None

    # --- asyncio.Protocol --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or refuse a stranger."""
        self._transport = transport
        self._peers.connections.add(self)
        if not self._peers.admits(transport.get_extra_info("peername")[:2]):
            self.cut()

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget everything: nobody waits any more."""
        self.current = None
        taker, self._taker = self._taker, None
        if taker is not None:
            taker.lose()
        for request, _ in self._waiting:
            self._peers.bodies_bytes -= len(request.body)
        self._waiting.clear()
        self._drop_body()
        self._peers.connections.discard(self)
        self._parser = None  # it holds us, and with us all that the server answers for

    def pause_writing(self) -> None:
        """Read no more and answer no more: what was answered is not read."""
        self._is_stuck = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._is_stuck = False
        self._answer_next()
        self._resume()

    def data_received(self, data: bytes) -> None:
        """Read on; what is no HTTP ends the connection."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.cut()
        except httptools.HttpParserError:
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            self._transport.close()

    # --- httptools ---------------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        """Take a piece of the path."""
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer behind the body."""
        self._count(len(name) + len(value))
        place = self._trailers if self._in_body else self._headers
        place[name.decode("latin-1").lower()] = value.decode("latin-1").strip()

    def on_headers_complete(self) -> None:
        """Let a body come that waits for our word; perhaps somebody takes it as it comes."""
        self._in_body = True
        open_body = self._peers.open_body
        if open_body is not None and self.current is None and not self._waiting:
            self._taker = open_body(self._request(), self)
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body, up to the limits, or hand it to who takes it."""
        if self._taker is not None:
            self._taker.add(data)
            return
        in_hand = self._peers.bodies_bytes + len(data)
        whole = len(self._body) + len(data)
        if whole > limits.RESULT_BYTES_MAX or in_hand > limits.API_BODIES_BYTES_MAX:
            self._is_too_large = True
            self._drop_body()
        if not self._is_too_large:
            self._peers.bodies_bytes = in_hand
            self._body += data

    def _drop_body(self) -> None:
        self._peers.bodies_bytes -= len(self._body)
        self._body.clear()

    def on_message_complete(self) -> None:
        """Have the request answered, when those before it are."""
        request = self._request()
        keep_alive = self._parser.should_keep_alive()
        self._begin()
        self._waiting.append((request, keep_alive))
        if len(self._waiting) >= limits.PIPELINED_MAX:
            self._transport.pause_reading()
        self._answer_next()

    def _request(self) -> Request:
        """Return the request as far as it has come."""
        return Request(
            self._parser.get_method().decode(),
            self._url.partition(b"?")[0].decode("latin-1"),
            self._headers,
            bytes(self._body),
            self._is_too_large,
            self._trailers,
            self._taker is not None,
        )

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > limits.HTTP_HEAD_BYTES_MAX:
            raise ValueError("the head of a request is too large")

    # --- Valve -------------------------------------------------------------------------------

    def hold(self) -> None:
        """Read no more of a body until `go_on`."""
        self._is_held = True
        self._transport.pause_reading()

    def go_on(self) -> None:
        """Read on."""
        self._is_held = False
        self._resume()

    # --- answers -----------------------------------------------------------------------------

    def write(self, reply: Reply, *, keep_alive: bool) -> None:
        """Write the answer to the current request and go on with the next."""
        self.current = None
        head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        head += [f"Content-Type: {reply.content_type}", f"Content-Length: {len(reply.body)}"]
        if not keep_alive:
            head.append("Connection: close")
        text = "\r\n".join([*head, "\r\n"]).encode("utf-8", "replace")
        self._transport.write(text + reply.body)
        if not keep_alive:
            self._transport.close()
            return
        if self._waiting:
            # Not from here: whoever answers may be in the middle of something.
            asyncio.get_running_loop().call_soon(self._answer_next)
        else:
            self._resume()

    def cut(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _answer_next(self) -> None:
        if self.current is None and self._waiting and not self._is_stuck:
            request, keep_alive = self._waiting.popleft()
            self._peers.bodies_bytes -= len(request.body)
            self._resume()
            exchange = self.current = Exchange(self, keep_alive=keep_alive)
            self._peers.handle(request, exchange)

    def _resume(self) -> None:
        is_full = len(self._waiting) >= limits.PIPELINED_MAX
        if not (self._is_stuck or self._is_held or is_full or self._transport.is_closing()):
            with contextlib.suppress(RuntimeError):
                self._transport.resume_reading()
