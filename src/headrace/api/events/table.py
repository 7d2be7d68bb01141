"""What is told of EventBridge: nothing can make a rule here, so no function is a rule's target.

Zappa asks so before it shows or deletes a function. Whatever would make a rule is not served.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters, Prepared
from headrace.base.errors import ServiceError

Bodies = Mapping[Any, bytes]

#: The bus that every account has.
_DEFAULT_BUS = "default"


class ResourceNotFound(ServiceError):
    """There is no such event bus."""

    code = query_code = "ResourceNotFoundException"
    status = 400
    fault = "Sender"


def list_rule_names_by_target(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read ListRuleNamesByTarget.

    Raises:
        ResourceNotFound: It asks about a bus of the user's own.
    """
    bus = parameters.get("EventBusName", _DEFAULT_BUS)
    if bus.rpartition("/")[2] != _DEFAULT_BUS:
        raise ResourceNotFound(f"Event bus {bus} does not exist.")
    return Prepared(None, lambda *_: {"RuleNames": []})


def answer_nothing(parameters: Parameters, context: Context, reply: Any, bodies: Bodies) -> Answer:
    """Stand where an answer is found with the question."""
    raise AssertionError("the question answers itself")


OPERATIONS: dict[str, Operation] = {
    "ListRuleNamesByTarget": Operation(list_rule_names_by_target, answer_nothing),
}
