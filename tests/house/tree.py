"""The checkout as the house tests see it: its files, parsed once, and what they import."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "headrace"

#: Programs that run inside a function's process, by path below src/headrace.
CHILD_PROGRAMS = "sandbox/child/"


@dataclass(frozen=True)
class SourceFile:
    """A Python file: where it is, what it says, and its syntax tree."""

    path: Path  #: Absolute.
    text: str
    tree: ast.Module

    @property
    def name(self):
        """Return the path from the root of the checkout, with slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def in_package(self):
        """Return the path below src/headrace, with slashes; empty for other files."""
        return self.path.relative_to(SOURCE).as_posix() if SOURCE in self.path.parents else ""

    @property
    def module(self):
        """Return the dotted name of a file of the package; a package's name for `__init__`."""
        parts = ["headrace", *Path(self.in_package).with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_generated(self):
        """Tell whether a program writes this file; its docstring says so."""
        return re.search(r"generated", self.docstring.partition("\n")[0]) is not None

    @property
    def is_child_program(self):
        """Tell whether this runs inside a function's process."""
        return self.in_package.startswith(CHILD_PROGRAMS)

    @property
    def docstring(self):
        """Return the module's docstring, or an empty string."""
        return ast.get_docstring(self.tree) or ""

    def functions(self):
        """Return every function and method, however deep."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

    def classes(self):
        """Return every class, however deep."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]


@cache
def python_files(folder):
    """Return the Python files below a folder of the checkout, sorted; links are not followed."""
    return tuple(
        read(path)
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not {"node_modules", "__pycache__"} & set(path.parts)
        and (ROOT / "src/headrace/examples") not in path.parents
    )


def read(path):
    """Return one parsed file."""
    text = path.read_text()
    return SourceFile(path, text, ast.parse(text, str(path)))


def package_files():
    """Return the files of the package itself."""
    return python_files("src")


def own_files():
    """Return every Python file but the tests."""
    return (*package_files(), *python_files("tools"), *python_files("examples"))


def files_of_tests():
    """Return every Python file below tests/."""
    return python_files("tests")


def imported_names(tree):
    """Return the dotted names that a file imports, wherever in it; `a.b.c` for `from a.b import c`.

    Whether `c` is a module or something in one is not told apart.
    """
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def make_words():
    """Return the words of the Makefile."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def of_every(files):
    """Make one test of a check of a file: it tries all files and names each that fails.

    A test for each file and check would be thousands, which take longer to begin than to run.
    """

    def decorate(check):
        def test():
            failures = []
            for file in files:
                try:
                    check(file)
                except (AssertionError, pytest.fail.Exception) as failure:
                    failures.append(f"{file.name}: {failure}")
            assert not failures, "\n".join(failures)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate
