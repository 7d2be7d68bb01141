"""Buckets fill as time passes, up to their size."""

from headrace.base.instant import Instant, later
from headrace.core.functions import limits
from headrace.core.functions.commands import EnvironmentGone
from headrace.core.functions.effects import StartEnvironment
from headrace.core.functions.errors import TooManyRequests
from headrace.core.functions.rates import Buckets
from headrace.core.functions.replies import Invoked
from tests.unit.core.functions.bench import bench_with_function, invoke

NOW = Instant(1_700_000_000_000)


def room(buckets, now, function=1, size=3):
    return buckets.has_room(function, size, 2, now)


def test_a_bucket_is_full_at_first_and_fills_again_but_never_more():
    buckets = Buckets()
    for _ in range(3):
        assert room(buckets, NOW)
        buckets.take(1, 3, 2, NOW)
    assert not room(buckets, NOW)
    assert room(buckets, NOW, function=2)
    assert not room(buckets, later(NOW, 499))
    assert room(buckets, later(NOW, 500))
    for _ in range(3):
        assert room(buckets, later(NOW, 3_600_000))
        buckets.take(1, 3, 2, later(NOW, 3_600_000))
    assert not room(buckets, later(NOW, 3_600_000))


def test_a_smaller_bucket_holds_no_more_than_it_can():
    buckets = Buckets()
    buckets.take(1, 100, 2, NOW)
    assert room(buckets, NOW, size=1)
    buckets.take(1, 1, 2, NOW)
    buckets.take(1, 1, 2, NOW)  # Nothing is left, and nothing is owed.
    assert not room(buckets, NOW, size=1)
    assert room(buckets, later(NOW, 500), size=1)


def test_those_used_least_recently_are_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "RATES_KEPT_MAX", 2)
    buckets = Buckets()
    for number in (1, 2, 3):
        buckets.take(number, 1, 1, later(NOW, number))
    assert [room(buckets, later(NOW, 3), function, size=1) for function in (1, 2, 3)] == [
        True,
        False,
        False,
    ]


def test_a_function_gains_a_thousand_environments_at_once_and_then_a_hundred_a_second():
    bench = bench_with_function()

    def crash():
        """Have an idle environment die, so that the next invoke needs another."""
        ticket = bench.send()
        bench.started()
        environment = bench.ended()
        assert isinstance(bench.replies[ticket], Invoked)
        bench.ask(EnvironmentGone(environment))

    for _ in range(limits.GROWTH_MAX):
        crash()
    refusal = bench.ask(invoke())
    assert isinstance(refusal, TooManyRequests)
    assert refusal.members["Reason"] == "ConcurrentInvocationLimitExceeded"
    bench.sleep(10)
    crash()
    assert isinstance(bench.ask(invoke()), TooManyRequests)
    bench.sleep(10)
    bench.send()
    bench.started()
    bench.ended()
    for _ in range(5):  # What there is serves on.
        bench.send()
        assert not bench.of(StartEnvironment)
        bench.ended()
