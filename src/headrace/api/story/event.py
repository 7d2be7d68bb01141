"""One thing that happened to a message or an asynchronous invoke."""

from typing import Any

import msgspec

from headrace.base.instant import Instant


class Event(msgspec.Struct):
    """What happened, and what is known of it."""

    at: Instant
    #: "sent", "visible", "received", "undone", "visibility", "deleted", "departed", "arrived",
    #: "purged", "queue-deleted", "expired"; "filtered", "handed", "invoked", "ended", "let-go",
    #: "restart". Of an asynchronous invoke: "accepted", "handed", "invoked", "failed",
    #: "concluded", "sent", "not-sent", "settled", "function-deleted", "restart".
    what: str
    queue: int = 0  #: Machine number; 0: no queue is meant.
    mapping: int = 0  #: Machine number; 0: none is known to be part of it.
    details: dict[str, Any] = {}  #: Named as in the answer; instants are milliseconds.


class Life:
    """Events in their order. Of more than are wanted, those in the middle are let go of."""

    def __init__(self, at_most: int) -> None:
        """Start without events."""
        self.events: list[Event] = []
        self.left_out = 0  #: How many were let go of.
        self._at_most = at_most

    def add(self, event: Event) -> None:
        """Add an event behind the others."""
        self.events.append(event)
        if len(self.events) > 2 * self._at_most:
            half = self._at_most // 2
            excess = len(self.events) - self._at_most
            del self.events[half : half + excess]
            self.left_out += excess


class Place(msgspec.Struct):
    """Where a message is, as far as the records tell."""

    queue: int
    number: int  #: Its number there; 0: not known yet.
    sent_at: Instant = Instant(0)  #: From when its retention counts; 0: not known.
    receives: int = 0  #: Since it is there.


class Known(msgspec.Struct):
    """What the records say of queues and mappings by machine number."""

    arns: dict[int, str] = {}  #: Of queues.
    attributes: dict[int, dict[str, str]] = {}  #: Of queues: those that were set or created here.
    mappings: dict[int, tuple[str, str]] = {}  #: UUID and function.
