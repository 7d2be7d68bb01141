"""Groups by name, and by ARN with and without its star."""

import pytest

from headrace.api.logs.naming import named, place_of, place_of_arn
from headrace.core.logs.errors import InvalidParameter, ResourceNotFound
from tests.unit.api.logs.desk import context
from tests.unit.core.logs.bench import ACCOUNT, REGION, place

ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/f"


@pytest.mark.parametrize(
    "parameters",
    [
        {"logGroupName": "/aws/lambda/f"},
        {"logGroupIdentifier": "/aws/lambda/f"},
        {"logGroupIdentifier": ARN},
        {"logGroupIdentifier": f"{ARN}:*"},
    ],
)
def test_a_group_is_named_in_several_ways(parameters):
    assert place_of(parameters, context()) == place()


@pytest.mark.parametrize("parameters", [{}, {"logGroupName": "a", "logGroupIdentifier": "a"}])
def test_a_group_is_named_exactly_once(parameters):
    with pytest.raises(InvalidParameter):
        place_of(parameters, context())


def test_other_peoples_groups_are_not_there():
    with pytest.raises(ResourceNotFound, match="The specified log group does not exist"):
        named(ARN, context(region="us-east-1"))
    for arn in ("/aws/lambda/f", ARN.replace(REGION, "us-east-1"), f"{ARN}:log-stream:s"):
        with pytest.raises(ResourceNotFound, match="The specified resource does not exist"):
            place_of_arn(arn, context())
    assert place_of_arn(f"{ARN}:*", context()) == place()
