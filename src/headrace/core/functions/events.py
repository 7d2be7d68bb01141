"""Asynchronous invokes: when each is tried, tried again, given up, and what is sent afterwards.

    accepted ── handed out ── ran well ──────────────► over: Success
       ▲            │ ├────── failed ──► tried again after 1 and 2 minutes, or over
       │            │ └────── not run, a fault of the server ──► backs off, 1 s to 5 min
       └────────────┴──────── no room ──► waits: for an invoke to end, at most 1 s to 5 min

Facts are in an `EventLog` for each function. What is handed out, backs off or waits for room is
volatile, so that after a restart everything that is not over is tried at once, or when its minutes
have passed. What is over stays until all its targets have got theirs: everything happens at least
once. Idle functions have no alarm. Source: spec/lambda.md 6.2, 13.13.
"""

from typing import Any

from headrace.base.instant import Instant, later
from headrace.core.functions import limits
from headrace.core.functions.capacity import share_of
from headrace.core.functions.commands import (
    AcceptEvent,
    EventEnded,
    EventSent,
    LookAtEvent,
    MoveEvents,
)
from headrace.core.functions.directory import Directory
from headrace.core.functions.effects import RunEvent
from headrace.core.functions.errors import (
    ACCOUNT_IS_BUSY,
    FUNCTION_IS_BUSY,
    RecursiveInvocation,
    ResourceNotFound,
    TooManyRequests,
)
from headrace.core.functions.eventbody import (
    EVENT_AGE_EXCEEDED,
    RETRIES_EXHAUSTED,
    SUCCESS,
    ZERO_RESERVED_CONCURRENCY,
    Ending,
    Result,
    encode_body,
)
from headrace.core.functions.eventbook import EventBook
from headrace.core.functions.eventhand import STARTS, Hand
from headrace.core.functions.eventleftovers import Leftovers
from headrace.core.functions.eventlog import EventLog
from headrace.core.functions.eventlook import look
from headrace.core.functions.eventoutbox import Outbox
from headrace.core.functions.eventpolicy import (
    age_ms_of,
    backoff_ms,
    config_of,
    retries_of,
    targets_of,
)
from headrace.core.functions.eventwaits import Waits, next_wait_ms
from headrace.core.functions.fleet import Fleet
from headrace.core.functions.function import Function, deployment
from headrace.core.functions.names import LATEST, FunctionReference
from headrace.core.functions.records import (
    EventAccepted,
    EventConcluded,
    EventFailed,
)
from headrace.core.functions.replies import EventSeen, EventTaken, Invoked
from headrace.core.functions.settings import Deployment
from headrace.core.functions.tried import Event
from headrace.core.machine import BodyAddress, Remember, Reply

Effects = list[Any]

#: The event of a version or alias that is not there any more: there is nobody to be told.
_ABANDONED = "Abandoned"


