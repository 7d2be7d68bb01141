"""Invokes and environments: reuse, cold starts, throttles, freezing, draining, ends."""

import pytest

from headrace.core.functions import limits
from headrace.core.functions.commands import DeleteFunction, EnvironmentGone
from headrace.core.functions.effects import (
    FreezeEnvironment,
    OfferPlace,
    RunInvoke,
    StartEnvironment,
    StopEnvironment,
    WriteLog,
)
from headrace.core.functions.errors import TooManyRequests
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.replies import Done, Invoked
from headrace.core.machine import Reply
from tests.unit.core.functions.bench import (
    ARN,
    REGION,
    REQUEST_ID,
    Bench,
    bench_with_function,
    creation,
    invoke,
    reference,
)


@pytest.fixture
def bench():
    return bench_with_function()


# --- the ordinary way ------------------------------------------------------------------------


def test_the_first_invoke_starts_an_environment_and_runs_when_it_is_ready(bench):
    ticket = bench.send(payload=b'{"a":1}', trace_header="Root=1-2-3")
    (start,) = bench.of(StartEnvironment)
    assert start.deployment.name == "resize"
    assert start.log_stream == f"2026/11/18/[$LATEST]{start.environment}"
    assert start.init_limit_ms == 10_000
    bench.started()
    (run,) = bench.of(RunInvoke)
    assert (run.environment, run.payload, run.timeout_ms) == (start.environment, b'{"a":1}', 3_000)
    assert (run.function_arn, run.trace_header) == (ARN, "Root=1-2-3")
    bench.ended(payload=b"[1]")
    assert bench.replies[ticket] == Invoked(
        REQUEST_ID, "$LATEST", b"[1]", log_stream=start.log_stream
    )


def test_the_function_arn_is_as_the_caller_named_it(bench):
    bench.send(qualifier="$LATEST")
    bench.started()
    assert bench.of(RunInvoke)[0].function_arn == f"{ARN}:$LATEST"


def test_a_warm_environment_is_used_again_without_a_start(bench):
    environment = bench.warm()
    bench.send()
    assert bench.of(StartEnvironment) == []
    assert bench.of(RunInvoke)[0].environment == environment


def test_of_several_the_one_used_last_is_taken(bench):
    bench.send()
    first = bench.of(StartEnvironment)[0].environment
    bench.send()
    second = bench.of(StartEnvironment)[0].environment
    bench.started(environment=first)
    bench.started(environment=second)
    bench.ended(environment=second)
    bench.ended(environment=first)
    bench.send()
    assert bench.of(RunInvoke)[0].environment == first


def test_an_environment_never_has_two_invokes(bench):
    environment = bench.warm()
    bench.send()
    bench.send()
    (start,) = bench.of(StartEnvironment)
    assert start.environment != environment


def test_an_invoke_that_waits_takes_whichever_environment_is_free_first(bench):
    busy = bench.warm()
    bench.send()
    bench.send()
    starting = bench.of(StartEnvironment)[0].environment
    bench.ended(environment=busy)
    assert bench.of(RunInvoke)[0].environment == busy
    bench.started(environment=starting)
    assert bench.of(RunInvoke) == []


def test_environments_have_different_ids(bench):
    ids = {bench.send() and bench.of(StartEnvironment)[0].environment for _ in range(20)}
    assert len(ids) == 20


def test_a_dry_run_checks_and_does_not_run(bench):
    assert bench.ask(invoke(dry_run=True)) == Done()
    assert bench.of(StartEnvironment) == []


# --- log lines -------------------------------------------------------------------------------


def test_the_log_of_a_cold_and_a_warm_invoke(bench):
    bench.warm()
    bench.warm()
    lines = bench.log.decode().split("\n")
    assert lines[0].startswith(
        "INIT_START Runtime Version: python:3.11.v7\tRuntime Version ARN: "
        f"arn:aws:lambda:{REGION}::runtime:"
    )
    assert lines[1:] == [
        f"START RequestId: {REQUEST_ID} Version: $LATEST",
        f"END RequestId: {REQUEST_ID}",
        (
            f"REPORT RequestId: {REQUEST_ID}\tDuration: 3.01 ms\tBilled Duration: 114 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 110.10 ms\t"
        ),
        f"START RequestId: {REQUEST_ID} Version: $LATEST",
        f"END RequestId: {REQUEST_ID}",
        (
            f"REPORT RequestId: {REQUEST_ID}\tDuration: 3.01 ms\tBilled Duration: 4 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 36 MB\t"
        ),
        "",
    ]


def test_lines_are_written_before_what_they_announce_and_before_the_answer(bench):
    bench.send()
    assert [type(effect) for effect in bench.effects] == [WriteLog, StartEnvironment]
    bench.started()
    assert [type(effect) for effect in bench.effects] == [WriteLog, RunInvoke, Reply]
    bench.ended()
    assert [type(effect) for effect in bench.effects] == [WriteLog, Reply, OfferPlace, Reply]


