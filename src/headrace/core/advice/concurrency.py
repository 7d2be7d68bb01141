"""Rules about concurrency, size and cost."""

from headrace.core.advice.rule import ERROR, INFO, WARNING, Rule, Verdict
from headrace.core.advice.setup import Case, quantile_us

#: Most batches at a time of a mapping without a setting, on AWS.
CEILING = 1_250
#: The least MaximumConcurrency.
MAXIMUM_LEAST = 2
#: Bytes of an event.
EVENT_BYTES = 6 * 1024 * 1024
#: Empty receives a month of one of the receivers that wait 20 s each.
RECEIVES_A_MONTH = 129_600
#: Receives a month that cost nothing.
FREE_RECEIVES = 1_000_000


def _reserved_without_maximum(case: Case) -> Verdict | None:
    reserved, mapping = case.function.reserved, case.mapping
    if reserved is None or reserved >= CEILING or case.queue.is_fifo:
        return None
    if mapping.maximum_concurrency or mapping.minimum_pollers:
        return None
    fix = f"set ScalingConfig.MaximumConcurrency to {reserved} or less"
    if reserved < MAXIMUM_LEAST:
        fix = f"reserve {MAXIMUM_LEAST} or more, and set MaximumConcurrency to as many"
    return Verdict(
        f"{case.function.name} has a reserved concurrency of {reserved} and the mapping no "
        "MaximumConcurrency: it receives more than can run, throttled messages use up their "
        "receives and are dead-lettered without having run",
        fix,
    )


def _maximum_above_reserved(case: Case) -> Verdict | None:
    reserved = case.function.reserved
    if reserved is None or not case.mapping.maximum_concurrency:
        return None
    total = sum(one.maximum_concurrency for one in case.siblings)
    if total <= reserved:
        return None
    return Verdict(
        f"the MaximumConcurrency of all mappings of {case.function.name} ({total}) exceeds its "
        f"reserved concurrency ({reserved}): what is too much is throttled",
        f"reserve {total}, or lower MaximumConcurrency",
        subject=case.function.name,
    )


def _reserved_too_small(case: Case) -> Verdict | None:
    reserved, queue = case.function.reserved, case.queue
    if reserved is None:
        return None
    if queue.is_fifo:
        if queue.groups is None or reserved >= queue.groups:
            return None
        return Verdict(
            f"{queue.groups} groups of {queue.name} wait and {case.function.name} may run "
            f"{reserved} times at once",
            f"reserve {queue.groups} or more",
        )
    if reserved >= 5:
        return None
    return Verdict(
        f"{case.function.name} has a reserved concurrency of {reserved}: a mapping begins with 5 "
        "batches at a time",
        "reserve 5 or more, or none",
        subject=case.function.name,
    )


def _large_batches_stay_small(case: Case) -> Verdict | None:
    measured, mapping = case.mapping.measured, case.mapping
    if mapping.batch_size <= 10 or measured is None or measured.batches < 20:
        return None
    mean = measured.handed // measured.batches
    if mean > 10:
        return None
    return Verdict(
        f"BatchSize is {mapping.batch_size} and a batch holds {mean} messages on average",
        "lower BatchSize, or lengthen the window",
    )


def _batches_are_cut(case: Case) -> Verdict | None:
    measured, mapping = case.mapping.measured, case.mapping
    if measured is None or measured.polled < 20:
        return None
    mean = measured.body_bytes // measured.polled
    if mean * mapping.batch_size * 2 <= EVENT_BYTES * 11 // 6:  # 5.5 of 6 MiB
        return None
    return Verdict(
        f"{mapping.batch_size} messages of {mean} bytes are more than an event holds (6 MiB): "
        "batches are cut",
        "lower BatchSize, or keep bodies elsewhere",
    )


