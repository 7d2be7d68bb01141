"""One request and the answer that it will get: what the service holds while it works."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from headrace.wire.envelope import HttpRequest, HttpResponse


class Line(Protocol):
    """The connection that an exchange belongs to."""

    #: Exchanges that were begun and whose answer is not written, in the order of their requests.
    exchanges: "deque[Exchange]"

    def flush(self) -> None:
        """Write what can be written."""
        ...

    def adjust_reading(self) -> None:
        """Read or pause, as now must be."""
        ...


class Exchange:
    """The place of one answer. Answers leave in the order of the requests.

    `is_gone` tells that the client went, or its connection was closed, before the answer was
    written; whoever works on it can stop.
    """

    __slots__ = ("blocks", "is_gone", "keep_alive", "line", "on_gone", "request", "response")

    def __init__(self, line: Line, request: HttpRequest, *, keep_alive: bool) -> None:
        """Wait for the answer to `request`."""
        self.line = line
        self.request = request
        self.keep_alive = keep_alive
        self.response: HttpResponse | None = None
        self.is_gone = False
        #: Later requests of this connection are not begun before this one is answered: what it
        #: does, it does later than it arrived.
        self.blocks = False
        self.on_gone: Callable[[], None] | None = None

    def answer(self, response: HttpResponse) -> bool:
        """Give the answer; return False when the client has gone already.

        It is written when the answers before it have been and the client reads; mostly at once.
        """
        if self.is_gone:
            return False
        self.response = response
        line = self.line
        if line.exchanges and line.exchanges[0] is self:
            line.flush()
        return True

    def watch(self, on_gone: Callable[[], None]) -> None:
        """Have `on_gone` called, once, if the client goes before the answer could be written.

        A client that closes its sending side counts as gone: nothing tells it from one that left.
        """
        self.on_gone = on_gone
        self.line.adjust_reading()

    def lose(self) -> None:
        """Learn that the client has gone."""
        self.is_gone = True
        on_gone, self.on_gone = self.on_gone, None
        if on_gone is not None:
            on_gone()