def test_the_log_tail_goes_from_start_to_report_and_no_further_back_than_4_kb(bench):
    ticket = bench.send(log_tail=True)
    bench.started()
    bench.ended(log=b"hello\n")
    tail = bench.replies[ticket].log_tail
    assert tail.startswith(b"START RequestId: ")
    assert b"\nhello\nEND RequestId: " in tail
    assert tail.endswith(b"\t\n")
    assert b"INIT_START" not in tail
    ticket = bench.send(log_tail=True)
    bench.ended(log=b"x" * 4_095 + b"\n")
    tail = bench.replies[ticket].log_tail
    assert len(tail) == 4_096
    assert tail.startswith(b"xxx")


def test_without_log_type_tail_there_is_no_tail(bench):
    ticket = bench.send()
    bench.started()
    bench.ended(log=b"hello\n")
    assert bench.replies[ticket].log_tail is None


# --- time ------------------------------------------------------------------------------------


def test_an_idle_environment_is_frozen_after_milliseconds_and_stopped_after_minutes(bench):
    environment = bench.warm()
    bench.sleep(limits.FREEZE_AFTER_MS - 1)
    assert bench.effects == []
    bench.sleep(1)
    assert bench.effects == [FreezeEnvironment(environment)]
    bench.sleep(limits.STOP_AFTER_MS - limits.FREEZE_AFTER_MS)
    assert bench.effects == [StopEnvironment(environment)]
    assert bench.room.next_deadline() is None


def test_a_frozen_environment_takes_the_next_invoke(bench):
    environment = bench.warm()
    bench.sleep(1_000)
    bench.send()
    assert bench.of(RunInvoke)[0].environment == environment
    bench.sleep(limits.STOP_AFTER_MS)
    assert bench.effects == []


def test_invokes_of_a_pending_function_wait_until_it_is_active():
    bench = Bench(preparation_ms=500)
    bench.ask(creation())
    bench.send()
    assert bench.effects == []
    bench.sleep(500)
    assert len(bench.of(StartEnvironment)) == 1


def test_during_an_update_the_old_code_serves_and_afterwards_the_new():
    bench = Bench(preparation_ms=500)
    bench.ask(creation())
    bench.sleep(500)
    old = bench.warm()
    bench.update_code()
    bench.send()
    assert bench.of(RunInvoke)[0].environment == old
    bench.sleep(500)
    bench.send()
    assert bench.of(StartEnvironment)[0].deployment.code.digest == "cd" * 32
    bench.ended(environment=old)
    assert bench.stopped() == [old]


# --- updates and deletions -------------------------------------------------------------------


def test_an_update_stops_idle_environments_at_once_and_busy_ones_after_their_invoke(bench):
    idle = bench.warm()
    bench.send()
    bench.send()
    busy = bench.started()
    bench.ended(environment=idle)
    bench.update_settings(memory_mb=256)
    assert bench.stopped() == [idle]
    ticket = bench.ticket - 3
    bench.ended(environment=busy, payload=b"1")
    assert bench.stopped() == [busy]
    assert bench.replies[ticket - 1].function_error is None
    bench.send()
    assert bench.of(StartEnvironment)[0].deployment.settings.memory_mb == 256


def test_an_invoke_in_hand_ends_well_although_its_function_is_deleted(bench):
    ticket = bench.send()
    bench.ask(DeleteFunction(reference()))
    environment = bench.started(environment=_only_start(bench))
    bench.ended(environment=environment, payload=b"7")
    assert bench.replies[ticket].payload == b"7"
    assert bench.stopped() == [environment]
    assert bench.room.fleet.capacity.in_hand == {}
    assert bench.room.fleet._roster.pools == {}


def _only_start(bench):
    return next(iter(bench.room.fleet._roster.environments))


def test_what_is_left_of_an_old_deployment_is_forgotten(bench):
    bench.warm()
    bench.update_code()
    bench.update_code()
    bench.warm()
    assert len(bench.room.fleet._roster.pools) == 1


# --- limits ----------------------------------------------------------------------------------


def test_the_invoke_beyond_the_accounts_concurrency_is_throttled(bench, monkeypatch):
    monkeypatch.setattr(limits, "CONCURRENCY_MAX", 2)
    bench.send()
    bench.send()
    refusal = bench.ask(invoke())
    assert isinstance(refusal, TooManyRequests)
    assert refusal.message == "Rate Exceeded."
    assert refusal.members == {
        "Type": "User",
        "Reason": "ConcurrentInvocationLimitExceeded",
        "retryAfterSeconds": "1",
    }
    first = next(iter(bench.room.fleet._roster.environments))
    bench.started(environment=first)
    bench.ended(environment=first)
    bench.send()


def test_payloads_beyond_the_memory_for_them_are_throttled(bench, monkeypatch):
    monkeypatch.setattr(limits, "PAYLOADS_BYTES_MAX", 10)
    bench.send(payload=b'"123456"')
    assert isinstance(bench.ask(invoke(payload=b'"1"')), TooManyRequests)
    bench.started()
    bench.ended()
    bench.send(payload=b'"123456"')


