"""The working side of a mapping: one receive at a time, batches in hand, retries, back-off.

All of it is volatile. After a restart the messages in hand come back by their visibility timeout,
so nothing that is lost here is lost.

A receive is out exactly while a batch could be started with what it brings: it waits in the queue
for messages, not for time. From receive to function: receive, batch, invoke. What is received and
not for this function is sorted out and deleted between the first two (filters).
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec

from headrace.base.instant import Instant, later, ms_of_s
from headrace.core.deadlines import Deadlines
from headrace.core.mapping import scaling
from headrace.core.mapping.backoff import poll_again_after_ms, retry_after_ms
from headrace.core.mapping.batch import Batch, fits_alone, release
from headrace.core.mapping.commands import (
    BatchFinished,
    FunctionFailed,
    NotInvoked,
    Polled,
    PolledMessage,
    Succeeded,
    Throttled,
)
from headrace.core.mapping.effects import DeleteBatch, InvokeBatch, Poll, StopPolling
from headrace.core.mapping.filters.sieve import Sieve
from headrace.core.mapping.limits import (
    IN_HAND_BYTES_MAX,
    POLL_RETRY_LONGEST_MS,
    RECEIVE_AT_MOST,
)
from headrace.core.mapping.payload import sift
from headrace.core.mapping.report import failed_ids
from headrace.core.mapping.settings import Settings

# Keys of deadlines that are not a batch's number (those are 1, 2, 3, ...).
_WINDOW = 0  #: The open batch is due.
_GROWTH = -1  #: One more slot, if all are taken until then.
_POLL_AGAIN = -2  #: The rest after a failed receive is over.


class Tally(msgspec.Struct, gc=False):
    """Counts as AWS's event metrics count them (spec/esm.md section 6), since the last start."""

    polled: int = 0  #: Messages received.
    filtered: int = 0  #: Messages that passed no filter; their deletion counts as well.
    invoked: int = 0  #: Messages handed to the function, again for each try.
    failed: int = 0  #: Messages of invokes that failed, and those reported as failed.
    deleted: int = 0  #: Messages whose deletion was asked for.

    def count_filtered(self, messages: int) -> None:
        """So many messages passed no filter and are deleted for it (spec/esm.md 5.3)."""
        self.filtered += messages
        self.deleted += messages


