"""What is under way of one function's asynchronous invokes: volatile, and made anew by a load."""

from headrace.base.instant import Instant
from headrace.core.deadlines import Deadlines
from headrace.core.functions import limits
from headrace.core.functions.eventpace import Pace

#: What due events wait for, beside the reasons of throttles: environments that start for others of
#: them; that fewer of them are under way; that a fault of the server has passed.
STARTS, IN_HAND, FAULT = "Starts", "InHand", "Fault"


class Hand:
    """What is under way of one function's events."""

    __slots__ = (
        "cursor",
        "due",
        "faults",
        "held_until",
        "obstacle",
        "pace",
        "pending",
        "running",
        "waits_ms",
        "waits_until",
    )

    def __init__(self, cursor: int) -> None:
        """Start with nothing handed out."""
        #: Every untried event below this was handed out once.
        self.cursor = cursor
        #: Events that are to be tried again, and when.
        self.due: Deadlines[int] = Deadlines()
        #: Handed out; and those of them that do not count as concurrent yet.
        self.running: set[int] = set()
        self.pending: set[int] = set()
        #: How often in a row each was not run for a fault of the server.
        self.faults: dict[int, int] = {}
        #: While there is no room: until when at most, and how long that wait was.
        self.waits_until: Instant | None = None
        self.waits_ms = 0
        #: While more could be handed out, but are not so as not to start too many environments.
        self.held_until: Instant | None = None
        self.pace = Pace()
        #: Why what is due was not handed out when it was looked at last; empty: nothing is left.
        self.obstacle = ""

    def ended(self, event: int) -> None:
        """Take note that an attempt has ended."""
        self.running.discard(event)
        self.pending.discard(event)
        self.pace.ended += 1

    def rest(self) -> None:
        """Take note that nothing more is handed out: what comes next begins with few.

        That is, if nothing runs. Either nothing is due or as much runs as may.
        """
        self.obstacle = IN_HAND if len(self.running) >= limits.EVENTS_IN_HAND_MAX else ""
        if not self.running:
            self.pace = Pace()
