"""Which function an invoke means (spec/lambda.md 1.4, 2.1)."""

import msgspec
import pytest

from headrace.core.functions.directory import Directory
from headrace.core.functions.errors import (
    ResourceConflict,
    ResourceNotFound,
    SnapStartNotReady,
)
from headrace.core.functions.function import TEMPLATE_FAILED, TEMPLATE_IN_WORK
from headrace.core.functions.invoking import find_accepting, find_invokable
from headrace.core.functions.records import FunctionCreated
from headrace.core.functions.replay import created
from tests.unit.core.functions.bench import (
    ACCOUNT,
    CODE,
    EPOCH,
    NAME,
    REGION,
    SEED,
    reference,
    settings_with,
)


def directory_with(**changes):
    record = FunctionCreated(16, EPOCH, ACCOUNT, REGION, NAME, SEED, settings_with(), CODE, {})
    function = created(record)
    latest = msgspec.structs.replace(function.latest, **changes)
    directory = Directory()
    directory.add(16, msgspec.structs.replace(function, versions={"$LATEST": latest}))
    return directory


def test_a_function_is_found():
    directory = directory_with()
    assert find_invokable(reference(), "r", directory)[0] == 16
    assert find_accepting(reference(qualifier="$LATEST"), directory) == 16


def test_an_absent_function_is_named_with_its_version():
    for find in (lambda r, d: find_invokable(r, "r", d), find_accepting):
        with pytest.raises(ResourceNotFound, match=r"function:absent:\$LATEST$"):
            find(reference("absent"), directory_with())
        with pytest.raises(ResourceNotFound, match=r"function:resize:7$"):
            find(reference(qualifier="7"), directory_with())


@pytest.mark.parametrize(
    ("template", "refusal"),
    [(TEMPLATE_IN_WORK, SnapStartNotReady), (TEMPLATE_FAILED, ResourceConflict)],
)
def test_a_version_without_its_template_accepts_events_only(template, refusal):
    directory = directory_with(template=template)
    with pytest.raises(refusal):
        find_invokable(reference(), "r", directory)
    assert find_accepting(reference(), directory) == 16
