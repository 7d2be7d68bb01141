"""What is told of EventBridge: there are no rules."""

import pytest

from headrace.api.context import Context
from headrace.api.events.table import OPERATIONS
from headrace.base.errors import ServiceError
from headrace.base.instant import Instant

CONTEXT = Context("123456789012", "eu-west-1", "id", b"", Instant(0), 1, "http://h", "AIDA")
TARGET = {"TargetArn": "arn:aws:lambda:eu-west-1:123456789012:function:f"}


@pytest.mark.parametrize(
    "bus",
    [
        {},
        {"EventBusName": "default"},
        {"EventBusName": "arn:aws:events:eu-west-1:123456789012:event-bus/default"},
    ],
)
def test_no_rule_has_a_function_as_its_target(bus):
    asked = OPERATIONS["ListRuleNamesByTarget"].command(TARGET | bus, CONTEXT, None)
    assert asked.command is None
    assert asked.answer(TARGET, CONTEXT, None, {}) == {"RuleNames": []}


def test_there_is_no_bus_of_the_users_own():
    with pytest.raises(ServiceError) as refusal:
        OPERATIONS["ListRuleNamesByTarget"].command(TARGET | {"EventBusName": "b"}, CONTEXT, None)
    assert refusal.value.code == "ResourceNotFoundException"
    assert refusal.value.message == "Event bus b does not exist."
