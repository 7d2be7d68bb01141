"""Commands about messages: send, receive, delete, change visibility, and what undoes them.

Source: spec/sqs.md 2.7 to 2.11. Each method decides one command: it raises before any change, or
returns the effects.
"""

from collections.abc import Callable
from typing import Any

from headrace.base.errors import ServiceError
from headrace.base.instant import Instant, ms_of_s
from headrace.core.machine import Forget, Remember, Reply
from headrace.core.sqs import limits
from headrace.core.sqs.attempts import attempt_key
from headrace.core.sqs.commands import (
    ChangeVisibility,
    DeadLetterMessages,
    DeleteMessages,
    MoveBodies,
    OutgoingMessage,
    ReceiveMessages,
    ReturnMessages,
    SendMessages,
    WithdrawReceive,
)
from headrace.core.sqs.deadletter import move
from headrace.core.sqs.delivery import Delivery, Effects, forgets_of
from headrace.core.sqs.directory import Directory
from headrace.core.sqs.errors import InvalidParameterValue, OverLimit, ReceiptHandleIsInvalid
from headrace.core.sqs.fifo import FifoQueue
from headrace.core.sqs.fifo_messages import (
    FifoMessages,
    expired_handle,
    is_over,
    shortened,
    too_long,
)
from headrace.core.sqs.longpoll import ParkedReceive
from headrace.core.sqs.queue import Queue
from headrace.core.sqs.ranges import ranges_of
from headrace.core.sqs.records import (
    BodiesMoved,
    MessagesDeleted,
    MessagesReturned,
    MessagesSent,
    VisibilityChanged,
)
from headrace.core.sqs.relocation import move_bodies
from headrace.core.sqs.replies import Done, EntriesDone, Received, Sent, SentMessage

_DONE = Done()


