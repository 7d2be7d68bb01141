"""Every module has its unit tests where one looks for them, and every test can fail."""

import ast
import re

from tests.house.tree import ROOT, files_of_tests, of_every, package_files

LIST = ROOT / "tests" / "house" / "untested.txt"

#: Kinds of tests that may wait for real time: they run real processes.
MAY_SLEEP = (
    "tests/acceptance/",
    "tests/clients/",
    "tests/crash/",
    "tests/conformance/sandbox/hostile.py",  # A function that is run in an environment.
    "tests/conformance/sandbox/test_hostile.py",  # Watches whether processes of others go on.
)
JUDGES = re.compile(r"assert|check|expect|judge|raises|verify|warns")


every_test_file = of_every(files_of_tests())


def unit_test_path(file):
    """Return where a module's unit tests belong: the same path below tests/unit."""
    folder, _, name = file.in_package.rpartition("/")
    return ROOT / "tests" / "unit" / folder / f"test_{name}"


def runs_nothing(file):
    """Tell whether a module only declares: no function in it has a body to run."""
    return all(
        all(
            isinstance(statement, ast.Pass)
            or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            for statement in function.body
        )
        for function in file.functions()
    )


def needs_tests(file):
    """Tell whether a module must have a unit test file of its own."""
    if file.path.name in {"__init__.py", "__main__.py"} or file.is_generated:
        return False
    return not file.is_child_program and not runs_nothing(file)


def excused():
    """Return the modules without unit tests, each with the reason."""
    rows = [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    return dict(row.split(": ", 1) for row in rows)


def test_each_module_has_a_unit_test_file():
    missing = [
        f"{file.in_package} (expected {unit_test_path(file).relative_to(ROOT)})"
        for file in package_files()
        if needs_tests(file)
        and not unit_test_path(file).exists()
        and file.in_package not in excused()
    ]
    assert missing == []


def test_the_list_of_untested_modules_only_shrinks():
    in_need = {
        file.in_package
        for file in package_files()
        if needs_tests(file) and not unit_test_path(file).exists()
    }
    stale = sorted(set(excused()) - in_need)
    assert stale == [], "tested by now, gone, or in no need of tests: take them off the list"


def test_each_unit_test_file_has_its_module():
    expected = {unit_test_path(file) for file in package_files()}
    elsewhere = ROOT / "tests" / "unit" / "examples"
    orphans = [
        file.name
        for file in files_of_tests()
        if file.name.startswith("tests/unit/")
        and file.path.name.startswith("test_")
        and elsewhere not in file.path.parents
        and file.path not in expected
        # test_queue_delays.py stands beside test_queue.py when one file would be too long.
        and not any(
            file.path.stem.startswith(f"{path.stem}_") and file.path.parent == path.parent
            for path in expected
        )
    ]
    assert orphans == []


def functions_that_test(file):
    """Return the test functions of a file."""
    return [node for node in file.functions() if node.name.startswith("test")]


@every_test_file
def test_each_test_asserts_something(file):
    idle = [
        node.name
        for node in functions_that_test(file)
        if not any(
            isinstance(part, ast.Assert)
            or (isinstance(part, ast.Call) and JUDGES.search(ast.unparse(part.func)))
            for part in ast.walk(node)
        )
    ]
    assert idle == []


@every_test_file
def test_no_test_sleeps(file):
    if file.name.startswith(MAY_SLEEP):
        return
    sleeps = [
        node.lineno
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"time.sleep", "asyncio.sleep"}
        and ast.unparse(node.args[0]) != "0"
    ]
    assert sleeps == []


@every_test_file
def test_no_test_is_switched_off(file):
    marks = [
        node.lineno
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in {"pytest.mark.skip", "pytest.mark.xfail"}
    ]
    assert marks == []
