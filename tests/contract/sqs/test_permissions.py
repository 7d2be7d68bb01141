"""AddPermission and RemovePermission, row by row (spec/sqs.md 8.2, 14.6 S-A30; 11 row 49)."""

import json

import pytest

from tests.contract.sqs.caller import arn

INVALID = "InvalidParameterValueException"
MISSING = "MissingRequiredParameterException"
ONE, TWO = "111111111111", "222222222222"
UNKNOWN = "Please refer to the appropriate WSDL for a list of valid actions. "
OWNERS = "Only the queue owner is allowed to invoke this action."


@pytest.fixture
def q(sqs):
    return sqs.queue("q")


def permission(url, label="l", accounts=(ONE,), actions=("ReceiveMessage",)):
    members = {"QueueUrl": url, "Label": label}
    return members | {"AWSAccountIds": list(accounts), "Actions": list(actions)}


def policy(sqs, url):
    """Return the queue's Policy; None when it has none."""
    text = sqs.attributes(url, "Policy").get("Policy")
    return None if text is None else json.loads(text)


def statement(label, principal, action):
    return {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": action,
        "Resource": arn("q"),
    }


def root(account):
    return f"arn:aws:iam::{account}:root"


def test_the_first_permission_makes_a_policy(sqs, q):
    """spec/sqs.md 8.2, 11 row 49: one principal and one action are strings, not lists."""
    assert sqs.ok("AddPermission", permission(q)) == {}
    assert policy(sqs, q) == {
        "Version": "2008-10-17",
        "Id": f"{arn('q')}/SQSDefaultPolicy",
        "Statement": [statement("l", root(ONE), "SQS:ReceiveMessage")],
    }


def test_several_of_each_are_lists_and_further_labels_are_appended(sqs, q):
    """spec/sqs.md 8.2, 14.6 S-A30: any account of twelve digits will do."""
    sqs.ok("AddPermission", permission(q, "a", (ONE, TWO), ("SendMessage", "*")))
    sqs.ok("AddPermission", permission(q, "b", (TWO,)))
    assert policy(sqs, q)["Statement"] == [
        statement("a", [root(ONE), root(TWO)], ["SQS:SendMessage", "SQS:*"]),
        statement("b", root(TWO), "SQS:ReceiveMessage"),
    ]


def test_the_last_removal_takes_the_policy_away(sqs, q):
    """spec/sqs.md 8.2, 11 row 49: by Sid; no empty Policy remains."""
    for label in ("a", "b"):
        sqs.ok("AddPermission", permission(q, label))
    assert sqs.ok("RemovePermission", {"QueueUrl": q, "Label": "a"}) == {}
    assert [row["Sid"] for row in policy(sqs, q)["Statement"]] == ["b"]
    sqs.ok("RemovePermission", {"QueueUrl": q, "Label": "b"})
    assert policy(sqs, q) is None
    assert "Policy" not in sqs.attributes(q)


def wrong(value, parameter, reason):
    return INVALID, f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"


OWNER_ACTIONS = ("AddPermission", "CreateQueue", "DeleteQueue", "ListQueues", "SetQueueAttributes")
REFUSED = [
    ({"label": "there"}, wrong("there", "Label", "Already exists.")),
    ({"actions": ["X"]}, wrong("SQS:X", "ActionName", UNKNOWN)),
    *(({"actions": [name]}, wrong(f"SQS:{name}", "ActionName", OWNERS)) for name in OWNER_ACTIONS),
    ({"actions": []}, (MISSING, "The request must contain the parameter Actions.")),
    ({"accounts": []}, wrong("[]", "PrincipalId", "Unable to verify.")),
    (
        {"actions": ["SendMessage"] * 8},
        ("OverLimit", "8 Actions were found, maximum allowed is 7."),
    ),
]


@pytest.mark.parametrize("given, refusal", REFUSED)
def test_a_wrong_permission(sqs, q, given, refusal):
    """spec/sqs.md 8.2, the rows of refusals, 11 row 5 (OverLimit is 403): the policy stays."""
    sqs.ok("AddPermission", permission(q, "there"))
    before = policy(sqs, q)
    assert sqs.refusal("AddPermission", permission(q, **given)) == refusal
    assert policy(sqs, q) == before


@pytest.mark.parametrize("label", ["a b", "a" * 81, "ä"])
def test_a_malformed_label(sqs, q, label):
    """spec/sqs.md 0: at most 80 of `[A-Za-z0-9_-]`."""
    assert sqs.refusal("AddPermission", permission(q, label))[0] == INVALID
    sqs.ok("AddPermission", permission(q, "a" * 80))


def test_a_label_that_is_not_there(sqs, q):
    """spec/sqs.md 8.2: "can't find label."."""
    sqs.ok("AddPermission", permission(q, "a"))
    refusal = wrong("b", "Label", "can't find label.")
    assert sqs.refusal("RemovePermission", {"QueueUrl": q, "Label": "b"}) == refusal
    assert len(policy(sqs, q)["Statement"]) == 1


ACTIONS = (
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "*",
)


@pytest.mark.parametrize("action", ACTIONS)
def test_what_others_may_be_allowed(sqs, q, action):
    """spec/sqs.md 8.2: the actions of others than the owner, and `*`."""
    sqs.ok("AddPermission", permission(q, actions=(action,)))
    assert policy(sqs, q)["Statement"][0]["Action"] == f"SQS:{action}"
