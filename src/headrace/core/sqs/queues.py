"""The room of all queues: commands in, records, replies and other effects out.

Two queues may change in one step here (a message moves to its dead-letter queue), so this room, not
the queue, carries out what a command or the passing of time means. A queue that something happened
to is **stirred**: before the command ends its parked receives are served and its deadline is set.

Nothing takes long: a receive moves a bounded number of over-received messages and goes on at a
deadline of its own at the same instant; bodies of purged and expired messages are counted off in
slices; `wake` stops after `at_most` units of work.
"""

from collections.abc import Callable, Iterable
from typing import Any

from headrace.base.instant import Instant
from headrace.core.machine import BodyAddress, Frozen, Numbers, Record, Remember, Reply
from headrace.core.sqs import limits
from headrace.core.sqs.annotations import Annotations
from headrace.core.sqs.commands import (
    AddPermission,
    CancelMoveTask,
    ChangeVisibility,
    CreateQueue,
    DeadLetterMessages,
    DeleteMessages,
    DeleteQueue,
    FindQueue,
    GetQueueAttributes,
    ListMoveTasks,
    ListQueues,
    ListQueueTags,
    ListSourceQueues,
    LookAtMessages,
    MoveBodies,
    PurgeQueue,
    ReceiveMessages,
    RemovePermission,
    ReturnMessages,
    SendMessages,
    SetQueueAttributes,
    StartMoveTask,
    TagQueue,
    UntagQueue,
    WithdrawReceive,
)
from headrace.core.sqs.delivery import Delivery, Effects
from headrace.core.sqs.directory import DIRECTORY, Directory, does_not_exist
from headrace.core.sqs.errors import PurgeQueueInProgress
from headrace.core.sqs.looking import look
from headrace.core.sqs.messages import Messages
from headrace.core.sqs.movetasks import MoveTasks
from headrace.core.sqs.queue import Queue, QueueView
from headrace.core.sqs.receipts import Receipts
from headrace.core.sqs.records import RECORDS, QueuePurged
from headrace.core.sqs.relocation import count_bodies, relocate
from headrace.core.sqs.replay import replay
from headrace.core.sqs.replies import Done, QueueFound
from headrace.core.sqs.state import (
    FrozenQueue,
    decode_directory,
    decode_queue,
    encode_directory,
    encode_queue,
)
from headrace.core.sqs.tally import QueueTally

#: Runs of dead bodies that one command counts off at once; more wait for `wake`.
LEFTOVER_RUNS = 1_000
#: Runs of dead bodies that are one unit of work of `wake`.
LEFTOVER_RUNS_PER_UNIT = 20
#: Messages from which a queue's snapshot is written a part at a time.
DEEP_MESSAGES = 20_000

_DONE = Done()


