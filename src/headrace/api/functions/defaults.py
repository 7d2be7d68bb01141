"""Operations that show settings which cannot be changed here: each function has AWS's default.

Source: spec/lambda.md 1.21, L-C1.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import reference_of
from headrace.api.operation import Answer, Operation, Parameters, Prepared
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
}
