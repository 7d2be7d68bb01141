"""The answer to why: a document for programs, and the same as text for people."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from headrace.api.sqs.looking import reasons_of
from headrace.api.story.event import Event
from headrace.api.story.sentences import Names, sentence_of, time_of
from headrace.api.story.tracing import Tracer
from headrace.base.instant import Instant
from headrace.base.terminal import harmless
from headrace.core.sqs.redrive import parse_redrive_policy
from headrace.core.sqs.replies import MessagesSeen

#: Stretches without blocks that an answer tells apart.
GAPS_MAX = 100


class Reach(msgspec.Struct):
    """How far the history reaches."""

    is_on: bool
    is_whole: bool  #: Nothing was ever removed from it.
    first_at: Instant | None = None  #: Of the oldest page; None: there is none.
    #: Stretches of which blocks are missing: (how many, from, to).
    gaps: list[tuple[int, Instant, Instant]] = []

    def miss(self, blocks: int, start: Instant, end: Instant) -> None:
        """Note that blocks are missing; beyond `GAPS_MAX` stretches the last one grows."""
        if len(self.gaps) >= GAPS_MAX:
            before, start, _ = self.gaps.pop()
            blocks += before
        self.gaps.append((blocks, start, end))


def document_of(
    message_id: str,
    tracer: Tracer,
    names: Names,
    seen: MessagesSeen | None,
    reach: Reach,
    redrive_of: Callable[[int], str],
    at_most: int,
) -> dict[str, Any]:
    """Return the whole answer.

    Args:
        message_id: As it was asked for.
        seen: The message as it is in its queue now; None: it is in none.
        redrive_of: Returns the RedrivePolicy of a queue as it is now; empty: none is known.
        at_most: Events; beyond, those in the middle are left out.
    """
    events = _joined(tracer, redrive_of)
    cut = max(0, len(events) - at_most)
    if cut:
        half = at_most // 2
        events = events[:half] + events[half + cut :]
    answer: dict[str, Any] = {"message_id": message_id}
    if len(tracer.ids) > 1:
        answer["message_ids"] = tracer.ids
    if seen is not None and tracer.place is not None:
        answer["queue"] = names.queue(tracer.place.queue)
        answer["state"] = "; ".join(reasons_of(seen.messages[0], seen))
    else:
        answer["queue"] = None
        answer["state"] = "in no queue any more" if tracer.place is None else _UNKNOWN
    left_out = cut + tracer.life.left_out
    answer["notes"] = list(notes_of(events, left_out, reach, _FIRST, _OFF))
    answer["events"] = [_event(event, names) for event in events]
    return answer


#: The event with which a whole story begins.
_FIRST = "sent"
_OFF = "no history is kept (the setting history_mb is 0): only what the queue holds is known"
_UNKNOWN = "in no queue any more, and what is kept does not say how it went"


def not_found(message_id: str, queue: str, reach: Reach) -> dict[str, Any]:
    """Return the answer about a message of which nothing is known."""
    answer: dict[str, Any] = {"message_id": message_id, "queue": None, "events": []}
    answer["state"] = f"not known: no message with this id was ever in {queue}, as far as is kept"
    answer["notes"] = list(notes_of((), 0, reach, _FIRST, _OFF))
    return answer


def text_of(answer: dict[str, Any]) -> str:
    """Return an answer as lines for people; what a function said cannot make lines of its own."""
    if "request_id" in answer:
        where = f" to {answer['function']}" if answer["function"] else ""
        title = f"asynchronous invoke {answer['request_id']}{where}"
    else:
        where = f" in {answer['queue']}" if answer["queue"] else ""
        title = f"message {answer['message_id']}{where}"
    lines = [title, f"  now: {answer['state']}"]
    lines += [f"  note: {note}" for note in answer["notes"]]
    lines += [f"{event['time']}  {event['sentence']}" for event in answer["events"]]
    return "\n".join(map(harmless, lines)) + "\n"


def _joined(tracer: Tracer, redrive_of: Callable[[int], str]) -> list[Event]:
    """Return the events in order, a departure and its arrival as one, with what is known late."""
    events: list[Event] = []
    for event in tracer.events:
        if event.what == "sent":
            if tracer.sender:
                event.details["sender"] = tracer.sender
            if tracer.body_bytes is not None:
                event.details["size"] = tracer.body_bytes
        if event.what == "arrived" and events and events[-1].what == "departed":
            departed = events.pop()
            text = departed.details.get("redrive") or redrive_of(departed.queue)
            if "source" in event.details and text:
                event.details["max_receive_count"] = parse_redrive_policy(text).max_receive_count
        events.append(event)
    return events


def notes_of(
    events: Sequence[Event], cut: int, reach: Reach, first: str, off: str
) -> Iterator[str]:
    """Yield what is missing in a story.

    Args:
        cut: How many events are left out.
        first: The event with which a whole story begins.
        off: What to say where no history is kept.
    """
    if not reach.is_on:
        yield off
        return
    if not (events and events[0].what == first):
        if reach.first_at is None:
            yield "the history is empty"
        elif reach.is_whole:
            yield f"the history begins at {time_of(reach.first_at)}"
        else:
            yield f"the history before {time_of(reach.first_at)} is gone"
    since = events[0].at if events else Instant(0)
    for blocks, start, end in reach.gaps:
        if end >= since:
            yield f"{blocks} blocks between {time_of(start)} and {time_of(end)} are not kept"
    if cut:
        yield f"{cut} events in the middle are left out here"


def _event(event: Event, names: Names) -> dict[str, Any]:
    row: dict[str, Any] = {"at": event.at, "time": time_of(event.at), "event": event.what}
    if event.queue:
        row["queue"] = names.queue(event.queue)
    if event.mapping:
        row["mapping"] = names.mapping(event.mapping)
    return row | event.details | {"sentence": sentence_of(event, names)}
