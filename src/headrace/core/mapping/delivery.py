"""The working side of a mapping: one receive at a time, batches in hand, retries, back-off.

All of it is volatile. After a restart the messages in hand come back by their visibility timeout,
so nothing that is lost here is lost.

A receive is out exactly while a batch could be started with what it brings, or soon could because
the function is quick: it waits in the queue for messages, not for time. From receive to function:
receive, batch, invoke. What is received and not for this function is sorted out and deleted between
the first two (filters).
"""

from collections.abc import Iterable
from typing import Any

from headrace.base.instant import Instant, later, ms_of_s
from headrace.core.deadlines import Deadlines
from headrace.core.mapping import telling
from headrace.core.mapping.backoff import retry_after_ms
from headrace.core.mapping.batch import Batch
from headrace.core.mapping.commands import (
    BatchFinished,
    FunctionFailed,
    Limit,
    NotInvoked,
    Polled,
    Succeeded,
    Throttled,
)
from headrace.core.mapping.decisions import Told
from headrace.core.mapping.effects import DeleteBatch, InvokeBatch, Poll, StopPolling
from headrace.core.mapping.hand import Hand, Held
from headrace.core.mapping.limits import QUICK_MS
from headrace.core.mapping.oddities import heard
from headrace.core.mapping.payload import Sifted, Sifter, Wanted
from headrace.core.mapping.receive import Receive
from headrace.core.mapping.settings import Settings
from headrace.core.mapping.slots import Slots
from headrace.core.mapping.tally import Tally
from headrace.core.mapping.turns import limit_of

# Keys of deadlines that are not a batch's number (those are 1, 2, 3, ...).
_WINDOW = 0  #: The open batch is due.
_GROWTH = -1  #: One more slot, if all are taken until then.
_POLL_AGAIN = -2  #: The rest after a failed receive is over.
_WAITED = -3  #: What was received ahead of the slots goes back, unless one came free until then.
_NO_BATCH = (_WINDOW, _GROWTH, _POLL_AGAIN, _WAITED)


