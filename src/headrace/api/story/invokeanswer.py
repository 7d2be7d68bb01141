"""The answer to why about an asynchronous invoke: a document for programs."""

from typing import Any

from headrace.api.story.answer import Reach, notes_of
from headrace.api.story.event import Event
from headrace.api.story.invokes import InvokeTracer
from headrace.api.story.invokesentences import obstacle_of, sentence_of, times_of
from headrace.api.story.sentences import short_name, time_of
from headrace.core.functions.eventbody import SUCCESS
from headrace.core.functions.replies import EventSeen, Phase

#: The event with which a whole story begins.
_FIRST = "accepted"
_OFF = "no history is kept (the setting history_mb is 0): nothing is known of single invokes"


def invoke_document(
    request_id: str, tracer: InvokeTracer, seen: EventSeen, reach: Reach, at_most: int
) -> dict[str, Any]:
    """Return the whole answer.

    Args:
        request_id: As it was asked for.
        seen: The invoke as it is now.
        at_most: Events; beyond, those in the middle are left out.
    """
    events = list(tracer.events)
    cut = max(0, len(events) - at_most)
    if cut:
        half = at_most // 2
        events = events[:half] + events[half + cut :]
    return {
        "request_id": request_id,
        "function": tracer.arn,
        "state": state_of(seen, tracer),
        "notes": list(notes_of(events, cut + tracer.life.left_out, reach, _FIRST, _OFF)),
        "events": [_row(event, tracer.arn) for event in events],
    }


def invoke_not_found(request_id: str, function: str, reach: Reach) -> dict[str, Any]:
    """Return the answer about an invoke of which nothing is known."""
    return {
        "request_id": request_id,
        "function": None,
        "state": (
            f"not known: no asynchronous invoke with this id was ever accepted for {function}, "
            "as far as is kept"
        ),
        "notes": list(notes_of((), 0, reach, _FIRST, _OFF)),
        "events": [],
    }


def state_of(seen: EventSeen, tracer: InvokeTracer) -> str:
    """Return where an invoke is, and what it waits for."""
    if seen.phase is Phase.GONE:
        if not tracer.is_gone:
            return "not there any more, and what is kept does not say how it went"
        if tracer.ending is None:
            return "gone with its function"
        return "done" if tracer.ending.condition == SUCCESS else "given up"
    if seen.phase is Phase.SENDS:
        names = " and ".join(short_name(target) for target, _ in seen.targets)
        return f"over: what came of it is being sent to {names}"
    failed = f"failed {times_of(seen.failures)}; " if seen.failures else ""
    if seen.phase is Phase.RUNS:
        return f"{failed}runs, log stream {seen.log_stream}"
    if seen.phase is Phase.STARTS:
        return f"{failed}handed out, and waits for an environment"
    text = f"{failed}waits"
    if seen.waits_for:
        text += f": {obstacle_of(seen.waits_for)} when it was looked at last"
        return text if seen.until is None else f"{text}; the next look is at {time_of(seen.until)}"
    return f"{text} for its turn" if seen.until is None else f"{text} until {time_of(seen.until)}"


def _row(event: Event, arn: str) -> dict[str, Any]:
    row: dict[str, Any] = {"at": event.at, "time": time_of(event.at), "event": event.what}
    return row | event.details | {"sentence": sentence_of(event, arn)}
