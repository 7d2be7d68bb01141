"""Policies that come as whole documents."""

import json

import pytest

from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.policydocument import read_policy
from tests.unit.core.functions.bench import ARN, SEED

STATEMENT = {
    "Sid": "a",
    "Effect": "Deny",
    "Principal": {"AWS": ["arn:aws:iam::111122223333:root"]},
    "Action": ["lambda:GetFunction", "lambda:Invoke*"],
    "Resource": ARN,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def document(*statements, **members):
    return json.dumps({"Version": "2012-10-17"} | members | {"Statement": list(statements)})


def test_a_policy_comes_out_as_it_went_in_but_compact():
    text = document(STATEMENT, STATEMENT | {"Sid": "é"}, Id="mine")
    policy = read_policy(text, ARN, SEED)
    assert json.loads(policy.text) == json.loads(text)
    assert " " not in policy.text
    assert list(policy.statements) == ["a", "é"]


def test_statements_need_no_id_and_one_needs_no_list():
    bare = {key: value for key, value in STATEMENT.items() if key != "Sid"}
    policy = read_policy(json.dumps({"Statement": bare}), ARN, SEED)
    assert json.loads(policy.text) == {"Version": "2008-10-17", "Statement": [bare]}
    assert list(read_policy(document(bare, STATEMENT, bare), ARN, SEED).statements) == [
        "#0",
        "a",
        "#2",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON"),
        ('{"Statement": NaN}', "it is not JSON"),
        (document(STATEMENT | {"Sid": "\ud800"}), "it is not JSON"),
        ("[" * 10_000, "it is not JSON"),
        ("[]", "it is not a JSON object"),
        (
            document(STATEMENT, Version="2020-01-01"),
            "its Version is none of 2008-10-17, 2012-10-17",
        ),
        (document(STATEMENT, Id=1), "its Id is no string"),
        (document(STATEMENT, Extra=1), "the policy has no member Extra"),
        (document(), "it has no Statement"),
        ("{}", "a statement is not a JSON object"),
        (document(1), "a statement is not a JSON object"),
        (document(STATEMENT | {"NotAction": "*"}), "a statement has no member NotAction"),
        (document(STATEMENT, STATEMENT), "two of its statements have the Sid a"),
        (document(STATEMENT | {"Sid": "#0"}), "a Sid is no legal name"),
        (
            document(STATEMENT | {"Effect": ["Allow"]}),
            "the Effect of a statement is neither Allow nor Deny",
        ),
        (
            document(STATEMENT | {"Principal": "111122223333"}),
            'the Principal of a statement is neither "*" nor an object',
        ),
        (
            document(STATEMENT | {"Action": "sqs:SendMessage"}),
            "the Action of a statement names none of Lambda's",
        ),
        (document(STATEMENT | {"Action": []}), "the Action of a statement names none of Lambda's"),
        (document(STATEMENT | {"Resource": "*"}), f"the Resource of a statement is not {ARN}"),
        (document(STATEMENT | {"Resource": [1]}), f"the Resource of a statement is not {ARN}"),
        (document(STATEMENT | {"Condition": []}), "the Condition of a statement is not an object"),
    ],
)
def test_what_is_no_policy_is_refused(text, reason):
    with pytest.raises(InvalidParameterValue) as refusal:
        read_policy(text, ARN, SEED)
    assert refusal.value.message == f"The resource policy is invalid: {reason}."
