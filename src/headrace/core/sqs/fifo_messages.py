"""Commands about messages of FIFO queues, where they differ: duplicates, attempts, old handles.

Source: spec/sqs.md 2.7, 5.2, 5.4, 13.3, 13.5. Each method decides one command: it raises before any
change, or returns the effects.
"""

from headrace.base.errors import ServiceError
from headrace.base.instant import Instant
from headrace.core.machine import Remember, Reply
from headrace.core.sqs.attempts import attempt_key
from headrace.core.sqs.commands import OutgoingMessage, ReceiveMessages, SendMessages
from headrace.core.sqs.delivery import Delivery, Effects
from headrace.core.sqs.errors import InvalidParameterValue, MissingParameter
from headrace.core.sqs.fifo import FifoQueue, sequence_number
from headrace.core.sqs.receipts import Receipt
from headrace.core.sqs.records import MessagesSent, VisibilityChanged
from headrace.core.sqs.replies import Received, Sent, SentMessage
from headrace.core.sqs.touched import Slot


class FifoMessages:
    """Decides what is done differently on a FIFO queue."""

    def __init__(self, delivery: Delivery) -> None:
        """Decide for the queues that `delivery` knows."""
        self._delivery = delivery

    def send(self, queue: FifoQueue, command: SendMessages, now: Instant, ticket: int) -> Effects:
        """Take messages; a duplicate is answered as the first of its kind was (5.2, 13.3)."""
        results: list[SentMessage | ServiceError] = []
        bodies: list[bytes] = []
        groups: list[str] = []
        keys: dict[bytes, int] = {}  # of this command
        first = queue.next_message
        for message in command.messages:
            try:
                group_id, deduplication_id = _checked(message, queue)
            except ServiceError as refusal:
                results.append(refusal)
                continue
            key = queue.deduplication_key(deduplication_id, group_id, now)
            number = keys.get(key) or queue.find_duplicate(key, deduplication_id, group_id, now)
            if number is None:
                number = first + len(bodies)
                keys[key] = number
                bodies.append(message.content)
                groups.append(group_id)
            results.append(
                SentMessage(
                    number,
                    self._delivery.receipts.message_id(queue.number, number),
                    sequence_number(number),
                )
            )
        reply = Reply(ticket, Sent(tuple(results)))
        if not bodies:
            return [reply]
        record = MessagesSent(
            queue.number, now, first, [0], len(bodies), shortened(groups), b"".join(keys)
        )
        queue.accept(record, command.block)
        self._delivery.tallies[queue.number].sent += len(bodies)
        self._delivery.stir(queue, now)
        return [Remember(record, first, bodies), reply]

    def answer_again(
        self, queue: FifoQueue, command: ReceiveMessages, now: Instant, ticket: int
    ) -> Effects:
        """Answer a repeated attempt as before, if that is possible; empty when it is not (5.4)."""
        if command.attempt_id is None:
            return []
        key = attempt_key(command.attempt_id)
        slots = queue.find_attempt(key, now)
        if not slots:
            return []
        timeout_ms = command.visibility_timeout_ms
        if timeout_ms is None:
            timeout_ms = queue.settings.visibility_timeout_ms
        visible_at = Instant(now + timeout_ms)
        numbers = [slot.number for slot in slots]
        record = VisibilityChanged(queue.number, now, numbers, [visible_at] * len(numbers), key)
        queue.change_visibility(numbers, record.visible_at, now)
        queue.attempts.answered_again(key, visible_at)
        self._delivery.stir(queue, now)
        messages = self._delivery.messages_of(queue, slots)
        return [Remember(record), Reply(ticket, Received(messages, now, visible_at))]


def is_over(slot: Slot, receipt: Receipt, now: Instant) -> bool:
    """Tell whether a handle of a FIFO queue's message has expired (13.5)."""
    return receipt[2] != slot.receive_count or slot.visible_at <= now


def expired_handle(handle: str) -> ServiceError:
    """Return the refusal to delete by a handle that has expired (2.10)."""
    return InvalidParameterValue(
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired."
    )


def too_long(bytes_max: int) -> ServiceError:
    """Return the refusal of a message longer than its queue takes (2.7)."""
    return InvalidParameterValue(
        "One or more parameters are invalid. "
        f"Reason: Message must be shorter than {bytes_max} bytes."
    )


def shortened(groups: list[str]) -> list[str]:
    """Return the groups without repeats at the end: the last one goes on (`MessagesSent`)."""
    end = len(groups)
    while end > 1 and groups[end - 1] == groups[end - 2]:
        end -= 1
    return groups[:end]


def _checked(message: OutgoingMessage, queue: FifoQueue) -> tuple[str, str]:
    """Return group id and deduplication id of a message that a FIFO queue takes (2.7)."""
    bytes_max = queue.settings.maximum_message_size
    if message.size_bytes > bytes_max:
        raise too_long(bytes_max)
    if message.delay_s:
        raise InvalidParameterValue(
            f"Value {message.delay_s} for parameter DelaySeconds is invalid. Reason: "
            "The request include parameter that is not valid for this queue type."
        )
    if message.group_id is None:
        raise MissingParameter("The request must contain the parameter MessageGroupId.")
    if message.deduplication_id is None:
        raise InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )
    return message.group_id, message.deduplication_id
