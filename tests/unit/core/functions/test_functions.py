"""Creating, showing, listing, updating and deleting functions; rebuilding the room."""

import pytest

from headrace.core.functions.commands import (
    CreateFunction,
    DeleteFunction,
    ListFunctions,
    UpdateFunctionCode,
)
from headrace.core.functions.errors import (
    PreconditionFailed,
    ResourceConflict,
    ResourceNotFound,
)
from headrace.core.functions.functions import Functions
from headrace.core.functions.replies import Done
from headrace.core.functions.settings import Code
from headrace.core.machine import Numbers, Remember, Reply
from tests.unit.core.functions.bench import (
    ACCOUNT,
    ARN,
    CODE,
    NAME,
    PYTHON,
    REGION,
    Bench,
    bench_with_function,
    creation,
    invoke,
    reference,
)


def test_a_new_function_answers_pending_and_is_active_at_the_next_look():
    bench = Bench()
    created = bench.ask(creation()).view
    assert (created.state, created.last_update_status) == ("Pending", "")
    shown = bench.show().view
    assert (shown.state, shown.last_update_status) == ("Active", "Successful")
    assert shown.revision_id != created.revision_id
    assert (shown.arn, shown.version, shown.code) == (ARN, "$LATEST", CODE)
    assert (shown.timeout_s, shown.memory_mb) == (3, 128)


def test_create_remembers_before_it_answers():
    bench = Bench()
    bench.ask(creation())
    assert [type(effect) for effect in bench.effects] == [Remember, Reply]


def test_a_second_function_of_the_name_is_refused_and_changes_nothing():
    bench = bench_with_function()
    refusal = bench.ask(creation())
    assert isinstance(refusal, ResourceConflict)
    assert refusal.message == f"Function already exist: {NAME}"
    assert len(bench.records) == 1


def test_the_same_name_in_another_region_is_another_function():
    bench = bench_with_function()
    other = creation()
    other = type(other)(
        reference(region="us-east-1"), other.settings, other.code, other.tags, other.seed
    )
    assert bench.ask(other).view.arn.startswith("arn:aws:lambda:us-east-1:")


def test_every_change_and_its_end_have_revisions_of_their_own():
    bench = Bench()
    revisions = [bench.ask(creation()).view.revision_id, bench.show().view.revision_id]
    revisions.append(bench.update_settings(memory_mb=256).view.revision_id)
    revisions.append(bench.show().view.revision_id)
    assert len(set(revisions)) == 4


def test_an_update_shows_in_progress_and_then_successful():
    bench = bench_with_function()
    updated = bench.update_settings(timeout_s=30).view
    assert (updated.state, updated.last_update_status) == ("Active", "InProgress")
    assert bench.show().view.last_update_status == "Successful"
    assert bench.show().view.timeout_s == 30


def test_an_update_with_an_old_revision_is_refused():
    bench = Bench()
    old = bench.ask(creation()).view.revision_id
    refusal = bench.update_settings(revision_id=old)
    assert isinstance(refusal, PreconditionFailed)
    assert refusal.message.startswith("The Revision Id provided does not match the latest")
    current = bench.show().view.revision_id
    assert bench.update_settings(revision_id=current).view.last_update_status == "InProgress"


def test_a_code_update_replaces_the_code_and_keeps_the_settings():
    bench = bench_with_function()
    bench.update_settings(timeout_s=30)
    shown = bench.update_code(code=Code("ef" * 32, 9)).view
    assert (shown.code.digest, shown.code.size_bytes) == ("ef" * 32, 9)
    assert shown.timeout_s == 30
    assert bench.room.code_digests() == {"ef" * 32, CODE.digest}


def test_a_dry_run_of_a_code_update_shows_the_result_and_changes_nothing():
    bench = bench_with_function()
    before = bench.show().view
    shown = bench.update_code(dry_run=True).view
    assert shown.code.digest == "cd" * 32
    assert bench.show().view == before
    assert len(bench.records) == 1


def test_a_version_can_be_neither_created_nor_updated():
    bench = bench_with_function()
    text = "This operation is permitted on Lambda functions only. Aliases and versions do not"
    command = creation()
    qualified = CreateFunction(
        reference(qualifier="1"), command.settings, command.code, command.tags, command.seed
    )
    assert bench.ask(qualified).message.startswith(text)
    update = UpdateFunctionCode(reference(qualifier="prod"), CODE, bytes(16))
    assert bench.ask(update).message.startswith(text)


def test_a_function_with_a_slow_preparation_is_pending_until_it_is_over():
    bench = Bench(preparation_ms=2_000)
    bench.ask(creation())
    assert bench.show().view.state == "Pending"
    refusal = bench.update_settings(timeout_s=5)
    assert isinstance(refusal, ResourceConflict)
    assert refusal.message.endswith("The function is currently in the following state: Pending")
    bench.sleep(2_000)
    assert bench.show().view.state == "Active"
    bench.update_settings(timeout_s=5)
    refusal = bench.update_code()
    assert refusal.message == (
        "The operation cannot be performed at this time. An update is in progress for "
        f"resource: {ARN}"
    )


