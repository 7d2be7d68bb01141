"""Carry a batch of telemetry to a listener in an environment: one courier for each protocol.

Source: AWS's page "Telemetry API reference", Destination. Over HTTP a batch is a POST of a JSON
array, and the listener says whether it took it. Over TCP each event is a line, and nobody answers:
what the kernel has taken while the connection stood counts as delivered.
"""

import asyncio
import contextlib
import select
import socket
from typing import Protocol

import msgspec

from headrace.sandbox import limits
from headrace.sandbox.sockets import LOOPBACK, Sockets


class Courier(Protocol):
    """Brings the batches of one subscription, one at a time."""

    async def bring(self, batch: list[bytes]) -> bool:
        """Try once to bring events, each a JSON object; return whether the listener took them.

        Raises:
            OSError, EOFError, ValueError: It did not, or nobody knows; some may have arrived.
        """
        ...

    def close(self) -> None:
        """Keep no connection; whoever closes ends what is under way first. Once or more."""
        ...


class Destination(Protocol):
    """Where a subscription's events go."""

    @property
    def port(self) -> int:
        """Of the environment's own loopback."""
        ...

    def hire(self, loop: asyncio.AbstractEventLoop, sockets: Sockets) -> Courier:
        """Return a courier that goes there."""
        ...


class HttpDestination(msgspec.Struct, frozen=True):
    """A server that takes POSTs."""

    port: int
    path: str

    def hire(self, loop: asyncio.AbstractEventLoop, sockets: Sockets) -> Courier:
        """Return a courier that goes there."""
        return HttpCourier(loop, sockets, self)


class TcpDestination(msgspec.Struct, frozen=True):
    """A listener that reads lines."""

    port: int

    def hire(self, loop: asyncio.AbstractEventLoop, sockets: Sockets) -> Courier:
        """Return a courier that goes there."""
        return TcpCourier(loop, sockets, self)


class HttpCourier:
    """Posts each batch on a connection of its own."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sockets: Sockets, destination: HttpDestination
    ) -> None:
        self._loop = loop
        self._sockets = sockets
        self._destination = destination

    async def bring(self, batch: list[bytes]) -> bool:
        """Post once; True when the answer's status is 2xx."""
        port, path = self._destination.port, self._destination.path
        body = b"[" + b",".join(batch) + b"]"
        head = (
            f"POST {path} HTTP/1.1\r\n"
            f"Host: sandbox.localdomain:{port}\r\n"
            "Content-Type: application/json\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        used = await self._sockets.take()
        try:
            await self._loop.sock_connect(used, (LOOPBACK, port))
            await self._loop.sock_sendall(used, head.encode() + body)
            words = (await self._read_line(used)).split()
        except BaseException:
            self._sockets.cut(used)
            raise
        self._sockets.give_back(used)
        return len(words) > 1 and 200 <= int(words[1]) < 300

    def close(self) -> None:
        """Do nothing: there is no connection between two batches."""

    async def _read_line(self, used: socket.socket) -> bytes:
        """Return the first line of an answer.

        Raises:
            EOFError: It ends before, or is too long.
        """
        answer = b""
        while b"\n" not in answer:
            left = limits.TELEMETRY_ANSWER_BYTES_MAX - len(answer)
            piece = await self._loop.sock_recv(used, left) if left > 0 else b""
            if not piece:
                raise EOFError
            answer += piece
        return answer.partition(b"\n")[0]


class TcpCourier:
    """Writes lines on one connection for as long as it lives, and makes another when it is gone."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sockets: Sockets, destination: TcpDestination
    ) -> None:
        self._loop = loop
        self._sockets = sockets
        self._address = (LOOPBACK, destination.port)
        self._line: socket.socket | None = None  #: The connection, while nothing is under way.

    async def bring(self, batch: list[bytes]) -> bool:
        """Write once; True when the kernel has taken all and the other end has not refused it."""
        used = self._take_line() or await self._connect()
        try:
            await self._loop.sock_sendall(used, b"\n".join(batch) + b"\n")
            if _shows(used, 0):
                raise ConnectionResetError("the listener closed before it had read all")
        except BaseException:
            self._sockets.cut(used)
            raise
        self._line = used
        return True

    def close(self) -> None:
        """Give the connection back; what was sent still arrives."""
        used, self._line = self._line, None
        if used is not None:
            self._sockets.give_back(used)

    def _take_line(self) -> socket.socket | None:
        """Return the connection if it stands.

        One that the other end has closed takes nothing more, but may still be read to its end.
        Who answers although nobody reads answers is not to wait for it: that is thrown away.
        """
        used, self._line = self._line, None
        if used is None:
            return None
        with contextlib.suppress(OSError):
            used.recv(limits.TELEMETRY_ANSWER_BYTES_MAX)
        if _shows(used, select.POLLRDHUP):
            self._sockets.give_back(used)
            return None
        return used

    async def _connect(self) -> socket.socket:
        """Return a new connection.

        Raises:
            OSError: Nobody listens.
        """
        used = await self._sockets.take()
        try:
            # Who does not read has no more than one batch in the kernel, as over HTTP.
            used.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.TELEMETRY_BYTES[1])
            await self._loop.sock_connect(used, self._address)
            # A port that nobody has may become the socket's own: it would hear itself, and keep
            # the listener from coming.
            if used.getsockname() == self._address:
                raise ConnectionRefusedError("nobody listens: the socket reached itself")
        except BaseException:
            self._sockets.cut(used)
            raise
        return used


def _shows(used: socket.socket, signs: int) -> bool:
    """Return whether a socket shows one of these signs now, an error, or its end."""
    poll = select.poll()
    poll.register(used, signs)
    return bool(poll.poll(0))