class Messages:
    """Decides the commands about messages."""

    def __init__(self, directory: Directory, delivery: Delivery, rules: limits.QueueRules) -> None:
        """Decide for the queues in `directory`."""
        self._directory = directory
        self._delivery = delivery
        self._rules = rules
        self._fifo = FifoMessages(delivery)
        self.decide: dict[type, Callable[[Any, Instant, int], Effects]] = {
            SendMessages: self.send_messages,
            ReceiveMessages: self.receive_messages,
            WithdrawReceive: self.withdraw_receive,
            ReturnMessages: self.return_messages,
            DeleteMessages: self.delete_messages,
            DeadLetterMessages: self.dead_letter_messages,
            ChangeVisibility: self.change_visibility,
            MoveBodies: self.move_bodies,
        }

    def send_messages(self, command: SendMessages, now: Instant, ticket: int) -> Effects:
        """Take messages, each refused for itself when it is too long (2.7)."""
        queue = self._directory.queue(command.queue)
        if isinstance(queue, FifoQueue):
            return self._fifo.send(queue, command, now, ticket)
        bytes_max = queue.settings.maximum_message_size
        message_id = self._delivery.receipts.message_id
        machine = queue.number
        number = first = queue.next_message
        bodies: list[bytes] = []
        is_plain = True  # nothing but bodies
        results: list[SentMessage | ServiceError] = []
        for message in command.messages:
            if message.size_bytes > bytes_max or message.deduplication_id is not None:
                results.append(_refusal_of(message, bytes_max))
                continue
            if message.delay_s is not None or message.group_id is not None:
                is_plain = False
            bodies.append(message.content)
            results.append(SentMessage(number, message_id(machine, number)))
            number += 1
        reply = Reply(ticket, Sent(tuple(results)))
        if not bodies:
            return [reply]
        delays: list[int] = [queue.settings.delay_ms]
        groups: list[str] | None = None
        if not is_plain:
            accepted = [
                message
                for message, result in zip(command.messages, results, strict=True)
                if isinstance(result, SentMessage)
            ]
            delays, groups = _delays_of(accepted, queue.settings.delay_ms), _groups_of(accepted)
        record = MessagesSent(machine, now, first, delays, len(bodies), groups)
        queue.accept(record, command.block)
        self._delivery.tallies[machine].sent += len(bodies)
        self._delivery.stir(queue, now)
        return [Remember(record, first, bodies), reply]

    def receive_messages(self, command: ReceiveMessages, now: Instant, ticket: int) -> Effects:
        """Hand out messages, or park the receive until some are visible (2.9, 4.8).

        Raises:
            QueueDoesNotExist: The queue is gone.
            OverLimit: A short poll while too many messages are in flight (4.9).
        """
        queue = self._directory.queue(command.queue)
        is_short = command.wait_ms == 0
        attempt_id = command.attempt_id
        if isinstance(queue, FifoQueue):
            again = self._fifo.answer_again(queue, command, now, ticket)
            if again:
                return again
        elif attempt_id is not None:
            raise InvalidParameterValue(
                f"Value {attempt_id} for parameter ReceiveRequestAttemptId is invalid. Reason: "
                "The request include parameter that is not valid for this queue type."
            )
        elif is_short and queue.touched.in_flight >= self._rules.in_flight_max:
            raise OverLimit(
                "Too many messages have been received without being deleted.\n"
                "Please delete your received messages or let them timeout before receiving more."
            )
        effects: Effects = []
        self._delivery.stir(queue, now)
        self._delivery.catch_up(queue, now, effects)
        receive = ParkedReceive(
            ticket=ticket,
            at_most=command.at_most,
            visibility_timeout_ms=command.visibility_timeout_ms,
            deadline=None if command.wait_ms is None else Instant(now + command.wait_ms),
            attempt=b"" if attempt_id is None else attempt_key(attempt_id),
        )
        attempt = self._delivery.receive(queue, receive, now, effects)
        if attempt.is_answered:
            return effects
        if (is_short and not attempt.is_cut) or len(queue.parked) >= self._rules.parked_max:
            self._delivery.tallies[queue.number].empty_receives += 1
            effects.append(Reply(ticket, Received((), now, now)))
        else:
            queue.parked.park(receive)
            queue.is_pressing = queue.is_pressing or attempt.is_cut
        return effects

    def withdraw_receive(self, command: WithdrawReceive, now: Instant, ticket: int) -> Effects:
        """Forget a parked receive, if it waits."""
        queue = self._directory.queues.get(command.queue)
        if queue is not None:
            queue.parked.withdraw(command.receive_ticket)
            self._delivery.stir(queue, now)
        return [Reply(ticket, _DONE)]

    def return_messages(self, command: ReturnMessages, now: Instant, ticket: int) -> Effects:
        """Undo receives whose answer nobody got."""
        queue = self._directory.queues.get(command.queue)
        if queue is None:
            return [Reply(ticket, _DONE)]
        slots = queue.touched.slots
        numbers = sorted(
            {
                number
                for number, count in command.receives
                if (slot := slots.get(number)) is not None and slot.receive_count == count
            }
        )
        if not numbers:
            return [Reply(ticket, _DONE)]
        self._delivery.stir(queue, now)
        queue.undo_receive(numbers, now)
        record = MessagesReturned(queue.number, now, ranges_of(numbers))
        return [Remember(record), Reply(ticket, _DONE)]

    def delete_messages(self, command: DeleteMessages, now: Instant, ticket: int) -> Effects:
        """Delete by receipt handle; one whose message is gone is a success (2.10)."""
        queue = self._directory.queue(command.queue)
        slots, machine = queue.touched.slots, queue.number
        is_fifo = queue.view.is_fifo
        read = self._delivery.receipts.read
        results: list[ServiceError | None] = []
        found: set[int] = set()
        for handle in command.receipt_handles:
            receipt = read(handle)
            if receipt is None or receipt[0] != machine:
                results.append(_invalid_handle(handle))
                continue
            number = receipt[1]
            if number in slots:
                if is_fifo and is_over(slots[number], receipt, now):
                    results.append(expired_handle(handle))
                    continue
                found.add(number)
            results.append(None)
        reply = Reply(ticket, EntriesDone(tuple(results)))
        if not found:
            return [reply]
        numbers = sorted(found)
        record = MessagesDeleted(queue.number, now, ranges_of(numbers))
        self._delivery.stir(queue, now)
        self._delivery.tallies[machine].deleted += len(numbers)
        forgets = forgets_of(queue.delete(numbers))
        return [Remember(record), reply, *forgets]

    def dead_letter_messages(
        self, command: DeadLetterMessages, now: Instant, ticket: int
    ) -> Effects:
        """Let messages go that nobody is to be handed any more (spec/esm.md 5.5)."""
        queue = self._directory.queue(command.queue)
        slots = queue.touched.slots
        found: set[int] = set()
        for handle in command.receipt_handles:
            receipt = self._delivery.receipts.read(handle)
            if receipt is None or receipt[0] != queue.number or receipt[1] not in slots:
                continue
            if not (queue.view.is_fifo and is_over(slots[receipt[1]], receipt, now)):
                found.add(receipt[1])
        if not found:
            return [Reply(ticket, _DONE)]
        numbers = sorted(found)
        target = self._delivery.dead_letter_queue(queue)
        gone = queue.delete(numbers)
        self._delivery.stir(queue, now)
        if target is None:
            self._delivery.tallies[queue.number].deleted += len(gone)
            record = MessagesDeleted(queue.number, now, ranges_of(numbers))
            return [Remember(record), Reply(ticket, _DONE), *forgets_of(gone)]
        self._delivery.stir(target, now)
        self._delivery.tallies[queue.number].dead_lettered += len(gone)
        return [*move(queue, target, gone, now), Reply(ticket, _DONE)]

    def change_visibility(self, command: ChangeVisibility, now: Instant, ticket: int) -> Effects:
        """Set from when on messages are visible, by receipt handle (2.11)."""
        queue = self._directory.queue(command.queue)
        results: list[ServiceError | None] = []
        changes: dict[int, Instant] = {}
        for handle, timeout_s in command.entries:
            try:
                number, visible_at = self._visibility_of(queue, handle, timeout_s, now)
            except ServiceError as refusal:
                results.append(refusal)
            else:
                results.append(None)
                changes[number] = visible_at
        reply = Reply(ticket, EntriesDone(tuple(results)))
        if not changes:
            return [reply]
        record = VisibilityChanged(queue.number, now, list(changes), list(changes.values()))
        self._delivery.stir(queue, now)
        queue.change_visibility(record.numbers, record.visible_at, now)
        return [Remember(record), reply]

    def _visibility_of(
        self, queue: Queue, handle: str, timeout_s: int, now: Instant
    ) -> tuple[int, Instant]:
        """Return message number and new end of one visibility change (2.11)."""
        receipt = self._delivery.receipts.read(handle)
        if receipt is None or receipt[0] != queue.number:
            raise _invalid_handle(handle)
        number = receipt[1]
        if not 0 <= timeout_s <= limits.VISIBILITY_TIMEOUT_S_MAX:
            raise InvalidParameterValue(
                f"Value {timeout_s} for parameter VisibilityTimeout is invalid. Reason: "
                "VisibilityTimeout must be an integer between 0 and 43200."
            )
        slot = queue.touched.slots.get(number)
        if (
            slot is None
            or queue.touched.is_expired(slot, now)
            or (queue.view.is_fifo and is_over(slot, receipt, now))
        ):
            raise InvalidParameterValue(
                f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not "
                "exist or is not available for visibility timeout change."
            )
        visible_at = Instant(now + ms_of_s(timeout_s))
        if visible_at > slot.received_at + ms_of_s(limits.VISIBILITY_TIMEOUT_S_MAX):
            raise InvalidParameterValue(
                f"Value {timeout_s} for parameter VisibilityTimeout is invalid. Reason: Total "
                "VisibilityTimeout for the message is beyond the limit [43200 seconds]"
            )
        return number, visible_at

    def move_bodies(self, command: MoveBodies, now: Instant, ticket: int) -> Effects:
        """Note where bodies lie after compaction."""
        queue = self._directory.queues.get(command.queue)
        if queue is None:
            return [Forget(command.block, len(command.bodies)), Reply(ticket, _DONE)]
        moved, forgets = move_bodies(queue, command.bodies, command.block)
        effects: Effects = [
            Remember(BodiesMoved(queue.number, now, home, ranges)) for home, ranges in moved.items()
        ]
        return [*effects, Reply(ticket, _DONE), *forgets]


def _refusal_of(message: OutgoingMessage, bytes_max: int) -> ServiceError:
    """Return why a standard queue refuses this message, which is too long or has an id (2.7)."""
    if message.size_bytes > bytes_max:
        return too_long(bytes_max)
    return InvalidParameterValue(
        "The request include parameter MessageDeduplicationId "
        "which is not valid for this queue type"
    )


def _invalid_handle(handle: str) -> ServiceError:
    return ReceiptHandleIsInvalid(
        f'The input receipt handle "{handle}" is not a valid receipt handle.'
    )


def _groups_of(messages: list[OutgoingMessage]) -> list[str] | None:
    """Return the group of each message for `MessagesSent`; None when none has one, as is usual."""
    for message in messages:
        if message.group_id:
            return shortened([each.group_id or "" for each in messages])
    return None


def _delays_of(messages: list[OutgoingMessage], usual_ms: int) -> list[int]:
    """Return the delays without repeats at the end: the last one goes on (`MessagesSent`)."""
    delays = [usual_ms if each.delay_s is None else ms_of_s(each.delay_s) for each in messages]
    end = len(delays)
    while end > 1 and delays[end - 1] == delays[end - 2]:
        end -= 1
    return delays[:end]
