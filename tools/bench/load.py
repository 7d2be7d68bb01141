"""Put load on an HTTP server over many keep-alive connections, from one plain epoll loop.

Each connection has one request under way. A request costs one `recv`, one `send` and a little
arithmetic, so that the generator, on its own core, is faster than what it measures.
"""

import select
import socket
import struct
import time
from collections.abc import Callable

import msgspec

#: Given the last response (None at first), returns the next request. One per connection.
Script = Callable[[bytes | None], bytes]

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "
_CLOSE = b"connection: close"
#: A server that takes so long to read a request is not measured any more, in seconds.
SEND_LIMIT_S = 30


class Result(msgspec.Struct):
    """What came of one measurement."""

    requests: int
    errors: int  #: Responses with another status than that of success.
    elapsed_s: float
    latencies_us: list[int]
    first_error: bytes = b""  #: The whole response.

    @property
    def per_s(self) -> float:
        """Requests answered in a second."""
        return self.requests / self.elapsed_s

    def quantile_us(self, share: float) -> int:
        """Return the latency that `share` (0 to 1) of the requests did not exceed."""
        ordered = sorted(self.latencies_us)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection:
    __slots__ = ("ends", "port", "received", "script", "sent_at_ns", "sock")

    def __init__(self, port: int, script: Script) -> None:
        self.port = port
        self.script = script
        self.sent_at_ns = 0
        self.open()

    def open(self) -> None:
        self.sock = socket.create_connection(("127.0.0.1", self.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        limit = struct.pack("ll", SEND_LIMIT_S, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self.received = b""
        self.ends = False

    def send(self, response: bytes | None) -> None:
        request = self.script(response)
        self.sent_at_ns = time.perf_counter_ns()
        # The socket blocks: a small request fits into its send buffer, which is empty now, and a
        # large one waits for the server to read it.
        self.sock.sendall(request)

    def take_response(self) -> bytes | None:
        """Return the whole response if it is there."""
        data = self.sock.recv(1 << 20)
        if not data:
            raise ConnectionError("the server closed a connection")
        if self.received:
            data = self.received + data
        end = data.find(_END_OF_HEAD)
        if end >= 0:
            head = data[:end].lower()
            if len(data) >= end + 4 + _content_length(head):
                self.received = b""
                self.ends = _CLOSE in head
                return data
        self.received = data
        return None


def _content_length(head: bytes) -> int:
    at = head.find(_LENGTH)
    if at < 0:
        return 0
    stop = head.find(b"\r\n", at)
    return int(head[at + len(_LENGTH) : stop if stop >= 0 else len(head)])


def run_load(port: int, scripts: list[Script], seconds: float, status: int = 200) -> Result:
    """Keep one request of each script under way for `seconds`; return what was measured.

    Every answer with another status than `status` is an error.
    """
    good = b" %d" % status
    poller = select.epoll()
    connections: dict[int, _Connection] = {}
    for script in scripts:
        connection = _Connection(port, script)
        connections[connection.sock.fileno()] = connection
        poller.register(connection.sock.fileno(), select.EPOLLIN)
    result = Result(0, 0, 0.0, [])
    started = time.perf_counter_ns()
    stop_at = started + int(seconds * 1e9)
    for connection in connections.values():
        connection.send(None)
    now = started
    while now < stop_at:
        for descriptor, _ in poller.poll(1.0):
            connection = connections[descriptor]
            response = connection.take_response()
            if response is None:
                continue
            now = time.perf_counter_ns()
            result.requests += 1
            result.latencies_us.append((now - connection.sent_at_ns) // 1_000)
            if response[8:12] != good:
                result.errors += 1
                result.first_error = result.first_error or response
            if connection.ends:
                # What a new connection costs is not measured: the SDKs keep theirs.
                poller.unregister(descriptor)
                del connections[descriptor]
                connection.sock.close()
                connection.open()
                connections[connection.sock.fileno()] = connection
                poller.register(connection.sock.fileno(), select.EPOLLIN)
            connection.send(response)
        now = time.perf_counter_ns()
    result.elapsed_s = (time.perf_counter_ns() - started) / 1e9
    for connection in connections.values():
        connection.sock.close()
    poller.close()
    return result


def body_of(response: bytes) -> bytes:
    """Return the body of a whole response."""
    return response[response.index(_END_OF_HEAD) + 4 :]
