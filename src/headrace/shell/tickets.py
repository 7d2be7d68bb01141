"""Who waits for which reply, and which of them are in hand: neither parked nor answered yet."""

import itertools
from collections.abc import Callable
from typing import Any

from headrace.shell.hand import Hand

#: Takes a reply value or a ServiceError, on the event loop, after the commit.
Taker = Callable[[Any], None]


class Tickets:
    """Takers by ticket. A ticket is a number that is never used again."""

    def __init__(self, hand: Hand, call: Callable[[Taker, Any], object]) -> None:
        """Count in `hand` what is in hand; `call` calls a taker, whatever that raises."""
        self._hand = hand
        self._call = call
        self._numbers = itertools.count(1)
        self._takers: dict[int, Taker] = {}
        self._in_hand: set[int] = set()

    def number(self) -> int:
        """Return a new ticket."""
        return next(self._numbers)

    def issue(self, ticket: int, taker: Taker) -> None:
        """Let `taker` wait for a ticket, in hand."""
        self._takers[ticket] = taker
        self._in_hand.add(ticket)
        self._hand.take()

    def park(self, ticket: int) -> None:
        """A ticket waits for time or for others: it is not in hand."""
        self._give_back(ticket)

    def unpark(self, ticket: int) -> None:
        """A ticket has its reply, which leaves after the commit: in hand, if anybody waits."""
        if ticket in self._takers:
            self._take_in_hand(ticket)

    def drop(self, ticket: int) -> None:
        """Forget who waits for a ticket."""
        self._takers.pop(ticket, None)

    def release(self, ticket: int, value: Any) -> None:
        """Give a reply to whoever waits for it."""
        taker = self._takers.pop(ticket, None)
        if taker is not None:
            self._call(taker, value)
        if ticket in self._in_hand:
            self._in_hand.discard(ticket)
            self._hand.give_back()

    def release_all(self, value: Any) -> None:
        """Give everybody the same reply; nothing is in hand afterwards."""
        takers, self._takers = self._takers, {}
        for taker in takers.values():
            self._call(taker, value)
        self._in_hand.clear()
        self._hand.reset()

    def _take_in_hand(self, ticket: int) -> None:
        if ticket not in self._in_hand:
            self._in_hand.add(ticket)
            self._hand.take()

    def _give_back(self, ticket: int) -> None:
        if ticket in self._in_hand:
            self._in_hand.discard(ticket)
            self._hand.give_back()
