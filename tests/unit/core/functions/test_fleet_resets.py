"""Environments whose processes ended with their invoke: they start anew inside the next one.

Source: spec/lambda.md 4.1, reset after a failed invoke.
"""

import pytest

from headrace.core.functions import limits
from headrace.core.functions.commands import EnvironmentGone
from headrace.core.functions.effects import RunInvoke, StartEnvironment
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.replies import Invoked
from tests.unit.core.functions.bench import bench_with_function, creation

FAILURES = (
    Ending.TIMED_OUT,
    Ending.EXITED,
    Ending.KILLED,
    Ending.OUT_OF_MEMORY,
    Ending.FAULT,
)


@pytest.fixture
def bench():
    return bench_with_function()


def fail(bench, ending=Ending.TIMED_OUT):
    """Run an invoke that ends with its environment's processes; return how it was started."""
    bench.send()
    (start,) = bench.of(StartEnvironment)
    bench.started(duration_us=100_000)
    bench.ended(ending, signal=9)
    return start


@pytest.mark.parametrize("ending", FAILURES)
def test_it_is_neither_stopped_nor_started_before_the_next_invoke(bench, ending):
    start = fail(bench, ending)
    assert bench.stopped() == bench.of(StartEnvironment) == []
    bench.send()
    (again,) = bench.of(StartEnvironment)
    assert (again.environment, again.log_stream) == (start.environment, start.log_stream)
    assert again.initialization_type == "on-demand"


def test_its_init_phase_is_a_part_of_the_next_invoke(bench):
    """A suppressed init: within the function's time, in its Duration, without an Init Duration."""
    environment = fail(bench).environment
    bench.log = b""
    ticket = bench.send()
    (again,) = bench.of(StartEnvironment)
    assert again.init_limit_ms == 3_000
    assert bench.log.startswith(b"INIT_START Runtime Version: ")
    bench.started(duration_us=1_000_000)
    (run,) = bench.of(RunInvoke)
    assert (run.environment, run.timeout_ms) == (environment, 2_000)
    bench.ended(duration_us=5_000, payload=b"1")
    assert bench.replies[ticket].payload == b"1"
    assert b"Duration: 1005.00 ms\tBilled Duration: 1005 ms\t" in bench.log
    assert b"\tInit Duration" not in bench.log
    bench.send()
    assert bench.of(RunInvoke)[0].environment == environment


def test_one_that_is_warm_comes_first(bench):
    warm = bench.warm()
    bench.send()
    busy = bench.of(RunInvoke)[0].environment
    assert busy == warm
    reset = fail(bench).environment
    bench.ended(environment=warm)
    bench.send()
    assert bench.of(RunInvoke)[0].environment == warm
    bench.send()
    assert bench.of(StartEnvironment)[0].environment == reset


def test_what_waits_gets_it_before_a_new_one_starts(bench, monkeypatch):
    monkeypatch.setattr(limits, "STARTING_MAX", 1)
    bench.send()
    failing = bench.started()
    second = bench.send()
    starting = bench.of(StartEnvironment)[0].environment
    third = bench.send()
    bench.ended(Ending.EXITED, environment=failing)
    assert bench.of(StartEnvironment) == []
    bench.started(environment=starting)
    assert bench.of(StartEnvironment)[0].environment == failing
    bench.ended(environment=starting)
    bench.started(environment=failing)
    bench.ended()
    assert {second, third} <= bench.replies.keys()


def test_one_that_fails_to_start_is_gone(bench):
    environment = fail(bench).environment
    ticket = bench.send()
    bench.started(Ending.TIMED_OUT, duration_us=3_000_000)
    assert b"Task timed out after 3.00 seconds" in bench.replies[ticket].payload
    assert list(bench.room.fleet.environments) == []
    bench.send()
    assert bench.of(StartEnvironment)[0].environment != environment


def test_it_is_stopped_when_nobody_has_needed_it_for_long(bench):
    environment = fail(bench).environment
    bench.sleep(limits.STOP_AFTER_MS - 1)
    assert bench.stopped() == []
    bench.sleep(1)
    assert bench.stopped() == [environment]
    assert list(bench.room.fleet.environments) == []


def test_it_makes_room_for_others(bench, monkeypatch):
    monkeypatch.setattr(limits, "ENVIRONMENTS_MAX", 1)
    bench.ask(creation("another"))
    environment = fail(bench).environment
    bench.send(name="another")
    assert bench.stopped() == [environment]
    assert bench.of(StartEnvironment)[0].environment != environment


def test_new_code_never_gets_it(bench):
    environment = fail(bench).environment
    bench.update_code()
    assert bench.stopped() == [environment]
    bench.sleep(60_000)
    bench.send()
    assert bench.of(StartEnvironment)[0].environment != environment


def test_one_whose_code_has_been_replaced_meanwhile_is_stopped(bench):
    bench.send()
    environment = bench.started()
    bench.update_code()
    bench.ended(Ending.TIMED_OUT, environment=environment)
    assert bench.stopped() == [environment]


def test_that_its_processes_are_gone_is_no_news(bench):
    environment = fail(bench).environment
    bench.ask(EnvironmentGone(environment))
    bench.send()
    assert bench.of(StartEnvironment)[0].environment == environment


def test_it_takes_no_part_of_what_a_function_may_gain(bench):
    for _ in range(limits.GROWTH_MAX + 1):
        ticket = bench.send()
        bench.started()
        bench.ended(Ending.TIMED_OUT)
        assert isinstance(bench.replies[ticket], Invoked)


def test_not_more_start_at_a_time_than_may(bench, monkeypatch):
    monkeypatch.setattr(limits, "STARTING_MAX", 1)
    bench.send()
    first = bench.started()
    bench.send()
    second = bench.started()
    for environment in (first, second):
        bench.ended(Ending.TIMED_OUT, environment=environment)
    bench.send()
    assert len(bench.of(StartEnvironment)) == 1
    bench.send()
    assert bench.of(StartEnvironment) == []
    bench.started(environment=second)
    assert bench.of(StartEnvironment)[0].environment == first