class Events:
    """The asynchronous invokes of all functions of a shard."""

    def __init__(self, directory: Directory, fleet: Fleet) -> None:
        """Start without events."""
        self.book = EventBook()
        self.logs = self.book.logs
        self._directory = directory
        self._fleet = fleet
        self._hands: dict[int, Hand] = {}
        self._waits = Waits()
        self._tallies = fleet.capacity.tallies
        self.outbox = Outbox(self.logs, directory, self._tallies)
        self.leftovers = Leftovers(self.outbox)

    # --- commands --------------------------------------------------------------------------------

    def accept(self, command: AcceptEvent, function: int, now: Instant, ticket: int) -> Effects:
        """Take an event over and hand it out if it can run."""
        log = self.logs.get(function) or EventLog()
        number = log.next_number
        record = EventAccepted(
            function, now, number, command.reference.qualifier or "", command.request
        )
        self.book.take(record, command.block)
        self._tallies.of(function).events_received += 1
        effects: Effects = [Remember(record, 2 * number, (command.body,))]
        return [*effects, Reply(ticket, EventTaken()), *self._look(function, now)]

    def complete(self, command: EventEnded | EventSent | MoveEvents, now: Instant) -> Effects:
        """Take note of what the shell has carried out."""
        if isinstance(command, EventEnded):
            return self._ended(command, now)
        if isinstance(command, EventSent):
            return self.outbox.sent(command, now)
        return self.book.move(command, now)

    def look_at(self, command: LookAtEvent, now: Instant) -> EventSeen:
        """Say where an event is as of now."""
        function = command.function
        log, hand = self.logs.get(function), self._hands.get(function)
        return look(
            command, log, hand, self._fleet, waits_for_room=self._waits.has(function), now=now
        )

    def drop(self, function: int) -> Effects:
        """Let all events of a deleted function go."""
        hand = self._hands.pop(function, None) or Hand(0)
        self._waits.drop(function)
        log = self.logs.pop(function, None)
        if log is None:
            return []
        self.leftovers.add(function, log, hand.due)
        return [*self.leftovers.take()]

    def began(self, function: int, event: int, now: Instant) -> None:
        """Take note that an event counts as concurrent now."""
        hand = self._hands.get(function)
        if hand is not None and event in hand.pending:
            hand.pending.discard(event)
            accepted_at = self.logs[function].accepted_at(event)
            self._tallies.of(function).event_tried(now - accepted_at)

    def _ended(self, command: EventEnded, now: Instant) -> Effects:
        """Take note of how an attempt ended; what was not handed out is no news."""
        hand = self._hands.get(command.function)
        if hand is None or command.event not in hand.running:
            return []
        hand.ended(command.event)
        value = command.value
        if isinstance(value, TooManyRequests):
            hand.obstacle = value.members.get("Reason", "")
            hand.due.put(command.event, now)
            self._waits.wait(command.function, hand, now)
            return []
        if isinstance(value, Invoked):
            hand.faults.pop(command.event, None)
            effects = self._answered(command, value, now)
        elif isinstance(value, ResourceNotFound):
            effects = self._conclude(command.function, command.event, _ABANDONED, now)
        elif isinstance(value, RecursiveInvocation):
            effects = self._conclude(command.function, command.event, RETRIES_EXHAUSTED, now)
        else:
            effects = self._faulted(command.function, command.event, hand, now)
        return effects + self._look(command.function, now)

    # --- time ------------------------------------------------------------------------------------

    def next_deadline(self) -> Instant | None:
        """Return when something is to be tried or sent next."""
        alarm, send = self._waits.alarms.next(), self.outbox.next_deadline()
        if alarm is None or send is None:
            return send if alarm is None else alarm
        return min(alarm, send)

    def wake(self, due: Instant, now: Instant) -> Effects:
        """Do the one thing that fell due first, at `due`, as of `now`."""
        if self.outbox.next_deadline() == due:
            return self.outbox.wake(due)
        alarm = self._waits.alarms.take_due(due)
        assert alarm is not None
        return self._look(alarm[1], now)

    def room_came_free(self, now: Instant) -> Effects:
        """Hand out events that waited for room: an invoke has ended."""
        effects: Effects = []
        for function in self._waits.take_some():
            effects += self._look(function, now)
        return effects

    def follow(self, function: int, now: Instant) -> Effects:
        """Look at the events of a function that was changed."""
        return self._look(function, now) if function in self.logs else []

    def resume(self, now: Instant) -> None:
        """Have everything that is not over tried, and what is over sent, from `now` on."""
        for function, log in sorted(self.logs.items()):
            hand = self._hands[function] = Hand(log.first_untried())
            for number, event in log.tried.items():
                if event.ending is None:
                    hand.due.put(number, event.due_at)
                else:
                    self.outbox.put(function, number, now)
            if not log.is_empty:
                self._waits.alarms.put(function, now)

    # --- handing out -----------------------------------------------------------------------------

    def _look(self, function: int, now: Instant) -> Effects:
        """Hand out what is due as far as there is room, and give up what is too old."""
        found = self._directory.functions.get(function)
        if found is None or function not in self.logs:
            return []
        hand = self._hands.get(function)
        if hand is None:
            hand = self._hands[function] = Hand(self.logs[function].first_untried())
        effects: Effects = []
        hand.held_until = None
        for _ in range(limits.EVENTS_LOOKED_AT):
            number = self._next_due(function, hand, now)
            if number is None:
                self._waits.stop(function, hand)
                hand.rest()
                break
            gone = self._fate(function, found, hand, number, now)
            if gone:
                effects += self._conclude(function, number, gone, now)
            elif self._waits.has(function) or hand.held_until is not None:
                break
            else:
                effects.append(self._hand_out(function, hand, number, now))
        else:
            self._waits.alarms.put(function, now)
            return effects
        self._waits.set_alarm(function, hand)
        return effects

    def _next_due(self, function: int, hand: Hand, now: Instant) -> int | None:
        """Take the event whose turn it is; it goes to `due` again if it is not handed out."""
        if len(hand.running) >= limits.EVENTS_IN_HAND_MAX:
            return None
        taken = hand.due.take_due(now)
        if taken is not None:
            return taken[1]
        if len(hand.running) + len(hand.faults) >= limits.EVENTS_IN_HAND_MAX:
            return None
        log = self.logs[function]
        number = log.first_untried(hand.cursor)
        hand.cursor = min(number + 1, log.next_number)
        return number if number < log.next_number else None

    def _fate(self, function: int, found: Function, hand: Hand, number: int, now: Instant) -> str:
        """Return the condition under which an event is given up; empty: it is not.

        Afterwards the function waits if there is no room, and its hand held if there is
        but an environment would have to be started for it too soon.
        """
        event = self.logs[function].find(number)
        assert event is not None
        if found.reserved == 0:
            return ZERO_RESERVED_CONCURRENCY
        age_ms = now - event.accepted_at
        age_ms_max = age_ms_of(config_of(found, event))
        if age_ms > age_ms_max:
            return EVENT_AGE_EXCEEDED
        version = found.versions.get(found.version_of(event.qualifier or LATEST))
        if version is None:
            return _ABANDONED
        share = share_of(self._directory, found)
        serving = deployment(function, found, version, now)
        room = self._fleet.starts.free_ahead(serving) + self._fleet.capacity.room(serving, share)
        if room > len(hand.pending):
            self._waits.stop(function, hand)
            free = self._fleet.starts.free(serving)
            if free <= len(hand.pending) and len(hand.running) >= hand.pace.allowed:
                self._hold(serving, hand, number, now)
            return ""
        hand.obstacle = FUNCTION_IS_BUSY if share.is_reserved else ACCOUNT_IS_BUSY
        waits_again = hand.waits_until is None or hand.waits_until <= now
        if waits_again and age_ms + next_wait_ms(hand) >= age_ms_max:
            return EVENT_AGE_EXCEEDED
        hand.due.put(number, now)
        self._waits.wait(function, hand, now)
        return ""

    def _hold(self, serving: Deployment, hand: Hand, number: int, now: Instant) -> None:
        """Hand an event out later if no more may be under way for now."""
        is_growing = self._fleet.starts.are_under_way(serving)
        waiting = self.logs[serving.function].waiting
        look_at = hand.pace.hold(waiting, now, is_growing=is_growing)
        if len(hand.running) >= hand.pace.allowed:
            hand.due.put(number, now)
            hand.held_until, hand.obstacle = look_at, STARTS

    def _hand_out(self, function: int, hand: Hand, number: int, now: Instant) -> RunEvent:
        hand.running.add(number)
        hand.pending.add(number)
        event = self.logs[function].find(number)
        assert event is not None
        is_late = (event.due_at or event.accepted_at) < now and number not in hand.faults
        waited_for = hand.obstacle if is_late else ""
        return _run(function, self._directory.functions[function], number, event, waited_for)

    # --- outcomes --------------------------------------------------------------------------------

    def _answered(self, command: EventEnded, invoked: Invoked, now: Instant) -> Effects:
        """Conclude an event, or plan its next try (A2, A5)."""
        function, number = command.function, command.event
        log, found = self.logs[function], self._directory.functions[function]
        event = log.find(number)
        assert event is not None
        config = config_of(found, event)
        if invoked.function_error is None:
            return self._conclude(function, number, SUCCESS, now, command)
        failures = event.failures + 1
        if failures > retries_of(config):
            return self._conclude(function, number, RETRIES_EXHAUSTED, now, command)
        delay_ms = limits.EVENT_RETRY_MS[min(failures, len(limits.EVENT_RETRY_MS)) - 1]
        if now + delay_ms - event.accepted_at >= age_ms_of(config):
            return self._conclude(function, number, EVENT_AGE_EXCEEDED, now, command)
        record = EventFailed(function, now, number, failures, later(now, delay_ms))
        self.book.take(record, 0)
        self._hands[function].due.put(number, record.due_at)
        return [Remember(record)]

    def _faulted(self, function: int, number: int, hand: Hand, now: Instant) -> Effects:
        """Back off from a fault of the server; that is no attempt (A4)."""
        event = self.logs[function].find(number)
        assert event is not None
        faults = hand.faults[number] = hand.faults.get(number, 0) + 1
        delay_ms = backoff_ms(faults)
        config = config_of(self._directory.functions[function], event)
        if now + delay_ms - event.accepted_at >= age_ms_of(config):
            return self._conclude(function, number, EVENT_AGE_EXCEEDED, now)
        hand.due.put(number, later(now, delay_ms))
        return []

    def _conclude(
        self,
        function: int,
        number: int,
        condition: str,
        now: Instant,
        command: EventEnded | None = None,
    ) -> Effects:
        """End an event; what came of it goes to where it is to go, if that is anywhere (A8).

        `command` tells how the last attempt was answered, if this is the answer to one.
        """
        hand = self._hands[function]
        has_waited = not hand.faults.pop(number, 0) and condition == EVENT_AGE_EXCEEDED
        event = self.logs[function].find(number)
        assert event is not None
        attempts = event.failures + (command is not None)
        targets: tuple[tuple[str, bool], ...] = ()
        if condition != _ABANDONED:
            targets = targets_of(self._directory.functions[function], event, condition)
        bodies = _bodies_of(command.value) if command is not None and targets else ()
        self._tallies.of(function).events_dropped += condition != SUCCESS
        waits_for = hand.obstacle if has_waited and command is None else ""
        ending = Ending(condition, attempts, now, waits_for)
        record = EventConcluded(function, now, number, ending, targets, bool(bodies))
        forgets = self.book.take(record, 0 if command is None else command.block)
        return [
            Remember(record, 2 * number + 1, bodies),
            *self.outbox.send(function, number, now),
            *forgets,
        ]


def _run(function: int, found: Function, number: int, event: Event, waited_for: str) -> RunEvent:
    """Return how an event is run."""
    qualifier = event.qualifier or None
    reference = FunctionReference(found.account, found.region, found.name, qualifier)
    address = BodyAddress(event.block, function, 2 * number)
    return RunEvent(function, number, reference, address, waited_for)


def _bodies_of(invoked: Invoked) -> tuple[bytes, ...]:
    """Return what is kept of how the last attempt was answered."""
    result = Result(invoked.executed_version, invoked.payload, invoked.function_error or "")
    return (encode_body(result),)
