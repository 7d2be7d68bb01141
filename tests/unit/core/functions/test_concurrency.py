"""Reserved and provisioned concurrency: what is allowed, what is kept ready, who is throttled."""

import pytest

from headrace.core.functions import limits
from headrace.core.functions.commands import (
    CreateAlias,
    DeleteAlias,
    EnvironmentGone,
    GetAccount,
    GetConcurrency,
    GetProvisioned,
    ListProvisioned,
    ProvisionConcurrency,
    PublishVersion,
    ReserveConcurrency,
    UnprovisionConcurrency,
    UpdateAlias,
)
from headrace.core.functions.effects import (
    FreezeEnvironment,
    RunInvoke,
    StartEnvironment,
    StopEnvironment,
)
from headrace.core.functions.errors import (
    ProvisionedConcurrencyNotFound,
    ResourceConflict,
    TooManyRequests,
)
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.replies import ConcurrencyShown, Done
from tests.unit.core.functions.bench import (
    ACCOUNT,
    ARN,
    CODE,
    REGION,
    Bench,
    bench_with_function,
    creation,
    invoke,
    reference,
)


@pytest.fixture
def bench():
    """A function with version 1 and the alias live of it."""
    bench = bench_with_function()
    bench.ask(PublishVersion(reference(), bytes(16)))
    bench.ask(CreateAlias(reference(), "live", "1", bytes(16)))
    return bench


def reserve(bench, reserved, name="resize", qualifier=None):
    return bench.ask(ReserveConcurrency(reference(name, qualifier), reserved))


def provision(bench, requested, qualifier="1", seed=b"p" * 16):
    return bench.ask(ProvisionConcurrency(reference(qualifier=qualifier), requested, seed))


def unprovision(bench, qualifier="1"):
    return bench.ask(UnprovisionConcurrency(reference(qualifier=qualifier), b"u" * 16))


def look(bench, qualifier="1"):
    shown = bench.ask(GetProvisioned(reference(qualifier=qualifier)))
    return shown.status, shown.available


def account(bench):
    return bench.ask(GetAccount(ACCOUNT, REGION))


# --- reserved --------------------------------------------------------------------------------


def test_what_is_reserved_is_shown_and_0_is_something(bench):
    assert bench.ask(GetConcurrency(reference())) == ConcurrencyShown(None)
    assert bench.show().view.reserved is None
    assert reserve(bench, 0) == ConcurrencyShown(0)
    assert bench.show().view.reserved == 0
    assert reserve(bench, 7) == bench.ask(GetConcurrency(reference())) == ConcurrencyShown(7)
    assert reserve(bench, None) == Done()
    assert bench.show().view.reserved is None


def test_a_hundred_stay_unreserved(bench):
    bench.ask(creation("other"))
    text = (
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100]."
    )
    refusal = reserve(bench, 901)
    assert (refusal.message, refusal.members) == (text, {})
    assert reserve(bench, 900) == ConcurrencyShown(900)
    assert reserve(bench, 1, "other").message == text
    assert account(bench).unreserved == 100
    assert reserve(bench, 899) == ConcurrencyShown(899)
    assert reserve(bench, 1, "other") == ConcurrencyShown(1)


def test_a_reservation_is_of_a_whole_function_that_is_there(bench):
    assert reserve(bench, 1, qualifier="1").message.startswith("This operation is permitted on")
    empty = Bench()
    assert reserve(empty, 1).message == f"Function not found: {ARN}:$LATEST"
    assert empty.ask(GetConcurrency(reference())).message == f"Function not found: {ARN}"


def test_beyond_its_reservation_a_function_is_throttled_by_its_own_reason(bench):
    reserve(bench, 1)
    bench.send()
    refusal = bench.ask(invoke(qualifier="live"))
    assert isinstance(refusal, TooManyRequests)
    assert refusal.members == {
        "Type": "User",
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "retryAfterSeconds": "1",
    }
    bench.started()
    bench.ended()
    bench.send()


def test_a_function_with_nothing_reserved_is_off(bench):
    reserve(bench, 0)
    assert isinstance(bench.ask(invoke()), TooManyRequests)


def test_others_may_not_use_what_is_reserved_nor_does_it_count_against_them(bench, monkeypatch):
    monkeypatch.setattr(limits, "CONCURRENCY_MAX", 3)
    monkeypatch.setattr(limits, "UNRESERVED_MIN", 1)
    bench.ask(creation("other"))
    reserve(bench, 2)
    assert bench.ask(invoke("other")) is None
    refusal = bench.ask(invoke("other"))
    assert refusal.members["Reason"] == "ConcurrentInvocationLimitExceeded"
    bench.send()
    bench.send()
    assert isinstance(bench.ask(invoke()), TooManyRequests)


