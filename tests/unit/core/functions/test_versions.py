"""Publishing versions: numbers, immutability, revisions, deletion; SnapStart's waiting."""

import pytest

from headrace.core.functions.commands import (
    CreateFunction,
    DeleteFunction,
    ListFunctions,
    ListVersions,
    PublishVersion,
    TemplatePrepared,
)
from headrace.core.functions.effects import (
    DropTemplate,
    PrepareTemplate,
    StartEnvironment,
    WriteLog,
)
from headrace.core.functions.errors import InvalidParameterValue, PreconditionFailed
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.replies import Done
from headrace.core.functions.settings import Code
from tests.unit.core.functions.bench import (
    ACCOUNT,
    ARN,
    CODE,
    REGION,
    SEED,
    Bench,
    bench_with_function,
    creation,
    invoke,
    reference,
)


@pytest.fixture
def bench():
    return bench_with_function()


def publish(bench, number=1, **changes):
    """Publish; every request has a seed of its own."""
    return bench.ask(PublishVersion(reference(), bytes([number]) * 16, **changes))


def versions(bench, **changes):
    listed = bench.ask(ListVersions(reference(), **changes))
    return [view.version for view in listed.views], listed.more


def test_a_version_is_active_at_once_and_copies_the_description(bench):
    bench.update_settings(description="as it was")
    shown = publish(bench)
    view = shown.view
    assert (shown.qualifier, view.version, view.state) == ("1", "1", "Active")
    assert view.last_update_status == "Successful"
    assert view.settings.description == "as it was"
    bench.update_settings(timeout_s=9)
    assert publish(bench, 2, description="own").view.settings.description == "own"


def test_without_an_update_the_last_version_is_shown_again(bench):
    first = publish(bench).view
    records = len(bench.records)
    assert publish(bench, 2, description="ignored").view == first
    assert len(bench.records) == records
    bench.update_code(code=CODE)
    assert publish(bench, 3).view.version == "2"


def test_a_number_is_never_used_again(bench):
    publish(bench)
    assert bench.ask(DeleteFunction(reference(qualifier="1"))) == Done()
    assert publish(bench, 2).view.version == "2"
    assert versions(bench) == (["$LATEST", "2"], False)
    assert bench.ask(DeleteFunction(reference(qualifier="1"))) == Done()


def test_a_version_stays_what_it_was(bench):
    before = publish(bench).view
    bench.update_code(code=Code("ef" * 32, 9))
    bench.update_settings(memory_mb=512)
    assert bench.show(qualifier="1").view == before
    assert bench.show().view.memory_mb == 512
    assert {CODE.digest, "ef" * 32} <= bench.room.code_digests()


def test_publishing_gives_latest_another_revision_and_the_version_its_own(bench):
    latest = bench.show().view.revision_id
    version = publish(bench).view.revision_id
    after = bench.show().view.revision_id
    assert len({latest, version, after}) == 3
    bench.update_settings(timeout_s=9)
    assert bench.show(qualifier="1").view.revision_id == version


def test_another_revision_or_code_than_the_caller_knows_is_refused(bench):
    assert isinstance(publish(bench, revision_id="x"), PreconditionFailed)
    refusal = publish(bench, code_sha256="eA==")
    assert isinstance(refusal, InvalidParameterValue)
    current = CODE.code_sha256
    assert refusal.message == (
        f"CodeSHA256 (eA==) is different from current CodeSHA256 in $LATEST ({current}). "
        "Please try again with the CodeSHA256 in $LATEST."
    )
    assert publish(bench, code_sha256=current).view.version == "1"


def test_creating_with_publish_shows_version_1_as_pending_under_the_bare_arn():
    bench = Bench()
    command = creation()
    shown = bench.ask(
        CreateFunction(command.reference, command.settings, CODE, {}, SEED, publish=True)
    )
    assert (shown.view.version, shown.view.state, shown.qualifier) == ("1", "Pending", None)
    revisions = {shown.view.revision_id, bench.show().view.revision_id}
    revisions.add(bench.show(qualifier="1").view.revision_id)
    assert len(revisions) == 3
    assert publish(bench, 2).view.version == "1"


def test_updating_the_code_with_publish_shows_the_new_version_as_pending():
    bench = bench_with_function(preparation_ms=100)
    bench.sleep(100)
    shown = bench.update_code(publish=True)
    assert (shown.view.version, shown.view.state, shown.qualifier) == ("1", "Pending", "1")
    assert bench.show(qualifier="1").view.revision_id == shown.view.revision_id
    latest = bench.show().view
    assert (latest.state, latest.last_update_status) == ("Active", "InProgress")
    assert latest.revision_id != shown.view.revision_id
    bench.sleep(100)
    assert bench.show(qualifier="1").view.state == "Active"


def test_publishing_waits_for_an_update_to_settle():
    bench = bench_with_function(preparation_ms=100)
    assert "following state: Pending" in publish(bench).message
    bench.sleep(100)
    bench.update_settings(timeout_s=9)
    assert publish(bench).message.endswith(f"An update is in progress for resource: {ARN}")


def test_versions_are_listed_by_number_in_pages(bench):
    for number in range(11):
        bench.update_code()
        publish(bench, number)
    names = ["$LATEST", *map(str, range(1, 12))]
    assert versions(bench) == (names, False)
    assert versions(bench, at_most=3) == (names[:3], True)
    assert versions(bench, after="$LATEST", at_most=3) == (["1", "2", "3"], True)
    assert versions(bench, after="9") == (["10", "11"], False)


