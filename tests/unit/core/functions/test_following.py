"""What follows for environments from a change of a function."""

from headrace.core.functions.commands import DeleteFunction, UpdateFunctionCode
from headrace.core.functions.effects import DropCode, StopEnvironment
from tests.unit.core.functions.bench import CODE, SEED, Bench, creation, reference


def test_environments_of_former_code_go_when_the_change_settles():
    bench = Bench(preparation_ms=500)
    bench.ask(creation())
    bench.sleep(500)
    environment = bench.warm()
    bench.ask(UpdateFunctionCode(reference(), CODE, SEED))
    assert bench.of(StopEnvironment) == []
    bench.sleep(500)
    assert [one.environment for one in bench.of(StopEnvironment)] == [environment]
    assert bench.of(DropCode) == [DropCode()]


def test_environments_of_a_deleted_function_go_at_once():
    bench = Bench()
    bench.ask(creation())
    environment = bench.warm()
    bench.ask(DeleteFunction(reference()))
    assert [one.environment for one in bench.of(StopEnvironment)] == [environment]
    assert bench.room._following.settling.next() is None
