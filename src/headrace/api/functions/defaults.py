"""Operations that show settings which cannot be changed here: each function has AWS's default.

Source: spec/lambda.md 1.21, L-C1.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import reference_of
from headrace.api.operation import Answer, Operation, Parameters, Prepared
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.names import LATEST, FunctionReference, check_function_only


def get_code_signing(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read GetFunctionCodeSigningConfig: no function has one."""
    _find(parameters, context, rooms, "GetFunctionCodeSigningConfig")
    return Prepared(None, _always({}))


def get_runtime_management(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read GetRuntimeManagementConfig: a runtime is as new as what this machine has."""
    reference = reference_of(parameters, context, "GetRuntimeManagementConfig")
    rooms.functions.find(reference)
    arn = f"{reference.arn}:{reference.qualifier or LATEST}"
    return Prepared(None, _always({"UpdateRuntimeOn": "Auto", "FunctionArn": arn}))


def put_runtime_management(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read PutRuntimeManagementConfig: the default may be asked for, and nothing else.

    Raises:
        InvalidParameterValue: A runtime should stay as it is, which nobody here sees to.
        ServiceError: There is no such function.
    """
    reference = reference_of(parameters, context, "PutRuntimeManagementConfig")
    rooms.functions.find(reference)
    mode = parameters["UpdateRuntimeOn"]
    if mode != "Auto":
        raise InvalidParameterValue(
            f"This server does not serve UpdateRuntimeOn {mode}: a runtime is as new as what the "
            "machine has."
        )
    arn = f"{reference.arn}:{reference.qualifier or LATEST}"
    return Prepared(None, _always({"UpdateRuntimeOn": mode, "FunctionArn": arn}))


def list_code_signing(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read ListCodeSigningConfigs: there are none."""
    return Prepared(None, _always({"CodeSigningConfigs": []}))


def list_durable_executions(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read ListDurableExecutionsByFunction, which deploy tools ask before they delete: none."""
    reference = reference_of(parameters, context, "ListDurableExecutionsByFunction")
    rooms.functions.find(reference)
    return Prepared(None, _always({"DurableExecutions": []}))


def _find(parameters: Parameters, context: Context, rooms: Any, action: str) -> FunctionReference:
    """Return which function is meant.

    Raises:
        ServiceError: There is none, or a version or alias is named.
    """
    reference = reference_of(parameters, context, action)
    check_function_only(reference)
    rooms.functions.find(reference)
    return reference


def _always(answer: Answer) -> Any:
    """Return a function that answers so."""

    def give(
        parameters: Parameters, context: Context, reply: None, bodies: Mapping[Any, bytes]
    ) -> Answer:
        return answer

    return give


def _never(parameters: Parameters, context: Context, reply: Any, bodies: Any) -> Answer:
    raise AssertionError("each of these answers itself")


OPERATIONS: dict[str, Operation] = {
    "GetFunctionCodeSigningConfig": Operation(get_code_signing, _never),
    "GetRuntimeManagementConfig": Operation(get_runtime_management, _never),
    "PutRuntimeManagementConfig": Operation(put_runtime_management, _never),
    "ListCodeSigningConfigs": Operation(list_code_signing, _never),
    "ListDurableExecutionsByFunction": Operation(list_durable_executions, _never),
}
