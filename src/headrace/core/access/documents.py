"""Check that a document is a policy, as far as IAM refuses what is none; nothing is enforced."""

import re
from typing import Any

import msgspec

from headrace.core.access.errors import LimitExceeded, MalformedPolicyDocument

_VERSIONS = ("2012-10-17", "2008-10-17")
_SPACE = re.compile(r"\s")
_decode = msgspec.json.Decoder().decode


def check_trust(document: str) -> None:
    """Refuse what cannot say who may assume a role.

    Raises:
        MalformedPolicyDocument: Also for a `Resource`, which a trust policy has not.
    """
    for statement in _statements(document):
        if "Resource" in statement or "NotResource" in statement:
            raise MalformedPolicyDocument("Has prohibited field Resource")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise MalformedPolicyDocument("Missing required field Principal")
        if "Action" not in statement and "NotAction" not in statement:
            raise MalformedPolicyDocument("Missing required field Action")


def check_permissions(document: str) -> None:
    """Refuse what cannot say what is allowed.

    Raises:
        MalformedPolicyDocument: Also for a `Principal`, which such a policy has not.
    """
    for statement in _statements(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise MalformedPolicyDocument("Policy document should not specify a principal.")
        if "Action" not in statement and "NotAction" not in statement:
            raise MalformedPolicyDocument("Policy statement must contain actions.")
        if "Resource" not in statement and "NotResource" not in statement:
            raise MalformedPolicyDocument("Policy statement must contain resources.")


def check_size(quota: str, characters_max: int, *documents: str) -> None:
    """Refuse documents that are too long together; white space does not count.

    Raises:
        LimitExceeded: The text names `quota`.
    """
    if sum(len(_SPACE.sub("", document)) for document in documents) > characters_max:
        raise LimitExceeded(f"Cannot exceed quota for {quota}: {characters_max}")


def _statements(document: str) -> list[dict[str, Any]]:
    try:
        policy = _decode(document)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        raise MalformedPolicyDocument("This policy contains invalid Json") from None
    if not isinstance(policy, dict) or policy.get("Version", _VERSIONS[1]) not in _VERSIONS:
        raise MalformedPolicyDocument("Syntax errors in policy.")
    found = policy.get("Statement")
    statements: list[Any] = found if isinstance(found, list) else [found]
    if not statements or not all(
        isinstance(one, dict) and one.get("Effect") in ("Allow", "Deny") for one in statements
    ):
        raise MalformedPolicyDocument("Syntax errors in policy.")
    return statements
