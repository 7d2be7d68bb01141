"""Carry out what event source mappings ask for: receive, invoke, delete, all in process.

A receive waits in the queue until messages arrive; nothing polls by timer. What comes back from
the queue and from the function goes to the mappings as commands. A memory that is rebuilt forgets
what was under way: whatever ends afterwards belongs to an earlier life and is dropped.
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from headrace.api.sqs.attributes import digest
from headrace.base.arn import parse_arn
from headrace.base.errors import ServiceError
from headrace.base.instant import Instant
from headrace.core.functions.commands import Invoke
from headrace.core.functions.effects import OfferPlace
from headrace.core.functions.errors import RequestEntityTooLarge, TooManyRequests
from headrace.core.functions.failure import failure_of
from headrace.core.functions.lineage import continued, turns_of
from headrace.core.functions.names import FunctionReference, parse_reference
from headrace.core.functions.replies import Invoked, Place
from headrace.core.machine import BodyAddress
from headrace.core.mapping.batch import visibility_timeout_ms
from headrace.core.mapping.commands import (
    BatchFinished,
    FunctionFailed,
    LeaseOver,
    Limit,
    MessageAttribute,
    NotInvoked,
    Outcome,
    PlaceFreed,
    Polled,
    PolledMessage,
    PollFailed,
    Succeeded,
    Throttled,
    TooLarge,
)
from headrace.core.mapping.decisions import BatchInvoked, Told
from headrace.core.mapping.effects import (
    DeleteBatch,
    DropLooping,
    GiveBack,
    InvokeBatch,
    Poll,
    StopPolling,
)
from headrace.core.sqs.commands import (
    DeadLetterMessages,
    DeleteMessages,
    ReceiveMessages,
    ReturnMessages,
    WithdrawReceive,
)
from headrace.core.sqs.content import decode
from headrace.core.sqs.replies import EntriesDone, Received, ReceivedMessage
from headrace.ports.entropy import Entropy
from headrace.ports.history import History
from headrace.ports.journal import JournalDamaged
from headrace.shell.bodies import Bodies
from headrace.shell.driver import Driver
from headrace.shell.handingback import Key, queue_of, return_of, returns_of
from headrace.shell.history import NoHistory
from headrace.shell.rooms import Rooms
from headrace.shell.sifting import Sifting
from headrace.shell.telling import Telling, is_over
from headrace.shell.turns import next_turn

log = logging.getLogger(__name__)

#: Whose concurrency a place belongs to.
_LIMITS = {
    Place.AHEAD: Limit.NONE,
    Place.ACCOUNT: Limit.ACCOUNT,
    Place.FUNCTION: Limit.FUNCTION,
}


class Pollers:
    """Joins mappings, queues and functions through the driver."""

    def __init__(
        self,
        driver: Driver,
        rooms: Rooms,
        bodies: Bodies,
        entropy: Entropy,
        history: History | None = None,
    ) -> None:
        """Carry out the effects of the mappings of `driver`; tell `history` what they decide."""
        self._history = history or NoHistory()
        self._driver = driver
        self._rooms = rooms
        self._bodies = bodies
        self._entropy = entropy
        self.deleted: dict[int, int] = {}  #: By mapping: messages whose deletion went well.
        self._sifting = Sifting(rooms)
        self._parked: dict[Key, tuple[int, int]] = {}  # to (queue, ticket of its receive)
        self._running: dict[Key, Any] = {}  # batches that functions have, to their life
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._busy = 0
        self._when_quiet: asyncio.Event = asyncio.Event()
        driver.carry(Poll, self._poll)
        driver.carry(StopPolling, self._stop_polling)
        driver.carry(InvokeBatch, self._invoke)
        driver.carry(DeleteBatch, self._delete)
        driver.carry(Told, lambda effect: self._history.tell(effect.decision))
        driver.carry(DropLooping, self._drop)
        driver.carry(GiveBack, self._give_back)
        driver.carry(OfferPlace, self._offer)

    @property
    def busy(self) -> int:
        """How many invokes, deletions and reads of bodies are under way."""
        return self._busy

    async def stop(self, within_s: float) -> bool:
        """Receive and invoke nothing more, and let batches in flight end and be deleted.

        Returns whether that was done within `within_s` seconds. Messages of batches that had not
        begun are given back, those of batches that did not end come back by their visibility
        timeout.
        """
        self._stopping = True
        for key in list(self._parked):
            self._withdraw(key)
        try:
            async with asyncio.timeout(within_s):
                while self._busy:
                    self._when_quiet.clear()
                    await self._when_quiet.wait()
        except TimeoutError:
            log.warning("%d batches were still in flight at the end of the stop time", self._busy)
        life, is_done = self._driver.rooms, not self._busy
        if not is_over(self._driver, life):
            running = {key for key, of in self._running.items() if of is life}
            for command in list(returns_of(self._rooms, running)):
                self._tell(life, command)
                await next_turn()
        return is_done

    # --- receives --------------------------------------------------------------------------------

    def _poll(self, effect: Poll) -> None:
        if self._stopping:
            return
        key = (effect.mapping, effect.poll)
        life = self._driver.rooms
        arn = parse_arn(effect.source_arn)
        try:
            queue = self._rooms.queues.find(arn.account, arn.region, arn.resource)
        except ServiceError as error:
            self._fail_poll(life, key, error)
            return

        def take(value: Any) -> None:
            self._parked.pop(key, None)
            if isinstance(value, ServiceError):
                self._fail_poll(life, key, value)
            else:
                self._take_received(life, effect, queue, value)

        command = ReceiveMessages(
            queue=queue,
            at_most=effect.at_most,
            wait_ms=None,
            visibility_timeout_ms=self._visibility_timeout_ms(effect, queue),
        )
        self._parked[key] = (queue, 0)
        ticket = self._driver.submit(command, take)
        if key in self._parked:
            self._parked[key] = (queue, ticket)

    def _visibility_timeout_ms(self, effect: Poll, queue: int) -> int | None:
        timeout_s = 0  # a function that is missing runs no time
        if effect.window_ms:
            with contextlib.suppress(ServiceError):
                reference = reference_of(effect.function_arn)
                _, _, version = self._rooms.functions.directory.find_version(reference)
                timeout_s = version.settings.timeout_s
        queue_timeout_s = self._rooms.queues.describe(queue).visibility_timeout_s
        return visibility_timeout_ms(effect.window_ms, timeout_s, queue_timeout_s)

    def _fail_poll(self, life: Any, key: Key, error: ServiceError) -> None:
        log.info("mapping %d cannot receive: %s", key[0], error.message)
        self._tell(life, PollFailed(*key))

    def _take_received(self, life: Any, effect: Poll, queue: int, received: Received) -> None:
        if self._stopping:
            self._return(life, queue, received)
            return
        found = self._bodies.find([message.address for message in received.messages])
        if found is None:
            self._read_and_tell(life, effect, received)
        else:
            self._tell_polled(life, effect, received, found)

    def _read_and_tell(self, life: Any, effect: Poll, received: Received) -> None:
        """Read bodies from disk; their blocks stay although their messages may go meanwhile."""
        addresses = [message.address for message in received.messages]
        for address in addresses:
            self._bodies.pin(address.block)

        async def read() -> None:
            try:
                found = await self._bodies.fetch(addresses)
            except JournalDamaged:
                log.exception("mapping %d cannot read what it received", effect.mapping)
                self._tell(life, PollFailed(effect.mapping, effect.poll))
            else:
                self._tell_polled(life, effect, received, found)
            finally:
                for address in addresses:
                    self._bodies.unpin(address.block)

        self._begin(life, read())

    def _begin(self, life: Any, work: Coroutine[Any, Any, None]) -> None:
        self._take_up(life)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: self._put_down(life))

    def _tell_polled(
        self, life: Any, effect: Poll, received: Received, found: dict[BodyAddress, bytes]
    ) -> None:
        counted = "" if self._allows_loops(effect.function_arn) else effect.function_arn
        messages = tuple(
            polled_message(message, found[message.address], counted)
            for message in received.messages
        )
        polled = Polled(effect.mapping, effect.poll, messages, received.visible_at)
        sifter = self._rooms.mappings.sifter(effect.mapping)
        if sifter is None or not sifter.takes_long(messages):
            self._tell(life, polled)
            return

        async def sift() -> None:
            self._tell(life, await self._sifting.sifted(polled))

        self._begin(life, sift())

    def _allows_loops(self, function_arn: str) -> bool:
        """Tell whether a function lets loops go on; one that is not there ends none."""
        with contextlib.suppress(ServiceError):
            reference = reference_of(function_arn)
            _, function = self._rooms.functions.directory.find_function(reference)
            return bool(function.allows_loops)
        return True

    def _return(self, life: Any, queue: int, received: Received) -> None:
        """Undo a receive that came while stopping."""
        receives = tuple((message.number, message.receive_count) for message in received.messages)
        if receives:
            self._tell(life, ReturnMessages(queue, receives))

    def _stop_polling(self, effect: StopPolling) -> None:
        key = (effect.mapping, effect.poll)
        if key in self._parked:
            self._withdraw(key)

    def _withdraw(self, key: Key) -> None:
        """End a receive; messages that are on their way come before this is answered."""
        queue, ticket = self._parked[key]
        life = self._driver.rooms

        def take(_value: Any) -> None:
            if self._parked.pop(key, None) is not None:
                self._driver.drop_taker(ticket)
                self._tell(life, Polled(*key, (), self._driver.clock.now()))

        self._tell(life, WithdrawReceive(queue, ticket), take)

    # --- batches ---------------------------------------------------------------------------------

    def _invoke(self, effect: InvokeBatch) -> None:
        if self._stopping:
            return
        life = self._driver.rooms
        if self._driver.clock.now() >= effect.expires_at:
            self._tell(life, BatchFinished(effect.mapping, effect.batch, LeaseOver()))
            return
        self._take_up(life)
        key = effect.mapping, effect.batch
        self._running[key] = life

        def take(value: Any) -> None:
            if self._running.get(key) is life:
                del self._running[key]
            outcome = outcome_of(value)
            if self._history.is_on:
                self._history.tell(
                    invoked_of(effect, command.request_id, value, self._driver.clock.now())
                )
            if isinstance(outcome, NotInvoked):
                log.info("mapping %d cannot invoke: %s", effect.mapping, value.message)
            self._tell(life, BatchFinished(effect.mapping, effect.batch, outcome, freed_by(value)))
            self._put_down(life)

        request_id, arn = self._entropy.uuid(), effect.function_arn
        command = Invoke(
            reference=reference_of(arn),
            payload=effect.payload,
            request_id=request_id,
            trace_header=continued(effect.trace_header, arn, request_id, self._driver.clock.now()),
            keeps_place=True,
        )
        self._driver.submit(command, take)

    def _offer(self, effect: OfferPlace) -> None:
        """Tell mappings that wait of a place; one that is not told tries again by time."""
        if self._rooms.mappings.has_waiting and not self._stopping:
            command = PlaceFreed(effect.function_arn, _LIMITS[effect.place])
            self._driver.submit(command, lambda _value: None)

    def _delete(self, effect: DeleteBatch) -> None:
        life = self._driver.rooms
        queue = queue_of(self._rooms.queues, effect.source_arn)
        if queue is None:
            return

        def take(value: Any) -> None:
            refused = [value] if isinstance(value, ServiceError) else _refusals(value)
            if not isinstance(value, ServiceError):
                done = len(value.results) - len(refused)
                self.deleted[effect.mapping] = self.deleted.get(effect.mapping, 0) + done
            if refused:
                log.warning(
                    "mapping %d: %d handled messages were not deleted: %s",
                    effect.mapping,
                    len(refused),
                    refused[0].message,
                )

        self._tell(life, DeleteMessages(queue, effect.receipt_handles), take)

    def _drop(self, effect: DropLooping) -> None:
        log.warning(
            "mapping %d: %d messages went round in a loop and are not handed over again",
            effect.mapping,
            len(effect.receipt_handles),
        )
        queue = queue_of(self._rooms.queues, effect.source_arn)
        if queue is not None:
            self._tell(self._driver.rooms, DeadLetterMessages(queue, effect.receipt_handles))

    def _give_back(self, effect: GiveBack) -> None:
        if command := return_of(self._rooms.queues, effect.source_arn, effect.receipt_handles):
            self._tell(self._driver.rooms, command)

    # --- the driver ------------------------------------------------------------------------------

    def _tell(self, life: Any, command: Any, take: Callable[[Any], None] | None = None) -> None:
        """Submit a command, in hand until it is answered or its rooms are gone."""
        self._take_up(life)

        def answered(value: Any) -> None:
            if take is not None:
                take(value)
            self._put_down(life)

        Telling(
            self._driver, life, lambda: command, answered, lambda: self._put_down(life)
        ).submit()

    def _take_up(self, life: Any) -> None:
        """Something is in hand; a rebuild of memory sets the hand's count back, not ours."""
        self._busy += 1
        if self._driver.rooms is life:
            self._driver.hand.take()

    def _put_down(self, life: Any) -> None:
        self._busy -= 1
        if self._driver.rooms is life:
            self._driver.hand.give_back()
        if not self._busy:
            self._when_quiet.set()


