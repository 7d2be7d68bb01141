"""What a rule of the functions is given, and what it decides.

A rule is a function of a command and a `Scene`. It raises a `ServiceError`, or returns a
`Decision`; it changes nothing itself, so that a refusal changes nothing and the room alone takes
facts in.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from headrace.base.instant import Instant
from headrace.core.functions.changes import Machine
from headrace.core.functions.directory import Directory
from headrace.core.functions.fleet import Fleet
from headrace.core.machine import Numbers, Record


class Scene(NamedTuple):
    """What a rule looks at."""

    directory: Directory
    machine: Machine
    fleet: Fleet  #: For what only the living know: how many environments are ready.
    numbers: Numbers
    preparation_ms: int  #: How long a new or updated function shows itself as unfinished.
    now: Instant


class Decision(NamedTuple):
    """What a caller hears, and what is to be remembered first; all facts are about one function."""

    reply: Any
    records: Sequence[Record] = ()
    effects: Sequence[Any] = ()  #: What the shell has to do beside what follows from the facts.
