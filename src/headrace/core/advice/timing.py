"""Rules about time: visibility, time-outs, windows, retention."""

from headrace.core.advice.rule import ERROR, INFO, WARNING, Rule, Verdict
from headrace.core.advice.setup import Case, quantile_us

#: Seconds of an outage that a message should survive (E-12).
OUTAGE_S = 900
#: Seconds for which one bad message may block its group (E-26).
POISON_S = 600


def _visibility_below_timeout(case: Case) -> Verdict | None:
    visibility_s, timeout_s = case.queue.visibility_s, case.function.timeout_s
    if visibility_s >= timeout_s:
        return None
    return Verdict(
        f"the visibility timeout of {case.queue.name} ({visibility_s} s) is shorter than the "
        f"timeout of {case.function.name} ({timeout_s} s): messages come back while they are "
        "handled, and AWS refuses to create such a mapping",
        f"set VisibilityTimeout to {_wanted_s(case)} s",
    )


def _wanted_s(case: Case) -> int:
    return 6 * case.function.timeout_s + case.mapping.window_s


def _visibility_below_six_timeouts(case: Case) -> Verdict | None:
    visibility_s, wanted_s = case.queue.visibility_s, _wanted_s(case)
    if not case.function.timeout_s <= visibility_s < wanted_s:
        return None
    return Verdict(
        f"the visibility timeout of {case.queue.name} ({visibility_s} s) is below six times the "
        f"function's timeout and the window ({wanted_s} s): throttled batches lose their lease",
        f"set VisibilityTimeout to {wanted_s} s",
    )


def _slow_beside_limits(case: Case) -> Verdict | None:
    slow_us = quantile_us(case.function.duration_us, 99)
    if slow_us is None:
        return None
    timeout_us = case.function.timeout_s * 1_000_000
    if slow_us * 10 > timeout_us * 8:
        return Verdict(
            f"one invoke of a hundred of {case.function.name} takes up to {slow_us // 1_000} ms of "
            f"its timeout of {case.function.timeout_s} s",
            "raise Timeout, and VisibilityTimeout to six times of it, or lower BatchSize",
        )
    if slow_us + case.mapping.window_s * 1_000_000 > case.queue.visibility_s * 1_000_000:
        return Verdict(
            f"slow invokes ({slow_us // 1_000} ms) and the window outlast the visibility timeout "
            f"of {case.queue.name}",
            f"set VisibilityTimeout to {_wanted_s(case)} s",
        )
    return None


def _full_batch_too_slow(case: Case) -> Verdict | None:
    slow_us, measured = quantile_us(case.function.duration_us, 95), case.mapping.measured
    if slow_us is None or measured is None or not measured.batches:
        return None
    full_us = slow_us * case.mapping.batch_size * measured.batches // max(1, measured.handed)
    if full_us * 10 < case.function.timeout_s * 1_000_000 * 8:
        return None
    return Verdict(
        f"a full batch of {case.mapping.batch_size} would take about {full_us // 1_000} ms, and "
        f"the timeout of {case.function.name} is {case.function.timeout_s} s",
        "lower BatchSize or raise Timeout",
    )


def _receives_end_soon(case: Case) -> Verdict | None:
    queue = case.queue
    lives_s = queue.max_receive_count * queue.visibility_s
    if not queue.max_receive_count or lives_s >= OUTAGE_S:
        return None
    return Verdict(
        f"a message of {queue.name} is dead-lettered after {lives_s} s of errors or throttles "
        f"(maxReceiveCount {queue.max_receive_count} x {queue.visibility_s} s): an outage of "
        "15 minutes moves good messages away",
        "raise maxReceiveCount or VisibilityTimeout",
        subject=queue.name,
    )


def _window_with_latency(case: Case) -> Verdict | None:
    if not case.mapping.window_s:
        return None
    return Verdict(
        f"messages wait up to {case.mapping.window_s} s for their batch, on AWS at low traffic "
        "up to 20 s whatever the window is",
        "set MaximumBatchingWindowInSeconds to 0 if messages must be handled at once",
    )


