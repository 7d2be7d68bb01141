"""One client's connection: requests in order, answers in order, nothing without a limit.

A connection reads while it may. It pauses when its client does not take answers, when requests pile
up behind unanswered ones, or when the driver has too much to commit; but never while an answer is
watched for (a parked receive), because then the client's end must be noticed.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Protocol

import msgspec

from headrace.shell.exchange import Exchange
from headrace.shell.limits import (
    LINGER_BYTES_MAX,
    LINGER_S,
    PIPELINED_BEHIND_PARKED_MAX,
    PIPELINED_MAX,
    RELIEVED_AT_ONCE,
    SLOWEST_BYTES_PER_S,
    UNREAD_BYTES_MAX,
    WRITE_HIGH_BYTES,
    WRITE_LOW_BYTES,
)
from headrace.shell.reader import BodiesInHand, Gate, Reader, Refused
from headrace.shell.response import encode_connection, encode_response
from headrace.wire.envelope import HttpRequest, HttpResponse

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_HEAD = HttpRequest("POST", "/", {}, b"")
#: Takes the place of an answer that nobody waits for.
_NO_ANSWER = HttpResponse(0, [])


class Application(Gate, Protocol):
    """Who answers requests."""

    @property
    def is_pressed(self) -> bool:
        """Whether nothing more should be read for now."""
        ...

    def serve(self, exchange: Exchange) -> None:
        """Answer a request, now or later; never raises."""
        ...

    def refuse(self, head: HttpRequest, status: int, sentence: str) -> HttpResponse:
        """Return the answer to a request that the server itself turns away."""
        ...


class Times(msgspec.Struct, frozen=True):
    """How long clients may take, in seconds of machine time."""

    head_s: float = 10  #: From a request's first byte to the end of its headers.
    body_s: float = 60  #: From there to the end of its body, and a second for each MiB.
    idle_s: float = 120  #: Between two requests.
    write_s: float = 60  #: For a client to take what was written, and a second for each MiB.


class Shared:
    """What the connections of a server have in common."""

    def __init__(self, application: Application, times: Times, connections_max: int) -> None:
        """Start without connections."""
        self.application = application
        self.times = times
        self.connections_max = connections_max
        self.connections: set[Connection] = set()
        #: Connections whose clients do not read, longest first.
        self.stuck: dict[Connection, None] = {}
        #: Connections that do not read because the driver is pressed, longest first.
        self.pressed: dict[Connection, None] = {}
        self._is_relieving = False
        self.bodies = BodiesInHand()
        self.is_stopping = False
        self.on_empty: Callable[[], None] = lambda: None  #: Called when the last connection ended.
        self.now = 0.0  #: The event loop's time at the last tick.
        self.date_line = ""

    def relieve(self) -> None:
        """Read on when the driver is no longer pressed, a few connections a turn.

        All at once would fill a block with what hundreds of them hold. Those behind do not wait for
        the first ones, whose clients may be slow: they come in the next turn, unless it is pressed.
        """
        if not self.pressed or self._is_relieving or self.application.is_pressed:
            return
        for connection in list(islice(self.pressed, RELIEVED_AT_ONCE)):
            del self.pressed[connection]
            connection.adjust_reading()
        if self.pressed:
            self._is_relieving = True
            asyncio.get_running_loop().call_soon(self._relieve_more)

    def _relieve_more(self) -> None:
        self._is_relieving = False
        self.relieve()

    def cut_off_the_stuck(self) -> None:
        """Close what has been stuck longest until the rest holds no more than it may."""
        sizes = {connection: connection.unread_bytes for connection in self.stuck}
        total = sum(sizes.values())
        for connection, size in sizes.items():
            if total <= UNREAD_BYTES_MAX:
                return
            total -= size
            connection.cut_off()


class Connection(asyncio.Protocol):
    """The protocol object of one socket."""

    __slots__ = (
        "_dropped_bytes",
        "_has_eof",
        "_is_beginning",
        "_is_closing",
        "_is_deaf",
        "_is_lingering",
        "_is_paused",
        "_is_stuck",
        "_owes_continue",
        "_reader",
        "_shared",
        "_since",
        "_transport",
        "_waiting",
        "exchanges",
        "peer",
    )

    _transport: asyncio.Transport

    def __init__(self, shared: Shared) -> None:
        """Wait to be connected."""
        self._shared = shared
        self._reader = Reader(shared.application, shared.bodies, self._take, self._continue)
        self.exchanges: deque[Exchange] = deque()
        self._waiting: deque[Exchange] = deque()  # read, and not begun
        self._since = shared.now  # when what it is doing now began
        self._is_paused = False  # nothing is read from the socket
        self._is_stuck = False  # the client does not read
        self._is_deaf = False  # what comes is dropped
        self._is_closing = False  # our end is closed, the client's is not yet
        self._is_lingering = False  # the client may still be sending when our end is closed
        self._is_beginning = False
        self._has_eof = False
        self._owes_continue = False
        self._dropped_bytes = 0

    @property
    def unread_bytes(self) -> int:
        """How much is written that the client has not taken, and how much waits behind it."""
        return self._transport.get_write_buffer_size() + sum(x.held_bytes for x in self.exchanges)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        self._transport = transport
        self.peer = _peer_of(transport)
        transport.set_write_buffer_limits(WRITE_HIGH_BYTES, WRITE_LOW_BYTES)
        shared = self._shared
        shared.connections.add(self)
        if len(shared.connections) > shared.connections_max:
            self._refuse(Refused(503, "The server has as many connections as it may."))

    def data_received(self, data: bytes) -> None:
        """Read what came, and begin the requests that it completes."""
        if self._is_deaf:
            self._dropped_bytes += len(data)
            if self._dropped_bytes > LINGER_BYTES_MAX:
                self.cut_off()
            return
        reader = self._reader
        shared = self._shared
        if not reader.is_reading:
            self._since = shared.now
        try:
            reader.feed(data)
        except Refused as refused:
            self._refuse(refused)
        if shared.application.is_pressed:
            shared.pressed[self] = None
            self.adjust_reading()

    def eof_received(self) -> bool:
        """The client sends nothing more: what is watched for is lost, the rest is answered."""
        self._has_eof = True
        self._is_deaf = True
        if self._is_closing:
            return False
        for exchange in list(self.exchanges):
            if exchange.on_gone is not None:
                exchange.lose()
                exchange.response = _NO_ANSWER
        self.flush()
        return bool(self.exchanges or self._waiting) and not self._is_closing

    def connection_lost(self, error: Exception | None) -> None:
        """It is over: tell those who work on an answer."""
        shared = self._shared
        shared.connections.discard(self)
        shared.stuck.pop(self, None)
        shared.pressed.pop(self, None)
        self._is_deaf = self._is_closing = True
        self._waiting.clear()
        exchanges, self.exchanges = self.exchanges, deque()
        for exchange in exchanges:
            exchange.lose()
        self._reader.close()
        if not shared.connections:
            shared.on_empty()

    def pause_writing(self) -> None:
        """The client does not read: hold further answers back, and begin nothing."""
        self._is_stuck = True
        self._since = self._shared.now
        self._shared.stuck[self] = None
        self.adjust_reading()
        self._shared.cut_off_the_stuck()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._is_stuck = False
        self._shared.stuck.pop(self, None)
        self.flush()

    # What the reader calls.

    def _take(self, request: HttpRequest) -> None:
        """Begin a request, or let it wait for its turn."""
        if self._is_deaf:
            return
        keep_alive = self._reader.keeps_alive
        if not keep_alive:
            self._is_deaf = True
        exchange = Exchange(self, request, keep_alive=keep_alive)
        exchanges = self.exchanges
        if self._waiting or self._is_stuck or (exchanges and not self._may_begin()):
            self._let_wait(exchange)
        else:
            exchanges.append(exchange)
            self._shared.application.serve(exchange)

    def _continue(self) -> None:
        """Tell the client to send its body, once all answers before are written."""
        if self.exchanges or self._waiting:
            self._owes_continue = True
        else:
            self._transport.write(_CONTINUE)

    # What exchanges and the server call.

    def flush(self) -> None:
        """Write the answers whose turn it is, then begin what waited for that."""
        exchanges = self.exchanges
        while exchanges and not self._is_stuck:
            exchange = exchanges[0]
            goes_on = self._write(exchange)
            if goes_on is None:
                break
            exchange.on_gone = None
            exchanges.popleft()  # only now: an answer that cannot be written is given anew
            if not goes_on:
                self._close()
                return
        self._since = self._shared.now
        if self._waiting:
            self._begin_waiting()
        if self._is_paused:
            self.adjust_reading()
        if not exchanges and not self._waiting:
            if self._owes_continue:
                self._owes_continue = False
                self._transport.write(_CONTINUE)
            if self._has_eof:
                self._close()
        if self._shared.pressed:
            self._shared.relieve()

    def adjust_reading(self) -> None:
        """Read from the socket or pause, as now must be."""
        busy = self._waiting or self._is_stuck or self in self._shared.pressed
        pause = bool(busy) and not self._is_deaf and not self._is_watched
        if pause != self._is_paused and not self._transport.is_closing():
            self._is_paused = pause
            if pause:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def look_at_time(self) -> None:
        """Close the connection if its client took too long; called about once a second."""
        shared = self._shared
        times = shared.times
        spent = shared.now - self._since
        if self._is_closing or self._is_stuck:
            size = self._transport.get_write_buffer_size()
            limit = times.write_s + size / SLOWEST_BYTES_PER_S if size else LINGER_S
            if spent > limit:
                self.cut_off()
        elif self.exchanges or self._waiting or self._is_paused:
            return
        elif not self._reader.is_reading:
            if spent > times.idle_s:
                self._close()
        elif not self._reader.has_head:
            if spent > times.head_s:
                self._refuse(Refused(408, "The headers took too long."))
        else:
            size = self._reader.body_bytes_expected
            if spent > times.head_s + times.body_s + size / SLOWEST_BYTES_PER_S:
                self._refuse(Refused(408, "The body took too long."))

    def stop(self) -> None:
        """Close now if nothing is under way; otherwise after the answers that are."""
        if not self.exchanges and not self._waiting and not self._reader.is_reading:
            self._close()

    def cut_off(self) -> None:
        """End the connection whatever is unwritten."""
        self._transport.abort()

    @property
    def _is_watched(self) -> bool:
        return any(exchange.on_gone is not None for exchange in self.exchanges)

    def _may_begin(self) -> bool:
        exchanges = self.exchanges
        if not exchanges:
            return not self._is_stuck
        return not self._is_stuck and len(exchanges) < PIPELINED_MAX and not exchanges[-1].blocks

    def _let_wait(self, exchange: Exchange) -> None:
        self._waiting.append(exchange)
        self.adjust_reading()
        if not self._is_paused and len(self._waiting) > PIPELINED_BEHIND_PARKED_MAX:
            self.cut_off()

    def _begin_waiting(self) -> None:
        """Begin waiting requests as far as may be; an answer given meanwhile does not nest."""
        if self._is_beginning:
            return
        self._is_beginning = True
        while self._waiting and self._may_begin():
            exchange = self._waiting.popleft()
            self.exchanges.append(exchange)
            if exchange.response is None:
                self._shared.application.serve(exchange)
            else:
                self.flush()
        self._is_beginning = False

    def _write(self, exchange: Exchange) -> bool | None:
        """Write one answer; return whether the connection goes on after it, None: not whole yet."""
        response = exchange.response
        if response is None:
            return None
        if response is _NO_ANSWER:
            return False
        shared = self._shared
        request = exchange.request
        goes_on = exchange.keep_alive and not shared.is_stopping
        if exchange.outflow is not None:
            outflow = exchange.outflow
            if not outflow.has_begun:
                outflow.begin(goes_on=goes_on, is_chunked=self._reader.takes_chunks)
                self._transport.write(outflow.encode_head(response, request, shared.date_line))
            return outflow.pour(self._transport.write, lambda: self._is_stuck)
        connection_line = encode_connection(request, goes_on=goes_on)
        is_head = request.method == "HEAD"
        self._transport.write(
            encode_response(response, shared.date_line, connection_line, is_head=is_head)
        )
        return goes_on

    def _refuse(self, refused: Refused) -> None:
        """Answer what the server itself turns away, after all answers before, and close."""
        head = self._reader.head or _NO_HEAD
        self._is_deaf = self._is_lingering = True
        exchange = Exchange(self, head, keep_alive=False)
        exchange.response = self._shared.application.refuse(head, refused.status, refused.sentence)
        self._waiting.append(exchange)
        self._begin_waiting()
        self.adjust_reading()

    def _close(self) -> None:
        """Close the connection once what was written is sent.

        Where the client may still be sending, only our end is closed, and what comes is dropped
        until it closes its own or a time limit is over: closing both at once would make the kernel
        discard an answer that the client has not read.
        """
        self._is_deaf = True
        self._waiting.clear()
        exchanges, self.exchanges = self.exchanges, deque()
        for exchange in exchanges:
            exchange.lose()
        if self._is_closing or self._transport.is_closing():
            return
        self._is_closing = True
        self._since = self._shared.now
        if self._is_lingering and not self._has_eof and self._transport.can_write_eof():
            self._transport.write_eof()
            self.adjust_reading()
        else:
            self._transport.close()


def _peer_of(transport: asyncio.Transport) -> str:
    name = transport.get_extra_info("peername")
    return str(name[0]) if name else ""