def _groups(case: Case) -> Verdict | None:
    queue = case.queue
    if not queue.is_fifo:
        return None
    if queue.groups and queue.backlog and queue.backlog >= 20:
        if (queue.largest_group or 0) * 100 > queue.backlog * 95:
            return Verdict(
                f"almost all messages of {queue.name} are of one group: they run one after the "
                "other",
                "use a MessageGroupId for each thing whose order matters",
                subject=queue.name,
            )
        if queue.groups * 100 > queue.backlog * 95:
            return Verdict(
                f"almost each message of {queue.name} has a group of its own: there is no order",
                "use a MessageGroupId for each thing whose order matters, or a standard queue",
                subject=queue.name,
            )
    if case.mapping.batch_size > 1 and not case.mapping.reports_failures:
        return Verdict(
            "a batch of a FIFO queue fails as a whole unless failures are reported: what was "
            "handled before the failure is handled again",
            "report the first failure and everything behind it (ReportBatchItemFailures)",
        )
    return None


def _impossible(case: Case) -> Verdict | None:
    queue, function, mapping = case.queue, case.function, case.mapping
    if queue.region and function.region and queue.region != function.region:
        text = f"{queue.name} is in {queue.region}, {function.name} in {function.region}"
        return Verdict(f"{text}: a mapping cannot cross regions", "put both in one region")
    if queue.is_fifo and mapping.window_s:
        return Verdict("a FIFO queue has no batching window", "remove the window")
    if queue.is_fifo and mapping.batch_size > 10:
        return Verdict("a FIFO queue has batches of 10 at most", "set BatchSize to 10 or less")
    if mapping.batch_size > 10 and not mapping.window_s:
        return Verdict(
            f"a BatchSize of {mapping.batch_size} needs a window",
            "set MaximumBatchingWindowInSeconds to 1 or more",
        )
    return None


def _provisioned(case: Case) -> Verdict | None:
    mapping, reserved = case.mapping, case.function.reserved
    if not mapping.minimum_pollers:
        return None
    if mapping.maximum_concurrency:
        return Verdict(
            "provisioned pollers and MaximumConcurrency exclude each other",
            "remove ScalingConfig; MaximumPollers bounds the concurrency",
        )
    if reserved is not None and mapping.minimum_pollers * 10 > reserved:
        return Verdict(
            f"{mapping.minimum_pollers} pollers run up to {mapping.minimum_pollers * 10} invokes, "
            f"and {case.function.name} may run {reserved}",
            f"reserve {mapping.minimum_pollers * 10} or lower MinimumPollers",
            WARNING,
        )
    return None


