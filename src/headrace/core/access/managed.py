"""Policies of AWS's own that deploy tools attach: known by name, some with their document.

There are more than a thousand; any name of the right form is taken for one, so that attaching it
works. Of those that functions and queues need, the document is known too.
"""

import re

import msgspec

from headrace.base.instant import Instant
from headrace.core.access.ids import make_id
from headrace.core.access.role import Policy, PolicyVersion

_ARN = re.compile(r"arn:aws:iam::aws:policy(/(?:[\w+=,.@-]+/)*)([\w+=,.@-]{1,128})", re.ASCII)
_WRITE_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_POLL = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_NETWORK = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
#: Path and name to the actions that are allowed on every resource.
_ACTIONS = {
    "/service-role/AWSLambdaBasicExecutionRole": _WRITE_LOGS,
    "/service-role/AWSLambdaSQSQueueExecutionRole": (*_POLL, *_WRITE_LOGS),
    "/service-role/AWSLambdaVPCAccessExecutionRole": (*_WRITE_LOGS, *_NETWORK),
    "/AmazonSQSFullAccess": ("sqs:*",),
    "/AmazonSQSReadOnlyAccess": (
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ListDeadLetterSourceQueues",
        "sqs:ListQueues",
        "sqs:ListMessageMoveTasks",
        "sqs:ListQueueTags",
    ),
}


def find(arn: str) -> Policy | None:
    """Return a policy of AWS's; without versions where its document is not known here."""
    match = _ARN.fullmatch(arn)
    if match is None:
        return None
    path, name = match.groups()
    actions = _ACTIONS.get(f"{path}{name}")
    versions = (PolicyVersion(1, _document_of(actions), Instant(0)),) if actions else ()
    return Policy(
        account="aws",
        name=name,
        path=path,
        id=make_id("ANPA", arn.encode()),
        created_at=Instant(0),
        updated_at=Instant(0),
        versions=versions,
        default=1,
        next_version=2,
    )


def known() -> list[Policy]:
    """Return those whose documents are known, by ARN."""
    found = (find(f"arn:aws:iam::aws:policy{end}") for end in sorted(_ACTIONS))
    return [policy for policy in found if policy is not None]


def _document_of(actions: tuple[str, ...]) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return msgspec.json.encode({"Version": "2012-10-17", "Statement": [statement]}).decode()
