"""The answer of a function URL while the function writes it: the mode RESPONSE_STREAM.

A function may say status and headers in front of the body (`api.urls.answer.END_OF_HEAD`): its
content type tells. Until that head is whole, or the first piece has come, nothing is sent, and the
answer may still be that of a failure.
"""

from collections.abc import Callable

from headrace.api.urls.answer import (
    END_OF_HEAD,
    HEAD_BYTES_MAX,
    WITH_HEAD,
    failed,
    streamed_head,
)
from headrace.shell.exchange import Exchange
from headrace.shell.outflow import Outflow
from headrace.wire.envelope import HttpResponse

#: Statuses whose answers have no body.
_BODILESS = frozenset({204, 304})


class UrlSender:
    """Writes pieces to the caller of a URL; a `shell.streams.InvokeStream`."""

    __slots__ = (
        "_content_type",
        "_dress",
        "_exchange",
        "_has_ended",
        "_head",
        "_outflow",
        "executed_version",
        "has_begun",
    )

    def __init__(self, exchange: Exchange, dress: Callable[[HttpResponse], HttpResponse]) -> None:
        """Begin with nothing sent; `dress` adds to an answer's head what every answer carries."""
        self._exchange = exchange
        self._dress = dress
        self._content_type = ""
        self._head: bytes | None = None  # as far as it has come; None: there is none to come
        self._outflow: Outflow | None = None
        self._has_ended = False
        self.has_begun = False  #: Whether the caller has been given an answer.
        self.executed_version = ""

    @property
    def unsent(self) -> bytes:
        """What came and was not sent: a head that is not whole."""
        return self._head or b""

    # What the sandbox calls (`ports.sandbox.AnswerStream`).

    @property
    def is_full(self) -> bool:
        """Whether the caller has not taken what was written."""
        return self._outflow is not None and self._outflow.is_full

    def begin(self, content_type: str) -> None:
        """Learn the type of what comes: a head first, or only a body."""
        if content_type.partition(";")[0].strip().lower() == WITH_HEAD:
            self._head = b""
        else:
            self._content_type = content_type

    def write(self, piece: bytes) -> None:
        """Send a piece of the body, or keep it until the head is whole."""
        if self._head is not None:
            piece = self._read_head(self._head + piece)
        elif piece and not self.has_begun:
            media_type = self._content_type or "application/octet-stream"
            self._open(streamed_head(b"{}", media_type))
        if piece and self._outflow is not None:
            self._outflow.write(piece)

    def when_room(self, action: Callable[[], None]) -> None:
        """Call `action` when the caller has taken everything, or has gone."""
        if self._outflow is None:
            action()
        else:
            self._outflow.when_room(action)

    # What the visit calls.

    def end(self) -> None:
        """Send nothing more, whoever writes."""
        self._has_ended = True
        if self._outflow is not None:
            self._outflow.end()

    def break_off(self) -> None:
        """Send nothing more; a caller who was given a part can tell that the rest is missing."""
        self._has_ended = True
        if self._outflow is not None:
            self._outflow.break_off()

    def _read_head(self, read: bytes) -> bytes:
        """Take what has come so far; return what of it is body."""
        head, mark, body = read.partition(END_OF_HEAD)
        if not mark and len(read) < HEAD_BYTES_MAX + len(END_OF_HEAD):
            self._head = read
            return b""
        self._head = None
        if mark and len(head) <= HEAD_BYTES_MAX:
            self._open(streamed_head(head))
        else:
            self._open(failed())
        return body

    def _open(self, head: HttpResponse) -> None:
        """Begin the answer; one that has its body, or can have none, is the whole of it."""
        if self._has_ended or self.has_begun:
            return
        self.has_begun = True
        if head.body or head.status in _BODILESS:
            self._exchange.answer(self._dress(head))
        else:
            self._outflow = self._exchange.stream(self._dress(head))