class Delivery:
    """What one mapping has under way."""

    def __init__(
        self, mapping: int, source_arn: str, settings: Settings, now: Instant, held: Held
    ) -> None:
        """Start with nothing in hand, asking for nothing; `held` is what all have in hand."""
        self.mapping = mapping
        self.source_arn = source_arn
        self.region = source_arn.split(":")[3]
        self.settings = settings
        self._is_fifo = source_arn.endswith(".fifo")
        self.sifter = Sifter(settings, source_arn, self.region)
        self.active = False
        self.bisects = False  #: A batch that failed is halved and tried again within its lease.
        self.tally = Tally()
        self._brings_one = self._is_fifo or settings.window_s > 0  #: A receive brings one batch.
        self._slots = Slots(settings.bounds(source_arn), now)
        self.deadlines: Deadlines[int] = Deadlines()
        self._receive = Receive(now)
        self._hand = Hand(held)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, so that it may be forgotten."""
        return not (self._hand or self._receive.is_out)

    @property
    def in_hand(self) -> Iterable[Batch]:
        """All batches."""
        return self._hand

    @property
    def running(self) -> int:
        """How many batches are with the function."""
        return self._hand.begun - self._resting

    @property
    def has_more(self) -> bool:
        """Whether there seems to be work for one more slot: no receive waits for messages."""
        return self._hand.waiting > 0 or (self.active and not self._receive.is_out)

    @property
    def waits(self) -> tuple[str, Instant] | None:
        """For room under which limit it waits since when, by its longest throttled batch."""
        return self._hand.waits_for_room

    @property
    def _resting(self) -> int:
        """How many batches wait for their next try."""
        return len(self.deadlines) - sum([key in self.deadlines for key in _NO_BATCH])

    def runs(self, batch: int) -> bool:
        """Tell whether a batch is with the function."""
        return self._hand.get(batch) is not None and batch not in self.deadlines

    def run(self, settings: Settings, now: Instant) -> list[Any]:
        """Ask for messages from now on, under these settings."""
        effects: list[Any] = []
        if settings != self.settings:
            self._close(effects, now)
            self.settings = settings
            self._brings_one = self._is_fifo or settings.window_s > 0
            self.sifter = Sifter(settings, self.source_arn, self.region)
            self._slots.rebound(settings.bounds(self.source_arn))
            self._stop_poll(effects)  # it was asked under the old ones; a new one follows
        self.active = True
        self._advance(now, effects)
        return effects

    def stop(self, now: Instant) -> list[Any]:
        """Ask for nothing more; what was received is still handed over."""
        effects: list[Any] = []
        self.active = False
        self.deadlines.withdraw(_POLL_AGAIN)
        self._receive.failures = 0
        self._stop_poll(effects)
        self._close(effects, now)
        self._advance(now, effects)
        return effects

    def polled(self, polled: Polled, now: Instant) -> list[Any]:
        """Put what was received into batches."""
        if not polled.messages and not self._receive.is_stopped:
            return self.poll_failed(polled.poll, now)  # the queue takes no more parked receives
        effects: list[Any] = []
        if not self._receive.end(polled.poll):
            return effects
        if polled.messages:
            self._receive.failures = 0
            length = sum([message.length for message in polled.messages])
            self._receive.brought(len(polled.messages), length)
            self.tally.count_polled(polled.messages)
            effects.append(telling.polled(self.source_arn, polled, now))
            self._slots.fall(now, len(self._hand) + 1)
            if polled.visible_at > now:
                wanted = self._sift(polled, now, effects)
                self._collect(wanted, polled.visible_at, now, effects)
            else:
                self.tally.failed += len(polled.messages)  # it took too long: others have them
                effects.append(telling.late(polled, now))
        self._advance(now, effects)
        return effects

    def poll_failed(self, poll: int, now: Instant) -> list[Any]:
        """Rest, longer each time, then ask again."""
        effects: list[Any] = []
        if not self._receive.end(poll):
            return effects
        rest_ms = self._receive.fail(now)
        if self.active:
            self.deadlines.put(_POLL_AGAIN, later(now, rest_ms))
        self._advance(now, effects)
        return effects

    def finished(self, finished: BatchFinished, now: Instant) -> list[Any]:
        """Tell, delete what was handled, keep what can be tried again, let go of the rest."""
        effects: list[Any] = []
        batch = self._hand.get(finished.batch)
        if batch is None or batch.number in self.deadlines:
            return effects  # stale: it does not run
        outcome = finished.outcome
        self._receive.invoked(batch.ran_ms(now), is_well=isinstance(outcome, Succeeded))
        failed: frozenset[str] = frozenset(batch.ids)
        if isinstance(outcome, Succeeded):
            failed = self._delete_handled(batch, outcome.payload, effects)
        else:
            self.tally.failed += len(batch)
        if isinstance(outcome, Throttled | NotInvoked):
            self._slots.shrink()
            effects.append(self._try_again_later(batch, outcome, now))
        elif self.bisects and isinstance(outcome, FunctionFailed) and batch.is_divisible(now):
            effects.append(telling.postponed(self.mapping, batch, now, now))
            self._hand.split(batch, in_order=self._is_fifo)
        else:
            if isinstance(outcome, FunctionFailed) and not batch.reports:
                self._slots.shrink()
            effects.insert(0, telling.ended(self.mapping, batch, failed, outcome, now))
            effects += self._let_go(batch, failed, now)
        self._advance(now, effects)
        return effects

    def take_turn(self, now: Instant) -> list[Any]:
        """Try the batch that has waited for room longest: there is some now."""
        effects: list[Any] = []
        while (batch := self._hand.longest_throttled) is not None:
            self.deadlines.withdraw(batch.number)
            self._invoke(batch, now, effects)
            if isinstance(effects[-1], InvokeBatch):
                break
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
            self._slots.grow(at)
        elif key == _WAITED:
            self._receive.is_quick = False
            self._stop_poll(effects)  # first, or it would have at once what is given back
            unstarted = self._hand.take_unstarted()
            effects += telling.give_back(self.mapping, self.source_arn, unstarted, at)
        elif key != _POLL_AGAIN:
            batch = self._hand.get(key)
            assert batch is not None, "a batch that has ended has no deadline"
            self._invoke(batch, at, effects)
        self._advance(at, effects)
        return effects

    # --- batches ---------------------------------------------------------------------------------

    def _sift(self, polled: Polled, now: Instant, effects: list[Any]) -> Wanted:
        """Return what the function is to see; have the others deleted, or taken out of a loop."""
        sifter, sifted = polled.sifted or (None, None)
        if sifter is not self.sifter or not isinstance(sifted, Sifted):
            sifted = self.sifter.sift(polled.messages)
        self.tally.count_filtered([reason for _, reason in sifted.unwanted])
        self.tally.dropped += len(sifted.looping)
        effects += telling.leave_out(self.mapping, self.source_arn, sifted, now)
        return sifted.wanted

    def _collect(
        self, wanted: Wanted, lease_end: Instant, now: Instant, effects: list[Any]
    ) -> None:
        before = self._hand.open
        left_out = self._hand.collect(wanted, lease_end, self.settings, in_order=self._is_fifo)
        self.tally.failed += len(left_out)
        effects += [telling.let_go(self.mapping, [id], reason, now) for id, reason in left_out]
        window_ms = ms_of_s(self.settings.window_s)
        if self._hand.open is not before:
            self.deadlines.withdraw(_WINDOW)
            if self._hand.open is not None:
                self.deadlines.put(_WINDOW, later(now, window_ms))
        if not (window_ms and self.active) or lease_end <= later(now, window_ms):
            self._close(effects, now)

    def _close(self, effects: list[Any], now: Instant) -> None:
        """The open batch is complete."""
        if self._hand.close():
            self.deadlines.withdraw(_WINDOW)
            self._start_ready(effects, now)

    def _start_ready(self, effects: list[Any], now: Instant) -> None:
        while self._hand.begun < self._slots.limit and (batch := self._hand.begin()) is not None:
            self.deadlines.withdraw(_WAITED)
            self._invoke(batch, now, effects)

    def _invoke(self, batch: Batch, now: Instant, effects: list[Any]) -> None:
        """Hand a batch to the function, unless its messages are somebody else's by now."""
        assert batch.lease_end is not None, "a batch without messages"
        if now >= batch.lease_end:
            effects.append(telling.let_go(self.mapping, batch.ids, telling.LEASE_OVER, now))
            effects += self._let_go(batch, frozenset(batch.ids), now)
            return
        self._hand.try_again(batch)
        batch.reports = self.settings.reports_failures  # with the function that is asked now
        batch.tries += 1
        batch.invoked_at = now
        self.tally.count_attempt(len(batch))
        arn, payload = self.settings.function_arn, batch.payload()
        effects.append(telling.started(self.mapping, batch, arn, now))
        effects.append(
            InvokeBatch(
                self.mapping, batch.number, arn, payload, batch.lease_end, batch.trace_header
            )
        )

    def _try_again_later(self, batch: Batch, why: Throttled | NotInvoked, now: Instant) -> Told:
        assert batch.lease_end is not None, "a batch without messages"
        if isinstance(why, Throttled) and why.limit is not Limit.NONE:
            self._hand.throttle(batch, limit_of(self.settings.function_arn, why.limit), now)
        retry_at = max(now, min(later(now, retry_after_ms(batch.tries)), batch.lease_end))
        self.deadlines.put(batch.number, retry_at)
        return telling.postponed(self.mapping, batch, retry_at, now)

    def _delete_handled(self, batch: Batch, payload: bytes, effects: list[Any]) -> frozenset[str]:
        """Have deleted what did not fail; return the ids of what did."""
        failed, oddity = heard(batch, payload, in_order=self._is_fifo)
        self.tally.count_oddity(oddity)
        handles = batch.handles_without(failed)
        self.tally.failed += len(batch) - len(handles)
        self.tally.deleted += len(handles)
        if handles:
            effects.append(DeleteBatch(self.mapping, self.source_arn, handles))
        return failed

    def _let_go(self, batch: Batch, failed: frozenset[str], now: Instant) -> list[Told]:
        """A batch has ended; what failed of a FIFO queue must not be overtaken (esm.md 4.4)."""
        taken_out = self._hand.end(batch, failed)
        self.tally.failed += len(taken_out)
        why = telling.GROUP_FAILED
        return [telling.let_go(self.mapping, taken_out, why, now)] if taken_out else []

    # --- receives and slots ----------------------------------------------------------------------

    def _advance(self, now: Instant, effects: list[Any]) -> None:
        """Use free slots: first for batches that are complete, then for a receive."""
        self._start_ready(effects, now)
        at_most = self._wanted()
        if at_most and not self._receive.is_out:
            poll = self._receive.begin(now, at_most)
            arn, window_ms = self.settings.function_arn, ms_of_s(self.settings.window_s)
            effects.append(Poll(self.mapping, poll, self.source_arn, arn, at_most, window_ms))
        elif not at_most:
            self._stop_poll(effects)
        self._plan_growth(now)
        self._plan_return(now)

    def _wanted(self) -> int:
        """Return how many messages can be used now; 0 asks for none."""
        if not self.active or _POLL_AGAIN in self.deadlines or self._hand.is_full:
            return 0
        hand, slots, size = self._hand, self._slots.limit, self.settings.batch_size
        if self._brings_one:
            return self._receive.messages_of_one(hand, slots, size)
        return self._receive.messages(hand, slots, size, rests=self._resting > 0)

    def _stop_poll(self, effects: list[Any]) -> None:
        if self._receive.stop():
            effects.append(StopPolling(self.mapping, self._receive.number))

    def _plan_growth(self, now: Instant) -> None:
        grows_at = self._slots.see(now, len(self._hand) if self.active else 0)
        if grows_at is None or self._resting:
            self.deadlines.withdraw(_GROWTH)
        else:
            self.deadlines.put(_GROWTH, grows_at)

    def _plan_return(self, now: Instant) -> None:
        if self._brings_one or not self._hand.unstarted:
            self.deadlines.withdraw(_WAITED)
        elif _WAITED not in self.deadlines:
            self.deadlines.put(_WAITED, later(now, QUICK_MS))
