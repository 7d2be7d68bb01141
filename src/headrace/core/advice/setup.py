"""What advice is given on: a setup, read from a server or a template, in the rules' own words.

Names are keys: a mapping names its queue and function by them, and one that is not here is not
known. None stands for what the source does not say. A number that the source sets and does not tell
(a parameter without a default) is as if it were not set, and its member's name is in `unknown`.
"""

from collections.abc import Iterable

import msgspec

from headrace.base.histogram import Histogram


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """One queue."""

    name: str
    is_fifo: bool = False
    region: str = ""
    visibility_s: int = 30
    retention_s: int = 345_600
    delay_s: int = 0
    wait_s: int = 0
    max_receive_count: int = 0  #: 0: no redrive policy, or its count is not known.
    has_redrive: bool = False  #: There is a redrive policy, whatever its count is.
    dead_letter_queue: str = ""  #: Name; may be unknown here.
    has_key: bool = False  #: Encrypted with a KMS key.
    is_sns_wrapped: bool = False  #: A topic sends to it, with its envelope.
    backlog: int | None = None  #: Measured: visible messages.
    groups: int | None = None  #: Measured: message groups that wait.
    largest_group: int | None = None  #: Measured: messages of the largest of them.
    unknown: frozenset[str] = frozenset()


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """One function."""

    name: str
    region: str = ""
    timeout_s: int = 3
    reserved: int | None = None  #: Reserved concurrency.
    has_dead_letters: bool = False  #: DeadLetterConfig.
    has_destinations: bool = False  #: Of an event invoke config.
    variables: tuple[str, ...] = ()  #: Values of its environment.
    actions: tuple[str, ...] | None = None  #: That its role allows, in lower case.
    duration_us: Histogram | None = None  #: Measured.
    unknown: frozenset[str] = frozenset()


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a mapping has counted; see core/mapping/tally.py."""

    seconds: int = 0  #: Since when.
    polled: int = 0
    again: int = 0  #: Of these: received before.
    body_bytes: int = 0
    filtered: int = 0
    mismatched: int = 0  #: Of these: a body of the other form than the filter asks for.
    looping: int = 0  #: Messages that had gone round too often and were taken out.
    batches: int = 0
    handed: int = 0  #: Messages in these.
    oddities: dict[str, int] = {}  #: Of answers, by kind: core/mapping/oddities.py.


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """One event source mapping of a queue."""

    name: str
    queue: str
    function: str
    batch_size: int = 10
    window_s: int = 0
    reports_failures: bool = False
    maximum_concurrency: int = 0  #: 0: not set.
    filters: tuple[str, ...] = ()
    minimum_pollers: int = 0  #: 0: not in provisioned mode.
    maximum_pollers: int = 0
    has_event_count: bool = False
    is_weighted: bool = False  #: Its alias splits its invokes between two versions.
    measured: Measured | None = None
    unknown: frozenset[str] = frozenset()

    @property
    def pollers_at_rest(self) -> int:
        """How many receivers AWS keeps when nothing comes."""
        return self.minimum_pollers or min(5, self.maximum_concurrency or 2)


class Setup(msgspec.Struct, kw_only=True):
    """All that is looked at together."""

    queues: dict[str, Queue] = {}
    functions: dict[str, Function] = {}
    mappings: list[Mapping] = []


class Crowd:
    """All mappings of a setup together, in the order that rules ask for."""

    def __init__(self, mappings: Iterable[Mapping]) -> None:
        """Look at all of them once."""
        self.count = self.pollers_at_rest = 0
        self.by_function: dict[str, list[Mapping]] = {}
        self.by_queue: dict[str, list[Mapping]] = {}
        for one in mappings:
            self.count += 1
            self.pollers_at_rest += one.pollers_at_rest
            self.by_function.setdefault(one.function, []).append(one)
            self.by_queue.setdefault(one.queue, []).append(one)


class Case(msgspec.Struct, frozen=True):
    """One mapping with its queue and function; what is not known is as if nothing were set."""

    mapping: Mapping
    queue: Queue
    function: Function
    dead: Queue | None  #: Where the queue's dead letters go, if that is known.
    crowd: "Crowd"
    knows_queue: bool
    knows_function: bool

    def knows(self, *members: str) -> bool:
        """Tell whether these members of mapping, queue or function are known, or not set."""
        asked = frozenset(members)
        things = (self.mapping, True), (self.queue, self.knows_queue)
        for thing, is_here in (*things, (self.function, self.knows_function)):
            its_own = asked.intersection(thing.__struct_fields__)
            if its_own & thing.unknown or (its_own and not is_here):
                return False
        return True

    @property
    def siblings(self) -> list[Mapping]:
        """All mappings of the function, this one too."""
        return self.crowd.by_function[self.mapping.function]

    @property
    def sharers(self) -> list[Mapping]:
        """All mappings of the queue, this one too."""
        return self.crowd.by_queue[self.mapping.queue]

    @property
    def ceiling(self) -> int:
        """The most batches at a time."""
        if self.mapping.maximum_concurrency:
            return self.mapping.maximum_concurrency
        return self.mapping.maximum_pollers * 10 or 1_250


def quantile_us(histogram: Histogram | None, percent: int) -> int | None:
    """Return a bound that so many percent of the values lie below; None: too few were measured.

    What lies above the last bound counts as that.
    """
    if histogram is None or sum(histogram.counts) < 20:
        return None
    wanted, below = sum(histogram.counts) * percent, 0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
        below += count * 100
        if below >= wanted:
            return bound
    return histogram.bounds[-1]