class Queues:
    """All queues of a shard, as a `core.machine.Room`."""

    commands: tuple[type, ...] = (
        CreateQueue,
        FindQueue,
        DeleteQueue,
        SetQueueAttributes,
        GetQueueAttributes,
        ListQueues,
        ListSourceQueues,
        TagQueue,
        UntagQueue,
        ListQueueTags,
        AddPermission,
        RemovePermission,
        StartMoveTask,
        ListMoveTasks,
        CancelMoveTask,
        PurgeQueue,
        SendMessages,
        ReceiveMessages,
        WithdrawReceive,
        ReturnMessages,
        DeleteMessages,
        DeadLetterMessages,
        ChangeVisibility,
        LookAtMessages,
        MoveBodies,
    )
    growing: tuple[type, ...] = (
        CreateQueue,
        TagQueue,
        AddPermission,
        StartMoveTask,
        SendMessages,
    )
    records: tuple[type[Record], ...] = RECORDS

    def __init__(
        self, secret: bytes, numbers: Numbers, rules: limits.QueueRules | None = None
    ) -> None:
        """Start without queues.

        Args:
            secret: The shard's; it may come later by `use_secret`, before the first command.
            numbers: Where new queues get their numbers.
            rules: AWS's rules that a test may want smaller or off.
        """
        self.rules = rules if rules is not None else limits.QueueRules()
        self.directory = Directory(numbers, self.rules)
        self._now = Instant(0)
        self._delivery = Delivery(self.directory, Receipts(secret), self.rules)
        self._leftovers = self._delivery.leftovers
        self._tasks = MoveTasks(self.directory, self._delivery)
        self._decide: dict[type, Callable[[Any, Instant, int], Effects]] = {
            CreateQueue: self._create_queue,
            FindQueue: self._find_queue,
            DeleteQueue: self._delete_queue,
            SetQueueAttributes: self._set_queue_attributes,
            GetQueueAttributes: self._get_queue_attributes,
            ListQueues: self._list_queues,
            ListSourceQueues: self._list_source_queues,
            PurgeQueue: self._purge_queue,
            LookAtMessages: self._look_at_messages,
            **Annotations(self.directory).decide,
            **self._tasks.decide,
            **Messages(self.directory, self._delivery, self.rules).decide,
        }

    def use_secret(self, secret: bytes) -> None:
        """Take the shard's secret, once it is known."""
        self._delivery.receipts = Receipts(secret)

    # --- read-only look-ups for api -------------------------------------------------------------

    def tally(self, queue: int) -> QueueTally:
        """Return what a queue has counted since the start."""
        return self._delivery.tallies[queue]

    @property
    def receipts(self) -> Receipts:
        """What makes the ids of messages."""
        return self._delivery.receipts

    def find(self, account: str, region: str, name: str) -> int:
        """Return the number of a queue.

        Raises:
            QueueDoesNotExist: There is none of this name.
        """
        return self.directory.find(account, region, name)

    def find_arn(self, arn: str) -> int:
        """Return the number of the queue with this ARN.

        Raises:
            QueueDoesNotExist: It names none.
        """
        return self.directory.find_arn(arn)

    def describe(self, queue: int) -> QueueView:
        """Return identity and settings of a queue.

        Raises:
            QueueDoesNotExist: It is gone.
        """
        return self.directory.queue(queue).view

    def names(self, account: str, region: str) -> tuple[str, ...]:
        """Return the names of all queues of one account and region, ascending."""
        return self.directory.names(account, region)

    # --- Room -----------------------------------------------------------------------------------

    def apply(self, command: Any, now: Instant, ticket: int) -> Effects:
        """Decide a command; see `core.machine.Room`."""
        assert now >= self._now, "time does not go back"
        self._now = now
        effects = self._decide[type(command)](command, now, ticket)
        self._delivery.settle_stirred(now, effects)
        if self._leftovers:
            effects += self._leftovers.take(LEFTOVER_RUNS)
        return effects

    def next_deadline(self) -> Instant | None:
        """Return when `wake` has something to do next."""
        if self._leftovers:
            return self._now
        queue_due, task_due = self._delivery.deadlines.next(), self._tasks.deadlines.next()
        if queue_due is None or task_due is None:
            return task_due if queue_due is None else queue_due
        return min(queue_due, task_due)

    def wake(self, now: Instant, at_most: int) -> Effects:
        """Let time pass to `now`; see `core.machine.Room`."""
        assert now >= self._now, "time does not go back"
        self._now = now
        effects: Effects = []
        left = at_most
        tasks = self._tasks.deadlines
        while left > 0:
            task_due = tasks.next()
            # What queues do by themselves comes first, up to the very instant of a task's step.
            until = now if task_due is None else min(now, task_due)
            if (due := self._delivery.deadlines.take_due(until)) is not None:
                at, number = due
                queue = self.directory.queues[number]
                # With nobody waiting, nothing can tell the instants apart: one step to `now`.
                at = max(at, queue.now) if queue.parked or task_due is not None else now
                left -= self._delivery.pass_time(queue, at, left, effects)
            elif (step := tasks.take_due(now)) is not None:
                at, number = step
                left -= self._tasks.step(number, at, effects)
            else:
                break
            self._delivery.settle_stirred(at, effects)
        if self._leftovers and left > 0:
            effects += self._leftovers.take(left * LEFTOVER_RUNS_PER_UNIT)
        return effects

    def resume(self, now: Instant) -> Effects:
        """Return nothing: parked receives end with the process, and all else is state."""
        self._now = max(self._now, now)
        self._leftovers.clear()
        for queue in self.directory.queues.values():
            self._delivery.arm(queue)
        self._tasks.resume(now)
        return []

    def replay(self, record: Record, block: int) -> None:
        """Apply a fact read from a block."""
        self._now = max(self._now, record.at)
        replay(self.directory, record, block, self._leftovers)
        self._leftovers.clear()

    def machines(self) -> Iterable[int]:
        """Return the numbers of the directory and of all queues."""
        return (DIRECTORY, *self.directory.queues)

    def snapshot(self, machine: int) -> bytes:
        """Return the state of a queue, or of the directory."""
        if machine == DIRECTORY:
            return encode_directory(self.directory.state())
        return encode_queue(self.directory.queues[machine])

    def freeze(self, machine: int) -> Frozen | None:
        """Return the state of a deep queue as of now, a part at a time; None for any other."""
        queue = self.directory.queues.get(machine)
        if queue is None or queue.backlog.count + len(queue.touched.slots) < DEEP_MESSAGES:
            return None
        return FrozenQueue(queue)

    def load(self, machine: int, state: bytes) -> None:
        """Add a queue, or fill the directory, from what `snapshot` returned."""
        if machine == DIRECTORY:
            self.directory.load(decode_directory(state))
        else:
            self.directory.add(decode_queue(machine, state))

    def count_bodies(self) -> dict[int, int]:
        """Return how many bodies of each block are alive."""
        return count_bodies(self.directory.queues.values())

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return (queue, address) of each living body in `blocks`."""
        return relocate(self.directory.queues.values(), blocks)

    # --- queue commands -------------------------------------------------------------------------

    def _create_queue(self, command: CreateQueue, now: Instant, ticket: int) -> Effects:
        queue, effects = self.directory.create(command, now)
        return [*effects, Reply(ticket, _found(queue))]

    def _find_queue(self, command: FindQueue, now: Instant, ticket: int) -> Effects:
        number = self.directory.find(command.account, command.region, command.name)
        return [Reply(ticket, _found(self.directory.queues[number]))]

    def _delete_queue(self, command: DeleteQueue, now: Instant, ticket: int) -> Effects:
        queue = self.directory.queue(command.queue)
        effects: Effects = [*self.directory.delete(queue, now), Reply(ticket, _DONE)]
        effects += [Reply(parked, does_not_exist()) for parked in queue.parked.take_all()]
        queue.drop_all(self._leftovers)
        self._delivery.deadlines.withdraw(queue.number)
        self._delivery.tallies.pop(queue.number, None)
        self._tasks.deadlines.withdraw(queue.number)
        return effects

    def _set_queue_attributes(
        self, command: SetQueueAttributes, now: Instant, ticket: int
    ) -> Effects:
        queue = self.directory.queue(command.queue)
        effects = self.directory.set_attributes(queue, command.attributes, now)
        self._delivery.stir(queue, now)
        return [*effects, Reply(ticket, _DONE)]

    def _get_queue_attributes(
        self, command: GetQueueAttributes, now: Instant, ticket: int
    ) -> Effects:
        return [Reply(ticket, self.directory.attributes(command, now))]

    def _list_queues(self, command: ListQueues, now: Instant, ticket: int) -> Effects:
        return [Reply(ticket, self.directory.page(command))]

    def _list_source_queues(self, command: ListSourceQueues, now: Instant, ticket: int) -> Effects:
        return [Reply(ticket, self.directory.source_page(command))]

    def _look_at_messages(self, command: LookAtMessages, now: Instant, ticket: int) -> Effects:
        queue = self.directory.queue(command.queue)
        return [Reply(ticket, look(queue, command, now, self._delivery))]

    def _purge_queue(self, command: PurgeQueue, now: Instant, ticket: int) -> Effects:
        queue = self.directory.queue(command.queue)
        if queue.purged_at and now < queue.purged_at + self.rules.purge_interval_ms:
            raise PurgeQueueInProgress(
                f"Only one PurgeQueue operation on {queue.identity.name} is allowed "
                "every 60 seconds."
            )
        queue.purge(now, self._leftovers)
        self._delivery.stir(queue, now)
        return [Remember(QueuePurged(queue.number, now)), Reply(ticket, _DONE)]


def _found(queue: Queue) -> QueueFound:
    identity = queue.identity
    return QueueFound(queue.number, identity.account, identity.region, identity.name)
