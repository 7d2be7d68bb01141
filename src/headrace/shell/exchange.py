"""One request and the answer that it will get: what the service holds while it works."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from headrace.shell.outflow import Outflow
from headrace.wire.envelope import HttpRequest, HttpResponse


class Line(Protocol):
    """The connection that an exchange belongs to."""

    #: Exchanges that were begun and whose answer is not written, in the order of their requests.
    exchanges: "deque[Exchange]"
    peer: str  #: The address of the client, without its port; empty when it has none.

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

    __slots__ = (
        "blocks",
        "is_gone",
        "keep_alive",
        "line",
        "on_gone",
        "outflow",
        "request",
        "response",
    )

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
        self.outflow: Outflow | None = None  #: The answer's body, where it comes bit by bit.

    @property
    def held_bytes(self) -> int:
        """How much of the answer is given and waits to be written."""
        held = 0 if self.response is None else len(self.response.body)
        return held if self.outflow is None else held + self.outflow.waiting_bytes

    def answer(self, response: HttpResponse) -> bool:
        """Give the answer; return False when the client has gone already.

        It is written when the answers before it have been and the client reads; mostly at once.
        """
        if self.is_gone:
            return False
        self.response = response
        self._push()
        return True

    def stream(self, head: HttpResponse) -> Outflow:
        """Begin an answer whose body comes bit by bit; of `head` the body is empty.

        Not for requests with the method HEAD. A client that goes is not noticed before something
        cannot be written to it; what is written then is dropped.
        """
        outflow = Outflow(self._push)
        if self.is_gone:
            outflow.lose()
            return outflow
        self.outflow = outflow
        self.answer(head)
        return outflow

    def watch(self, on_gone: Callable[[], None]) -> None:
        """Have `on_gone` called, once, if the client goes before the answer could be written.

        A client that closes its sending side counts as gone: nothing tells it from one that left.
        """
        self.on_gone = on_gone
        self.line.adjust_reading()

    def lose(self) -> None:
        """Learn that the client has gone."""
        self.is_gone = True
        if self.outflow is not None:
            self.outflow.lose()
        on_gone, self.on_gone = self.on_gone, None
        if on_gone is not None:
            on_gone()

    def _push(self) -> None:
        """Have the answer written, as far as there is one, if it is its turn."""
        line = self.line
        if line.exchanges and line.exchanges[0] is self:
            line.flush()
