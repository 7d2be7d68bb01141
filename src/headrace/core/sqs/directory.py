"""All queues of a shard by number, name and ARN, and what is asked of them besides messages.

The directory itself is machine number 1: it remembers the names of queues that were deleted a
moment ago, which belong to no living queue.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Mapping

from headrace.base.arn import parse_arn
from headrace.base.errors import ServiceError
from headrace.base.instant import Instant, s_of_ms
from headrace.core.machine import Numbers, Remember
from headrace.core.sqs import limits
from headrace.core.sqs.attributes import (
    changed,
    check_attributes,
    default_attributes,
    differing,
    selected,
)
from headrace.core.sqs.commands import (
    CreateQueue,
    GetQueueAttributes,
    ListQueues,
    ListSourceQueues,
)
from headrace.core.sqs.errors import (
    InvalidParameterValue,
    QueueDeletedRecently,
    QueueDoesNotExist,
    QueueNameExists,
)
from headrace.core.sqs.fair import FairQueue
from headrace.core.sqs.fifo import make_queue
from headrace.core.sqs.queue import Identity, Queue
from headrace.core.sqs.records import NameFreed, QueueAttributesSet, QueueCreated, QueueDeleted
from headrace.core.sqs.redrive import parse_redrive_policy, refuse_redrive
from headrace.core.sqs.replies import AttributesFound, QueuesFound
from headrace.core.sqs.state import DirectoryState
from headrace.core.sqs.tags import check_tags

#: Machine number of the directory.
DIRECTORY = 1

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_FIFO_NAME = re.compile(r"(?=.{1,80}\Z)[A-Za-z0-9_-]+\.fifo", re.ASCII)

Key = tuple[str, str, str]  #: Account, region, name.


class Directory:
    """The living queues, and the names freed lately."""

    def __init__(self, numbers: Numbers, rules: limits.QueueRules) -> None:
        """Start without queues."""
        self.queues: dict[int, Queue] = {}
        self._numbers = numbers
        self._rules = rules
        self._by_name: dict[Key, int] = {}
        self._names: dict[tuple[str, str], list[str]] = {}
        self._freed: OrderedDict[Key, Instant] = OrderedDict()  # oldest first

    # --- look-ups -----------------------------------------------------------------------------

    def queue(self, number: int) -> Queue:
        """Return a queue by its number.

        Raises:
            QueueDoesNotExist: It is gone.
        """
        queue = self.queues.get(number)
        if queue is None:
            raise does_not_exist()
        return queue

    def find(self, account: str, region: str, name: str) -> int:
        """Return the number of a queue.

        Raises:
            QueueDoesNotExist: There is none of this name.
        """
        number = self._by_name.get((account, region, name))
        if number is None:
            raise does_not_exist()
        return number

    def find_arn(self, arn: str) -> int:
        """Return the number of the queue with this ARN.

        Raises:
            QueueDoesNotExist: It names none.
        """
        try:
            parts = parse_arn(arn)
        except ValueError:
            raise does_not_exist() from None
        number = self._by_name.get((parts.account, parts.region, parts.resource))
        if number is None or self.queues[number].arn != arn:
            raise does_not_exist()
        return number

    def names(self, account: str, region: str) -> tuple[str, ...]:
        """Return the names of all queues there, ascending."""
        return tuple(self._names.get((account, region), ()))

    def page(self, command: ListQueues) -> QueuesFound:
        """Return a page of names (2.4)."""
        names = self._names.get((command.account, command.region), [])
        start = max(bisect_left(names, command.prefix), bisect_right(names, command.after))
        found: list[str] = []
        for name in names[start:]:
            if not name.startswith(command.prefix):
                break
            if len(found) == command.at_most:
                return QueuesFound(tuple(found), more=True)
            found.append(name)
        return QueuesFound(tuple(found), more=False)

    def is_dead_letter_queue(self, queue: Queue) -> bool:
        """Tell whether a queue beside it names this one as its dead-letter queue."""
        return bool(self.source_page(ListSourceQueues(queue.number, at_most=1)).names)

    def source_page(self, command: ListSourceQueues) -> QueuesFound:
        """Return a page of the names of a queue's dead-letter sources (2.13).

        Raises:
            QueueDoesNotExist: The queue is gone.
        """
        queue = self.queue(command.queue)
        account, region = queue.identity.account, queue.identity.region
        names = self._names[account, region]
        found: list[str] = []
        for name in names[bisect_right(names, command.after) :]:
            redrive = self.queues[self._by_name[account, region, name]].settings.redrive
            if redrive is None or redrive.dead_letter_target_arn != queue.arn:
                continue
            if len(found) == command.at_most:
                return QueuesFound(tuple(found), more=True)
            found.append(name)
        return QueuesFound(tuple(found), more=False)

    def attributes(self, command: GetQueueAttributes, now: Instant) -> AttributesFound:
        """Return the attributes asked for (2.5).

        Raises:
            QueueDoesNotExist, InvalidAttributeName: As 2.5 says.
        """
        queue = self.queue(command.queue)
        visible, in_flight, delayed = queue.counts(now)
        found = queue.attributes | {
            "QueueArn": queue.arn,
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "CreatedTimestamp": str(s_of_ms(queue.created_at)),
            "LastModifiedTimestamp": str(s_of_ms(queue.modified_at)),
        }
        return AttributesFound(selected(found, command.names))

    # --- changes ------------------------------------------------------------------------------

    def create(self, command: CreateQueue, now: Instant) -> tuple[Queue, list[Remember]]:
        """Make a queue, or return the one that has these attributes.

        Raises:
            ServiceError: As 2.1 says, in its order.
        """
        _check_name(command.name, command.attributes)
        key = (command.account, command.region, command.name)
        freed_at = self._freed.get(key)
        if freed_at is not None and now < freed_at + self._rules.create_after_delete_ms:
            raise QueueDeletedRecently(
                "You must wait 60 seconds after deleting a queue before you can create another "
                "with the same name."
            )
        there = self._by_name.get(key)
        if there is not None:
            queue = self.queues[there]
            name = differing(queue.attributes, command.attributes)
            if name is not None:
                raise QueueNameExists(
                    "A queue already exists with the same name and a different value "
                    f"for attribute {name}"
                )
            return queue, []
        defaults = default_attributes(is_fifo=is_fifo_name(command.name))
        changes = check_attributes(command.attributes, defaults)
        self._check_redrive(command.attributes.get("RedrivePolicy"), Identity(*key))
        check_tags(command.tags, {}, command.name)
        record = QueueCreated(
            machine=self._numbers.take(),
            at=now,
            account=command.account,
            region=command.region,
            name=command.name,
            attributes=changed(defaults, changes),
            tags=dict(command.tags),
        )
        return self.created(record), [Remember(record)]

    def set_attributes(
        self, queue: Queue, given: Mapping[str, str], now: Instant
    ) -> list[Remember]:
        """Change some attributes, all or none.

        Raises:
            ServiceError: As 2.6 says.
        """
        changes = check_attributes(given, queue.attributes)
        self._check_redrive(given.get("RedrivePolicy"), queue.identity)
        record = QueueAttributesSet(queue.number, now, changes)
        queue.set_attributes(changed(queue.attributes, changes), now)
        return [Remember(record)]

    def delete(self, queue: Queue, now: Instant) -> list[Remember]:
        """Remove a queue; its name is not free at once (2.2)."""
        identity = queue.identity
        self.deleted(queue.number)
        freed = NameFreed(DIRECTORY, now, identity.account, identity.region, identity.name)
        self.freed(freed)
        return [Remember(QueueDeleted(queue.number, now)), Remember(freed)]

    # --- facts, also replayed -----------------------------------------------------------------

    def created(self, record: QueueCreated) -> Queue:
        """Add the queue that a record speaks of."""
        identity = Identity(record.account, record.region, record.name)
        queue = make_queue(record.machine, identity, record.attributes, record.tags, record.at)
        self.add(queue)
        return queue

    def add(self, queue: Queue) -> None:
        """Add a queue."""
        self._numbers.saw(queue.number)
        self.queues[queue.number] = queue
        if isinstance(queue, FairQueue):
            queue.use_noise(self._rules.noise)
        identity = queue.identity
        self._by_name[identity.account, identity.region, identity.name] = queue.number
        insort(self._names.setdefault((identity.account, identity.region), []), identity.name)

    def deleted(self, number: int) -> None:
        """Remove a queue, if it is there."""
        queue = self.queues.pop(number, None)
        if queue is None:
            return
        account, region, name = (
            queue.identity.account,
            queue.identity.region,
            queue.identity.name,
        )
        del self._by_name[account, region, name]
        names = self._names[account, region]
        del names[bisect_left(names, name)]

    def freed(self, record: NameFreed) -> None:
        """Remember that a name was freed, and forget those that are free by now."""
        over = record.at - self._rules.create_after_delete_ms
        while self._freed and next(iter(self._freed.values())) <= over:
            self._freed.popitem(last=False)
        key = (record.account, record.region, record.name)
        self._freed.pop(key, None)
        self._freed[key] = record.at

    def state(self) -> DirectoryState:
        """Return what the directory itself must remember."""
        return DirectoryState([(*key, at) for key, at in self._freed.items()])

    def load(self, state: DirectoryState) -> None:
        """Take what `state` returned."""
        for account, region, name, at in state.freed:
            self._freed[account, region, name] = Instant(at)

    def _check_redrive(self, text: str | None, source: Identity) -> None:
        """Check that a RedrivePolicy's target is there and lets this source in (3.3, 3.4).

        `text` is what the caller sent, as refusals repeat it; its form is checked by now.
        """
        if not text:
            return
        arn = parse_redrive_policy(text).dead_letter_target_arn
        if parse_arn(arn).account != source.account:
            raise refuse_redrive(text, "Dead-letter target owner should be same as the source.")
        try:
            target = self.queues[self.find_arn(arn)]
        except QueueDoesNotExist:
            raise refuse_redrive(text, "Dead letter target does not exist.") from None
        if target.identity.region != source.region:
            raise refuse_redrive(text, "Dead letter target does not exist.")
        if target.view.is_fifo != is_fifo_name(source.name):
            raise refuse_redrive(
                text, "Dead-letter queue must be same type of queue as the source.."
            )
        source_arn = arn_beside(target, source.name)
        if not target.settings.redrive_allow.allows(source_arn):
            raise refuse_redrive(
                text, "The dead-letter target's redrive allow policy does not allow this source."
            )


def does_not_exist() -> ServiceError:
    """Return the answer about a queue that is not there."""
    return QueueDoesNotExist("The specified queue does not exist.")


def arn_beside(queue: Queue, name: str) -> str:
    """Return the ARN of a queue of this name in the same account and region."""
    return queue.arn.removesuffix(queue.identity.name) + name


def is_fifo_name(name: str) -> bool:
    """Tell whether a queue of this name is a FIFO queue; other names have no period."""
    return name.endswith(".fifo")


def _check_name(name: str, attributes: Mapping[str, str]) -> None:
    """Check a new queue's name, and whether it and FifoQueue fit (2.1)."""
    if attributes.get("FifoQueue", "").lower() != "true":
        if not _NAME.fullmatch(name):
            raise InvalidParameterValue(
                "Can only include alphanumeric characters, hyphens, or underscores. "
                "1 to 80 in length"
            )
        return
    if not _FIFO_NAME.fullmatch(name):
        raise InvalidParameterValue(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
            "underscores, must end with .fifo suffix and be 1 to 80 in length"
        )
