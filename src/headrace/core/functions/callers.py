"""May another account do something with a function: what the policy of the function says.

The policy is that of what is named: of a version or alias, or of the function where none or
$LATEST is named, which cannot have one of its own. A request says whose account it comes from and
not in which role, so a statement for a role or user lets nobody in.

Source: spec/lambda.md 1.3, 1.20, L-A10.
"""

from collections.abc import Mapping

from headrace.core.functions.errors import access_denied
from headrace.core.functions.names import LATEST, FunctionReference
from headrace.core.functions.policy import Policy, account_root
from headrace.core.functions.verdict import Verdict, verdict_of

_ACCOUNT = "aws:principalaccount"
_ARN = "aws:principalarn"


def check_caller(reference: FunctionReference, policies: Mapping[str, Policy]) -> None:
    """Refuse another account to which a function was not opened.

    Args:
        reference: With its caller.
        policies: Of the function by qualifier; none where there is no such function, which looks
            the same from outside.

    Raises:
        AccessDenied: No statement lets the caller in, or one keeps it out.
    """
    caller = reference.caller
    assert caller is not None
    qualifier = reference.qualifier
    policy = policies.get("" if qualifier is None or qualifier == LATEST else qualifier)
    principal = account_root(caller.account, reference.region)
    values = {_ACCOUNT: caller.account, _ARN: principal}
    verdict = verdict_of(policy, f"lambda:{caller.action}", principal, values)
    if verdict is not Verdict.ALLOWED:
        raise access_denied(
            caller.account,
            reference.region,
            caller.action,
            reference.qualified_arn,
            is_forbidden=verdict is Verdict.FORBIDDEN,
        )
