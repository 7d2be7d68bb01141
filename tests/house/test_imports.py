"""Who imports whom, as far as import-linter cannot tell."""

import ast
import sys

from tests.house.tree import files_of_tests, imported_names, of_every, package_files

PURE_ROOMS = ("base", "wire", "core", "api")

#: What a pure room may import beside itself. import-linter has the list of what it may not; this
#: is the stricter form, and tells urllib.parse from the rest of urllib.
PURE_MODULES = {
    "abc", "array", "base64", "binascii", "bisect", "collections", "dataclasses", "datetime",
    "decimal", "email.utils", "enum", "fnmatch", "functools", "hashlib", "heapq", "hmac", "html", "ipaddress",
    "itertools", "json", "math", "msgspec", "operator", "re", "string", "struct", "sys", "types",
    "typing", "unicodedata", "urllib.parse", "xml.etree.ElementTree", "xml.parsers.expat",
    "xml.sax.saxutils", "zlib",
}  # fmt: skip

#: Modules that nothing of ours imports, and who starts them.
ENTRY_POINTS = {
    "headrace": "users",
    "headrace.__main__": "python -m headrace",
    "headrace.faces.cli.main": "the headrace command",
}

pure_files = [file for file in package_files() if file.in_package.split("/")[0] in PURE_ROOMS]
child_programs = [file for file in package_files() if file.is_child_program]


def without_type_checking(text):
    """Return a file's tree without what only a type checker reads."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return tree


def is_one_of(name, modules):
    """Tell whether a dotted name is one of some modules or something inside one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


@of_every(pure_files)
def test_a_pure_room_imports_only_what_is_pure(file):
    foreign = {name for name in imported_names(file.tree) if not is_one_of(name, ["headrace"])}
    parents = {module.rpartition(".")[0] for module in PURE_MODULES} - {""}
    impure = {name for name in foreign if not is_one_of(name, PURE_MODULES)} - parents
    assert sorted(impure) == []


@of_every(pure_files)
def test_a_pure_room_is_not_async(file):
    kinds = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    assert not [node.lineno for node in ast.walk(file.tree) if isinstance(node, kinds)]


def test_child_programs_are_where_the_rules_look_for_them():
    assert child_programs, "sandbox/child/ is empty: move the rule to where the programs are"


@of_every(child_programs)
def test_a_child_program_imports_only_the_standard_library(file):
    # The programs lie in one folder and find each other there by their plain names.
    allowed = sys.stdlib_module_names | {program.path.stem for program in child_programs}
    names = {name.split(".")[0] for name in imported_names(without_type_checking(file.text))}
    assert sorted(names - allowed) == []


@of_every(child_programs)
def test_a_child_program_is_written_for_python_3_8(file):
    assert ast.parse(file.text, feature_version=(3, 8))


def test_no_file_is_left_that_nobody_imports():
    imported = set()
    for file in package_files():
        names = imported_names(file.tree)
        imported |= names - {file.module}
    for file in files_of_tests():
        # What pretends is there for tests, ours and others'.
        imported |= {
            name for name in imported_names(file.tree) if is_one_of(name, ["headrace.testing"])
        }
    forgotten = [
        file.name
        for file in package_files()
        if file.path.name != "__init__.py"
        and not file.is_child_program
        and file.module not in imported
        and file.module not in ENTRY_POINTS
    ]
    assert forgotten == []


def test_an_init_file_holds_no_code():
    busy = [
        file.name
        for file in package_files()
        if file.path.name == "__init__.py"
        and any(
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            for node in file.tree.body
        )
    ]
    assert busy == []
