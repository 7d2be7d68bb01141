"""A setup in which nothing is to be found, and what the rules say when parts of it change."""

import msgspec

from headrace.base.histogram import Histogram
from headrace.core.advice.advise import advise
from headrace.core.advice.setup import Function, Mapping, Measured, Queue, Setup

QUEUE = Queue(
    name="orders", visibility_s=180, max_receive_count=5, dead_letter_queue="dead", region="r"
)
DEAD = Queue(name="dead", retention_s=1_209_600, max_receive_count=5, region="r")
FUNCTION = Function(name="ship", timeout_s=30, region="r")
MAPPING = Mapping(
    name="m", queue="orders", function="ship", reports_failures=True, has_event_count=True
)


def durations(*milliseconds):
    """Return a histogram with these durations, twenty times each."""
    histogram = Histogram((1_000, 10_000, 100_000, 1_000_000, 10_000_000, 25_000_000, 30_000_000))
    for one in milliseconds * 20:
        histogram.observe(one * 1_000)
    return histogram


def measured(**members):
    """Return what was measured: 100 messages in 50 batches, unless said otherwise."""
    usual = {"seconds": 100, "polled": 100, "body_bytes": 100, "batches": 50, "handed": 100}
    return Measured(**{**usual, **members})


def setup_of(queue=None, function=None, mapping=None, dead=None, others=()):
    """Return the setup with these changes; `others` are more mappings, as changes of it."""
    change = msgspec.structs.replace
    mappings = [change(MAPPING, **(mapping or {}))]
    mappings += [change(mappings[0], **{"name": f"m{at}", **one}) for at, one in enumerate(others)]
    return Setup(
        queues={"orders": change(QUEUE, **(queue or {})), "dead": change(DEAD, **(dead or {}))},
        functions={"ship": change(FUNCTION, **(function or {}))},
        mappings=mappings,
    )


def found(rule, **changes):
    """Return the severities of what a rule finds."""
    findings = advise(setup_of(**changes)).findings
    return [finding.severity for finding in findings if finding.rule == rule]
