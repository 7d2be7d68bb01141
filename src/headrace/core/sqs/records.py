"""What the queues remember: facts about one queue each, in the past tense.

Heads are read at every start, so they are small: message numbers stand as ranges
(core/sqs/ranges.py), bodies lie apart. Tags 1 to 29; a number is never used again.
"""

import msgspec

from headrace.base.instant import Instant
from headrace.core.machine import Record

#: (first, count, first, count, ...): message numbers in ascending order.
Ranges = list[int]


class QueueCreated(Record, frozen=True, tag=1):
    """A queue came to be."""

    account: str
    region: str
    name: str
    attributes: dict[str, str]  #: All settable attributes that apply, defaults filled in.
    tags: dict[str, str]


class QueueDeleted(Record, frozen=True, tag=2):
    """A queue and everything in it is gone."""


class QueueAttributesSet(Record, frozen=True, tag=3):
    """Some attributes changed."""

    attributes: dict[str, str | None]  #: New texts; None removes.


class QueuePurged(Record, frozen=True, tag=4):
    """Every message is gone."""


class NameFreed(Record, frozen=True, tag=5):
    """A name must not be used for a while. Its machine is the directory."""

    account: str
    region: str
    name: str


class MessagesSent(Record, frozen=True, tag=6):
    """Messages arrived from senders; their bodies lie in the record's own block."""

    first: int  #: Numbers are consecutive from here.
    delays_ms: list[int]  #: Delay of each; shorter than the count: the last one goes on.
    count: int = 1
    groups: list[str] | None = None  #: Group of each, as with the delays; "" for none.
    keys: bytes = b""  #: Deduplication keys, 16 bytes each; FIFO only.


class MessagesReceived(Record, frozen=True, tag=7):
    """Messages were handed out."""

    visible_at: Instant
    numbers: Ranges  #: From a FIFO queue in the order of the answer.
    attempt: bytes = b""  #: Key of the attempt id, if the receive had one.


class MessagesReturned(Record, frozen=True, tag=8):
    """Receives were undone: visible at once, and not counted."""

    numbers: Ranges


class MessagesDeleted(Record, frozen=True, tag=9):
    """Messages are gone because a consumer said so."""

    numbers: Ranges


class VisibilityChanged(Record, frozen=True, tag=10):
    """Messages are visible from other instants on."""

    numbers: list[int]
    visible_at: list[Instant]  #: Of each.
    attempt: bytes = b""  #: Key of the attempt that was answered again by this.


class MessagesDeparted(Record, frozen=True, tag=11):
    """Messages left for another queue; `MessagesArrived` stands behind it in the same block."""

    numbers: list[int]  #: In the order in which they left.


class Arrival(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a message brings along when it comes from another queue."""

    block: int
    home: int  #: Machine where it was first written,
    home_number: int  #: and its number there: with `block`, the address of its body.
    sent_at: Instant
    first_received_at: Instant
    receive_count: int
    id_home: int = 0  #: As in `Slot`: what its id derives from, if not its home.
    id_number: int = 0
    group: str = ""
    first_sent_at: Instant = Instant(0)  #: As in `Slot`.


class MessagesArrived(Record, frozen=True, tag=12):
    """Messages came from another queue."""

    first: int  #: Numbers here are consecutive from here.
    source_arn: str
    messages: list[Arrival]


class BodiesMoved(Record, frozen=True, tag=13):
    """Bodies now lie in the record's own block, under their old machine and number."""

    home: int
    numbers: Ranges  #: Numbers at home.


class QueueTagsSet(Record, frozen=True, tag=20):
    """Some tags changed."""

    tags: dict[str, str | None]  #: New values; None removes.


class MoveTaskStarted(Record, frozen=True, tag=21):
    """A task began to move the messages of this queue away."""

    task_id: str
    destination_arn: str  #: Empty: each message to the queue that it came from.
    rate: int  #: Messages a second; 0: none was given.
    to_move: int  #: Messages that were visible.


class MoveTaskProgressed(Record, frozen=True, tag=22):
    """The newest task moved messages; departures and arrivals stand in the same block."""

    moved: int


class MoveTaskTurned(Record, frozen=True, tag=23):
    """The newest task has another status."""

    status: str
    failure_reason: str = ""


RECORDS: tuple[type[Record], ...] = (
    QueueCreated,
    QueueDeleted,
    QueueAttributesSet,
    QueuePurged,
    NameFreed,
    MessagesSent,
    MessagesReceived,
    MessagesReturned,
    MessagesDeleted,
    VisibilityChanged,
    MessagesDeparted,
    MessagesArrived,
    BodiesMoved,
    QueueTagsSet,
    MoveTaskStarted,
    MoveTaskProgressed,
    MoveTaskTurned,
)
