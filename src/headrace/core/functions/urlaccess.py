"""May a caller use a function URL: what the policy of its function or alias says.

Nobody's signature is checked here or elsewhere: a caller is who the request says he is.
Source: spec/lambda.md 1.17, L-C3.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

from headrace.core.functions.policy import Policy, account_root
from headrace.core.functions.url import AUTH_NONE, Url

_ACTION = "lambda:invokefunctionurl"

#: Keys of conditions in lower case that a call of a URL has a value for, besides its kind.
_VIA_URL = "lambda:invokedviafunctionurl"
_AUTH_TYPE = "lambda:functionurlauthtype"


def may_use(url: Url, policy: Policy | None, account: str, owner: str, region: str) -> bool:
    """Tell whether a call is let through.

    Args:
        url: What is called.
        policy: Of the function or alias that it belongs to.
        account: Whose credentials the call names; empty for none.
        owner: The account of the function.
        region: Of the function.
    """
    if url.auth_type != AUTH_NONE and not account:
        return False
    caller = "" if url.auth_type == AUTH_NONE else account_root(account, region)
    effects = set()
    for text in policy.statements.values() if policy is not None else ():
        statement = json.loads(text)
        if _applies(statement, caller, url.auth_type):
            effects.add(statement["Effect"])
    if "Deny" in effects:
        return False
    return "Allow" in effects or (bool(caller) and account == owner)


def _applies(statement: dict[str, Any], caller: str, auth_type: str) -> bool:
    return (
        any(_is_like(action, _ACTION) for action in _list(statement["Action"]))
        and _names(statement["Principal"], caller)
        and _holds(statement.get("Condition", {}), auth_type)
    )


def _names(principal: Any, caller: str) -> bool:
    """Tell whether a Principal means a caller: an account's root, or "" for anybody."""
    accounts = _list(principal.get("AWS", [])) if isinstance(principal, dict) else [principal]
    for one in accounts:
        if one == "*":
            return True
        if caller and one in (caller, caller.split(":")[4]):
            return True
    return False


def _holds(condition: dict[str, Any], auth_type: str) -> bool:
    """Tell whether all conditions hold; those about what a URL's call has not, do not."""
    values = {_AUTH_TYPE: auth_type.lower(), _VIA_URL: "true"}
    for operator, tests in condition.items():
        is_known = operator in {"StringEquals", "StringLike", "Bool", "StringEqualsIgnoreCase"}
        if not is_known or not isinstance(tests, dict):
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