def test_delete_removes_the_function_and_the_next_one_is_another_machine():
    bench = bench_with_function()
    assert bench.ask(DeleteFunction(reference())) == Done()
    assert isinstance(bench.show(), ResourceNotFound)
    bench.ask(creation())
    assert list(bench.room.machines()) == [17]


@pytest.mark.parametrize(
    ("exists", "qualifier", "text"),
    [
        (False, None, f"Function not found: {ARN}"),
        (False, "3", f"Function not found: {ARN}"),
        (False, "$latest", f"Function not found: {ARN}"),
        (False, "$LATEST", "$LATEST version cannot be deleted without deleting the function."),
        (True, "$LATEST", "$LATEST version cannot be deleted without deleting the function."),
        (True, "prod", "Deletion of aliases is not currently supported."),
        (False, "prod", "Deletion of aliases is not currently supported."),
    ],
)
def test_delete_refuses_in_the_words_of_aws(exists, qualifier, text):
    bench = bench_with_function() if exists else Bench()
    assert bench.ask(DeleteFunction(reference(qualifier=qualifier))).message == text


def test_deleting_a_version_that_is_not_there_is_fine():
    bench = bench_with_function()
    assert bench.ask(DeleteFunction(reference(qualifier="3"))) == Done()
    assert bench.show().view.state == "Active"


@pytest.mark.parametrize("qualifier", ["1", "prod", "$LATEST.PUBLISHED"])
def test_a_version_that_is_not_there_is_named_with_its_qualifier(qualifier):
    bench = bench_with_function()
    assert bench.show(qualifier=qualifier).message == f"Function not found: {ARN}:{qualifier}"


def test_an_absent_function_is_named_as_each_operation_names_it():
    bench = Bench()
    assert bench.show().message == f"Function not found: {ARN}"
    assert bench.ask(invoke()).message == f"Function not found: {ARN}:$LATEST"
    assert bench.ask(invoke(qualifier="7")).message == f"Function not found: {ARN}:7"


def test_lists_are_in_order_of_names_and_paged():
    bench = Bench()
    for name in ("c", "a", "b"):
        bench.ask(creation(name))
    first = bench.ask(ListFunctions(ACCOUNT, REGION, at_most=2))
    assert ([view.name for view in first.views], first.more) == (["a", "b"], True)
    rest = bench.ask(ListFunctions(ACCOUNT, REGION, after="b", at_most=2))
    assert ([view.name for view in rest.views], rest.more) == (["c"], False)
    assert bench.ask(ListFunctions(ACCOUNT, "us-east-1")).views == ()


def test_look_ups_give_what_the_commands_show():
    bench = bench_with_function()
    shown = bench.show().view
    assert bench.room.find(reference()) == shown
    assert bench.room.describe(shown.function) == shown
    with pytest.raises(ResourceNotFound):
        bench.room.find(reference("nothing"))


def test_check_refuses_as_apply_does_and_changes_nothing():
    bench = bench_with_function()
    with pytest.raises(ResourceConflict):
        bench.room.check(creation())
    bench.room.check(creation("other"))
    assert list(bench.room.machines()) == [16]


def test_a_code_link_is_good_for_ten_minutes_and_this_archive_only():
    bench = bench_with_function()
    path, _, query = bench.show().code_link.partition("?")
    assert bench.room.code_digest(path, query, bench.now) == CODE.digest
    assert bench.room.code_digest(path, query, bench.now + 600_000) == CODE.digest
    assert bench.room.code_digest(path, query, bench.now + 600_001) is None
    assert bench.room.code_digest(path.replace("ab", "cd"), query, bench.now) is None
    assert bench.room.code_digest(path, query + "0", bench.now) is None
    bench.ask(DeleteFunction(reference()))
    assert bench.room.code_digest(path, query, bench.now) is None


def test_a_deleted_function_replayed_late_does_not_hide_the_newer_one_of_its_name():
    bench = bench_with_function()
    bench.ask(DeleteFunction(reference()))
    bench.ask(creation())
    first, deleted, _ = bench.records
    room = Functions(Numbers(), interpreters=[PYTHON])
    room.load(17, bench.room.snapshot(17))
    room.replay(first, 1)
    room.replay(deleted, 2)
    assert room.find(reference()).function == 17


def test_a_room_never_gives_a_number_again_that_it_has_read():
    bench = bench_with_function()
    room = Functions(Numbers(), interpreters=[PYTHON])
    room.replay(bench.records[0], 1)
    other = Bench(room=room)
    other.ask(creation("other"))
    assert list(room.machines()) == [16, 17]
