"""What the queues answer."""

import msgspec

from headrace.base.errors import ServiceError
from headrace.base.instant import Instant
from headrace.core.machine import BodyAddress


class Done(msgspec.Struct, frozen=True, gc=False):
    """It is done; there is nothing to say."""


class QueueFound(msgspec.Struct, frozen=True, gc=False):
    """The queue that was created or found."""

    queue: int
    account: str
    region: str
    name: str


class AttributesFound(msgspec.Struct, frozen=True):
    """Queue attributes in AWS's names and texts; empty when none apply."""

    attributes: dict[str, str]


class QueuesFound(msgspec.Struct, frozen=True):
    """Names in ascending order; `more` tells whether others follow."""

    names: tuple[str, ...]
    more: bool


class TagsFound(msgspec.Struct, frozen=True):
    """All tags of a queue."""

    tags: dict[str, str]


class MoveTaskFound(msgspec.Struct, frozen=True, gc=False):
    """A move task as it stands."""

    task_id: str
    source_arn: str
    destination_arn: str  #: Empty: none was given.
    rate: int  #: 0: none was given.
    status: str  #: RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.
    started_at: Instant
    moved: int
    to_move: int
    failure_reason: str  #: Empty unless FAILED.


class MoveTasksFound(msgspec.Struct, frozen=True):
    """Tasks, newest first."""

    tasks: tuple[MoveTaskFound, ...]


class SentMessage(msgspec.Struct, frozen=True, gc=False):
    """One message that was taken."""

    number: int
    message_id: str
    sequence_number: str = ""  #: FIFO only: 20 digits.


class Sent(msgspec.Struct, frozen=True):
    """A result per message, in order: taken, or refused for itself."""

    results: "tuple[SentMessage | ServiceError, ...]"


class ReceivedMessage(msgspec.Struct, frozen=True, gc=False):
    """One received message; its content lies at `address`."""

    number: int
    message_id: str
    receipt_handle: str
    address: BodyAddress
    sent_at: Instant
    first_received_at: Instant
    receive_count: int  #: As ApproximateReceiveCount: over all queues that it went through.
    dead_letter_source_arn: str = ""  #: ARN of the queue that it came from by redrive.
    sequence_number: str = ""  #: FIFO only.
    deduplication_id: str = ""  #: When it is another than the sender's.


class Received(msgspec.Struct, frozen=True):
    """At most as many as asked for; empty when the wait ended without any."""

    messages: tuple[ReceivedMessage, ...]
    received_at: Instant
    visible_at: Instant  #: When the lease of these messages ends.


class SeenMessage(msgspec.Struct, frozen=True, gc=False):
    """One message that was looked at; its handle is of no use."""

    message: ReceivedMessage
    state: str  #: core/sqs/looking.py: VISIBLE, IN_FLIGHT or DELAYED.
    visible_at: Instant  #: Since when it is visible, or when it will be.
    expires_at: Instant
    queue_receives: int  #: In this queue: what maxReceiveCount is compared with.
    is_redriven: bool  #: A move task made it a new message.
    #: FIFO only: id of the message in flight that it waits behind, though visible; empty: of none.
    waits_behind: str = ""
    waits_until: Instant = Instant(0)  #: When that one is visible again, if nobody deletes it.
    is_noisy: bool = False  #: Quieter groups of its standard queue come first.


class MessagesSeen(msgspec.Struct, frozen=True):
    """Messages in order of their numbers; `more` tells whether others follow."""

    messages: tuple[SeenMessage, ...]
    more: bool
    target_arn: str  #: Where messages go that were received too often; empty: nowhere.
    max_receive_count: int  #: 0: none.


class EntriesDone(msgspec.Struct, frozen=True):
    """A result per entry, in order: None for success, or the refusal."""

    results: "tuple[ServiceError | None, ...]"
