"""Look at an asynchronous invoke: where it is, what it waits for, and until when.

Nothing changes by a look, not even what has fallen due and is not carried out yet.
"""

from headrace.base.instant import Instant
from headrace.core.functions.commands import LookAtEvent
from headrace.core.functions.eventhand import FAULT, Hand
from headrace.core.functions.eventlog import EventLog
from headrace.core.functions.fleet import Fleet
from headrace.core.functions.replies import EventSeen, Phase
from headrace.core.functions.tried import Event


def look(
    command: LookAtEvent,
    log: EventLog | None,
    hand: Hand | None,
    fleet: Fleet,
    *,
    waits_for_room: bool,
    now: Instant,
) -> EventSeen:
    """Return an event as it is.

    Args:
        log: Of its function; None: it never had an event, or is gone.
        hand: The same; None: its events were not looked at yet.
        waits_for_room: Whether the function's events do.
    """
    event = None if log is None else log.find(command.event)
    if event is None:
        return EventSeen(Phase.GONE)
    if event.ending is not None:
        return EventSeen(Phase.SENDS, event.failures, targets=event.targets)
    if hand is not None and command.event in hand.running:
        stream = _stream_of(command, fleet)
        return EventSeen(Phase.RUNS if stream else Phase.STARTS, event.failures, log_stream=stream)
    return _waiting(command.event, event, hand, waits_for_room=waits_for_room, now=now)


def _waiting(
    number: int, event: Event, hand: Hand | None, *, waits_for_room: bool, now: Instant
) -> EventSeen:
    waits_for, until = "", None
    if event.due_at > now:
        until = event.due_at
    elif hand is not None and number in hand.faults:
        waits_for, until = FAULT, hand.due.of(number)
    elif hand is not None:
        waits_for = hand.obstacle
        until = hand.waits_until if waits_for_room else hand.held_until
    return EventSeen(Phase.WAITS, event.failures, waits_for, until)


def _stream_of(command: LookAtEvent, fleet: Fleet) -> str:
    """Return the log stream of the environment that has an event; empty: none has it yet."""
    for environment in fleet.environments:
        execution = environment.execution
        if (
            execution is not None
            and execution.command.event == command.event
            and environment.deployment.function == command.function
        ):
            return environment.stream
    return ""
