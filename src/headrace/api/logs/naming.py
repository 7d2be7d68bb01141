"""Which group a request means."""

import re

from headrace.api.context import Context
from headrace.api.operation import Parameters
from headrace.core.logs.commands import GroupPlace
from headrace.core.logs.errors import InvalidParameter, ResourceNotFound, no_group

_ARN = re.compile(
    r"arn:[a-z-]+:logs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):log-group:"
    r"(?P<name>[.\-_/#A-Za-z0-9]{1,512})(?::\*)?"
)


def place_of(parameters: Parameters, context: Context) -> GroupPlace:
    """Return the group of a request that has `logGroupName` or `logGroupIdentifier`.

    Raises:
        InvalidParameter: It has both, or neither.
        ResourceNotFound: The identifier is the ARN of a group of another account or region.
    """
    name, identifier = parameters.get("logGroupName"), parameters.get("logGroupIdentifier")
    if (name is None) == (identifier is None):
        raise InvalidParameter("Exactly one of logGroupName and logGroupIdentifier must be given.")
    return named(name or identifier or "", context)


def named(identifier: str, context: Context) -> GroupPlace:
    """Return a group by its name or ARN.

    Raises:
        ResourceNotFound: The ARN is of another account or region.
    """
    match = _ARN.fullmatch(identifier)
    if match is None:
        return GroupPlace(context.account, context.region, identifier)
    if (match["account"], match["region"]) != (context.account, context.region):
        raise no_group()
    return GroupPlace(context.account, context.region, match["name"])


def place_of_arn(arn: str, context: Context) -> GroupPlace:
    """Return the group of an ARN whose tags are meant.

    Raises:
        ResourceNotFound: It is no ARN of a group of this account and region.
    """
    match = _ARN.fullmatch(arn)
    if match is None or (match["account"], match["region"]) != (context.account, context.region):
        raise ResourceNotFound("The specified resource does not exist.")
    return GroupPlace(context.account, context.region, match["name"])