class Delivery:
    """What one mapping has under way."""

    def __init__(
        self, mapping: int, source_arn: str, region: str, settings: Settings, now: Instant
    ) -> None:
        """Start with nothing in hand, asking for nothing."""
        self.mapping = mapping
        self.source_arn = source_arn
        self.region = region
        self.settings = settings
        self._sieve = Sieve(settings.filters)
        self.active = False
        self.tally = Tally()
        self.bounds = settings.bounds
        self.scale = scaling.start(self.bounds, now)
        self.deadlines: Deadlines[int] = Deadlines()
        self._poll = 0  # number of the newest receive
        self._poll_out = False
        self._poll_stopped = False
        self._poll_since = now
        self._poll_failures = 0
        self._open: Batch | None = None
        self._ready: deque[Batch] = deque()  # closed, without a free slot
        self._started: dict[int, Batch] = {}  # running, or to be tried again
        self._last_batch = 0
        self._bytes = 0

    @property
    def in_hand(self) -> int:
        """How many slots are taken or promised to a batch."""
        return len(self._started) + len(self._ready) + (self._open is not None)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, so that it may be forgotten."""
        return not (self.in_hand or self._poll_out)

    @property
    def _resting(self) -> int:
        """How many batches wait for their next try."""
        others = sum(key in self.deadlines for key in (_WINDOW, _GROWTH, _POLL_AGAIN))
        return len(self.deadlines) - others

    def run(self, settings: Settings, now: Instant) -> list[Any]:
        """Ask for messages from now on, under these settings."""
        effects: list[Any] = []
        if settings != self.settings:
            self._close(effects, now)
            self.settings = settings
            self._sieve = Sieve(settings.filters)
            self.scale = scaling.rebound(self.scale, self.bounds, settings.bounds)
            self.bounds = settings.bounds
            self._stop_poll(effects)  # it was asked under the old ones; a new one follows
        self.active = True
        self._advance(now, effects)
        return effects

    def stop(self, now: Instant) -> list[Any]:
        """Ask for nothing more; what was received is still handed over."""
        effects: list[Any] = []
        self.active = False
        self.deadlines.withdraw(_POLL_AGAIN)
        self._poll_failures = 0
        self._stop_poll(effects)
        self._close(effects, now)
        self._advance(now, effects)
        return effects

    def polled(self, polled: Polled, now: Instant) -> list[Any]:
        """Put what was received into batches."""
        if not polled.messages and not self._poll_stopped:
            return self.poll_failed(polled.poll, now)  # the queue takes no more parked receives
        effects: list[Any] = []
        if not self._end_poll(polled.poll):
            return effects
        if polled.messages:
            self._poll_failures = 0
            self.tally.polled += len(polled.messages)
            self.scale = scaling.fallen(self.scale, self.bounds, now, self.in_hand + 1)
            if polled.visible_at > now:
                wanted, unwanted = sift(
                    polled.messages,
                    self._sieve,
                    self.source_arn,
                    self.region,
                    windowed=self.settings.window_s > 0,
                )
                if unwanted:
                    self.tally.count_filtered(len(unwanted))
                    effects.append(
                        DeleteBatch(self.mapping, self.source_arn, unwanted, filtered=True)
                    )
                self._collect(wanted, polled.visible_at, now, effects)
            else:
                self.tally.failed += len(polled.messages)  # it took too long: others have them
        self._advance(now, effects)
        return effects

    def poll_failed(self, poll: int, now: Instant) -> list[Any]:
        """Rest, longer each time, then ask again."""
        effects: list[Any] = []
        if not self._end_poll(poll):
            return effects
        if now - self._poll_since >= POLL_RETRY_LONGEST_MS:
            self._poll_failures = 0  # it had worked for a while
        self._poll_failures += 1
        if self.active:
            again_at = later(now, poll_again_after_ms(self._poll_failures))
            self.deadlines.put(_POLL_AGAIN, again_at)
        self._advance(now, effects)
        return effects

    def finished(self, finished: BatchFinished, now: Instant) -> list[Any]:
        """Delete what was handled, keep what can be tried again, let go of the rest."""
        effects: list[Any] = []
        batch = self._started.get(finished.batch)
        if batch is None or batch.number in self.deadlines:
            return effects  # stale: it does not run
        outcome = finished.outcome
        failed: frozenset[str] = frozenset(batch.ids)
        if isinstance(outcome, Succeeded):
            failed = self._delete_handled(batch, outcome.payload, effects)
        else:
            self.tally.failed += len(batch)
        if isinstance(outcome, Throttled | NotInvoked):
            self.scale = scaling.shrunk(self.scale)
            self._try_again_later(batch, now)
        else:
            if isinstance(outcome, FunctionFailed) and not batch.reports:
                self.scale = scaling.shrunk(self.scale)
            self._let_go(batch, failed)
        self._advance(now, effects)
        return effects

    def wake(self, at: Instant) -> list[Any]:
        """Do the one thing that falls due next, at or before `at`."""
        effects: list[Any] = []
        due = self.deadlines.take_due(at)
        if due is None:
            return effects
        _, key = due
        if key == _WINDOW:
            self._close(effects, at)
        elif key == _GROWTH:
            self.scale = scaling.grown(self.scale, self.bounds, at)
        elif key != _POLL_AGAIN:
            self._invoke(self._started[key], at, effects)
        self._advance(at, effects)
        return effects

    # --- batches ---------------------------------------------------------------------------------

    def _collect(
        self,
        wanted: Sequence[tuple[PolledMessage, bytes]],
        lease_end: Instant,
        now: Instant,
        effects: list[Any],
    ) -> None:
        window_ms = ms_of_s(self.settings.window_s)
        is_fifo = self.source_arn.endswith(".fifo")
        before = 0  # the batch that the next one must wait for
        stuck: set[str] = set()  # groups of a FIFO queue whose next message cannot be handed over
        for message, record in wanted:
            if message.group_id in stuck:
                self.tally.failed += 1
                continue
            if not fits_alone(record):
                self.tally.failed += 1  # never deleted: it ends in the dead-letter queue
                if is_fifo:
                    stuck.add(message.group_id)
                continue
            if self._open is not None and not self._open.takes(record):
                self._close(effects, now)
            if self._open is None:
                self._open = self._new_batch(before)
                before = self._open.number if is_fifo else 0
                self.deadlines.put(_WINDOW, later(now, window_ms))
            self._open.add(
                message.message_id, message.receipt_handle, record, lease_end, message.group_id
            )
            self._bytes += len(record)
            if len(self._open) >= self.settings.batch_size:
                self._close(effects, now)
        if not (window_ms and self.active):
            self._close(effects, now)

    def _new_batch(self, after: int) -> Batch:
        self._last_batch += 1
        batch = Batch(self._last_batch, reports=self.settings.reports_failures)
        batch.after = after
        return batch

    def _close(self, effects: list[Any], now: Instant) -> None:
        """The open batch is complete."""
        if self._open is None:
            return
        self._ready.append(self._open)
        self._open = None
        self.deadlines.withdraw(_WINDOW)
        self._start_ready(effects, now)

    def _start_ready(self, effects: list[Any], now: Instant) -> None:
        while len(self._started) < self.scale.limit:
            batch = next((one for one in self._ready if not one.after), None)
            if batch is None:
                break
            self._ready.remove(batch)
            self._started[batch.number] = batch
            self._invoke(batch, now, effects)

    def _invoke(self, batch: Batch, now: Instant, effects: list[Any]) -> None:
        """Hand a batch to the function, unless its messages are somebody else's by now."""
        assert batch.lease_end is not None, "a batch without messages"
        if now >= batch.lease_end:
            self._let_go(batch, frozenset(batch.ids))
            return
        batch.tries += 1
        self.tally.invoked += len(batch)
        arn, payload = self.settings.function_arn, batch.payload()
        effects.append(InvokeBatch(self.mapping, batch.number, arn, payload, batch.lease_end))

    def _try_again_later(self, batch: Batch, now: Instant) -> None:
        assert batch.lease_end is not None, "a batch without messages"
        retry_at = later(now, retry_after_ms(batch.tries))
        self.deadlines.put(batch.number, max(now, min(retry_at, batch.lease_end)))

    def _delete_handled(self, batch: Batch, payload: bytes, effects: list[Any]) -> frozenset[str]:
        """Have deleted what did not fail; return the ids of what did."""
        failed = failed_ids(payload, batch.ids) if batch.reports else frozenset()
        handles = tuple(
            handle
            for message_id, handle in zip(batch.ids, batch.handles, strict=True)
            if message_id not in failed
        )
        self.tally.failed += len(batch) - len(handles)
        self.tally.deleted += len(handles)
        if handles:
            effects.append(DeleteBatch(self.mapping, self.source_arn, handles))
        return failed

    def _let_go(self, batch: Batch, failed: frozenset[str]) -> None:
        """A batch has ended; what failed of a FIFO queue must not be overtaken (esm.md 4.4)."""
        del self._started[batch.number]
        self._bytes -= sum(map(len, batch.records))
        messages, size = release(self._ready, batch, failed)
        self.tally.failed += messages
        self._bytes -= size

    # --- receives and slots ----------------------------------------------------------------------

    def _advance(self, now: Instant, effects: list[Any]) -> None:
        """Use free slots: first for batches that are complete, then for a receive."""
        self._start_ready(effects, now)
        at_most = self._wanted()
        if at_most and not self._poll_out:
            self._poll += 1
            self._poll_out, self._poll_stopped, self._poll_since = True, False, now
            arn, window_ms = self.settings.function_arn, ms_of_s(self.settings.window_s)
            effects.append(Poll(self.mapping, self._poll, self.source_arn, arn, at_most, window_ms))
        elif not at_most:
            self._stop_poll(effects)
        self._plan_growth(now)

    def _wanted(self) -> int:
        """Return how many messages can be used now; 0 asks for none."""
        if not self.active or _POLL_AGAIN in self.deadlines or self._bytes >= IN_HAND_BYTES_MAX:
            return 0
        if self._open is None:
            wanted, slots = self.settings.batch_size, self.in_hand + 1
        else:
            wanted, slots = self.settings.batch_size - len(self._open), self.in_hand
        return min(RECEIVE_AT_MOST, wanted) if slots <= self.scale.limit else 0

    def _stop_poll(self, effects: list[Any]) -> None:
        if self._poll_out and not self._poll_stopped:
            self._poll_stopped = True
            effects.append(StopPolling(self.mapping, self._poll))

    def _end_poll(self, poll: int) -> bool:
        """Return whether `poll` is the one that is out; it no longer is."""
        if not self._poll_out or poll != self._poll:
            return False
        self._poll_out = False
        return True

    def _plan_growth(self, now: Instant) -> None:
        if not self.active or self.in_hand < self.scale.limit:
            self.scale = scaling.eased(self.scale, now)
            self.deadlines.withdraw(_GROWTH)
            return
        self.scale = scaling.taken(self.scale, self.bounds, now)
        at_ceiling = self.scale.limit >= self.bounds.most
        if at_ceiling or self._resting:
            self.deadlines.withdraw(_GROWTH)
        else:
            self.deadlines.put(_GROWTH, self.scale.grows_at)
