"""The body of an answer that is given bit by bit: what its client has not taken waits here.

Whoever writes looks at `is_full`, and goes on when `when_room` calls. So a client that does not
read holds up its writer, and no more waits than was written in one go.
"""

from collections import deque
from collections.abc import Callable

from headrace.shell.response import CHUNKED, encode_connection, encode_response
from headrace.wire.envelope import HttpRequest, HttpResponse

_LAST_CHUNK = b"0\r\n\r\n"


class Outflow:
    """What is still to be written of one body, and whether more will come."""

    __slots__ = (
        "_goes_on",
        "_has_ended",
        "_is_broken",
        "_is_chunked",
        "_is_lost",
        "_pieces",
        "_push",
        "_when_room",
        "has_begun",
    )

    def __init__(self, push: Callable[[], None]) -> None:
        """Begin empty; `push` asks the connection to write what can be written."""
        self._push = push
        self._pieces: deque[bytes] = deque()
        self._has_ended = False
        self._is_broken = False
        self._is_lost = False
        self._when_room: list[Callable[[], None]] = []
        self.has_begun = False  #: Whether the head is written.
        self._goes_on = False  # whether the connection goes on behind it
        self._is_chunked = False  # else the connection's end tells the body's

    # The writer's side.

    @property
    def is_full(self) -> bool:
        """Whether something waits for the client."""
        return bool(self._pieces)

    def write(self, piece: bytes) -> None:
        """Add a piece; dropped when the client has gone or the end was said."""
        if piece and not self._has_ended and not self._is_lost:
            self._pieces.append(piece)
            self._push()

    def end(self) -> None:
        """Say that this was all."""
        if not self._has_ended:
            self._has_ended = True
            self._push()

    def break_off(self) -> None:
        """Say that the rest is missing: the connection ends so that the client can tell."""
        if not self._has_ended:
            self._is_broken = True
            self.end()

    def when_room(self, action: Callable[[], None]) -> None:
        """Call `action` once, when nothing waits any more or the client has gone."""
        if self.is_full:
            self._when_room.append(action)
        else:
            action()

    # The connection's side.

    @property
    def waiting_bytes(self) -> int:
        """How much waits."""
        return sum(map(len, self._pieces))

    def begin(self, *, goes_on: bool, is_chunked: bool) -> None:
        """Be written from now on: in chunks, or up to the connection's end."""
        self.has_begun = True
        self._is_chunked = is_chunked
        self._goes_on = goes_on and is_chunked

    def encode_head(self, response: HttpResponse, request: HttpRequest, date_line: str) -> bytes:
        """Return the answer's head as it goes on the wire."""
        return encode_response(
            response,
            date_line,
            encode_connection(request, goes_on=self._goes_on),
            is_head=False,
            length_line=CHUNKED if self._is_chunked else "",
        )

    def pour(self, write: Callable[[bytes], None], is_stuck: Callable[[], bool]) -> bool | None:
        """Write what waits until the client is stuck.

        Returns whether the connection goes on behind the answer, or None while it is not whole.
        """
        while self._pieces:
            if is_stuck():
                return None
            piece = self._pieces.popleft()
            write(b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece)
        if self._has_ended and self._is_chunked and not self._is_broken:
            write(_LAST_CHUNK)
        whole = self._has_ended  # before others get to write
        if whole:
            self._push = _nobody
        self._tell_room()
        return self._goes_on and not self._is_broken if whole else None

    def lose(self) -> None:
        """Learn that the client has gone: what waits and what comes is dropped."""
        self._is_lost = True
        self._push = _nobody
        self._pieces.clear()
        self._tell_room()

    def _tell_room(self) -> None:
        actions, self._when_room = self._when_room, []
        for action in actions:
            action()


def _nobody() -> None:
    """Take the place of a connection that has done its work: it would hold the answer for good."""
