"""Functions by number and by name."""

import pytest

from headrace.core.functions.directory import Directory
from headrace.core.functions.errors import ResourceNotFound
from headrace.core.functions.records import FunctionCreated, FunctionDeleted, FunctionUpdated
from headrace.core.functions.settings import Code
from tests.unit.core.functions.bench import (
    ACCOUNT,
    CODE,
    EPOCH,
    REGION,
    SEED,
    reference,
    settings_with,
)


def created(number, name):
    return FunctionCreated(number, EPOCH, ACCOUNT, REGION, name, SEED, settings_with(), CODE, {})


@pytest.fixture
def directory():
    directory = Directory()
    for number, name in ((16, "b"), (17, "a"), (18, "c")):
        directory.take(created(number, name))
    return directory


def test_functions_are_found_by_name(directory):
    assert directory.number(ACCOUNT, REGION, "a") == 17
    assert directory.number(ACCOUNT, "us-east-1", "a") is None
    number, function, version = directory.find_version(reference("a"))
    assert (number, function.name, version.name) == (17, "a", "$LATEST")
    with pytest.raises(ResourceNotFound):
        directory.find_version(reference("a", "1"))


def test_pages_are_in_order_of_names(directory):
    assert directory.page(ACCOUNT, REGION, "", 2) == ([17, 16], True)
    assert directory.page(ACCOUNT, REGION, "b", 2) == ([18], False)
    assert directory.page("1" * 12, REGION, "", 2) == ([], False)


def test_a_deleted_function_is_not_found_and_not_counted(directory):
    directory.take(FunctionDeleted(17, EPOCH))
    assert directory.number(ACCOUNT, REGION, "a") is None
    assert sorted(directory.functions) == [16, 18]


def test_facts_of_an_older_function_do_not_touch_the_newer_of_its_name(directory):
    directory.take(created(19, "z"))
    directory.take(created(12, "z"))
    assert directory.number(ACCOUNT, REGION, "z") == 19
    directory.take(FunctionDeleted(12, EPOCH))
    assert directory.number(ACCOUNT, REGION, "z") == 19


def test_the_archives_in_use_include_those_that_an_update_replaces(directory):
    new = Code("cd" * 32, 1)
    directory.take(FunctionUpdated(16, EPOCH, SEED, settings_with(), new, 1_000))
    assert directory.code_digests() == {CODE.digest, new.digest}
