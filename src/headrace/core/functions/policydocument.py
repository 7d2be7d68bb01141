"""Read a policy that comes as a whole document.

The members are IAM's. AWS's sentences for documents that it refuses are not known; these are ours.
Source: spec/lambda.md 1.20, botocore: PutResourcePolicy.
"""

import json
from typing import Any

from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.policy import Policy

_VERSIONS = ("2008-10-17", "2012-10-17")
_MEMBERS = frozenset({"Version", "Id", "Statement"})
_OF_STATEMENT = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})


def read_policy(text: str, arn: str, seed: bytes) -> Policy:
    """Return the policy that a document states.

    Args:
        text: JSON.
        arn: Of what the policy is for: the only Resource that a statement may name.
        seed: What its revision id is to derive from.

    Raises:
        InvalidParameterValue: It is no policy, or one for something else.
    """
    document = _decode(text)
    _check_members(document, _MEMBERS, "the policy")
    version, name = document.get("Version", _VERSIONS[0]), document.get("Id", "")
    if version not in _VERSIONS:
        raise _invalid(f"its Version is none of {', '.join(_VERSIONS)}")
    if not isinstance(name, str):
        raise _invalid("its Id is no string")
    given = document.get("Statement")
    given = given if isinstance(given, list) else [given]
    if not given:
        raise _invalid("it has no Statement")
    statements: dict[str, str] = {}
    for place, statement in enumerate(given):
        statement_id = _check_statement(statement, arn) or f"#{place}"
        if statement_id in statements:
            raise _invalid(f"two of its statements have the Sid {statement_id}")
        statements[statement_id] = json.dumps(statement, separators=(",", ":"), ensure_ascii=False)
    return Policy(statements, seed, version, name)


def _decode(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        # Escapes may stand for halves of characters, which could not be written down again.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _invalid("it is not JSON") from None
    if not isinstance(document, dict):
        raise _invalid("it is not a JSON object")
    return document


def _refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which JSON has not."""
    raise ValueError(name)


def _check_statement(statement: Any, arn: str) -> str:
    """Return the id of a statement, empty for none."""
    if not isinstance(statement, dict):
        raise _invalid("a statement is not a JSON object")
    _check_members(statement, _OF_STATEMENT, "a statement")
    statement_id = statement.get("Sid", "")
    if not isinstance(statement_id, str) or statement_id.startswith("#"):
        raise _invalid("a Sid is no legal name")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _invalid("the Effect of a statement is neither Allow nor Deny")
    principal = statement.get("Principal")
    if principal != "*" and not (isinstance(principal, dict) and principal):
        raise _invalid('the Principal of a statement is neither "*" nor an object')
    actions = _texts(statement.get("Action"))
    if not actions or not all(action == "*" or action.startswith("lambda:") for action in actions):
        raise _invalid("the Action of a statement names none of Lambda's")
    if _texts(statement.get("Resource")) != [arn]:
        raise _invalid(f"the Resource of a statement is not {arn}")
    if not isinstance(statement.get("Condition", {}), dict):
        raise _invalid("the Condition of a statement is not an object")
    return statement_id


def _check_members(found: dict[str, Any], known: frozenset[str], whose: str) -> None:
    unknown = sorted(found.keys() - known)
    if unknown:
        raise _invalid(f"{whose} has no member {unknown[0]}")


def _texts(value: Any) -> list[str]:
    """Return the strings that a member holds, which may be one; none if it holds anything else."""
    values = value if isinstance(value, list) else [value]
    return values if all(isinstance(one, str) for one in values) else []


def _invalid(reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"The resource policy is invalid: {reason}.")
