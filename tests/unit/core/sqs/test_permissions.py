"""The Policy document that AddPermission and RemovePermission write (spec/sqs.md 8.2, row 49)."""

import json

import pytest

from headrace.core.sqs.errors import InvalidParameterValue, MissingParameter, OverLimit
from headrace.core.sqs.permissions import (
    FOR_OTHERS,
    FOR_OWNERS,
    check_permission,
    with_permission,
    without_permission,
)
from headrace.wire.catalog import SERVICES

ARN = "arn:aws:sqs:us-east-1:000000000000:q"


def test_the_first_permission_makes_the_default_policy():
    policy = with_permission("", ARN, "L", ["111111111111"], ["ReceiveMessage"])
    assert json.loads(policy) == {
        "Version": "2008-10-17",
        "Id": f"{ARN}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "L",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                "Action": "SQS:ReceiveMessage",
                "Resource": ARN,
            }
        ],
    }


def test_several_accounts_and_actions_are_lists():
    """S-A30."""
    policy = with_permission("", ARN, "L", ["1" * 12, "2" * 12], ["*", "SendMessage"])
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"]["AWS"] == [f"arn:aws:iam::{n * 12}:root" for n in "12"]
    assert statement["Action"] == ["SQS:*", "SQS:SendMessage"]


def test_labels_are_added_and_removed_one_by_one():
    one = with_permission("", ARN, "a", ["1" * 12], ["*"])
    two = with_permission(one, ARN, "b", ["1" * 12], ["*"])
    with pytest.raises(InvalidParameterValue) as refusal:
        with_permission(two, ARN, "a", ["1" * 12], ["*"])
    assert refusal.value.message == (
        "Value a for parameter Label is invalid. Reason: Already exists."
    )
    assert without_permission(two, "b") == one
    assert without_permission(one, "a") == ""
    for policy in ("", two):
        with pytest.raises(InvalidParameterValue) as refusal:
            without_permission(policy, "c")
        assert refusal.value.message == (
            "Value c for parameter Label is invalid. Reason: can't find label."
        )


def test_a_policy_that_the_user_wrote_stays_what_it_is():
    """A single statement may stand without a list; version, id and statement are the user's."""
    own = '\n{"Version":"2012-10-17","Id":"mine","Statement":{"Sid":"x","Effect":"Deny"}}'
    policy = with_permission(own, ARN, "L", ["1" * 12], ["*"])
    document = json.loads(policy)
    assert (document["Version"], document["Id"]) == ("2012-10-17", "mine")
    assert [statement["Sid"] for statement in document["Statement"]] == ["x", "L"]


@pytest.mark.parametrize(
    ("label", "accounts", "actions", "error", "sentence"),
    [
        (
            "L",
            ["1" * 12],
            ["Fly"],
            InvalidParameterValue,
            (
                "Value SQS:Fly for parameter ActionName is invalid. Reason: "
                "Please refer to the appropriate WSDL for a list of valid actions. "
            ),
        ),
        (
            "L",
            ["1" * 12],
            ["SendMessage", "CreateQueue"],
            InvalidParameterValue,
            (
                "Value SQS:CreateQueue for parameter ActionName is invalid. "
                "Reason: Only the queue owner is allowed to invoke this action."
            ),
        ),
        ("L", ["1" * 12], [], MissingParameter, "The request must contain the parameter Actions."),
        (
            "L",
            [],
            ["*"],
            InvalidParameterValue,
            "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify.",
        ),
        (
            "L",
            ["1" * 12, "x"],
            ["*"],
            InvalidParameterValue,
            (
                "Value [111111111111, x] for parameter PrincipalId is invalid. "
                "Reason: Unable to verify."
            ),
        ),
        ("L", ["1" * 12], ["*"] * 8, OverLimit, "8 Actions were found, maximum allowed is 7."),
        (
            "a b",
            ["1" * 12],
            ["*"],
            InvalidParameterValue,
            (
                "Value a b for parameter Label is invalid. Reason: Label can only include "
                "alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
            ),
        ),
    ],
)
def test_wrong_permissions_are_refused(label, accounts, actions, error, sentence):
    with pytest.raises(error) as refusal:
        check_permission(label, accounts, actions)
    assert refusal.value.message == sentence


def test_every_operation_is_for_owners_or_for_others_or_a_batch_form():
    operations = {name for name in SERVICES["sqs"].operations if not name.endswith("Batch")}
    assert operations == FOR_OWNERS | (FOR_OTHERS - {"*"})
