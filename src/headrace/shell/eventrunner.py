"""Carry out what asynchronous invokes ask for: run them, and send what came of them, in process.

An event's bytes are read from memory or from disk when its turn comes. Outcomes go back to the
functions as commands, which keep what is not done yet: nothing here outlives a crash, and nothing
has to. A memory that is rebuilt hands everything out again.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from headrace.base.arn import parse_arn
from headrace.base.errors import ServiceError, ServiceUnavailable
from headrace.base.instant import Instant
from headrace.core.functions.commands import AcceptEvent, EventEnded, EventSent, Invoke
from headrace.core.functions.decisions import EventHandedOut, EventSentOn, EventTried
from headrace.core.functions.effects import RunEvent, SendResult
from headrace.core.functions.errors import RecursiveInvocation, ServiceException
from headrace.core.functions.eventbody import (
    Envelope,
    Result,
    decode_envelope,
    decode_result,
    encode_body,
    error_message,
    invocation_record,
    key_of,
    original_event,
)
from headrace.core.functions.failure import failure_of
from headrace.core.functions.limits import LOOP_TURNS_MAX, TOLD_ERROR_LENGTH_MAX
from headrace.core.functions.lineage import continued, turns_of
from headrace.core.functions.names import parse_reference
from headrace.core.functions.replies import Invoked
from headrace.core.machine import BodyAddress
from headrace.core.sqs.commands import OutgoingMessage, SendMessages
from headrace.core.sqs.content import Attribute, Content, encode
from headrace.core.sqs.replies import Sent
from headrace.ports.entropy import Entropy
from headrace.ports.history import History
from headrace.ports.journal import JournalDamaged
from headrace.shell.bodies import Bodies
from headrace.shell.driver import Driver
from headrace.shell.history import NoHistory
from headrace.shell.rooms import Rooms
from headrace.shell.telling import Telling, is_over

log = logging.getLogger(__name__)

#: ErrorCode of a dead letter whose function ran, and of one whose function never did.
_RAN, _NEVER_RAN = "200", "429"
_LOOP = (
    "Lambda has detected your function being invoked in a recursive loop with other AWS resources "
    "and stopped your function's invocation."
)


class EventRunner:
    """Joins asynchronous invokes with functions and queues through the driver."""

    def __init__(
        self,
        driver: Driver,
        rooms: Rooms,
        bodies: Bodies,
        entropy: Entropy,
        history: History | None = None,
    ) -> None:
        """Carry out the effects of the functions of `driver`; tell `history` of each attempt."""
        self._history = history or NoHistory()
        self._driver = driver
        self._rooms = rooms
        self._bodies = bodies
        self._entropy = entropy
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        driver.carry(RunEvent, self._run)
        driver.carry(SendResult, self._send)

    def stop(self) -> None:
        """Begin nothing more: what has not begun stays on disk for the next start."""
        self._is_stopping = True

    def _run(self, effect: RunEvent) -> None:
        if self._is_stopping:
            return
        life, now = self._driver.rooms, self._driver.clock.now()
        if self._history.is_on:
            self._history.tell(
                EventHandedOut(effect.function, now, effect.event, effect.waited_for)
            )

        def end(value: Any) -> None:
            if self._is_stopping and not (isinstance(value, Invoked) and not value.function_error):
                return  # perhaps killed for our own sake: it runs again at the next start
            if self._history.is_on:
                self._history.tell(tried_of(effect, value, self._driver.clock.now()))
            self._tell(
                life,
                lambda: EventEnded(effect.function, effect.event, self._driver.block, value),
            )

        def run(bodies: dict[BodyAddress, bytes]) -> None:
            envelope = decode_envelope(bodies[effect.address])
            if self._is_looping(effect, envelope):
                end(RecursiveInvocation(_LOOP))
                return
            now = self._driver.clock.now()
            command = Invoke(
                reference=effect.reference,
                payload=envelope.payload,
                request_id=envelope.request_id,
                trace_header=continued_by(effect.reference.arn, envelope, now),
                event=effect.event,
            )
            self._driver.submit(command, end, now)

        def fail() -> None:
            end(ServiceException("The event cannot be read."))

        self._with_bodies(life, (effect.address,), run, fail)

    def _is_looping(self, effect: RunEvent, envelope: Envelope) -> bool:
        """Tell whether an event has gone through its function too often, and loops end there."""
        if turns_of(envelope.trace_header, effect.reference.arn) < LOOP_TURNS_MAX:
            return False
        function = self._rooms.functions.directory.functions.get(effect.function)
        if function is None or function.allows_loops:
            return False
        log.warning("%s: an event went round in a loop and is not run again", effect.reference.arn)
        return True

    def _send(self, effect: SendResult) -> None:
        if self._is_stopping:
            return
        life = self._driver.rooms

        def end(refusal: ServiceError | None, id: str = "") -> None:
            again = isinstance(refusal, ServiceUnavailable)
            if self._history.is_on:
                now = self._driver.clock.now()
                self._history.tell(sent_on_of(effect, id, refusal, now, again=again))
            if refusal is not None:
                log.warning(
                    "%s: what came of an asynchronous invoke cannot be sent to %s%s: %s",
                    effect.function_arn,
                    effect.target,
                    " now" if again else "",
                    refusal.message,
                )
            sent = EventSent(
                effect.function,
                effect.event,
                effect.target,
                effect.is_dead_letter,
                try_again=again,
                is_refused=refusal is not None,
            )
            self._tell(life, lambda: sent)

        def send(bodies: dict[BodyAddress, bytes]) -> None:
            envelope = decode_envelope(bodies[effect.address])
            result = None if effect.result is None else decode_result(bodies[effect.result])
            request_id = self._entropy.uuid()
            try:
                command = self._delivery(effect, envelope, result, request_id)
            except ServiceError as refusal:
                end(refusal)
                return

            def take(value: Any) -> None:
                end(refusal_of(value), id_of(value, request_id))

            self._driver.submit(command, take)

        def fail() -> None:
            end(ServiceException("The event cannot be read."))

        addresses = (effect.address,) if effect.result is None else (effect.address, effect.result)
        self._with_bodies(life, addresses, send, fail)

    def _delivery(
        self, effect: SendResult, envelope: Envelope, result: Result | None, request_id: str
    ) -> Any:
        """Return the command that gives a target its record or dead letter.

        Args:
            request_id: What a function as a target gets.

        Raises:
            ServiceError: There is no such target, or it is none that this server has.
        """
        arn = parse_arn(effect.target)
        if effect.is_dead_letter:
            content = dead_letter(effect, envelope, result, arn.account)
        else:
            text = invocation_record(effect.function_arn, envelope, effect.ending, result)
            header = continued_by(effect.function_arn, envelope, effect.ending.at)
            content = Content(text, arn.account, None, header)
        if arn.service == "sqs":
            queue = self._rooms.queues.find_arn(effect.target)
            size = len(content.body.encode())
            for name, attribute in (content.attributes or {}).items():
                size += len(name) + len(attribute.data_type) + len(attribute.value.encode())
            message = OutgoingMessage(encode(content), size)
            return SendMessages(queue, self._driver.block, (message,))
        if arn.service == "lambda" and not effect.is_dead_letter:
            reference = parse_reference(
                effect.target, None, arn.account, arn.region, "InvokeFunction"
            )
            event = Envelope(request_id, content.body.encode(), content.trace_header or "")
            return AcceptEvent(
                reference, self._driver.block, encode_body(event), key_of(request_id)
            )
        raise ServiceException(f"This server does not serve {arn.service} as a destination yet.")

    # --- the driver ------------------------------------------------------------------------------

    def _with_bodies(
        self,
        life: Any,
        addresses: tuple[BodyAddress, ...],
        use: Callable[[dict[BodyAddress, bytes]], None],
        fail: Callable[[], None],
    ) -> None:
        """Use bodies now, or when they are read from disk; their blocks stay meanwhile."""
        found = self._bodies.find(addresses)
        if found is not None:
            use(found)
            return
        for address in addresses:
            self._bodies.pin(address.block)

        async def read() -> None:
            try:
                bodies = await self._bodies.fetch(addresses)
            except JournalDamaged:
                log.exception("an asynchronous invoke cannot be read")
                if not is_over(self._driver, life):
                    fail()
            else:
                if not is_over(self._driver, life) and not self._is_stopping:
                    use(bodies)
            finally:
                for address in addresses:
                    self._bodies.unpin(address.block)

        self._begin(life, read())

    def _begin(self, life: Any, work: Coroutine[Any, Any, None]) -> None:
        self._driver.hand.take()
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: self._give_back(life))

    def _tell(self, life: Any, make: Callable[[], Any]) -> None:
        """Submit an outcome, which is made anew for each attempt."""
        if is_over(self._driver, life):
            return
        self._driver.hand.take()

        def done(_value: Any = None) -> None:
            self._give_back(life)

        Telling(self._driver, life, make, done, done).submit()

    def _give_back(self, life: Any) -> None:
        if self._driver.rooms is life:  # else the count was set back with the rooms
            self._driver.hand.give_back()


def dead_letter(
    effect: SendResult, envelope: Envelope, result: Result | None, account: str
) -> Content:
    """Return the message for a dead-letter queue: the event itself, and what went wrong (6.2)."""
    attributes = {
        "RequestID": Attribute("String", envelope.request_id),
        "ErrorCode": Attribute("Number", _RAN if effect.ending.attempts else _NEVER_RAN),
        "ErrorMessage": Attribute("String", error_message(result, effect.ending.condition)),
    }
    header = continued_by(effect.function_arn, envelope, effect.ending.at)
    return Content(original_event(envelope), account, attributes, header)


def continued_by(function_arn: str, envelope: Envelope, now: Instant) -> str:
    """Return the trace header of what a function does with an event."""
    return continued(envelope.trace_header, function_arn, envelope.request_id, now)


def tried_of(effect: RunEvent, value: Any, now: Instant) -> EventTried:
    """Return what the history is told of the end of an attempt."""
    stream = version = ""
    is_answered = False
    if isinstance(value, Invoked):
        stream, version = value.log_stream, value.executed_version
        is_answered = value.function_error is None
    kind, message = failure_of(value)
    return EventTried(
        effect.function, now, effect.event, is_answered, stream, version, kind, message
    )


def sent_on_of(
    effect: SendResult, id: str, refusal: ServiceError | None, now: Instant, *, again: bool
) -> EventSentOn:
    """Return what the history is told of what a target said."""
    error = "" if refusal is None else refusal.message[:TOLD_ERROR_LENGTH_MAX]
    return EventSentOn(
        effect.function,
        now,
        effect.event,
        effect.target,
        effect.is_dead_letter,
        id if refusal is None else "",
        error,
        again,
    )


def id_of(value: Any, request_id: str) -> str:
    """Return what a target calls what it took: a message's id, or the request id it was given."""
    if isinstance(value, Sent):
        taken = value.results[0]
        return "" if isinstance(taken, ServiceError) else taken.message_id
    return request_id


def refusal_of(value: Any) -> ServiceError | None:
    """Return why a target did not take what it was given, if it did not."""
    if isinstance(value, Sent):
        result = value.results[0]
        return result if isinstance(result, ServiceError) else None
    return value if isinstance(value, ServiceError) else None
