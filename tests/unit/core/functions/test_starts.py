"""Ids, log lines and limits of what starts; whose turn it is."""

import pytest

from headrace.core.functions import limits
from headrace.core.functions.effects import StartEnvironment
from headrace.core.functions.outcomes import Ending
from tests.unit.core.functions.bench import bench_with_function, creation, invoke


def starts_of(bench):
    return [effect.deployment.name for effect in bench.of(StartEnvironment)]


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(limits, "STARTING_MAX", 1)
    bench = bench_with_function()
    bench.ask(creation("other"))
    return bench


def test_pools_that_wait_take_turns(bench):
    bench.send()
    bench.send()
    bench.send()
    assert bench.ask(invoke("other")) is None
    bench.started(environment=next(iter(bench.room.fleet._roster.environments)))
    assert starts_of(bench) == ["resize"]
    bench.started()
    assert starts_of(bench) == ["other"]


def test_the_init_phase_inside_an_invoke_has_the_functions_own_time(bench):
    bench.send()
    assert bench.of(StartEnvironment)[0].init_limit_ms == 10_000
    bench.started(Ending.TIMED_OUT)
    assert bench.of(StartEnvironment)[0].init_limit_ms == 3_000
