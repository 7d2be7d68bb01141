"""Environments kept ahead of need or copied from a template whose processes ended in an invoke.

Source: spec/lambda.md 4.1, reset after a failed invoke.
"""

import pytest

from headrace.core.functions import limits
from headrace.core.functions.commands import (
    DeleteFunction,
    EnvironmentGone,
    PublishVersion,
    TemplatePrepared,
)
from headrace.core.functions.effects import RunInvoke, StartEnvironment
from headrace.core.functions.outcomes import Ending
from tests.unit.core.functions.bench import Bench, bench_with_function, creation, reference
from tests.unit.core.functions.test_concurrency import look, provision, reserve, unprovision
from tests.unit.core.functions.test_fleet_resets import FAILURES


@pytest.fixture
def bench():
    """A function with version 1."""
    bench = bench_with_function()
    bench.ask(PublishVersion(reference(), bytes(16)))
    return bench


@pytest.fixture
def snap():
    """A function whose version 1 has a template."""
    bench = Bench()
    bench.ask(creation(runtime="python3.12", snap_start="PublishedVersions"))
    bench.ask(PublishVersion(reference(), bytes(16)))
    bench.ask(TemplatePrepared("id", 16, "1", Ending.OK))
    return bench


def send(bench):
    return bench.send(qualifier="1")


def fail(bench, ending=Ending.TIMED_OUT):
    """Let an invoke end with the processes of the one environment that is ready ahead of need."""
    send(bench)
    return bench.ended(ending, signal=9)


def environments(bench):
    return bench.room.fleet._roster.environments


# --- provisioned -----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", FAILURES)
def test_it_starts_anew_at_once_and_stays_provisioned(bench, ending):
    provision(bench, 1)
    (first,) = bench.of(StartEnvironment)
    bench.started()
    fail(bench, ending)
    (again,) = bench.of(StartEnvironment)
    assert bench.stopped() == []
    assert (again.environment, again.log_stream) == (first.environment, first.log_stream)
    assert (again.initialization_type, again.init_limit_ms) == ("provisioned-concurrency", 130_000)
    assert look(bench) == ("READY", 1)
    bench.log = b""
    bench.started(environment=again.environment, duration_us=9_000)
    assert bench.log == b"INIT_REPORT Init Duration: 9.00 ms\tPhase: init\n"
    bench.log = b""
    send(bench)
    assert bench.of(RunInvoke)[0].environment == first.environment
    assert bench.ended(duration_us=1_000) == first.environment
    assert b"\tDuration: 1.00 ms\tBilled Duration: 1 ms\t" in bench.log
    assert b"Init Duration" not in bench.log
    assert look(bench) == ("READY", 1)


def test_an_invoke_that_comes_meanwhile_waits_for_it(bench):
    """It has its place there, which no throttle takes away."""
    reserve(bench, 1)
    provision(bench, 1)
    bench.started()
    id = fail(bench)
    ticket = send(bench)
    assert bench.of(StartEnvironment) == bench.of(RunInvoke) == []
    bench.started(environment=id)
    assert bench.of(RunInvoke)[0].environment == id
    bench.ended(payload=b"1")
    assert bench.replies[ticket].payload == b"1"


def test_what_it_cannot_take_starts_on_demand(bench):
    provision(bench, 1)
    bench.started()
    id = fail(bench)
    send(bench)
    send(bench)
    (start,) = bench.of(StartEnvironment)
    assert (start.environment != id, start.initialization_type) == (True, "on-demand")
    bench.started(environment=id)
    bench.started(environment=start.environment)
    assert len(bench.of(RunInvoke)) == 1


