"""What a function counts for those who watch it; volatile, since the server's start."""

from collections.abc import Collection
from typing import Any

from headrace.base.histogram import Histogram
from headrace.core.functions.execution import Execution
from headrace.core.functions.replies import Invoked

#: Bounds of durations, in microseconds.
DURATION_BOUNDS_US = (
    1_000,
    5_000,
    10_000,
    50_000,
    100_000,
    500_000,
    1_000_000,
    5_000_000,
    30_000_000,
    60_000_000,
    300_000_000,
    900_000_000,
)
#: Bounds of how old an event is when it is tried, in microseconds: at once, again after 1 and 2
#: minutes, and at most 6 hours (spec/lambda.md 6.2).
EVENT_AGE_BOUNDS_US = (
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    60_000_000,
    200_000_000,
    1_000_000_000,
    3_600_000_000,
    21_600_000_000,
)


class FunctionTally:
    """Counts of one function over all its versions, as AWS's metrics count (spec/esm.md 6)."""

    __slots__ = (
        "concurrent",
        "dead_letter_errors",
        "destination_failures",
        "duration_us",
        "errors",
        "event_age_us",
        "events_dropped",
        "events_received",
        "invocations",
        "starts",
        "throttles",
    )

    def __init__(self) -> None:
        """Start with nothing."""
        self.invocations = 0  #: That ran; throttled ones did not.
        self.errors = 0  #: Of these: the function failed.
        self.throttles = 0
        self.concurrent = 0  #: Accepted and not answered, now.
        self.starts = 0  #: Environments whose init phase went well: cold starts.
        self.duration_us = Histogram(DURATION_BOUNDS_US)
        # Of asynchronous invokes:
        self.events_received = 0  #: Accepted.
        self.events_dropped = 0  #: Over without having run well.
        self.event_age_us = Histogram(EVENT_AGE_BOUNDS_US)  #: At each attempt.
        self.destination_failures = 0  #: Tries to send an invocation record that were refused.
        self.dead_letter_errors = 0  #: The same of dead letters.

    def event_tried(self, age_ms: int) -> None:
        """Count that an attempt at an asynchronous invoke begins."""
        self.event_age_us.observe(age_ms * 1_000)

    def send_refused(self, *, is_dead_letter: bool) -> None:
        """Count that a target did not take what came of an asynchronous invoke."""
        if is_dead_letter:
            self.dead_letter_errors += 1
        else:
            self.destination_failures += 1


class Tallies:
    """The tallies of all functions, by number."""

    def __init__(self) -> None:
        """Start without any."""
        self._by_function: dict[int, FunctionTally] = {}

    def of(self, function: int) -> FunctionTally:
        """Return the tally of a function, a new one if it has none."""
        tally = self._by_function.get(function)
        if tally is None:
            tally = self._by_function[function] = FunctionTally()
        return tally

    def end(self, function: int, execution: Execution, value: Any) -> None:
        """Count the end of an invoke that was accepted; what never ran is not counted."""
        tally = self.of(function)
        tally.concurrent -= 1
        if isinstance(value, Invoked):
            tally.invocations += 1
            tally.errors += value.function_error is not None
            tally.duration_us.observe(execution.duration_us)

    def keep_only(self, functions: Collection[int]) -> None:
        """Forget what is gone and has nothing in hand."""
        gone = [
            number
            for number, tally in self._by_function.items()
            if number not in functions and not tally.concurrent
        ]
        for number in gone:
            del self._by_function[number]