def test_a_reservation_that_is_given_back_while_invokes_run_leaves_the_books_straight(bench):
    reserve(bench, 1)
    bench.send()
    reserve(bench, None)
    bench.send()
    environments = [one.environment for one in bench.of(StartEnvironment)]
    assert len(environments) == 1
    reserve(bench, 2)
    assert isinstance(bench.ask(invoke()), TooManyRequests)


def test_an_account_shows_what_it_has_and_uses(bench):
    shown = account(bench)
    assert (shown.concurrency, shown.unreserved, shown.functions) == (1_000, 1_000, 1)
    assert shown.code_bytes == CODE.size_bytes
    bench.update_settings(timeout_s=9)
    assert account(bench).code_bytes == CODE.size_bytes
    bench.ask(PublishVersion(reference(), b"2" * 16))
    assert account(bench).code_bytes == 2 * CODE.size_bytes
    bench.update_code()
    assert account(bench).code_bytes == 2 * CODE.size_bytes + 300
    assert bench.ask(GetAccount(ACCOUNT, "us-east-1")).functions == 0


# --- provisioned -----------------------------------------------------------------------------


def test_environments_start_ahead_of_need_and_take_the_first_invoke(bench):
    shown = provision(bench, 2)
    assert (shown.status, shown.requested, shown.available) == ("IN_PROGRESS", 2, 0)
    starts = bench.of(StartEnvironment)
    assert [one.initialization_type for one in starts] == ["provisioned-concurrency"] * 2
    assert {one.init_limit_ms for one in starts} == {130_000}
    first, second = (one.environment for one in starts)
    bench.started(environment=first, duration_us=9_000)
    assert look(bench) == ("IN_PROGRESS", 1)
    assert bench.log.endswith(b"INIT_REPORT Init Duration: 9.00 ms\tPhase: init\n")
    bench.started(environment=second)
    assert look(bench) == ("READY", 2)
    bench.send(qualifier="live")
    assert bench.of(StartEnvironment) == []
    assert bench.of(RunInvoke)[0].environment == second
    bench.ended()
    assert b"Init Duration: 0.00 ms\tMemory" not in bench.log


def test_they_are_frozen_and_never_stopped(bench):
    provision(bench, 1)
    id = bench.started()
    bench.sleep(limits.FREEZE_AFTER_MS)
    assert bench.of(FreezeEnvironment) == [FreezeEnvironment(id)]
    bench.sleep(10 * limits.STOP_AFTER_MS)
    assert bench.of(StopEnvironment) == []
    bench.send(qualifier="1")
    assert bench.of(RunInvoke)[0].environment == id


def test_what_they_cannot_take_runs_on_demand(bench):
    provision(bench, 1)
    bench.started()
    bench.send(qualifier="1")
    bench.send(qualifier="1")
    (start,) = bench.of(StartEnvironment)
    assert (start.initialization_type, start.init_limit_ms) == ("on-demand", 10_000)


def test_when_all_that_is_reserved_is_provisioned_latest_is_throttled(bench):
    reserve(bench, 1)
    provision(bench, 1)
    assert isinstance(bench.ask(invoke(qualifier="1")), TooManyRequests)
    bench.started()
    bench.send(qualifier="1")
    assert isinstance(bench.ask(invoke()), TooManyRequests)
    assert isinstance(bench.ask(invoke(qualifier="1")), TooManyRequests)


def test_one_that_ends_is_replaced(bench):
    provision(bench, 1)
    id = bench.started()
    bench.ask(EnvironmentGone(id))
    (start,) = bench.of(StartEnvironment)
    assert start.initialization_type == "provisioned-concurrency"
    assert look(bench) == ("IN_PROGRESS", 0)
    bench.started(environment=start.environment)
    assert look(bench) == ("READY", 1)


def test_after_six_failed_inits_it_has_failed_until_it_is_asked_for_again(bench):
    provision(bench, 1)
    for _ in range(6):
        assert look(bench) == ("IN_PROGRESS", 0)
        (id,) = bench.room.fleet._roster.environments
        bench.started(Ending.ERROR, environment=id, payload=b"{}")
    assert bench.of(StartEnvironment) == []
    assert look(bench) == ("FAILED", 0)
    provision(bench, 1)
    assert len(bench.of(StartEnvironment)) == 1


