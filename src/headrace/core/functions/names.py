"""Read function names, partial ARNs, ARNs and qualifiers; format ARNs.

Whether a text is a legal name at all is checked against the service model's patterns before it
comes here (wire/validate.py); the pattern below takes a legal one apart.

Source: spec/lambda.md 1.3, 13.2.
"""

import hashlib
import re

import msgspec

from headrace.base.arn import partition_of
from headrace.core.functions.errors import (
    InvalidParameterValue,
    ResourceNotFound,
    constraint_text,
    value_out_of_bounds,
)
from headrace.core.functions.limits import NAME_LENGTH_MAX

#: The version that every function has: what was created or updated last.
LATEST = "$LATEST"

_REFERENCE = re.compile(
    r"(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?"
    r"(?:(?P<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?"
    r"(?:(?P<account>\d{12}):)?"
    r"(?:function:)?"
    r"(?P<name>[a-zA-Z0-9\-_.]+)"
    r"(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9\-_]+))?"
)


class Caller(msgspec.Struct, frozen=True, gc=False):
    """An account that names another's function, and what it wants to do with it."""

    account: str
    action: str  #: IAM's word without its service, such as "InvokeFunction".


class FunctionReference(msgspec.Struct, frozen=True, gc=False):
    """What a caller names: a function of an account and region, perhaps one version of it."""

    account: str
    region: str
    name: str
    qualifier: str | None  #: As the caller gave it; None when no version or alias was named.
    #: None: the function's own account, or this server itself, whom no policy concerns.
    caller: Caller | None = None

    @property
    def arn(self) -> str:
        """The function's ARN, without qualifier."""
        return function_arn(self.account, self.region, self.name)

    @property
    def qualified_arn(self) -> str:
        """The ARN as the caller named it: with a qualifier only if one was given."""
        return self.arn if self.qualifier is None else f"{self.arn}:{self.qualifier}"


def parse_reference(
    text: str, qualifier: str | None, account: str, region: str, action: str
) -> FunctionReference:
    """Return which function `text` names, seen from an account and region.

    Args:
        text: A name, a partial or a full ARN, with or without a qualifier.
        qualifier: The request's own qualifier, if it has one.
        action: What another account's function must have been opened for, in IAM's words.

    Raises:
        InvalidParameterValue: The two qualifiers differ; said before existence is looked at.
        ResourceNotFound: The ARN names another region.
    """
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise ResourceNotFound(f"Function not found: {function_arn(account, region, text)}")
    derived = match["qualifier"]
    if derived is not None and qualifier is not None and derived != qualifier:
        raise InvalidParameterValue(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    if match["region"] is not None and match["region"] != region:
        raise ResourceNotFound(
            f"Functions from '{match['region']}' are not reachable in this region ('{region}')"
        )
    owner = match["account"] or account
    return FunctionReference(
        account=owner,
        region=region,
        name=match["name"],
        qualifier=qualifier if derived is None else derived,
        caller=None if owner == account else Caller(account, action),
    )


def check_new_name(name: str) -> None:
    """Refuse a bare name that is too long to be created; other operations just do not find it.

    Raises:
        InvalidParameterValue: It has more than 64 characters (not a ValidationException).
    """
    if len(name) > NAME_LENGTH_MAX:
        limit = f"have length less than or equal to {NAME_LENGTH_MAX}"
        part = value_out_of_bounds(name, "functionName", limit)
        raise InvalidParameterValue(constraint_text([part]))


def check_function_only(reference: FunctionReference) -> None:
    """Refuse a qualifier where only a whole function can be meant.

    Raises:
        InvalidParameterValue: There is a qualifier.
    """
    if reference.qualifier is not None:
        raise InvalidParameterValue(
            "This operation is permitted on Lambda functions only. Aliases and versions do not "
            "support this operation. Please specify either a function name or an unqualified "
            "function ARN."
        )


def function_arn(account: str, region: str, name: str) -> str:
    """Return a function's ARN, without qualifier."""
    return f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{name}"


def runtime_version_arn(region: str, runtime: str) -> str:
    """Return an ARN for a runtime's version: the same for the same runtime, as on AWS."""
    digest = hashlib.sha256(runtime.encode()).hexdigest()
    return f"arn:{partition_of(region)}:lambda:{region}::runtime:{digest}"
