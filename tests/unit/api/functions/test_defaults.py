"""Settings that cannot be changed here have AWS's default, of functions that are there."""

import pytest

from headrace.base.errors import ServiceError
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ARN


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("GetFunctionCodeSigningConfig", {}),
        (
            "GetRuntimeManagementConfig",
            {"UpdateRuntimeOn": "Auto", "FunctionArn": f"{ARN}:$LATEST"},
        ),
        ("ListDurableExecutionsByFunction", {"DurableExecutions": []}),
    ],
)
def test_a_function_has_the_default_and_an_absent_one_is_not_found(operation, answer):
    desk = Desk()
    prepared = desk.command(operation)
    assert prepared.command is None
    assert prepared.answer({}, desk.context(), None, {}) == answer
    with pytest.raises(ServiceError) as refusal:
        desk.command(operation, FunctionName="absent")
    assert refusal.value.message == f"Function not found: {ARN.replace('resize', 'absent')}"


def test_there_are_no_code_signing_configurations():
    desk = Desk()
    prepared = desk.command("ListCodeSigningConfigs")
    assert prepared.command is None
    assert prepared.answer({}, desk.context(), None, {}) == {"CodeSigningConfigs": []}


def test_a_runtime_may_be_as_new_as_it_comes_and_not_otherwise():
    desk = Desk()
    prepared = desk.command(
        "PutRuntimeManagementConfig", UpdateRuntimeOn="Auto", Qualifier="$LATEST"
    )
    expected = {"UpdateRuntimeOn": "Auto", "FunctionArn": f"{ARN}:$LATEST"}
    assert prepared.answer({}, desk.context(), None, {}) == expected
    for mode in ("Manual", "FunctionUpdate"):
        with pytest.raises(ServiceError, match=f"does not serve UpdateRuntimeOn {mode}"):
            desk.command("PutRuntimeManagementConfig", UpdateRuntimeOn=mode)
