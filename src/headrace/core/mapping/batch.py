"""One batch: what is in it, how heavy it is, until when it may be handed to the function."""

from collections.abc import Collection, Iterable, MutableSequence

from headrace.base.instant import Instant, ms_of_s
from headrace.core.mapping.limits import (
    PAYLOAD_BYTES_MAX,
    VISIBILITY_LEAST_MS,
    VISIBILITY_MARGIN_MS,
)
from headrace.core.mapping.payload import FRAME_BYTES, Wanted, event_of


class Batch:
    """Messages that go to the function together, already as records of the event document."""

    __slots__ = (
        "after",
        "groups",
        "handles",
        "ids",
        "invoked_at",
        "lease_end",
        "limit",
        "number",
        "records",
        "reports",
        "size",
        "throttled_at",
        "trace_header",
        "tries",
        "turns",
    )

    def __init__(self, number: int, *, reports: bool) -> None:
        """Start empty; `reports` says whether the function may report single failures."""
        self.number = number
        self.reports = reports
        self.ids: list[str] = []
        self.groups: list[str] = []  #: Message group of each; empty: it has none.
        self.after = 0  #: Number of the batch that must have ended before; 0: none (FIFO).
        self.handles: list[str] = []
        self.records: list[bytes] = []
        self.size = FRAME_BYTES  #: Bytes of the event document.
        self.lease_end: Instant | None = None  #: When the first message is visible again.
        self.tries = 0  #: Invokes so far.
        self.invoked_at: Instant | None = None  #: Last; of halves, when the whole one was.
        self.throttled_at: Instant | None = None  #: For the first time.
        self.turns = 0  #: The most of its messages (`PolledMessage.turns`).
        self.trace_header = ""  #: Of that message.
        self.limit = ""  #: Under which there was no room (`turns.limit_of`).

    def __len__(self) -> int:
        """Return how many messages are in it."""
        return len(self.ids)

    def takes(self, record: bytes) -> bool:
        """Tell whether the event stays small enough with this record in it."""
        return self.size + len(record) + bool(self.records) < PAYLOAD_BYTES_MAX

    def add(self, wanted: Wanted, lease_end: Instant) -> None:
        """Put messages in, each with its record."""
        messages = [message for message, _ in wanted]
        records = [record for _, record in wanted]
        self.size += sum(map(len, records)) + len(records) - (not self.records)
        self.ids += [message.message_id for message in messages]
        self.groups += [message.group_id for message in messages]
        self.handles += [message.receipt_handle for message in messages]
        self.records += records
        if self.lease_end is None or lease_end < self.lease_end:
            self.lease_end = lease_end
        for message in messages:
            if message.trace_header and (message.turns > self.turns or not self.trace_header):
                self.turns, self.trace_header = message.turns, message.trace_header

    def groups_of(self, ids: Collection[str]) -> frozenset[str]:
        """Return the message groups of the messages with these ids."""
        pairs = zip(self.ids, self.groups, strict=True)
        return frozenset(group for message_id, group in pairs if message_id in ids)

    def handles_without(self, ids: Collection[str]) -> tuple[str, ...]:
        """Return the receipt handles of the messages that have none of these ids."""
        pairs = zip(self.ids, self.handles, strict=True)
        return tuple([handle for message_id, handle in pairs if message_id not in ids])

    def ran_ms(self, now: Instant) -> int:
        """Return how long its last invoke has run, in milliseconds."""
        assert self.invoked_at is not None, "a batch that was invoked"
        return now - self.invoked_at

    def drop_groups(self, groups: Collection[str]) -> int:
        """Take out the messages of these groups; return how many bytes of records they were."""
        kept = [place for place, group in enumerate(self.groups) if group not in groups]
        dropped = sum(map(len, self.records))
        self.ids = [self.ids[place] for place in kept]
        self.groups = [self.groups[place] for place in kept]
        self.handles = [self.handles[place] for place in kept]
        self.records = [self.records[place] for place in kept]
        return dropped - sum(map(len, self.records))

    def is_divisible(self, now: Instant) -> bool:
        """Tell whether halves of it can be tried: two messages or more, and their lease lasts."""
        return len(self) > 1 and self.lease_end is not None and now < self.lease_end

    def payload(self) -> bytes:
        """Return the event document."""
        return event_of(self.records)


def release(
    ready: MutableSequence[Batch], ended: Batch, failed: Collection[str]
) -> tuple[list[str], int]:
    """Let the batch behind one that has ended go on, without the groups that failed in that one.

    Args:
        ready: Batches that have not begun; those that are left without messages are removed.
        failed: Ids of messages of the ended batch.

    Returns:
        The ids of the messages that were taken out of batches, and how many bytes of records they
        were.
    """
    groups = ended.groups_of(failed)
    number, before = ended.number, 0
    taken_out: list[str] = []
    size = 0
    while (follower := next((one for one in ready if one.after == number), None)) is not None:
        number = follower.number
        pairs = zip(follower.ids, follower.groups, strict=True)
        taken_out += [message_id for message_id, group in pairs if group in groups]
        size += follower.drop_groups(groups)
        follower.after = before
        if len(follower):
            before = follower.number
        else:
            ready.remove(follower)
    return taken_out, size


def halves(batch: Batch, first: Batch, second: Batch) -> tuple[Batch, Batch]:
    """Put the messages of a batch of two or more into two empty ones, in their order."""
    middle = (len(batch) + 1) // 2
    for part, places in ((first, slice(None, middle)), (second, slice(middle, None))):
        part.ids, part.groups = batch.ids[places], batch.groups[places]
        part.handles, part.records = batch.handles[places], batch.records[places]
        part.size += sum(map(len, part.records)) + len(part.records) - 1
        part.lease_end, part.invoked_at = batch.lease_end, batch.invoked_at
        part.turns, part.trace_header = batch.turns, batch.trace_header
    return first, second


def take_places(ready: Iterable[Batch], batch: Batch, first: Batch, second: Batch) -> None:
    """Let what waits for a batch wait for its second half, and that for the first."""
    for follower in ready:
        if follower.after == batch.number:
            follower.after = second.number
    second.after = first.number


def fits_alone(record: bytes) -> bool:
    """Tell whether a message can be handed over at all."""
    return FRAME_BYTES + len(record) < PAYLOAD_BYTES_MAX


def visibility_timeout_ms(
    window_ms: int, function_timeout_s: int, queue_visibility_timeout_s: int
) -> int | None:
    """Return how long messages that a mapping receives stay invisible; None: as the queue says.

    With a batching window they wait for the batch while invisible, so the lease must cover window
    and function (spec/esm.md 4.2).
    """
    if not window_ms and not queue_visibility_timeout_s:
        return VISIBILITY_LEAST_MS
    needed_ms = window_ms + ms_of_s(function_timeout_s)
    if not window_ms or needed_ms <= ms_of_s(queue_visibility_timeout_s):
        return None
    return needed_ms + VISIBILITY_MARGIN_MS
