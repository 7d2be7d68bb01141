"""AddPermission and RemovePermission as edits of the Policy document.

Source: spec/sqs.md 8.2, 14.6 (S-A30). The document stays whatever else it holds; nobody is kept
out by it here. Texts about a label's form and about unreadable accounts are chosen by analogy.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from headrace.base.arn import parse_arn
from headrace.core.sqs import limits
from headrace.core.sqs.errors import InvalidParameterValue, MissingParameter, OverLimit
from headrace.core.sqs.redrive import parse_object

#: What others than the owner may be allowed to do; a permission covers the batch form too.
FOR_OTHERS = frozenset(
    {
        "*",
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
    }
)
FOR_OWNERS = frozenset(
    {
        "AddPermission",
        "CancelMessageMoveTask",
        "CreateQueue",
        "DeleteQueue",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "RemovePermission",
        "SetQueueAttributes",
        "StartMessageMoveTask",
        "TagQueue",
        "UntagQueue",
    }
)

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def check_permission(label: str, accounts: Sequence[str], actions: Sequence[str]) -> None:
    """Check what an AddPermission says for itself.

    Raises:
        MissingParameter, InvalidParameterValue, OverLimit: As 8.2 says.
    """
    if not actions:
        raise MissingParameter("The request must contain the parameter Actions.")
    if len(actions) > limits.PERMISSION_ACTIONS_MAX:
        raise OverLimit(
            f"{len(actions)} Actions were found, maximum allowed is "
            f"{limits.PERMISSION_ACTIONS_MAX}."
        )
    for action in actions:
        if action in FOR_OWNERS:
            raise InvalidParameterValue(
                f"Value SQS:{action} for parameter ActionName is invalid. "
                "Reason: Only the queue owner is allowed to invoke this action."
            )
        if action not in FOR_OTHERS:
            raise InvalidParameterValue(
                f"Value SQS:{action} for parameter ActionName is invalid. Reason: "
                "Please refer to the appropriate WSDL for a list of valid actions. "
            )
    if not accounts or not all(_ACCOUNT.fullmatch(account) for account in accounts):
        raise InvalidParameterValue(
            f"Value [{', '.join(accounts)}] for parameter PrincipalId is invalid. "
            "Reason: Unable to verify."
        )
    if not _LABEL.fullmatch(label):
        raise _wrong_label(
            label,
            "Label can only include alphanumeric characters, hyphens, or underscores. "
            "1 to 80 in length.",
        )


def with_permission(
    policy: str, arn: str, label: str, accounts: Sequence[str], actions: Sequence[str]
) -> str:
    """Return a queue's Policy with one more statement.

    Args:
        policy: The Policy so far; empty when there is none.
        arn: The queue's.

    Raises:
        InvalidParameterValue: There is a statement of this label.
    """
    document = _document(policy)
    if document is None:
        document = {"Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy"}
    statements = _statements(document)
    if any(_is_of(statement, label) for statement in statements):
        raise _wrong_label(label, "Already exists.")
    partition = parse_arn(arn).partition
    principals = [f"arn:{partition}:iam::{account}:root" for account in accounts]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all(principals)},
        "Action": _one_or_all([f"SQS:{action}" for action in actions]),
        "Resource": arn,
    }
    return _text(document | {"Statement": [*statements, statement]})


def without_permission(policy: str, label: str) -> str:
    """Return a queue's Policy without a label's statements; empty when nothing remains.

    Raises:
        InvalidParameterValue: There is no statement of this label.
    """
    document = _document(policy) or {}
    statements = _statements(document)
    others = [statement for statement in statements if not _is_of(statement, label)]
    if len(others) == len(statements):
        raise _wrong_label(label, "can't find label.")
    return _text(document | {"Statement": others}) if others else ""


def _document(policy: str) -> dict[str, Any] | None:
    return parse_object(policy) if policy else None


def _statements(document: dict[str, Any]) -> list[Any]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _is_of(statement: Any, label: str) -> bool:
    return isinstance(statement, dict) and statement.get("Sid") == label


def _one_or_all(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _text(document: dict[str, Any]) -> str:
    return msgspec.json.encode(document).decode()


def _wrong_label(label: str, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Value {label} for parameter Label is invalid. Reason: {reason}")
