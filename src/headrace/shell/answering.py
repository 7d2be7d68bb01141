"""One request on its way from command to answer: the driver's taker and the exchange's watcher.

A receive has more ways to go wrong than the rest: its client may leave while it is parked (it is
withdrawn), while its block commits or its bodies are read, or while its answer waits behind others
(what it took is returned, uncounted).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Protocol

from headrace.api.context import Context
from headrace.api.operation import Operation
from headrace.base.errors import InternalFailure, ServiceError
from headrace.core.machine import BodyAddress
from headrace.core.sqs.commands import ReceiveMessages, ReturnMessages, WithdrawReceive
from headrace.core.sqs.replies import Received
from headrace.shell.driver import Driver, guarded
from headrace.shell.exchange import Exchange
from headrace.shell.streams import Streams
from headrace.wire.answer import encode_error, encode_result
from headrace.wire.call import Call

log = logging.getLogger(__name__)

BUG = InternalFailure("We encountered an internal error. Please try again.")


class Bodies(Protocol):
    """Where the bodies of messages are found."""

    def find(self, addresses: Iterable[BodyAddress]) -> Mapping[BodyAddress, bytes] | None:
        """Return these bodies if all are in memory, else None."""
        ...

    async def fetch(self, addresses: Iterable[BodyAddress]) -> Mapping[BodyAddress, bytes]:
        """Return these bodies, from memory or from the journal."""
        ...

    def pin(self, block: int) -> None:
        """Keep a block until `unpin`."""
        ...

    def unpin(self, block: int) -> None:
        """Undo one `pin`."""
        ...


class Backstage:
    """What all answerings share: the driver, the bodies, and the slow work that is under way."""

    def __init__(self, driver: Driver, bodies: Bodies) -> None:
        """Start with nothing under way."""
        self.driver = driver
        self.bodies = bodies
        #: Receives without a reply yet, parked ones among them.
        self.receives: dict[ReceiveAnswering, None] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        #: Who takes the answers of functions bit by bit.
        self.streams: Streams = {}

    def begin(self, work: Coroutine[Any, Any, None], on_bug: Callable[[], object]) -> None:
        """Do slow work for a request beside the loop, in hand; call `on_bug` after a bug in it."""
        hand = self.driver.hand
        hand.take()
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)

        def end(task: asyncio.Task[None]) -> None:
            self.tasks.discard(task)
            if not task.cancelled() and not guarded(task.result):
                on_bug()
            hand.give_back()

        task.add_done_callback(end)

    async def settled(self) -> None:
        """Return when no slow work is under way."""
        while self.tasks:
            await asyncio.wait(self.tasks)


class Answering:
    """Holds what an answer needs beside the reply."""

    __slots__ = ("backstage", "call", "context", "exchange", "operation")

    def __init__(
        self,
        backstage: Backstage,
        exchange: Exchange,
        call: Call,
        operation: Operation,
        context: Context,
    ) -> None:
        """Wait for the reply to the command of this request."""
        self.backstage = backstage
        self.exchange = exchange
        self.call = call
        self.operation = operation
        self.context = context

    def take(self, reply: Any) -> None:
        """Answer with a reply of the driver; a bug on the way is answered with a 500."""
        try:
            self.answer(reply)
        except Exception:
            log.exception("a bug while answering")
            self.refuse_for_bug()

    def answer(self, reply: Any) -> None:
        """Write the answer to a reply or a refusal."""
        if isinstance(reply, ServiceError):
            self.refuse(reply)
        else:
            self.write(reply, {})

    def write(self, reply: Any, bodies: Mapping[BodyAddress, bytes]) -> bool:
        """Write the answer to a reply; return False when the client has gone."""
        call = self.call
        try:
            result = self.operation.answer(call.parameters, self.context, reply, bodies)
        except ServiceError as refusal:  # some outcomes are errors only in AWS's words
            return self.refuse(refusal)
        return self.exchange.answer(encode_result(call, result, self.context.request_id))

    def refuse(self, refusal: ServiceError) -> bool:
        """Write an error; return False when the client has gone.

        AWS hides the reason of some refusals, such as that of a bad filter: the log has it.
        """
        call = self.call
        if refusal.__cause__ is not None:
            log.warning("%s: %s (%s)", call.operation, refusal.message, refusal.__cause__)
        return self.exchange.answer(
            encode_error(call.protocol, refusal, self.context.request_id, call.operation)
        )

    def refuse_for_bug(self) -> None:
        """Answer 500."""
        self.refuse(BUG)


class ReceiveAnswering(Answering):
    """The answering of a ReceiveMessage."""

    __slots__ = ("command", "reply", "ticket")

    command: ReceiveMessages

    def submit(self, driver: Driver, command: ReceiveMessages) -> None:
        """Submit the receive, and watch for the client's end as long as it is not answered."""
        self.command = command
        self.reply: Received | None = None
        self.backstage.receives[self] = None
        self.ticket = driver.submit(command, self.take)
        if self in self.backstage.receives:
            self.exchange.watch(self.lose)

    def answer(self, reply: Any) -> None:
        """Read the bodies, then write the answer."""
        self.backstage.receives.pop(self, None)
        if not isinstance(reply, Received) or not reply.messages:
            super().answer(reply)
            return
        self.reply = reply
        if self.exchange.is_gone:
            self._give_back()
            return
        bodies = self.backstage.bodies.find([message.address for message in reply.messages])
        if bodies is None:
            self.backstage.begin(self._read_and_write(), self.refuse_for_bug)
        else:
            self._write_or_give_back(bodies)

    def lose(self) -> None:
        """The client has gone, and its answer has not been written."""
        if self.reply is not None:
            if self.exchange.response is not None:
                self._give_back()  # it lay ready behind other answers
            return  # else the bodies are being read: whoever writes will notice
        self.withdraw(lambda: None)

    def withdraw(self, when_parked: Callable[[], None]) -> None:
        """Withdraw the receive; call `when_parked` once, if it was parked until then.

        If it was not, its reply is on its way through a commit, and comes before the withdrawal's.
        """
        driver = self.backstage.driver

        def take(_: Any) -> None:
            driver.drop_taker(self.ticket)
            if self.backstage.receives.pop(self, self) is None:
                when_parked()

        driver.submit(WithdrawReceive(self.command.queue, self.ticket), take)

    def answer_empty(self) -> None:
        """Answer that nothing came."""
        now = self.context.now
        self.take(Received((), now, now))

    async def _read_and_write(self) -> None:
        assert self.reply is not None
        bodies = self.backstage.bodies
        addresses = [message.address for message in self.reply.messages]
        for address in addresses:
            bodies.pin(address.block)  # the messages may be deleted meanwhile, and the block too
        try:
            found = await bodies.fetch(addresses)
        finally:
            for address in addresses:
                bodies.unpin(address.block)
        self._write_or_give_back(found)

    def _write_or_give_back(self, bodies: Mapping[BodyAddress, bytes]) -> None:
        assert self.reply is not None
        if not self.write(self.reply, bodies):
            self._give_back()

    def _give_back(self) -> None:
        assert self.reply is not None
        receives = tuple((message.number, message.receive_count) for message in self.reply.messages)
        self.reply = Received((), self.reply.received_at, self.reply.visible_at)
        if receives:
            command = ReturnMessages(self.command.queue, receives)
            self.backstage.driver.submit(command, lambda _: None)