def test_a_burst_starts_only_so_many_at_once_and_serves_all(bench, monkeypatch):
    monkeypatch.setattr(limits, "STARTING_MAX", 2)
    starts = []
    for _ in range(5):
        bench.send()
        starts += bench.of(StartEnvironment)
    assert len(starts) == 2
    bench.started(environment=starts[0].environment)
    assert len(bench.of(RunInvoke)) == 1
    assert len(bench.of(StartEnvironment)) == 1
    bench.ended(environment=starts[0].environment)
    assert bench.of(RunInvoke)[0].environment == starts[0].environment


def test_hungry_functions_take_turns(monkeypatch):
    monkeypatch.setattr(limits, "STARTING_MAX", 1)
    bench = Bench()
    for name in ("a", "b"):
        bench.ask(creation(name))
    for name in ("a", "a", "a", "b", "b"):
        bench.send(name=name)
    order = []
    for _ in range(4):
        (waiting,) = [
            environment
            for environment in bench.room.fleet._roster.environments.values()
            if environment.life.value == "starting"
        ]
        bench.started(environment=waiting.id)
        order += [start.deployment.name for start in bench.of(StartEnvironment)]
    assert sorted(order) == ["a", "a", "b", "b"]
    assert order[0] != order[1]


def test_at_the_limit_the_longest_idle_environment_makes_room(monkeypatch):
    monkeypatch.setattr(limits, "ENVIRONMENTS_MAX", 2)
    bench = Bench()
    for name in ("a", "b", "c"):
        bench.ask(creation(name))
    oldest = bench.warm(name="a")
    bench.warm(name="b")
    bench.send(name="c")
    assert bench.stopped() == [oldest]
    assert len(bench.of(StartEnvironment)) == 1


def test_when_all_environments_are_busy_the_invoke_waits_for_one_to_end(monkeypatch):
    monkeypatch.setattr(limits, "ENVIRONMENTS_MAX", 1)
    bench = Bench()
    for name in ("a", "b"):
        bench.ask(creation(name))
    bench.send(name="a")
    busy = bench.started()
    bench.send(name="b")
    assert bench.effects == []
    bench.ended(environment=busy)
    assert bench.stopped() == [busy]
    assert bench.of(StartEnvironment)[0].deployment.name == "b"


# --- ends ------------------------------------------------------------------------------------


def test_an_idle_environment_that_dies_is_not_used(bench):
    environment = bench.warm()
    bench.ask(EnvironmentGone(environment))
    assert bench.room.next_deadline() is None
    bench.send()
    assert len(bench.of(StartEnvironment)) == 1


def test_an_environment_that_dies_behind_its_answer_is_not_used(bench):
    ticket = bench.send()
    environment = bench.started()
    bench.ask(EnvironmentGone(environment))
    assert ticket not in bench.replies
    bench.ended(environment=environment, payload=b"1")
    assert bench.replies[ticket].payload == b"1"
    bench.send()
    assert len(bench.of(StartEnvironment)) == 1


def test_an_invoke_whose_environment_was_dead_before_gets_another_once(bench):
    ticket = bench.send()
    bench.started()
    waiting = bench.send()
    bench.ended(Ending.LOST, environment=_busy(bench))
    assert ticket not in bench.replies
    environment = next(
        e.id for e in bench.room.fleet._roster.environments.values() if e.life.value == "starting"
    )
    bench.started(environment=environment)
    bench.ended(Ending.LOST, environment=environment)
    assert bench.replies[ticket].payload.decode() == (
        '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: '
        f'{REQUEST_ID} Error: Runtime exited without providing a reason"}}'
    )
    assert waiting not in bench.replies


def test_an_invoke_goes_from_one_environment_of_changed_code_to_the_next_until_one_is_new(bench):
    for _ in range(3):
        bench.send()
        bench.started()
    for _ in range(3):
        bench.ended(environment=_busy(bench), payload=b"1")
    ticket = bench.send()
    for _ in range(3):
        bench.ended(Ending.STALE, environment=_busy(bench))
    assert ticket not in bench.replies
    bench.started()
    bench.ended(payload=b"2")
    assert bench.replies[ticket].payload == b"2"
    assert len(bench.room.fleet._roster.environments) == 1


def _busy(bench):
    return next(
        e.id for e in bench.room.fleet._roster.environments.values() if e.life.value == "busy"
    )


def test_completions_of_unknown_environments_are_dropped(bench):
    bench.started(environment="f" * 32)
    bench.ended(environment="f" * 32)
    bench.ask(EnvironmentGone("f" * 32))
    assert [type(effect) for effect in bench.effects] == [Reply]


def test_a_completion_that_comes_twice_counts_once(bench):
    bench.send()
    environment = bench.started()
    bench.ended(environment=environment)
    bench.ended(environment=environment)
    assert bench.of(WriteLog) == []
