"""An answer in events, sent while the function writes it: InvokeWithResponseStream.

Its head leaves with the first that comes: a piece, or the reply. Until then it may still be a
refusal like any other; after it, what goes wrong is told by the last event.
"""

from collections.abc import Callable
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.streaming import broken_off, chunk, head
from headrace.api.operation import Operation
from headrace.base.errors import ServiceError
from headrace.core.functions.replies import Invoked
from headrace.shell.answering import Answering, Backstage
from headrace.shell.driver import Driver
from headrace.shell.exchange import Exchange
from headrace.shell.outflow import Outflow
from headrace.wire.answer import encode_next_event, encode_result
from headrace.wire.call import Call


class EventSender:
    """Writes events to a client; a `shell.streams.InvokeStream`."""

    __slots__ = ("_call", "_exchange", "_has_ended", "_outflow", "_request_id", "executed_version")

    def __init__(self, call: Call, exchange: Exchange, request_id: str) -> None:
        """Begin with nothing sent."""
        self._call = call
        self._exchange = exchange
        self._request_id = request_id
        self._outflow: Outflow | None = None
        self._has_ended = False
        self.executed_version = ""

    @property
    def has_begun(self) -> bool:
        """Whether the head has been sent."""
        return self._outflow is not None

    # What the sandbox calls (`ports.sandbox.AnswerStream`).

    @property
    def is_full(self) -> bool:
        """Whether the client has not taken what was written."""
        return self._outflow is not None and self._outflow.is_full

    def begin(self, _content_type: str) -> None:
        """Send the head; its content type is that of events, whatever they carry."""
        self._open()

    def write(self, piece: bytes) -> None:
        """Send a piece of the function's answer."""
        if piece:
            self.send(chunk(piece))

    def when_room(self, action: Callable[[], None]) -> None:
        """Call `action` when the client has taken everything, or has gone."""
        if self._outflow is None:
            action()
        else:
            self._outflow.when_room(action)

    # What the answering calls.

    def send(self, event: dict[str, Any]) -> None:
        """Send an event, and the head before the first; dropped behind the end."""
        outflow = self._open()
        if outflow is not None:
            outflow.write(encode_next_event(self._call, event))

    def end(self) -> None:
        """Send nothing more, whoever writes."""
        self._has_ended = True
        if self._outflow is not None:
            self._outflow.end()

    def _open(self) -> Outflow | None:
        if self._outflow is None and not self._has_ended:
            result = head(self.executed_version)
            response = encode_result(self._call, result, self._request_id)
            self._outflow = self._exchange.stream(response)
        return self._outflow


class EventAnswering(Answering):
    """The answering of an InvokeWithResponseStream."""

    __slots__ = ("_sender",)

    def __init__(
        self,
        backstage: Backstage,
        exchange: Exchange,
        call: Call,
        operation: Operation,
        context: Context,
    ) -> None:
        """Wait for the reply to the command of this request, and for what comes before it."""
        super().__init__(backstage, exchange, call, operation, context)
        self._sender = EventSender(call, exchange, context.request_id)

    def submit(self, driver: Driver, command: Any) -> None:
        """Submit the invoke, and have the function's answer sent while it comes."""
        context = self.context
        self.backstage.streams[context.request_id] = self._sender
        driver.submit(command, self._end, context.now)

    def answer(self, reply: Any) -> None:
        """Send the last events: the end of what was streamed, or all of it."""
        if not isinstance(reply, Invoked):
            super().answer(reply)
            return
        sender = self._sender
        sender.executed_version = reply.executed_version
        answer = self.operation.answer(self.call.parameters, self.context, reply, {})
        for event in answer["EventStream"]:
            sender.send(event)
        sender.end()

    def refuse(self, refusal: ServiceError) -> bool:
        """Write an error, as the last event when others have been sent."""
        sender = self._sender
        if not sender.has_begun:
            return super().refuse(refusal)
        sender.send(broken_off(refusal.code, refusal.message))
        sender.end()
        return not self.exchange.is_gone

    def _end(self, reply: Any) -> None:
        self.backstage.streams.pop(self.context.request_id, None)
        self.take(reply)
        self._sender.end()
