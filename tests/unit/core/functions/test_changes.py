"""The order of refusals of creations, updates and deletions."""

import pytest

from headrace.base.errors import ServiceError
from headrace.core.functions.changes import (
    Machine,
    check_code_update,
    check_creation,
    check_deletion,
    check_update,
)
from headrace.core.functions.commands import CreateFunction, UpdateFunctionCode
from headrace.core.functions.directory import Directory
from headrace.core.functions.records import FunctionCreated
from tests.unit.core.functions.bench import (
    ACCOUNT,
    CODE,
    EPOCH,
    NAME,
    PYTHON,
    REGION,
    SEED,
    reference,
    settings_with,
)

MACHINE = Machine((PYTHON,), ("x86_64", "arm64"))


@pytest.fixture
def directory():
    directory = Directory()
    directory.take(
        FunctionCreated(16, EPOCH, ACCOUNT, REGION, NAME, SEED, settings_with(), CODE, {})
    )
    return directory


def create(name=NAME, tags=None, **changes):
    return CreateFunction(reference(name), settings_with(**changes), CODE, tags or {}, SEED)


def code_of(call, *arguments):
    with pytest.raises(ServiceError) as refusal:
        call(*arguments)
    return refusal.value.code


def test_a_creation_is_checked_name_first_then_settings_then_tags_then_conflict(directory):
    many = {str(number): "" for number in range(51)}
    commands = [
        create("a" * 65, many, timeout_s=0),
        create(NAME, many, timeout_s=0),
        create(NAME, many),
        create(NAME),
    ]
    codes = [code_of(check_creation, command, directory, MACHINE) for command in commands]
    assert codes == [
        "InvalidParameterValueException",
        "ValidationException",
        "InvalidParameterValueException",
        "ResourceConflictException",
    ]
    check_creation(create("other"), directory, MACHINE)


def test_an_update_needs_a_function_that_is_settled(directory):
    assert check_update(reference(), None, directory, EPOCH)[0] == 16
    arguments = (reference("nothing"), None, directory, EPOCH)
    assert code_of(check_update, *arguments) == "ResourceNotFoundException"
    arguments = (reference(), "another", directory, EPOCH)
    assert code_of(check_update, *arguments) == "PreconditionFailedException"


def test_an_update_of_code_may_change_the_architecture(directory):
    command = UpdateFunctionCode(reference(), CODE, SEED, architecture="arm64")
    _, _, settings = check_code_update(command, directory, MACHINE, EPOCH)
    assert settings.architecture == "arm64"
    only_x86 = Machine((PYTHON,), ("x86_64",))
    arguments = (command, directory, only_x86, EPOCH)
    assert code_of(check_code_update, *arguments) == "InvalidParameterValueException"


def test_a_deletion_names_the_function_or_a_version_of_it(directory):
    assert check_deletion(reference(), directory) == (16, None)
    assert check_deletion(reference(qualifier="5"), directory) == (16, "5")
    assert code_of(check_deletion, reference("x"), directory) == "ResourceNotFoundException"
