"""Receives that wait for messages, in order of arrival, each with a deadline or none.

A long poll is a value in a list, not a sleeping task. Parked receives live in memory only: their
callers are connections, which end with the process.
"""

from collections import OrderedDict

import msgspec

from headrace.base.instant import Instant
from headrace.core.deadlines import Deadlines


class ParkedReceive(msgspec.Struct, frozen=True, gc=False):
    """A receive that has not been answered yet."""

    ticket: int
    at_most: int
    #: None: the queue's when it is answered; so it is without a deadline, if that is longer.
    visibility_timeout_ms: int | None
    deadline: Instant | None  #: When it is answered without messages; None: never.
    attempt: bytes = b""  #: Key of its attempt id.


class LongPolls:
    """The parked receives of one queue."""

    def __init__(self) -> None:
        """Start empty."""
        self._parked: OrderedDict[int, ParkedReceive] = OrderedDict()
        self._deadlines: Deadlines[int] = Deadlines()

    def __len__(self) -> int:
        """Return how many receives wait."""
        return len(self._parked)

    def __contains__(self, ticket: int) -> bool:
        """Tell whether the receive of this ticket waits."""
        return ticket in self._parked

    def park(self, receive: ParkedReceive) -> None:
        """Let a receive wait behind the others."""
        self._parked[receive.ticket] = receive
        if receive.deadline is not None:
            self._deadlines.put(receive.ticket, receive.deadline)

    def first(self) -> ParkedReceive:
        """Return the one that waits longest; there is one."""
        return next(iter(self._parked.values()))

    def withdraw(self, ticket: int) -> None:
        """Remove a receive, if it waits."""
        if self._parked.pop(ticket, None) is not None:
            self._deadlines.withdraw(ticket)

    def next_deadline(self) -> Instant | None:
        """Return when a wait ends next."""
        return self._deadlines.next()

    def take_due(self, now: Instant) -> list[int]:
        """Remove the receives whose wait is over at `now`; return their tickets in order."""
        tickets = []
        while (due := self._deadlines.take_due(now)) is not None:
            ticket = due[1]
            del self._parked[ticket]
            tickets.append(ticket)
        return tickets

    def take_all(self) -> list[int]:
        """Remove all receives; return their tickets in order of arrival."""
        tickets = list(self._parked)
        self._parked.clear()
        self._deadlines = Deadlines()
        return tickets
