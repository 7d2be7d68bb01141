"""What a caller can ask of the queues (imperative names).

A queue is named by its machine number: `Queues.find` gives it for (account, region, name), in the
same turn of the loop. Each command names its reply.
"""

import msgspec


class CreateQueue(msgspec.Struct, frozen=True):
    """Create a queue, or find the one that has these attributes. Reply: `QueueFound`."""

    account: str
    region: str
    name: str
    attributes: dict[str, str]  #: As given by the caller: AWS's names and texts, not yet checked.
    tags: dict[str, str]


class FindQueue(msgspec.Struct, frozen=True, gc=False):
    """Find a queue by its name. Reply: `QueueFound`."""

    account: str
    region: str
    name: str


class DeleteQueue(msgspec.Struct, frozen=True, gc=False):
    """Delete a queue and everything in it. Reply: `Done`."""

    queue: int


class SetQueueAttributes(msgspec.Struct, frozen=True):
    """Change some attributes, all or none. Reply: `Done`."""

    queue: int
    attributes: dict[str, str]


class GetQueueAttributes(msgspec.Struct, frozen=True):
    """Read attributes. Reply: `AttributesFound`."""

    queue: int
    names: tuple[str, ...]  #: "All" and AWS's names.


class ListQueues(msgspec.Struct, frozen=True):
    """List queue names of one account and region. Reply: `QueuesFound`."""

    account: str
    region: str
    prefix: str = ""
    after: str = ""  #: Names behind this one only.
    at_most: int = 1_000


class ListSourceQueues(msgspec.Struct, frozen=True, gc=False):
    """List the queues beside this one that name it as dead-letter queue. Reply: `QueuesFound`."""

    queue: int
    after: str = ""  #: Names behind this one only.
    at_most: int = 1_000


class TagQueue(msgspec.Struct, frozen=True):
    """Add tags, or change their values, all or none. Reply: `Done`."""

    queue: int
    tags: dict[str, str]


class UntagQueue(msgspec.Struct, frozen=True):
    """Remove the tags with these keys. Reply: `Done`."""

    queue: int
    keys: tuple[str, ...]


class ListQueueTags(msgspec.Struct, frozen=True, gc=False):
    """Read all tags. Reply: `TagsFound`."""

    queue: int


class AddPermission(msgspec.Struct, frozen=True):
    """Add a statement to the queue's Policy. Reply: `Done`."""

    queue: int
    label: str
    accounts: tuple[str, ...]
    actions: tuple[str, ...]  #: Without "SQS:".


class RemovePermission(msgspec.Struct, frozen=True, gc=False):
    """Remove a label's statement from the queue's Policy. Reply: `Done`."""

    queue: int
    label: str


class StartMoveTask(msgspec.Struct, frozen=True, gc=False):
    """Begin to move a dead-letter queue's messages away. Reply: `MoveTaskFound`."""

    region: str  #: The caller's: a queue elsewhere is none.
    source_arn: str
    destination_arn: str | None  #: None: each message to the queue that it came from.
    rate: int | None  #: Messages a second; None: as many as are allowed.
    seed: bytes  #: 16 random bytes; its id derives from them.


class ListMoveTasks(msgspec.Struct, frozen=True, gc=False):
    """List a source's move tasks, newest first. Reply: `MoveTasksFound`."""

    region: str
    source_arn: str
    at_most: int


class CancelMoveTask(msgspec.Struct, frozen=True, gc=False):
    """Cancel a running move task. Reply: `MoveTaskFound`, as of now."""

    region: str
    source_arn: str
    task_id: str


class PurgeQueue(msgspec.Struct, frozen=True, gc=False):
    """Remove every message. Reply: `Done`."""

    queue: int


class OutgoingMessage(msgspec.Struct, frozen=True, gc=False):
    """One message to send."""

    content: bytes  #: Opaque here (core/sqs/content.py): body, attributes, sender, trace header.
    size_bytes: int  #: As AWS counts: body plus names, types and values of user attributes.
    delay_s: int | None = None  #: None: the queue's delay.
    group_id: str | None = None
    deduplication_id: str | None = None  #: As given, or made of the body; FIFO only.


class SendMessages(msgspec.Struct, frozen=True):
    """Send 1 to 10 messages in order. Reply: `Sent`, with a result per message.

    `block` is the number of the block that is being filled: there the bodies will lie.
    """

    queue: int
    block: int
    messages: tuple[OutgoingMessage, ...]


class ReceiveMessages(msgspec.Struct, frozen=True, gc=False):
    """Receive messages, now or when some arrive. Reply: `Received`, perhaps later.

    `wait_ms` 0 answers at once, None waits until withdrawn (event source mappings).
    """

    queue: int
    at_most: int
    wait_ms: int | None = 0
    #: None: the queue's; so it is where it waits for ever, if that is longer.
    visibility_timeout_ms: int | None = None
    attempt_id: str | None = None  #: FIFO only: asking again with it gives the same answer.


class WithdrawReceive(msgspec.Struct, frozen=True, gc=False):
    """Forget the parked receive of a ticket: its client has gone. Reply: `Done`.

    The ticket of the withdrawn receive gets no reply. Nothing happens if it is not parked.
    """

    queue: int
    receive_ticket: int


class ReturnMessages(msgspec.Struct, frozen=True):
    """Undo receives whose answer nobody got: visible again, not counted. Reply: `Done`.

    Each entry is (message number, receive count it had in that answer); stale ones are skipped.
    """

    queue: int
    receives: tuple[tuple[int, int], ...]


class DeleteMessages(msgspec.Struct, frozen=True):
    """Delete by receipt handle. Reply: `EntriesDone`."""

    queue: int
    receipt_handles: tuple[str, ...]


class DeadLetterMessages(msgspec.Struct, frozen=True):
    """Move received messages to the dead-letter queue; delete them where there is none.

    By receipt handle; one that is not good any more is skipped. Reply: `Done`.
    """

    queue: int
    receipt_handles: tuple[str, ...]


class ChangeVisibility(msgspec.Struct, frozen=True):
    """Set visibility timeouts from now on, by receipt handle. Reply: `EntriesDone`."""

    queue: int
    entries: tuple[tuple[str, int], ...]  #: (receipt handle, seconds).


class LookAtMessages(msgspec.Struct, frozen=True, gc=False):
    """Look at messages without receiving them. Reply: `MessagesSeen`.

    Visible ones always, others as asked for.
    """

    queue: int
    after: int = 0  #: Messages with greater numbers only.
    at_most: int = 1_000
    in_flight: bool = False
    delayed: bool = False


class MoveBodies(msgspec.Struct, frozen=True):
    """Compaction: these messages' bodies now lie in `block`. Reply: `Done`.

    Each entry is (block where it lay, machine, number), as in `BodyAddress`. The shell has the
    bytes written into `block` under the same machine and number. Entries whose message is gone or
    lies elsewhere by now are skipped (their bytes in `block` are dead from the start).
    """

    queue: int  #: The queue that holds the messages now.
    block: int
    bodies: tuple[tuple[int, int, int], ...]