def test_one_that_fails_to_start_anew_is_replaced(bench):
    """A bad file in its /tmp must not be there for ever, and who waits is served."""
    provision(bench, 1)
    bench.started()
    id = fail(bench)
    ticket = send(bench)
    bench.started(Ending.EXITED, environment=id)
    assert id not in environments(bench)
    kinds = {one.initialization_type: one.environment for one in bench.of(StartEnvironment)}
    assert set(kinds) == {"provisioned-concurrency", "on-demand"}
    assert id not in kinds.values()
    assert look(bench) == ("IN_PROGRESS", 0)
    bench.started(environment=kinds["provisioned-concurrency"])
    bench.ended()
    assert ticket in bench.replies
    assert look(bench) == ("READY", 1)


def test_more_of_them_than_may_start_at_a_time_wait_for_their_turn(bench, monkeypatch):
    provision(bench, 2)
    for one in bench.of(StartEnvironment):
        bench.started(environment=one.environment)
    monkeypatch.setattr(limits, "STARTING_MAX", 1)
    send(bench)
    (first,) = bench.of(RunInvoke)
    send(bench)
    (second,) = bench.of(RunInvoke)
    bench.ended(Ending.TIMED_OUT, environment=first.environment)
    bench.ended(Ending.TIMED_OUT, environment=second.environment)
    assert bench.of(StartEnvironment) == []
    bench.ask(EnvironmentGone(second.environment))  # That its processes are gone is no news.
    assert look(bench) == ("READY", 2)
    ticket = send(bench)
    bench.started(environment=first.environment)
    assert bench.of(RunInvoke)[0].environment == first.environment
    assert bench.of(StartEnvironment)[0].environment == second.environment
    bench.ended(environment=first.environment)
    assert ticket in bench.replies
    bench.started(environment=second.environment)
    send(bench)
    assert bench.of(RunInvoke)[0].environment == second.environment


def test_it_comes_before_what_is_wanted_anew(bench, monkeypatch):
    """Invokes may be waiting for it."""
    monkeypatch.setattr(limits, "STARTING_MAX", 1)
    provision(bench, 2)
    first = bench.started()
    (second,) = bench.of(StartEnvironment)
    fail(bench)
    assert bench.of(StartEnvironment) == []
    bench.started(Ending.ERROR, environment=second.environment)
    assert bench.of(StartEnvironment)[0].environment == first


def test_fewer_stop_one_that_waits_for_its_turn_first(bench, monkeypatch):
    provision(bench, 2)
    first, second = (one.environment for one in bench.of(StartEnvironment))
    for one in (first, second):
        bench.started(environment=one)
    monkeypatch.setattr(limits, "STARTING_MAX", 0)
    id = fail(bench)
    provision(bench, 1)
    assert bench.stopped() == [id]
    assert list(environments(bench)) == [{first: second, second: first}[id]]
    assert look(bench) == ("READY", 1)


def test_one_that_starts_anew_and_is_wanted_no_more_becomes_as_any_other(bench):
    provision(bench, 1)
    bench.started()
    id = fail(bench)
    unprovision(bench)
    assert bench.stopped() == []
    send(bench)
    assert bench.of(StartEnvironment) == []
    bench.started(environment=id)
    bench.ended(environment=id)
    bench.sleep(limits.FREEZE_AFTER_MS)
    bench.sleep(limits.STOP_AFTER_MS)
    assert bench.stopped() == [id]


def test_after_six_failed_inits_none_starts_anew(bench):
    """As none is started for the first time then."""
    provision(bench, 2)
    first, failing = (one.environment for one in bench.of(StartEnvironment))
    bench.started(environment=first)
    send(bench)
    for _ in range(limits.PROVISIONING_ATTEMPTS):
        bench.started(Ending.ERROR, environment=failing, payload=b"{}")
        failing = next((one.environment for one in bench.of(StartEnvironment)), None)
    assert look(bench) == ("FAILED", 1)
    bench.ended(Ending.TIMED_OUT, environment=first)
    assert bench.stopped() == [first]
    assert bench.of(StartEnvironment) == []
    assert look(bench) == ("FAILED", 0)