def test_fewer_stop_the_idle_ones_and_the_busy_become_as_any_other(bench):
    provision(bench, 2)
    first, second = (one.environment for one in bench.of(StartEnvironment))
    bench.started(environment=first)
    bench.started(environment=second)
    bench.send(qualifier="1")
    provision(bench, 1)
    assert bench.stopped() == [first]
    unprovision(bench)
    assert bench.stopped() == []
    bench.ended(environment=second)
    bench.sleep(limits.FREEZE_AFTER_MS)
    bench.sleep(limits.STOP_AFTER_MS)
    assert bench.stopped() == [second]
    assert isinstance(
        bench.ask(GetProvisioned(reference(qualifier="1"))), ProvisionedConcurrencyNotFound
    )
    assert unprovision(bench) == Done()


def test_what_an_alias_has_moves_with_it_and_goes_with_it(bench):
    bench.update_code()
    bench.ask(PublishVersion(reference(), b"2" * 16))
    provision(bench, 1, "live")
    old = bench.started()
    assert look(bench, "live") == ("READY", 1)
    bench.ask(UpdateAlias(reference(), "live", b"3" * 16, "2"))
    assert bench.stopped() == [old]
    (start,) = bench.of(StartEnvironment)
    assert start.deployment.version == "2"
    assert look(bench, "live") == ("IN_PROGRESS", 0)
    bench.started(environment=start.environment)
    bench.ask(DeleteAlias(reference(), "live"))
    assert bench.stopped() == [start.environment]
    assert bench.ask(ListProvisioned(reference())).entries == ()
    refusal = bench.ask(GetProvisioned(reference(qualifier="live")))
    assert refusal.message == f"Cannot find alias arn: {ARN}:live"


def test_a_version_is_provisioned_by_one_name_only(bench):
    provision(bench, 1, "live")
    refusal = provision(bench, 1, "1")
    assert isinstance(refusal, ResourceConflict)
    assert refusal.message == "Version is pointed by a Provisioned Concurrency alias"
    unprovision(bench, "live")
    provision(bench, 1, "1")
    assert provision(bench, 1, "live").message == (
        "Alias can't be used for Provisioned Concurrency configuration on an already "
        "Provisioned version"
    )


@pytest.mark.parametrize(
    ("qualifier", "text"),
    [
        ("$LATEST", "Provisioned Concurrency Configs cannot be applied to unpublished function"),
        ("7", f"Function not found: {ARN}:7"),
        ("nope", f"Cannot find alias arn: {ARN}:nope"),
    ],
)
def test_only_versions_and_aliases_that_are_there_are_provisioned(bench, qualifier, text):
    assert provision(bench, 1, qualifier).message.startswith(text)
    shown = bench.ask(GetProvisioned(reference(qualifier="$LATEST"))).message
    assert shown == "The function resource provided must be an alias or a published version."
    assert unprovision(bench, "$LATEST").message == shown


def test_more_than_there_is_cannot_be_provisioned(bench):
    assert provision(bench, 1_001).message == (
        "Specified ConcurrentExecutions for function is greater than account's unreserved "
        "concurrency [1000]."
    )
    assert provision(bench, 901).message == (
        "Specified ConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100]."
    )
    reserve(bench, 5)
    assert provision(bench, 6).message == (
        "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function"
    )
    provision(bench, 2)
    assert reserve(bench, 1).message == (
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned "
        "concurrency [2]."
    )


def test_snap_start_and_provisioned_concurrency_exclude_each_other():
    bench = Bench()
    bench.ask(creation(runtime="python3.12", snap_start="PublishedVersions"))
    bench.ask(PublishVersion(reference(), bytes(16)))
    assert provision(bench, 1).message.endswith("following state: Pending")


def test_provisioning_gives_the_version_another_revision(bench):
    before = bench.show(qualifier="1").view.revision_id
    provision(bench, 1)
    assert bench.show(qualifier="1").view.revision_id != before


def test_they_are_started_again_after_a_restart(bench):
    provision(bench, 2)
    again = Bench()
    again.room.load(16, bench.room.snapshot(16))
    again.take(again.room.resume(again.now))
    assert len(again.of(StartEnvironment)) == 2
    assert look(again) == ("IN_PROGRESS", 0)


def test_they_leave_room_for_invokes_that_have_none(bench, monkeypatch):
    monkeypatch.setattr(limits, "AHEAD_MAX", 1)
    provision(bench, 3)
    assert len(bench.of(StartEnvironment)) == 1
    id = bench.started()
    bench.ask(EnvironmentGone(id))
    assert len(bench.of(StartEnvironment)) == 1