def test_all_functions_are_listed_with_all_versions_in_pages(bench):
    publish(bench)
    bench.ask(creation("another"))

    def page(**changes):
        command = ListFunctions(ACCOUNT, REGION, all_versions=True, **changes)
        listed = bench.ask(command)
        return [(view.name, view.version) for view in listed.views], listed.more

    everything = [("another", "$LATEST"), ("resize", "$LATEST"), ("resize", "1")]
    assert page() == (everything, False)
    assert page(at_most=2) == (everything[:2], True)
    assert page(after="resize", after_version="$LATEST") == (everything[2:], False)


def test_versions_have_environments_of_their_own(bench):
    publish(bench)
    latest = bench.warm()
    assert bench.ask(invoke(qualifier="1")) is None
    (start,) = bench.of(StartEnvironment)
    assert start.deployment.version == "1"
    assert f"/[1]{start.environment}" in start.log_stream
    bench.started()
    bench.ended()
    bench.update_code()
    assert bench.stopped() == [latest]
    bench.ask(DeleteFunction(reference(qualifier="1")))
    assert bench.stopped() == [start.environment]


# --- SnapStart -------------------------------------------------------------------------------


@pytest.fixture
def snap():
    bench = Bench()
    bench.ask(creation(runtime="python3.12", snap_start="PublishedVersions"))
    publish(bench)
    return bench


def prepared(bench, ending=Ending.OK, **changes):
    bench.ask(TemplatePrepared("id", 16, "1", ending, **changes))


def test_a_version_with_snap_start_is_pending_until_its_template_is_ready(snap):
    (prepare,) = snap.of(PrepareTemplate)
    assert (prepare.deployment.template, prepare.init_limit_ms) == ("16-1", 130_000)
    view = snap.show(qualifier="1").view
    assert (view.state, view.last_update_status, view.is_optimized) == ("Pending", "", False)
    refusal = snap.ask(invoke(qualifier="1"))
    assert refusal.code == "SnapStartNotReadyException"
    pending = view.revision_id
    prepared(snap)
    view = snap.show(qualifier="1").view
    assert (view.state, view.last_update_status) == ("Active", "Successful")
    assert view.is_optimized
    assert view.revision_id != pending


def test_latest_never_comes_from_a_template(snap):
    snap.send()
    assert snap.of(StartEnvironment)[0].initialization_type == "on-demand"


def test_its_environments_come_from_the_template_and_the_log_tells_so(snap):
    prepared(snap)
    snap.log = b""
    snap.send(qualifier="1")
    (start,) = snap.of(StartEnvironment)
    assert (start.initialization_type, start.deployment.template) == ("snap-start", "16-1")
    snap.started(duration_us=300_120)
    snap.ended(duration_us=1_000)
    lines = snap.log.decode().split("\n")
    assert lines[1].startswith("RESTORE_START Runtime Version: python:3.11.v7\t")
    assert lines[2] == "RESTORE_REPORT Restore Duration: 300.12 ms"
    assert lines[5].endswith(
        "\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 0 MB\t"
        "Restore Duration: 300.12 ms\tBilled Restore Duration: 301 ms\t"
    )


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending.ERROR, "FunctionError.RuntimeInitError"),
        (Ending.EXITED, "FunctionError.RuntimeInitError"),
        (Ending.TIMED_OUT, "FunctionError.InitTimeout"),
        (Ending.OUT_OF_MEMORY, "FunctionError.InitResourceExhausted"),
        (Ending.UNUSABLE, "InvalidZipFileException"),
        (Ending.REFUSED, "InternalError"),
    ],
)
def test_a_version_whose_init_phase_fails_has_failed_and_another_can_be_made(snap, ending, code):
    prepared(snap, ending, payload=b"why")
    view = snap.show(qualifier="1").view
    assert (view.state, view.last_update_status, view.failure_code) == ("Failed", "", code)
    assert view.failure
    assert snap.ask(invoke(qualifier="1")).message.endswith("following state: Failed")
    assert publish(snap, 2).view.version == "2"


@pytest.mark.parametrize(
    ("ending", "line"),
    [
        (Ending.OK, b"INIT_REPORT Init Duration: 5.00 ms\tPhase: init\n"),
        (
            Ending.EXITED,
            (
                b"INIT_REPORT Init Duration: 5.00 ms\tPhase: init\tStatus: error\t"
                b"Error Type: Runtime.ExitError\n"
            ),
        ),
        (Ending.REFUSED, b""),
    ],
)
def test_the_log_tells_how_long_a_template_took(snap, ending, line):
    (prepare,) = snap.of(PrepareTemplate)
    snap.log = b""
    prepared(snap, ending, duration_us=5_000, log_stream=prepare.log_stream)
    assert snap.log == line
    assert all(effect.stream == prepare.log_stream for effect in snap.of(WriteLog))


def test_what_comes_for_a_version_that_is_gone_is_dropped(snap):
    snap.ask(DeleteFunction(reference(qualifier="1")))
    assert snap.of(DropTemplate) == [DropTemplate("16-1")]
    records = len(snap.records)
    prepared(snap)
    assert len(snap.records) == records


def test_a_template_that_was_being_made_when_the_server_ended_is_made_again(snap):
    bench = Bench()
    bench.room.load(16, snap.room.snapshot(16))
    bench.take(bench.room.resume(bench.now))
    assert [one.deployment.template for one in bench.of(PrepareTemplate)] == ["16-1"]
