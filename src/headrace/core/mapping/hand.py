"""The batches of a mapping from their first message to their end."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Collection, Iterator

from headrace.base.instant import Instant
from headrace.core.mapping import telling
from headrace.core.mapping.batch import Batch, fits_alone, halves, release, take_places
from headrace.core.mapping.limits import ALL_IN_HAND_BYTES_MAX, IN_HAND_BYTES_MAX, PAYLOAD_BYTES_MAX
from headrace.core.mapping.payload import FRAME_BYTES, Wanted
from headrace.core.mapping.settings import Settings


class Held:
    """What all mappings have in hand together."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        """Start with nothing."""
        self.size = 0  #: Bytes of records.


class Hand:
    """Each batch is open (at most one), then ready, then begun: it runs or waits for a next try.

    Invariant: `size` is the bytes of all records; a batch is in one of the three places, and in
    the queue of throttled ones only while it is begun and waits.
    """

    def __init__(self, held: Held | None = None) -> None:
        """Start empty; `held` is what it counts into, beside others."""
        self.open: Batch | None = None
        self.size = 0
        self._held = held or Held()
        self._ready: deque[Batch] = deque()  # complete, without a free slot
        self._begun: dict[int, Batch] = {}
        self._throttled: list[tuple[Instant, int]] = []  # first throttled at; number; ascending
        self._last = 0

    def __len__(self) -> int:
        """Return how many slots are taken or promised to a batch."""
        return len(self._begun) + len(self._ready) + (self.open is not None)

    @property
    def begun(self) -> int:
        """How many batches have begun."""
        return len(self._begun)

    @property
    def waiting(self) -> int:
        """How many complete batches wait for a slot alone, and for no other batch."""
        return sum([not batch.after for batch in self._ready])

    @property
    def unstarted(self) -> list[Batch]:
        """Those of them that were never with the function, as halves of a batch were."""
        return [batch for batch in self._ready if not batch.after and batch.invoked_at is None]

    @property
    def longest_throttled(self) -> Batch | None:
        """The batch that was throttled first of those that wait."""
        return self._begun[self._throttled[0][1]] if self._throttled else None

    @property
    def waits_for_room(self) -> tuple[str, Instant] | None:
        """Under which limit, and since when, that batch waits."""
        batch = self.longest_throttled
        if batch is None or batch.throttled_at is None:
            return None
        return batch.limit, batch.throttled_at

    @property
    def is_full(self) -> bool:
        """Whether nothing more is to be received: who has nothing may always have one batch."""
        if self._held.size >= ALL_IN_HAND_BYTES_MAX:
            return self.size > 0
        return self.size >= IN_HAND_BYTES_MAX

    def get(self, number: int) -> Batch | None:
        """Return a batch that has begun."""
        return self._begun.get(number)

    def __iter__(self) -> Iterator[Batch]:
        """Go through all batches."""
        yield from self._begun.values()
        yield from self._ready
        if self.open is not None:
            yield self.open

    def collect(
        self, wanted: Wanted, lease_end: Instant, settings: Settings, *, in_order: bool
    ) -> list[tuple[str, str]]:
        """Put what one receive brought, each message with its record, into batches.

        Args:
            in_order: Whether these batches begin one after the other, and no message of a group
                comes behind one that cannot be handed over (FIFO).

        Returns:
            Ids of the messages that are in none, each with the reason: too heavy alone, or behind
            such a one. They are never deleted, so they end in the dead-letter queue.
        """
        size = FRAME_BYTES if self.open is None else self.open.size
        size += sum([len(record) for _, record in wanted]) + len(wanted)
        if not in_order and size < PAYLOAD_BYTES_MAX:
            self._collect_light(wanted, lease_end, settings)
            return []
        return self._collect_heavy(wanted, lease_end, settings, in_order=in_order)

    def _collect_light(self, wanted: Wanted, lease_end: Instant, settings: Settings) -> None:
        """Put messages into batches, which all together weigh no more than one may."""
        done = size = 0
        while done < len(wanted):
            if self.open is None:
                self.open = self._new(reports=settings.reports_failures)
            part = wanted[done : done + settings.batch_size - len(self.open)]
            self.open.add(part, lease_end)
            size += sum([len(record) for _, record in part])
            done += len(part)
            if len(self.open) >= settings.batch_size:
                self.close()
        self._grow(size)

    def _collect_heavy(
        self, wanted: Wanted, lease_end: Instant, settings: Settings, *, in_order: bool
    ) -> list[tuple[str, str]]:
        """Put messages into batches one by one, each as heavy as it may be."""
        left_out: list[tuple[str, str]] = []
        before = 0  # the batch that the next one must wait for
        stuck: set[str] = set()  # groups whose next message cannot be handed over
        size = 0
        for message, record in wanted:
            if message.group_id in stuck or not fits_alone(record):
                reason = telling.STUCK if message.group_id in stuck else telling.TOO_LARGE
                left_out.append((message.message_id, reason))
                if in_order:
                    stuck.add(message.group_id)
                continue
            if self.open is not None and not self.open.takes(record):
                self.close()
            if self.open is None:
                self.open = self._new(reports=settings.reports_failures)
                self.open.after = before
                before = self.open.number if in_order else 0
            self.open.add([(message, record)], lease_end)
            size += len(record)
            if len(self.open) >= settings.batch_size:
                self.close()
        self._grow(size)
        return left_out

    def close(self) -> bool:
        """Say that the open batch is complete; return whether there was one."""
        if self.open is None:
            return False
        self._ready.append(self.open)
        self.open = None
        return True

    def begin(self) -> Batch | None:
        """Return the next complete batch that waits for no other one; it has begun."""
        batch = next((one for one in self._ready if not one.after), None)
        if batch is not None:
            self._ready.remove(batch)
            self._begun[batch.number] = batch
        return batch

    def take_unstarted(self) -> list[Batch]:
        """Let go of the batches that wait for a slot and were never with the function."""
        taken = self.unstarted
        for batch in taken:
            self._ready.remove(batch)
            self._grow(-sum(map(len, batch.records)))
        return taken

    def throttle(self, batch: Batch, limit: str, now: Instant) -> None:
        """A batch waits for room under a limit (`turns.limit_of`), from its first throttle on."""
        batch.limit = limit
        if batch.throttled_at is None:
            batch.throttled_at = now
        insort(self._throttled, (batch.throttled_at, batch.number))

    def try_again(self, batch: Batch) -> None:
        """A batch does not wait for room any more: it is tried, or let go of."""
        if batch.throttled_at is not None:
            entry = (batch.throttled_at, batch.number)
            place = bisect_left(self._throttled, entry)
            if self._throttled[place : place + 1] == [entry]:
                del self._throttled[place]

    def end(self, batch: Batch, failed: Collection[str]) -> list[str]:
        """Let a batch go; what failed of a FIFO queue must not be overtaken (esm.md 4.4).

        Returns:
            Ids of messages of other batches that were let go of for that.
        """
        self.try_again(batch)
        del self._begun[batch.number]
        taken_out, size = release(self._ready, batch, failed)
        self._grow(-size - sum(map(len, batch.records)))
        return taken_out

    def split(self, batch: Batch, *, in_order: bool) -> None:
        """Put the two halves of a batch in its place, before everything that has not begun.

        Args:
            in_order: Whether the second half, and what waits for the batch, come after the first.
        """
        self.try_again(batch)
        del self._begun[batch.number]
        parts = halves(batch, self._new(reports=batch.reports), self._new(reports=batch.reports))
        if in_order:
            take_places(self._ready, batch, *parts)
        self._ready.extendleft(reversed(parts))

    def _grow(self, size: int) -> None:
        self.size += size
        self._held.size += size

    def _new(self, *, reports: bool) -> Batch:
        self._last += 1
        return Batch(self._last, reports=reports)
