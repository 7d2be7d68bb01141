"""When the asynchronous invokes of each function are looked at next, and whose wait for room."""

from headrace.base.instant import Instant, later
from headrace.core.deadlines import Deadlines
from headrace.core.functions import limits
from headrace.core.functions.eventhand import Hand


class Waits:
    """The alarms of all functions that have events; volatile. Idle functions have none."""

    def __init__(self) -> None:
        """Start with nothing to wait for."""
        #: By function: when its events are looked at next.
        self.alarms: Deadlines[int] = Deadlines()
        #: Functions whose events wait for room, in the order in which they are asked.
        self._for_room: dict[int, None] = {}

    def has(self, function: int) -> bool:
        """Tell whether a function's events wait for room."""
        return function in self._for_room

    def wait(self, function: int, hand: Hand, now: Instant) -> None:
        """Wait for room: until an invoke ends, and no longer than the back-off."""
        self._for_room[function] = None
        if hand.waits_until is None or hand.waits_until <= now:
            hand.waits_ms = next_wait_ms(hand)
            hand.waits_until = later(now, hand.waits_ms)
        self.set_alarm(function, hand)

    def stop(self, function: int, hand: Hand) -> None:
        """Wait for room no longer."""
        self._for_room.pop(function, None)
        hand.waits_until, hand.waits_ms = None, 0

    def drop(self, function: int) -> None:
        """Forget a function that was deleted."""
        self.alarms.withdraw(function)
        self._for_room.pop(function, None)

    def take_some(self) -> list[int]:
        """Return functions that are to be asked again; who still waits comes behind the others."""
        functions = list(self._for_room)[: limits.WAITING_LOOKED_AT]
        for function in functions:
            del self._for_room[function]
        return functions

    def set_alarm(self, function: int, hand: Hand) -> None:
        """Have a function's events looked at when something may have changed for them."""
        at = hand.waits_until if function in self._for_room else hand.held_until
        if at is None:
            at = hand.due.next()
        if at is None or len(hand.running) >= limits.EVENTS_IN_HAND_MAX:
            self.alarms.withdraw(function)
        else:
            self.alarms.put(function, at)


def next_wait_ms(hand: Hand) -> int:
    """Return how long the next wait for room may be: twice the last one."""
    return min(max(2 * hand.waits_ms, limits.BACKOFF_MS_MIN), limits.BACKOFF_MS_MAX)
