"""Operations on loops: parameters to commands, replies to answers.

Source: spec/lambda.md 1.21, L-A61.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import reference_of
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.commands import GetRecursion, SetRecursion
from headrace.core.functions.names import check_function_only
from headrace.core.functions.replies import RecursionShown

_ALLOW, _TERMINATE = "Allow", "Terminate"


def put_recursion(parameters: Parameters, context: Context, rooms: Any) -> SetRecursion:
    """Read PutFunctionRecursionConfig."""
    reference = reference_of(parameters, context, "PutFunctionRecursionConfig")
    check_function_only(reference)
    return SetRecursion(reference, parameters["RecursiveLoop"] == _ALLOW)


def get_recursion(parameters: Parameters, context: Context, rooms: Any) -> GetRecursion:
    """Read GetFunctionRecursionConfig."""
    reference = reference_of(parameters, context, "GetFunctionRecursionConfig")
    check_function_only(reference)
    return GetRecursion(reference)


def answer_recursion(
    parameters: Parameters, context: Context, reply: RecursionShown, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with AWS's word."""
    return {"RecursiveLoop": _ALLOW if reply.allows else _TERMINATE}


OPERATIONS: dict[str, Operation] = {
    "GetFunctionRecursionConfig": Operation(get_recursion, answer_recursion),
    "PutFunctionRecursionConfig": Operation(put_recursion, answer_recursion),
}