def _timeout_at_an_extreme(case: Case) -> Verdict | None:
    timeout_s = case.function.timeout_s
    if timeout_s not in (3, 900):
        return None
    what = "the default" if timeout_s == 3 else "the longest there is"
    return Verdict(
        f"the timeout of {case.function.name} is {what} ({timeout_s} s)",
        "set Timeout to some times of what a full batch takes",
        subject=case.function.name,
    )


def _poison_blocks_its_group(case: Case) -> Verdict | None:
    queue = case.queue
    blocked_s = queue.visibility_s * queue.max_receive_count
    if not queue.is_fifo or blocked_s <= POISON_S:
        return None
    return Verdict(
        f"a message that always fails blocks its group on {queue.name} for {blocked_s} s",
        "lower maxReceiveCount or VisibilityTimeout, as far as E-02 and E-06 allow",
        subject=queue.name,
    )


def _expires_before_it_is_dead_lettered(case: Case) -> Verdict | None:
    queue = case.queue
    if not queue.max_receive_count:
        return None
    lives_s = queue.visibility_s * queue.max_receive_count
    if queue.retention_s >= lives_s:
        return None
    return Verdict(
        f"messages of {queue.name} expire after {queue.retention_s} s, before "
        f"{queue.max_receive_count} receives of {queue.visibility_s} s are over: they are lost "
        "and never dead-lettered",
        "raise MessageRetentionPeriod",
        subject=queue.name,
    )


def _odd_delay_or_wait(case: Case) -> Verdict | None:
    queue = case.queue
    if queue.delay_s and queue.delay_s >= queue.retention_s:
        return Verdict(
            f"messages of {queue.name} expire ({queue.retention_s} s) before their delay "
            f"({queue.delay_s} s) is over",
            "lower DelaySeconds or raise MessageRetentionPeriod",
            subject=queue.name,
        )
    if queue.wait_s:
        return Verdict(
            f"ReceiveMessageWaitTimeSeconds of {queue.name} changes nothing for the mapping, "
            "which waits 20 s by itself",
            "leave it out unless other consumers receive from the queue",
            subject=queue.name,
        )
    return None


def _has_duration(case: Case) -> bool:
    return quantile_us(case.function.duration_us, 99) is not None


def _has_batches(case: Case) -> bool:
    measured = case.mapping.measured
    return _has_duration(case) and measured is not None and measured.batches > 0


TIMING = (
    Rule(
        "E-01",
        ERROR,
        "visibility timeout below the timeout",
        _visibility_below_timeout,
        reads=("visibility_s", "timeout_s"),
    ),
    Rule(
        "E-02",
        WARNING,
        "visibility timeout below 6 timeouts",
        _visibility_below_six_timeouts,
        reads=("visibility_s", "timeout_s", "window_s"),
    ),
    Rule(
        "E-03",
        WARNING,
        "slow invokes near the limits",
        _slow_beside_limits,
        "20 invokes of the function",
        _has_duration,
    ),
    Rule(
        "E-04",
        WARNING,
        "a full batch takes too long",
        _full_batch_too_slow,
        "20 invokes of the function through the mapping",
        _has_batches,
    ),
    Rule(
        "E-12",
        WARNING,
        "few receives before dead-lettering",
        _receives_end_soon,
        reads=("visibility_s",),
    ),
    Rule("E-21", INFO, "a window costs latency", _window_with_latency),
    Rule("E-24", INFO, "timeout at an extreme", _timeout_at_an_extreme, reads=("timeout_s",)),
    Rule(
        "E-26",
        WARNING,
        "a poison message blocks its group",
        _poison_blocks_its_group,
        reads=("visibility_s",),
    ),
    Rule(
        "E-36",
        WARNING,
        "expires before the dead-letter queue",
        _expires_before_it_is_dead_lettered,
        reads=("visibility_s", "retention_s"),
    ),
    Rule(
        "E-39",
        INFO,
        "delay and wait without use",
        _odd_delay_or_wait,
        reads=("delay_s", "retention_s", "wait_s"),
    ),
)
