"""What the statements of a resource policy say of one request.

Nobody's signature is checked here or elsewhere: a caller is who the request says he is.
Source: spec/lambda.md 1.20.
"""

import json
from collections.abc import Mapping
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

from headrace.core.functions.policy import Policy

_OPERATORS = frozenset({"StringEquals", "StringLike", "Bool", "StringEqualsIgnoreCase"})


class Verdict(Enum):
    """What becomes of a request as far as a policy goes."""

    ALLOWED = "Allow"
    FORBIDDEN = "Deny"  #: Whatever else allows it.
    UNMENTIONED = ""


def verdict_of(
    policy: Policy | None, action: str, caller: str, values: Mapping[str, str]
) -> Verdict:
    """Return what a policy says.

    Args:
        policy: None: there is none, so nothing is said.
        action: With its service, such as "lambda:InvokeFunction".
        caller: An account's root, or "" for anybody.
        values: What conditions may be about: the request's value by key, in lower case.
    """
    effects = set()
    for text in policy.statements.values() if policy is not None else ():
        statement = json.loads(text)
        if _applies(statement, action.lower(), caller, values):
            effects.add(statement["Effect"])
    if "Deny" in effects:
        return Verdict.FORBIDDEN
    return Verdict.ALLOWED if "Allow" in effects else Verdict.UNMENTIONED


def _applies(
    statement: dict[str, Any], action: str, caller: str, values: Mapping[str, str]
) -> bool:
    return (
        any(_is_like(one, action) for one in _list(statement["Action"]))
        and _names(statement["Principal"], caller)
        and _holds(statement.get("Condition", {}), values)
    )


def _names(principal: Any, caller: str) -> bool:
    """Tell whether a Principal means a caller."""
    accounts = _list(principal.get("AWS", [])) if isinstance(principal, dict) else [principal]
    for one in accounts:
        if one == "*":
            return True
        if caller and one in (caller, caller.split(":")[4]):
            return True
    return False


def _holds(condition: dict[str, Any], values: Mapping[str, str]) -> bool:
    """Tell whether all conditions hold; those about what the request has not, do not."""
    for operator, tests in condition.items():
        if operator not in _OPERATORS or not isinstance(tests, dict):
            return False
        for key, wanted in tests.items():
            value = values.get(key.lower())
            if value is None or value not in [str(one).lower() for one in _list(wanted)]:
                return False
    return True


def _is_like(pattern: Any, text: str) -> bool:
    """Tell whether an action's name fits a pattern with "*" and "?", in either case.

    `fnmatch` tries no place twice, however many stars there are; it alone knows brackets.
    """
    return fnmatchcase(text, str(pattern).lower().replace("[", "[[]"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
