"""May a caller use a function URL: what the policy of its function or alias says.

Source: spec/lambda.md 1.17, L-C3.
"""

from headrace.core.functions.policy import Policy, account_root
from headrace.core.functions.url import AUTH_NONE, Url
from headrace.core.functions.verdict import Verdict, verdict_of

_ACTION = "lambda:InvokeFunctionUrl"

#: Keys of conditions in lower case that a call of a URL has a value for.
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
    values = {_AUTH_TYPE: url.auth_type.lower(), _VIA_URL: "true"}
    verdict = verdict_of(policy, _ACTION, caller, values)
    if verdict is Verdict.UNMENTIONED:
        return bool(caller) and account == owner
    return verdict is Verdict.ALLOWED