def test_one_that_waits_for_its_turn_when_the_sixth_init_fails_is_stopped(bench, monkeypatch):
    monkeypatch.setattr(limits, "PROVISIONING_ATTEMPTS", 1)
    provision(bench, 2)
    first, failing = (one.environment for one in bench.of(StartEnvironment))
    bench.started(environment=first)
    send(bench)
    monkeypatch.setattr(limits, "STARTING_MAX", 1)
    bench.ended(Ending.TIMED_OUT, environment=first)
    waits = send(bench)
    bench.started(Ending.ERROR, environment=failing, payload=b"{}")
    assert bench.stopped() == [first]
    (start,) = bench.of(StartEnvironment)
    assert start.initialization_type == "on-demand"
    assert look(bench) == ("FAILED", 0)
    bench.started(environment=start.environment)
    bench.ended()
    assert waits in bench.replies


def test_a_deleted_version_lets_it_go_and_serves_who_waits(bench, monkeypatch):
    provision(bench, 1)
    bench.started()
    monkeypatch.setattr(limits, "STARTING_MAX", 0)
    id = fail(bench)
    ticket = send(bench)
    monkeypatch.setattr(limits, "STARTING_MAX", 1)
    bench.ask(DeleteFunction(reference(qualifier="1")))
    assert bench.stopped() == [id]
    (start,) = bench.of(StartEnvironment)
    assert start.initialization_type == "on-demand"
    bench.started()
    bench.ended()
    assert ticket in bench.replies
    assert environments(bench) == {}


# --- SnapStart -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", FAILURES)
def test_a_copy_is_restored_again_for_the_next_invoke(snap, ending):
    send(snap)
    (first,) = snap.of(StartEnvironment)
    snap.started()
    snap.ended(ending, signal=9)
    assert snap.stopped() == snap.of(StartEnvironment) == []
    snap.log = b""
    ticket = send(snap)
    (again,) = snap.of(StartEnvironment)
    assert (again.environment, again.log_stream) == (first.environment, first.log_stream)
    assert (again.initialization_type, again.deployment.template) == ("snap-start", "16-1")
    assert again.init_limit_ms == 130_000
    snap.started(duration_us=300_120)
    (run,) = snap.of(RunInvoke)
    assert (run.environment, run.timeout_ms) == (first.environment, 3_000)
    snap.ended(duration_us=1_000, payload=b"1")
    assert snap.replies[ticket].payload == b"1"
    lines = snap.log.decode().split("\n")
    assert lines[1].startswith("RESTORE_START Runtime Version: python:3.11.v7\t")
    assert lines[2] == "RESTORE_REPORT Restore Duration: 300.12 ms"
    assert lines[5].endswith("Restore Duration: 300.12 ms\tBilled Restore Duration: 301 ms\t")


def test_a_copy_whose_restore_fails_is_gone_and_another_takes_the_invoke(snap):
    send(snap)
    id = snap.started()
    snap.ended(Ending.TIMED_OUT)
    ticket = send(snap)
    snap.started(Ending.EXITED, environment=id)
    assert id not in environments(snap)
    (start,) = snap.of(StartEnvironment)
    assert start.environment != id
    snap.started()
    snap.ended()
    assert ticket in snap.replies


def test_a_copy_serves_whichever_invoke_waits_when_it_is_restored(snap):
    send(snap)
    id = snap.started()
    snap.ended(Ending.TIMED_OUT)
    send(snap)
    assert [one.environment for one in snap.of(StartEnvironment)] == [id]
    send(snap)
    (other,) = snap.of(StartEnvironment)
    snap.started(environment=other.environment)
    assert len(snap.of(RunInvoke)) == 1
    snap.started(environment=id)
    assert len(snap.of(RunInvoke)) == 1


def test_a_copy_that_nobody_needs_is_stopped_after_a_while(snap):
    send(snap)
    id = snap.started()
    snap.ended(Ending.TIMED_OUT)
    snap.sleep(limits.STOP_AFTER_MS)
    assert snap.stopped() == [id]
