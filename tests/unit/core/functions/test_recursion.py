"""What becomes of a function's loops is remembered."""

from headrace.core.functions.commands import GetRecursion, SetRecursion
from headrace.core.functions.replies import RecursionShown
from tests.unit.core.functions.bench import ARN, Bench, bench_with_function, reference


def test_loops_end_unless_they_are_allowed():
    bench = bench_with_function()
    assert bench.ask(GetRecursion(reference())) == RecursionShown(False)
    assert bench.ask(SetRecursion(reference(), True)) == RecursionShown(True)
    assert bench.ask(GetRecursion(reference())) == RecursionShown(True)
    (function,) = bench.room.directory.functions.values()
    assert function.allows_loops


def test_an_absent_function_has_none():
    bench = Bench()
    for command in (GetRecursion(reference()), SetRecursion(reference(), True)):
        assert bench.ask(command).message == f"Function not found: {ARN}"
