"""Events of a group as a store gives them, and how it is asked for them."""

from collections.abc import Callable

import msgspec


class GroupKey(msgspec.Struct, frozen=True, gc=False):
    """A log group as the store knows it."""

    number: int
    name: str


class StoredEvent(msgspec.Struct, frozen=True, gc=False, order=True):
    """One event of a stream."""

    #: Unique and stable; events in the order of their ids are in the order of their instants.
    id: int
    stream: str
    at: int  #: When it happened, in ms since 1970.
    ingested_at: int
    message: str


class StreamFound(msgspec.Struct, frozen=True, gc=False):
    """One stream of a group; instants are None where it has no events."""

    name: str
    created_at: int
    first_at: int | None
    last_at: int | None
    last_ingested_at: int | None


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of a group are wanted, and how many of them at most."""

    streams: frozenset[str] | None = None  #: None: all.
    prefix: str = ""  #: Of the names of streams.
    since: int = 0  #: In ms, inclusive.
    until: int | None = None  #: In ms, inclusive; None: without end.
    after: int | None = None  #: Ids are greater than this one.
    before: int | None = None  #: Ids are less than this one.
    descending: bool = False  #: From the newest to the oldest.
    matches: Callable[[str], bool] | None = None
    #: What surely is in each message that matches, without line ends: for a quick look.
    needles: tuple[bytes, ...] = ()
    limit: int  #: Events of a page.
    bytes_max: int  #: Bytes of a page's texts; one event may be larger.
    searched_bytes_max: int  #: Bytes of events that are looked at for one page.


class EventPage(msgspec.Struct, frozen=True):
    """What was found, in the order that was asked for."""

    events: tuple[StoredEvent, ...]
    #: The last event that was looked at, if more may follow; None: there are no more.
    reached: int | None
