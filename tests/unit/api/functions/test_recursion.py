"""What becomes of a function's loops: AWS's words to ours and back."""

import pytest

from headrace.base.errors import ServiceError
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ARN


def test_a_function_ends_its_loops_until_it_is_told_to_allow_them():
    desk = Desk()
    assert desk.ask("GetFunctionRecursionConfig") == {"RecursiveLoop": "Terminate"}
    assert desk.ask("PutFunctionRecursionConfig", RecursiveLoop="Allow") == {
        "RecursiveLoop": "Allow"
    }
    assert desk.ask("GetFunctionRecursionConfig") == {"RecursiveLoop": "Allow"}
    desk.ask("PutFunctionRecursionConfig", RecursiveLoop="Terminate")
    assert desk.ask("GetFunctionRecursionConfig") == {"RecursiveLoop": "Terminate"}


@pytest.mark.parametrize("operation", ["GetFunctionRecursionConfig", "PutFunctionRecursionConfig"])
def test_absent_functions_and_versions_are_refused(operation):
    desk = Desk()
    with pytest.raises(ServiceError) as refusal:
        desk.ask(operation, FunctionName="absent", RecursiveLoop="Allow")
    assert refusal.value.message == f"Function not found: {ARN.replace('resize', 'absent')}"
    with pytest.raises(ServiceError) as refusal:
        desk.ask(operation, FunctionName=f"{ARN}:1", RecursiveLoop="Allow")
    assert refusal.value.message.startswith("This operation is permitted on Lambda functions only")
