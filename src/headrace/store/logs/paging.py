"""Which of a group's events make a page, whoever brings them in order."""

from collections.abc import Iterable

from headrace.core.logs.events import EventPage, EventQuery, StoredEvent

#: What an event counts beside its text, in bytes: in a page, as on AWS, and when it is looked at,
#: which is about the memory that it takes.
EVENT_BYTES_EXTRA = 26
LOOK_BYTES_EXTRA = 250


def page_of(events: Iterable[StoredEvent], query: EventQuery) -> EventPage:
    """Return a page of events that fit a query, from all those that are wanted, in order.

    The ids of what comes lie within the query's bounds; instants and texts are looked at here.
    """
    found: list[StoredEvent] = []
    found_bytes = searched_bytes = 0
    reached = None
    for event in events:
        if reached is not None and _is_full(query, found, found_bytes, searched_bytes):
            return EventPage(tuple(found), reached)
        size = page_bytes(event)
        searched_bytes += look_bytes(event)
        if query.matches is None or query.matches(event.message):
            if found and found_bytes + size > query.bytes_max:
                return EventPage(tuple(found), reached)
            found.append(event)
            found_bytes += size
        reached = event.id
    return EventPage(tuple(found), None)


def _is_full(
    query: EventQuery, found: list[StoredEvent], found_bytes: int, searched_bytes: int
) -> bool:
    return (
        len(found) >= query.limit
        or found_bytes >= query.bytes_max
        or searched_bytes >= query.searched_bytes_max
    )


def page_bytes(event: StoredEvent) -> int:
    """Return how much an event takes of a page."""
    return len(event.message) + EVENT_BYTES_EXTRA


def look_bytes(event: StoredEvent) -> int:
    """Return what it costs to look at an event."""
    return len(event.message) + LOOK_BYTES_EXTRA


def is_wanted(event: StoredEvent, query: EventQuery) -> bool:
    """Tell whether an event lies within a query's instants and ids."""
    return (
        event.at >= query.since
        and (query.until is None or event.at <= query.until)
        and (query.after is None or event.id > query.after)
        and (query.before is None or event.id < query.before)
    )


def is_stream_wanted(name: str, query: EventQuery) -> bool:
    """Tell whether a stream is asked about."""
    return (query.streams is None or name in query.streams) and name.startswith(query.prefix)
