"""What a rule of this room is given, and what it decides."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from headrace.base.instant import Instant
from headrace.core.access.book import Book
from headrace.core.machine import Record

#: Machine number of all roles and policies.
ACCESS = 5


class Scene(NamedTuple):
    """What a rule looks at."""

    book: Book
    now: Instant


class Decision(NamedTuple):
    """What a caller hears, and what is to be remembered first."""

    reply: Any
    records: Sequence[Record] = ()