@functools.lru_cache(maxsize=1_024)
def reference_of(function_arn: str) -> FunctionReference:
    """Return the function that a mapping's ARN names."""
    arn = parse_arn(function_arn)
    return parse_reference(function_arn, None, arn.account, arn.region, "Invoke")


def outcome_of(value: Any) -> Outcome:
    """Return what the reply or refusal of an invoke means for a batch (spec/esm.md 5.1)."""
    match value:
        case Invoked(function_error=None, payload=payload):
            return Succeeded(payload)
        case Invoked():
            return FunctionFailed()
        case TooManyRequests():
            return Throttled(Limit.FUNCTION if value.is_of_function else Limit.ACCOUNT)
        case RequestEntityTooLarge():
            return TooLarge()
        case _:
            return NotInvoked()


def freed_by(value: Any) -> Limit:
    """Return where an invoke had the place that is free after its reply."""
    return _LIMITS[value.place] if isinstance(value, Invoked) else Limit.NONE


def invoked_of(effect: InvokeBatch, request_id: str, value: Any, now: Instant) -> BatchInvoked:
    """Return what the history is told of the reply or refusal of an invoke."""
    stream = version = ""
    is_answered = False
    if isinstance(value, Invoked):
        stream, version = value.log_stream, value.executed_version
        is_answered = value.function_error is None
    return BatchInvoked(
        effect.mapping,
        now,
        effect.batch,
        request_id,
        is_answered,
        stream,
        version,
        *failure_of(value),
    )


def polled_message(message: ReceivedMessage, body: bytes, function_arn: str = "") -> PolledMessage:
    """Return a received message with what its sender wrote, as a mapping takes it.

    `function_arn` names the function whose turns count; empty: no loop is looked for.
    """
    content = decode(body)
    header = content.trace_header or ""
    attributes = content.attributes or {}
    return PolledMessage(
        message_id=message.message_id,
        receipt_handle=message.receipt_handle,
        body=content.body,
        sender_id=content.sender_id,
        sent_at=message.sent_at,
        first_received_at=message.first_received_at,
        receive_count=message.receive_count,
        attributes=tuple(
            MessageAttribute(name, attribute.data_type, attribute.value)
            for name, attribute in attributes.items()
        ),
        attributes_md5=digest(attributes) if attributes else "",
        trace_header=header,
        turns=turns_of(header, function_arn) if header and function_arn else 0,
        dead_letter_source_arn=message.dead_letter_source_arn,
        group_id=content.group_id or "",
        deduplication_id=message.deduplication_id or content.deduplication_id or "",
        sequence_number=message.sequence_number,
    )


def _refusals(done: EntriesDone) -> Sequence[ServiceError]:
    return [result for result in done.results if result is not None]
