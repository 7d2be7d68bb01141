"""STS: who asks, and keys for a session. Nothing is remembered, for no signature is checked.

Source: the STS API reference.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.base.accesskeys import session_key
from headrace.base.instant import later, ms_of_s
from headrace.core.access.errors import AccessDenied
from headrace.core.access.ids import make_id

Bodies = Mapping[Any, bytes]

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/(?:[!-~]+/)?([\w+=,.@-]{1,64})", re.ASCII)
#: How long a session lasts when the caller does not say, in seconds.
ROLE_SESSION_S = 3_600
OWN_SESSION_S = 43_200


def ask_nobody(parameters: Parameters, context: Context, rooms: Any) -> None:
    """Return None: no room is asked."""


def check_role(parameters: Parameters, context: Context, rooms: Any) -> None:
    """Refuse an ARN that names no role. Any role can be assumed, as any can be a function's.

    Raises:
        AccessDenied: As STS answers for a role that there is not.
    """
    arn = parameters["RoleArn"]
    if _ROLE.fullmatch(arn) is None:
        raise AccessDenied(
            f"User: {_root(context)} is not authorized to perform: sts:AssumeRole on resource: "
            f"{arn}"
        )


def caller_identity(
    parameters: Parameters, context: Context, reply: None, bodies: Bodies
) -> Answer:
    """Write whose credentials these are: the account's own."""
    return {"UserId": context.account, "Account": context.account, "Arn": _root(context)}


def assumed_role(parameters: Parameters, context: Context, reply: None, bodies: Bodies) -> Answer:
    """Write keys with which requests are the role's account's."""
    match = _ROLE.fullmatch(parameters["RoleArn"])
    assert match is not None, "it was looked at before"
    account, role = match.groups()
    session = parameters["RoleSessionName"]
    role_id = make_id("AROA", parameters["RoleArn"].encode())
    return {
        "Credentials": _credentials(account, context, parameters, ROLE_SESSION_S),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role_id}:{session}",
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        },
        "SourceIdentity": parameters.get("SourceIdentity"),
    }


def session_token(parameters: Parameters, context: Context, reply: None, bodies: Bodies) -> Answer:
    """Write keys with which requests are the caller's account's."""
    return {"Credentials": _credentials(context.account, context, parameters, OWN_SESSION_S)}


def _credentials(account: str, context: Context, parameters: Parameters, duration_s: int) -> Answer:
    duration_ms = ms_of_s(parameters.get("DurationSeconds", duration_s))
    return {
        "AccessKeyId": session_key(account, context.seed),
        "SecretAccessKey": _derived(context.seed, b"secret", 30),
        "SessionToken": _derived(context.seed, b"token", 60),
        "Expiration": later(context.now, duration_ms),
    }


def _derived(seed: bytes, purpose: bytes, size: int) -> str:
    return b64encode(hashlib.blake2b(seed, digest_size=size, person=purpose).digest()).decode()


def _root(context: Context) -> str:
    return f"arn:aws:iam::{context.account}:root"


OPERATIONS: dict[str, Operation] = {
    "GetCallerIdentity": Operation(ask_nobody, caller_identity),
    "AssumeRole": Operation(check_role, assumed_role),
    "GetSessionToken": Operation(ask_nobody, session_token),
}
