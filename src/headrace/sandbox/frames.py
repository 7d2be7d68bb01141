"""The private protocol between server and runtime: frames over a stream socket.

A frame is the body's length (u32, little-endian), the header's length (u16), the header as JSON
and the body as raw bytes. Read with add_reader and written with a direct send: asyncio's own
transports cost about 47 µs of a 110 µs invoke (research/environments.md C2).
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import msgspec

from headrace.sandbox import limits

PREFIX_BYTES = 6

Header = dict[str, Any]


class BrokenFrame(Exception):
    """The other end does not keep to the protocol."""


def encode_frame(header: Header, body: bytes) -> list[bytes]:
    """Return a frame in one piece, or in two when copying a large body would cost more."""
    text = msgspec.json.encode(header)
    prefix = len(body).to_bytes(4, "little") + len(text).to_bytes(2, "little") + text
    return [prefix + body] if len(body) <= limits.READ_BYTES else [prefix, body]


class FrameReader:
    """Cuts a stream into frames; large bodies are received straight into their place."""

    def __init__(self, body_bytes_max: int) -> None:
        self._body_bytes_max = body_bytes_max
        self._rest = b""
        self._large: bytearray | None = None
        self._filled = 0

    def read_from(self, source: socket.socket) -> bool:
        """Receive once; return False at the end of the stream.

        Raises:
            BlockingIOError: There is nothing at the moment.
            OSError: The connection broke.
        """
        if self._large is not None:
            count = source.recv_into(memoryview(self._large)[self._filled :])
            self._filled += count
            return count > 0
        data = source.recv(limits.READ_BYTES)
        self._rest = self._rest + data if self._rest else data
        return bool(data)

    def next_frame(self) -> tuple[Header, bytes] | None:
        """Take the next whole frame, or return None if it is not here yet.

        Raises:
            BrokenFrame: The header is no JSON object, or the body is larger than allowed.
        """
        if self._large is not None:
            if self._filled < len(self._large):
                return None
            whole, self._large = bytes(self._large), None
        elif len(self._rest) < PREFIX_BYTES:
            return None
        else:
            whole = self._rest
        body_size = int.from_bytes(whole[:4], "little")
        body_start = PREFIX_BYTES + int.from_bytes(whole[4:6], "little")
        end = body_start + body_size
        if body_size > self._body_bytes_max:
            raise BrokenFrame("a frame is larger than a result may be")
        if len(whole) < end:
            if end > limits.READ_BYTES:
                self._large = bytearray(end)
                self._filled = len(whole)
                self._large[: self._filled] = whole
                self._rest = b""
            return None
        self._rest = whole[end:]
        try:
            header = msgspec.json.decode(whole[PREFIX_BYTES:body_start], type=Header)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BrokenFrame("a frame's header is no JSON object") from error
        return header, whole[body_start:end]


class Connection:
    """One end of a stream socket, joined to the event loop (asyncio's or uvloop's).

    Calls `on_frame(header, body)` for each frame, and `on_end(error)` once, when the other end is
    gone or, then with an error, has not kept to the protocol.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        stream: socket.socket,
        on_frame: Callable[[Header, bytes], None],
        on_end: Callable[[BrokenFrame | None], None],
    ) -> None:
        self._loop = loop
        self._socket = stream
        self._on_frame = on_frame
        self._on_end = on_end
        self._reader = FrameReader(limits.RESULT_BYTES_MAX)
        self._unsent: list[memoryview] = []
        self._is_full = False  #: The socket takes no more for now.
        self._open = True
        loop.add_reader(stream, self._on_readable)

    def send(self, header: Header, body: bytes) -> None:
        """Send a frame; what the socket does not take at once follows when it can."""
        if not self._open:
            return  # Its end is on its way.
        for piece in encode_frame(header, body):
            self._unsent.append(memoryview(piece))
        self._send_more()

    def send_byte(self) -> None:
        """Send one byte that is no frame: the sign that a runtime waits for to begin."""
        if self._open:
            self._unsent.append(memoryview(b"\1"))
            self._send_more()

    def drain(self) -> None:
        """Take every frame that has arrived; for the moment after the other end's death."""
        while self._open and self._read_once():
            continue

    def hold(self) -> None:
        """Read no more until `go_on`; `drain` still does."""
        if self._open:
            self._loop.remove_reader(self._socket)

    def go_on(self) -> None:
        """Read again."""
        if self._open:
            self._loop.add_reader(self._socket, self._on_readable)

    def close(self) -> None:
        """Close the socket; nothing is called any more, nor kept from being forgotten."""
        if self._open:
            self._on_frame = self._on_end = _nobody
            self._open = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()
            self._unsent.clear()

    def _on_readable(self) -> None:
        self._read_once()

    def _read_once(self) -> bool:
        try:
            if not self._reader.read_from(self._socket):
                self._end()
                return False
            while self._open and (frame := self._reader.next_frame()) is not None:
                self._on_frame(*frame)
        except BlockingIOError:
            return False
        except OSError:
            self._end()
            return False
        except BrokenFrame as error:
            self._end(error)
            return False
        return True

    def _send_more(self) -> None:
        try:
            while self._unsent:
                count = self._socket.send(self._unsent[0])
                if count < len(self._unsent[0]):
                    self._unsent[0] = self._unsent[0][count:]
                else:
                    del self._unsent[0]
        except BlockingIOError:
            self._loop.add_writer(self._socket, self._send_more)
            self._is_full = True
        except OSError:
            self._end()
        else:
            if self._is_full:
                self._loop.remove_writer(self._socket)
                self._is_full = False

    def _end(self, error: BrokenFrame | None = None) -> None:
        if self._open:
            on_end = self._on_end
            self.close()
            on_end(error)


def _nobody(*_: object) -> None:
    """Nothing comes any more."""
