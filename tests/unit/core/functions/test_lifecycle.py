"""What CreateFunction and UpdateFunctionCode remember, in which order."""

from headrace.core.functions.commands import CreateFunction, DeleteFunction
from headrace.core.functions.records import (
    FunctionCreated,
    FunctionDeleted,
    FunctionUpdated,
    VersionDeleted,
    VersionPublished,
)
from tests.unit.core.functions.bench import CODE, SEED, Bench, creation, reference


def test_each_change_is_remembered_as_facts_of_one_function():
    bench = Bench()
    command = creation()
    bench.ask(CreateFunction(command.reference, command.settings, CODE, {}, SEED, publish=True))
    bench.update_code(publish=True)
    bench.ask(DeleteFunction(reference(qualifier="1")))
    bench.ask(DeleteFunction(reference(qualifier="1")))
    bench.ask(DeleteFunction(reference()))
    assert [type(record) for record in bench.records] == [
        FunctionCreated,
        VersionPublished,
        FunctionUpdated,
        VersionPublished,
        VersionDeleted,
        FunctionDeleted,
    ]
    assert {record.machine for record in bench.records} == {16}


def test_a_dry_run_publishes_nothing():
    bench = Bench()
    bench.ask(creation())
    shown = bench.update_code(publish=True, dry_run=True)
    assert shown.view.version == "$LATEST"
    assert len(bench.records) == 1
