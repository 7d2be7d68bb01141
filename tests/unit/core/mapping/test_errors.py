"""Refusals as AWS spells them: spec/esm.md 1.1 and 1.4."""

import pytest

from headrace.core.mapping.errors import (
    InvalidParameterValue,
    MappingInUse,
    MappingNotFound,
    ResourceConflict,
)
from headrace.wire.catalog import LAMBDA

REFUSALS = [
    InvalidParameterValue("x"),
    ResourceConflict("q", "f", "u"),
    MappingNotFound(),
    MappingInUse("update"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_code_and_status_are_those_of_the_service_model(refusal):
    assert LAMBDA.errors[refusal.code].status == refusal.status
    assert refusal.members == {"Type": "User"}
    assert refusal.fault == "Sender"


def test_what_is_in_use_names_what_cannot_be_done():
    assert MappingInUse("delete").message == (
        "Cannot delete the event source mapping because it is in use."
    )
