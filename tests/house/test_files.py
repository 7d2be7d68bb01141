"""Every file says what is in it, is of a readable size, and has a name that says something."""

import ast
import io
import re
import tokenize
from collections import defaultdict

import pytest

from tests.house.tree import files_of_tests, of_every, own_files, package_files

LINES_PER_FILE_MAX = 500
LINES_PER_FUNCTION_MAX = 60
LINES_PER_CLASS_MAX = 300

NAMELESS_MODULES = {"common", "helper", "helpers", "misc", "models", "types", "util", "utils"}
NAMELESS_CLASSES = re.compile(r"(Manager|Helper|Util|Utils|Impl)$|^(Abstract|Base)[A-Z]")
NAMELESS_VERBS = re.compile(r"^_*(do|handle|process)_")
ABBREVIATIONS = {"cfg", "ctx", "fn", "mgr", "msg", "svc"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


every_file = of_every((*own_files(), *files_of_tests()))
own_file = of_every(own_files())


@every_file
def test_a_file_begins_with_a_sentence_about_itself(file):
    if file.path.name == "__init__.py" and not file.text.strip():
        pytest.fail("an empty __init__.py says nothing about its room")
    first = file.docstring.partition("\n")[0]
    assert first.endswith((".", "!", "?")), f"the docstring's first line is no sentence: {first!r}"


def test_no_two_files_of_the_package_say_the_same_about_themselves():
    files_by_sentence = defaultdict(list)
    for file in package_files():
        files_by_sentence[file.docstring.partition("\n")[0]].append(file.name)
    assert [names for names in files_by_sentence.values() if len(names) > 1] == []


@every_file
def test_a_file_has_a_readable_length(file):
    assert file.is_generated or file.text.count("\n") <= LINES_PER_FILE_MAX


@own_file
def test_functions_have_a_readable_length(file):
    long = {
        node.name: node.end_lineno - node.lineno
        for node in file.functions()
        if node.end_lineno - node.lineno > LINES_PER_FUNCTION_MAX
    }
    assert long == {}


@own_file
def test_classes_have_a_readable_length(file):
    long = {
        node.name: node.end_lineno - node.lineno
        for node in file.classes()
        if node.end_lineno - node.lineno > LINES_PER_CLASS_MAX
    }
    assert file.is_generated or long == {}


@every_file
def test_a_module_has_a_name_that_says_something(file):
    assert file.path.stem not in NAMELESS_MODULES


@own_file
def test_classes_and_functions_have_names_that_say_something(file):
    names = [node.name for node in file.classes() if NAMELESS_CLASSES.search(node.name)]
    names += [node.name for node in file.functions() if NAMELESS_VERBS.search(node.name)]
    assert names == []


@own_file
def test_names_are_whole_words(file):
    names = {node.arg for node in ast.walk(file.tree) if isinstance(node, ast.arg)}
    names |= {
        node.id
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    assert names & ABBREVIATIONS == set()


@every_file
def test_nothing_is_left_for_later_in_a_comment(file):
    tokens = tokenize.generate_tokens(io.StringIO(file.text).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    assert [comment for comment in comments if UNFINISHED.search(comment)] == []
