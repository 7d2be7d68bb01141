"""PutLogEvents, GetLogEvents, FilterLogEvents: requests to queries, pages to answers (5.4)."""

import msgspec

from headrace.api.logs.streams import sequence_token
from headrace.api.logs.tokens import (
    event_token,
    invalid_token,
    page_token,
    read_event_token,
    read_page_token,
)
from headrace.api.operation import Answer, Parameters
from headrace.core.logs.batches import Batch, Event
from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.events import EventPage, EventQuery, StoredEvent
from headrace.core.logs.limits import EVENTS_BYTES_MAX, EVENTS_MAX, SEARCHED_BYTES_MAX
from headrace.core.logs.patterns.pattern import compile_pattern

#: More bytes than any stream has: GetLogEvents takes whatever it finds.
_ALL_BYTES = 1 << 62


def events_given(parameters: Parameters) -> list[Event]:
    """Return the events of a PutLogEvents."""
    return [(one["timestamp"], one["message"]) for one in parameters["logEvents"]]


def events_put(batch: Batch, at: int) -> Answer:
    """Answer a PutLogEvents."""
    answer: Answer = {"nextSequenceToken": sequence_token(at)}
    rejected = {
        "tooNewLogEventStartIndex": batch.too_new_start,
        "tooOldLogEventEndIndex": batch.too_old_end,
        "expiredLogEventEndIndex": batch.expired_end,
    }
    told = {name: index for name, index in rejected.items() if index is not None}
    if told:
        answer["rejectedLogEventsInfo"] = told
    return answer


def get_query(parameters: Parameters, kept_since: int) -> EventQuery:
    """Return what a GetLogEvents asks for; its end is exclusive.

    Raises:
        InvalidParameter: The token is none of ours.
    """
    end = parameters.get("endTime")
    query = EventQuery(
        streams=frozenset({parameters["logStreamName"]}),
        since=max(parameters.get("startTime", 0), kept_since),
        until=None if end is None else end - 1,
        descending=not parameters.get("startFromHead", False),
        limit=parameters.get("limit", EVENTS_MAX),
        bytes_max=EVENTS_BYTES_MAX,
        searched_bytes_max=_ALL_BYTES,
    )
    token = parameters.get("nextToken")
    if token is None:
        return query
    direction, id = read_event_token(token)
    if direction == "f":
        return msgspec.structs.replace(query, descending=False, after=id)
    return msgspec.structs.replace(query, descending=True, before=id)


def events_got(query: EventQuery, page: EventPage) -> Answer:
    """Answer a GetLogEvents, oldest first; at an end the token that was given comes back."""
    events = sorted(page.events)
    if events:
        forward, backward = events[-1].id, events[0].id
    elif query.before is not None:
        forward, backward = query.before - 1, query.before
    else:
        forward = query.after or 0
        backward = forward + 1 if query.after is not None else 0
    return {
        "events": [
            {
                "timestamp": event.at,
                "message": event.message,
                "ingestionTime": event.ingested_at,
            }
            for event in events
        ],
        "nextForwardToken": event_token("f", forward),
        "nextBackwardToken": event_token("b", backward),
    }


def filter_query(parameters: Parameters, kept_since: int) -> EventQuery:
    """Return what a FilterLogEvents asks for; its end is inclusive.

    Raises:
        InvalidParameter: Names and prefix are given together, or pattern or token are bad.
    """
    names, prefix = parameters.get("logStreamNames"), parameters.get("logStreamNamePrefix")
    if names and prefix:
        raise InvalidParameter(
            "Only one of logStreamNames and logStreamNamePrefix can be specified."
        )
    descending = not parameters.get("startFromHead", True)
    after = before = None
    token = parameters.get("nextToken")
    if token is not None:
        reached = _read_reached(token)
        after, before = (None, reached) if descending else (reached, None)
    pattern = compile_pattern(parameters.get("filterPattern", ""))
    return EventQuery(
        streams=None if names is None else frozenset(names),
        prefix=prefix or "",
        since=max(parameters.get("startTime", 0), kept_since),
        until=parameters.get("endTime"),
        after=after,
        before=before,
        descending=descending,
        matches=None if pattern is None else pattern.matches,
        needles=() if pattern is None else pattern.needles,
        limit=parameters.get("limit", EVENTS_MAX),
        bytes_max=EVENTS_BYTES_MAX,
        searched_bytes_max=SEARCHED_BYTES_MAX // (1 if pattern is None else pattern.conditions),
    )


def _read_reached(token: str) -> int:
    text = read_page_token("events", token)
    if not text.isascii() or not text.isdigit() or len(text) > 60:
        raise invalid_token()
    return int(text)


def events_filtered(page: EventPage) -> Answer:
    """Answer a FilterLogEvents; without a token there is no more."""
    answer: Answer = {
        "events": [_filtered(event) for event in page.events],
        "searchedLogStreams": [],
    }
    if page.reached is not None:
        answer["nextToken"] = page_token("events", str(page.reached))
    return answer


def _filtered(event: StoredEvent) -> Answer:
    return {
        "logStreamName": event.stream,
        "timestamp": event.at,
        "message": event.message,
        "ingestionTime": event.ingested_at,
        "eventId": f"{event.id:056d}",
    }