def _poller_capacity(case: Case) -> int:
    """Return how many messages a second one poller handles (spec/esm.md 4.1)."""
    measured = case.mapping.measured
    slow_us = quantile_us(case.function.duration_us, 50) or 1_000_000
    assert measured is not None, "judged only where it was measured"
    mean_kib = max(1, -(-measured.body_bytes // max(1, measured.polled) // 1_024))
    size = case.mapping.batch_size
    by_time = -(-10 * 1_000_000 // slow_us) * size
    return max(1, min(-(-1_024 // mean_kib), by_time, 100, 10 * size))


def _pollers_do_not_fit(case: Case) -> Verdict | None:
    mapping, measured = case.mapping, case.mapping.measured
    if not mapping.minimum_pollers or measured is None or not measured.seconds:
        return None
    wanted = max(2, -(-measured.polled // measured.seconds // _poller_capacity(case)))
    if wanted <= mapping.minimum_pollers * 2 <= wanted * 3:  # half as many more or less
        return None
    return Verdict(
        f"{mapping.minimum_pollers} pollers are provisioned, and the messages of the last "
        f"{measured.seconds} s need {wanted} on average",
        f"set MinimumPollers to {wanted}",
    )


def _no_event_count(case: Case) -> Verdict | None:
    if case.mapping.has_event_count:
        return None
    return Verdict(
        "the mapping has no event metrics on AWS: that it receives nothing cannot be seen there",
        "set MetricsConfig to EventCount",
    )


def _idle_cost(case: Case) -> Verdict | None:
    receives = case.crowd.pollers_at_rest * RECEIVES_A_MONTH
    if receives <= FREE_RECEIVES:
        return None
    return Verdict(
        f"the {case.crowd.count} mappings receive {receives:,} times a month on AWS when "
        "nothing comes; with MaximumConcurrency a mapping never falls to two receivers",
        "merge idle queues, or leave MaximumConcurrency out where reserved concurrency allows",
        subject="all mappings",
    )


def _backlog_is_slow_to_drain(case: Case) -> Verdict | None:
    backlog, mean_us = case.queue.backlog, quantile_us(case.function.duration_us, 50)
    measured = case.mapping.measured
    if not backlog or mean_us is None or measured is None or not measured.batches:
        return None
    size = max(1, measured.handed // measured.batches)
    reserved = case.function.reserved
    ceiling = case.ceiling if reserved is None else max(1, min(case.ceiling, reserved))
    drain_s = backlog * mean_us // (size * ceiling * 1_000_000)
    drain_s += max(0, ceiling - 5) // 5 if drain_s else 0  # 300 more a minute
    if drain_s * 2 <= case.queue.retention_s:
        return None
    return Verdict(
        f"the {backlog} messages of {case.queue.name} need about {drain_s} s at this pace, and "
        f"expire after {case.queue.retention_s} s",
        "raise concurrency or retention, or make the function faster",
    )


def _weighted_alias(case: Case) -> Verdict | None:
    if not case.mapping.is_weighted:
        return None
    return Verdict(
        "the mapping's alias splits its invokes between two versions: both get all kinds of "
        "messages, and a message that comes back may meet the other one",
        "keep what messages look like readable for both versions",
    )


def _has_batches(case: Case) -> bool:
    return case.mapping.measured is not None and case.mapping.measured.batches >= 20


def _has_pace(case: Case) -> bool:
    return _has_batches(case) and quantile_us(case.function.duration_us, 50) is not None


CONCURRENCY = (
    Rule(
        "E-09",
        WARNING,
        "reserved without a maximum (the throttle trap)",
        _reserved_without_maximum,
        reads=("reserved", "maximum_concurrency", "minimum_pollers"),
    ),
    Rule(
        "E-10",
        ERROR,
        "maximum above reserved",
        _maximum_above_reserved,
        reads=("reserved", "maximum_concurrency"),
    ),
    Rule("E-11", WARNING, "reserved too small", _reserved_too_small, reads=("reserved",)),
    Rule(
        "E-22",
        INFO,
        "large batches stay small",
        _large_batches_stay_small,
        "20 batches of the mapping",
        _has_batches,
    ),
    Rule(
        "E-23", INFO, "batches are cut", _batches_are_cut, "20 batches of the mapping", _has_batches
    ),
    Rule("E-25", WARNING, "groups of a FIFO queue", _groups, reads=("batch_size",)),
    Rule("E-31", ERROR, "what AWS refuses", _impossible, reads=("batch_size", "window_s")),
    Rule(
        "E-32",
        ERROR,
        "provisioned pollers",
        _provisioned,
        reads=("minimum_pollers", "reserved"),
    ),
    Rule(
        "E-33",
        INFO,
        "pollers do not fit the traffic",
        _pollers_do_not_fit,
        "20 batches of the mapping",
        _has_batches,
    ),
    Rule("E-34", INFO, "no event metrics", _no_event_count),
    Rule("E-35", INFO, "cost of being idle", _idle_cost),
    Rule(
        "E-37",
        WARNING,
        "the backlog outlives its messages",
        _backlog_is_slow_to_drain,
        "20 batches and 20 invokes",
        _has_pace,
    ),
    Rule("E-42", INFO, "an alias with weights", _weighted_alias),
)
