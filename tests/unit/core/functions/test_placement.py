"""Pools and the roster keep their books straight."""

from headrace.core.functions import limits
from headrace.core.functions.environment import Environment, Happening
from headrace.core.functions.execution import Execution
from headrace.core.functions.placement import Roster, pool_key
from tests.unit.core.functions.bench import EPOCH, deployment_with, invoke

DEPLOYMENT = deployment_with()


def ready(roster, id):
    """Add an environment and let it be idle."""
    roster.pool_for(DEPLOYMENT)
    environment = Environment(id, DEPLOYMENT, "stream")
    roster.add(environment)
    roster.finish_start(environment)
    environment.happen(Happening.READY)
    roster.rest(environment, EPOCH)
    return environment


def test_a_pool_starts_one_environment_for_each_waiting_invoke():
    roster = Roster()
    pool = roster.pool_for(DEPLOYMENT)
    assert not pool.must_start
    pool.waiting.append(Execution(invoke(), 1))
    assert pool.must_start
    roster.add(Environment("a", DEPLOYMENT, "stream"))
    assert (pool.must_start, pool.starting, roster.starting) == (False, 1, 1)


def test_an_environment_bound_to_an_invoke_starts_for_nobody_else():
    roster = Roster()
    pool = roster.pool_for(DEPLOYMENT)
    environment = Environment("a", DEPLOYMENT, "stream")
    environment.execution = Execution(invoke(), 1)
    roster.add(environment)
    assert (pool.starting, roster.starting) == (0, 1)
    roster.finish_start(environment)
    assert (pool.starting, roster.starting) == (0, 0)


def test_match_takes_the_environment_used_last_and_the_oldest_invoke():
    roster = Roster()
    pool = roster.pool_for(DEPLOYMENT)
    ready(roster, "a")
    ready(roster, "b")
    pool.waiting += [Execution(invoke(), 1), Execution(invoke(), 2)]
    environment, execution = roster.match(pool)
    assert (environment.id, execution.ticket) == ("b", 1)
    assert list(roster.idle) == ["a"]
    assert len(roster.deadlines) == 1


def test_a_closed_pool_neither_runs_nor_starts():
    roster = Roster()
    pool = roster.pool_for(DEPLOYMENT)
    pool.is_open = False
    ready(roster, "a")
    pool.waiting.append(Execution(invoke(), 1))
    assert not pool.can_run
    assert not pool.must_start


def test_an_idle_environment_is_due_to_be_frozen_and_then_to_be_stopped():
    roster = Roster()
    environment = ready(roster, "a")
    assert roster.deadlines.next() == EPOCH + limits.FREEZE_AFTER_MS
    roster.freeze(environment)
    assert roster.deadlines.next() == EPOCH + limits.STOP_AFTER_MS


def test_remove_leaves_no_trace():
    roster = Roster()
    pool = roster.pool_for(DEPLOYMENT)
    roster.remove(ready(roster, "a"))
    assert (roster.environments, roster.idle, pool.idle, pool.members) == ({}, {}, {}, 0)
    assert roster.deadlines.next() is None


def test_only_a_retired_pool_without_anything_is_dropped():
    roster = Roster()
    pool = roster.pool_for(DEPLOYMENT)
    roster.drop_if_done(pool)
    assert pool_key(DEPLOYMENT) in roster.pools
    environment = ready(roster, "a")
    pool.is_retired = True
    roster.drop_if_done(pool)
    assert roster.pool_of(environment) is pool
    roster.remove(environment)
    roster.drop_if_done(pool)
    assert roster.pools == {}
    roster.drop_if_done(pool)
    assert roster.pool_for(DEPLOYMENT) is not pool


def test_the_roster_is_full_at_its_limit(monkeypatch):
    monkeypatch.setattr(limits, "ENVIRONMENTS_MAX", 1)
    roster = Roster()
    assert not roster.is_full
    ready(roster, "a")
    assert roster.is_full
