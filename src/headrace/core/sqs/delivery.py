"""Hand out messages: to a receive now, or to parked ones when something becomes visible.

A queue that something happened to is **stirred**: before the command or the instant ends, its
parked receives are served and its deadline is set. A receive moves a bounded number of messages to
the dead-letter queue; then it is parked and goes on at a deadline of its own at the same instant.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from headrace.base.instant import Instant
from headrace.core.deadlines import Deadlines
from headrace.core.machine import BodyAddress, Forget, Remember, Reply
from headrace.core.sqs import limits
from headrace.core.sqs.deadletter import move
from headrace.core.sqs.directory import Directory
from headrace.core.sqs.errors import QueueDoesNotExist
from headrace.core.sqs.fifo import FifoQueue, sequence_number
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.longpoll import ParkedReceive
from headrace.core.sqs.queue import NEVER, Queue, TakeLimits
from headrace.core.sqs.ranges import ranges_of
from headrace.core.sqs.receipts import Receipts
from headrace.core.sqs.records import MessagesReceived
from headrace.core.sqs.replies import Received, ReceivedMessage
from headrace.core.sqs.tally import QueueTally
from headrace.core.sqs.touched import Slot

Effects = list[Any]

#: Units of work that it is to move a message to another queue.
WORK_OF_MOVE = 4


class Attempt(NamedTuple):
    """What came of trying to answer a receive."""

    is_answered: bool
    is_cut: bool  #: It stopped at the limit of moves and found nothing to hand out yet.
    work: int  #: By messages handed out, moved or expired.


class Delivery:
    """Who gets which message when, over all queues of a shard."""

    def __init__(self, directory: Directory, receipts: Receipts, rules: limits.QueueRules) -> None:
        """Deliver the messages of the queues in `directory`."""
        self.receipts = receipts
        self.deadlines: Deadlines[int] = Deadlines()  #: Of each queue, by its number.
        self.leftovers = Leftovers()
        self.tallies: defaultdict[int, QueueTally] = defaultdict(QueueTally)  #: By queue.
        self._directory = directory
        self._rules = rules
        self._stirred: dict[int, None] = {}

    def stir(self, queue: Queue, now: Instant) -> None:
        """Note that something happened to a queue at `now`."""
        queue.now = max(queue.now, now)
        self._stirred[queue.number] = None

    def settle_stirred(self, now: Instant, effects: Effects) -> None:
        """Serve the parked receives of every stirred queue and set its deadline."""
        while self._stirred:
            number = next(iter(self._stirred))
            del self._stirred[number]
            queue = self._directory.queues.get(number)
            if queue is None:
                continue
            if queue.parked and not queue.is_pressing:
                self.catch_up(queue, now, effects)
                self._serve(queue, queue.now, limits.SETTLE_AT_MOST, effects)
            self.arm(queue)

    def arm(self, queue: Queue) -> None:
        """Set the queue's deadline."""
        deadline = queue.next_deadline()
        if deadline == NEVER:
            self.deadlines.withdraw(queue.number)
        else:
            self.deadlines.put(queue.number, deadline)

    def catch_up(self, queue: Queue, now: Instant, effects: Effects) -> None:
        """Do a part of what is overdue, when `wake` could not do all of it in its turn."""
        queue.now = max(queue.now, now)
        if queue.next_deadline() <= now:
            self._let_pass(queue, now, limits.SETTLE_AT_MOST, effects)

    def pass_time(self, queue: Queue, at: Instant, at_most: int, effects: Effects) -> int:
        """Let time pass for one queue; return how much work that was."""
        work = self._let_pass(queue, at, at_most, effects)
        self.stir(queue, at)
        queue.is_pressing = False
        if queue.parked and work < at_most:
            work += self._serve(queue, at, at_most - work, effects)
            if not queue.is_pressing:
                ended = queue.parked.take_due(at)
                self.tallies[queue.number].empty_receives += len(ended)
                effects += [Reply(parked, Received((), at, at)) for parked in ended]
        return work + 1

    def _let_pass(self, queue: Queue, at: Instant, at_most: int, effects: Effects) -> int:
        before = queue.backlog.count
        expired, work = queue.pass_time(at, at_most, self.leftovers)
        effects += forgets_of(expired)
        if count := len(expired) + before - queue.backlog.count:
            self.tallies[queue.number].expired += count
        return work

    def _serve(self, queue: Queue, now: Instant, at_most: int, effects: Effects) -> int:
        """Answer parked receives in order of arrival while messages are visible."""
        work = 0
        queue.now = max(queue.now, now)
        queue.is_pressing = False
        while queue.parked and queue.has_visible():
            if work >= at_most:
                queue.is_pressing = True
                break
            receive = queue.parked.first()
            attempt = self.receive(queue, receive, now, effects)
            work += 1 + attempt.work
            if attempt.is_answered:
                queue.parked.withdraw(receive.ticket)
            else:
                queue.is_pressing = attempt.is_cut
                break
        return work

    def receive(
        self, queue: Queue, receive: ParkedReceive, now: Instant, effects: Effects
    ) -> Attempt:
        """Try to answer a receive."""
        backlog = queue.backlog
        if backlog.is_behind:
            told = backlog.tell(limits.SETTLE_AT_MOST)
            if backlog.is_behind:
                return Attempt(is_answered=False, is_cut=True, work=told)
        room = self._rules.in_flight_max - queue.touched.in_flight
        if room <= 0:
            return Attempt(is_answered=False, is_cut=False, work=0)
        timeout_ms = receive.visibility_timeout_ms
        own_ms = queue.settings.visibility_timeout_ms
        if timeout_ms is None or (receive.deadline is None and timeout_ms < own_ms):
            timeout_ms = own_ms  # it may have become longer while a mapping's receive waited
        visible_at = Instant(now + timeout_ms)
        target = self.dead_letter_queue(queue)
        bounds = TakeLimits()
        if target is not None and queue.settings.redrive is not None:
            bounds = TakeLimits(queue.settings.redrive.max_receive_count, self._rules.moves_at_most)
        taken = queue.take(min(receive.at_most, room), now, visible_at, bounds)
        if taken.expired:
            effects += forgets_of(taken.expired)
            self.tallies[queue.number].expired += len(taken.expired)
        if taken.departing and target is not None:
            self.tallies[queue.number].dead_lettered += len(taken.departing)
            effects += move(queue, target, taken.departing, now)
            self.stir(target, now)
        if taken.slots:
            self._answer(queue, receive, taken.slots, now, visible_at, effects)
        count = len(taken.slots) + len(taken.departing) * WORK_OF_MOVE + len(taken.expired)
        return Attempt(bool(taken.slots), taken.is_cut, count)

    def _answer(
        self,
        queue: Queue,
        receive: ParkedReceive,
        slots: Sequence[Slot],
        now: Instant,
        visible_at: Instant,
        effects: Effects,
    ) -> None:
        queue.handed_out(slots)
        self.tallies[queue.number].received += len(slots)
        numbers = [slot.number for slot in slots]
        record = MessagesReceived(
            queue.number, now, visible_at, ranges_of(numbers), receive.attempt
        )
        effects.append(Remember(record))
        if receive.attempt and isinstance(queue, FifoQueue):
            queue.remember_attempt(receive.attempt, numbers, now, visible_at)
        messages = self.messages_of(queue, slots)
        effects.append(Reply(receive.ticket, Received(messages, now, visible_at)))

    def dead_letter_queue(self, queue: Queue) -> Queue | None:
        """Return where over-received messages go; None when they stay (12, Q23)."""
        redrive = queue.settings.redrive
        if redrive is None:
            return None
        try:
            return self._directory.queues[self._directory.find_arn(redrive.dead_letter_target_arn)]
        except QueueDoesNotExist:
            return None

    def messages_of(self, queue: Queue, slots: Sequence[Slot]) -> tuple[ReceivedMessage, ...]:
        """Return the messages of a queue as a receive answers them, with their newest handles."""
        if queue.view.is_fifo:
            return tuple([self._fifo_message(queue.number, slot) for slot in slots])
        message_id = self.receipts.message_id
        handle = self.receipts.handle
        machine = queue.number
        return tuple(
            [
                ReceivedMessage(
                    slot.number,
                    message_id(slot.id_home or slot.home, slot.id_number or slot.home_number),
                    handle(machine, slot.number, slot.receive_count),
                    BodyAddress(slot.block, slot.home, slot.home_number),
                    slot.sent_at,
                    slot.first_received_at,
                    slot.receive_count,
                    slot.source_arn,
                )
                for slot in slots
            ]
        )

    def _fifo_message(self, queue: int, slot: Slot) -> ReceivedMessage:
        message_id = self.receipts.message_id(
            slot.id_home or slot.home, slot.id_number or slot.home_number
        )
        return ReceivedMessage(
            number=slot.number,
            message_id=message_id,
            receipt_handle=self.receipts.handle(queue, slot.number, slot.receive_count),
            address=BodyAddress(slot.block, slot.home, slot.home_number),
            sent_at=slot.first_sent_at or slot.sent_at,
            first_received_at=slot.first_received_at,
            receive_count=slot.receive_count,
            dead_letter_source_arn=slot.source_arn,
            sequence_number=sequence_number(slot.number),
            # What came from another queue has its message id for a deduplication id (7.2; 12, Q19).
            deduplication_id=message_id if slot.source_arn or slot.id_home else "",
        )


def forgets_of(slots: Iterable[Slot]) -> list[Forget]:
    """Return how many bodies of each block die with these messages."""
    blocks = [slot.block for slot in slots]
    if blocks and blocks.count(blocks[0]) == len(blocks):
        return [Forget(blocks[0], len(blocks))]  # as is usual
    return [Forget(block, count) for block, count in Counter(blocks).items()]
