"""What happened to asynchronous invokes: told to the history, never replayed.

The journal's records say that an event was accepted, failed, and is over; these say when it was
tried, where, and what came of the attempt. They are records in form, so that one reader reads both,
but no room writes them to the journal or loads them: they lie in the history alone
(ports/history.py). `machine` is the function. Tags 227 to 229, behind those of mappings.
"""

from headrace.core.machine import Record


class EventHandedOut(Record, frozen=True, tag=227):
    """An event goes to its function, for the first time or again."""

    number: int
    waited_for: str = ""  #: As in `replies.EventSeen.waits_for`; empty: nothing held it up.


class EventTried(Record, frozen=True, tag=228):
    """How an attempt at an event ended, and where it ran."""

    number: int
    is_answered: bool  #: The function returned; else the texts say what went wrong.
    log_stream: str = ""  #: Of the environment; empty: nothing ran.
    version: str = ""
    error_type: str = ""  #: Of what did not run, the code of the refusal.
    error_message: str = ""  #: Cut (`failure.failure_of`).


class EventSentOn(Record, frozen=True, tag=229):
    """What came of an event was given to a target, or was not taken."""

    number: int
    target: str  #: ARN.
    is_dead_letter: bool
    id: str = ""  #: Of the message, or the request id at a function; empty: it was not taken.
    error: str = ""  #: Why it was not taken, in a sentence.
    again: bool = False  #: Whether it is sent again.


DECISIONS: tuple[type[Record], ...] = (EventHandedOut, EventTried, EventSentOn)
"""All of them."""
