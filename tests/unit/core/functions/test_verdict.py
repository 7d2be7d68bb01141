"""What a policy's statements say of a request (spec/lambda.md 1.20)."""

import json

import pytest

from headrace.core.functions.policy import Policy
from headrace.core.functions.verdict import Verdict, verdict_of
from tests.unit.core.functions.bench import ARN

OTHER = "111122223333"
ROOT = f"arn:aws:iam::{OTHER}:root"


def statement(**changes):
    """Return what opens everything of a function to an account."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "lambda:*",
        "Resource": ARN,
    } | changes


def verdict(*statements, action="lambda:GetFunction", caller=ROOT, **values):
    policy = Policy({str(n): json.dumps(one) for n, one in enumerate(statements)}, b"")
    return verdict_of(policy, action, caller, values)


def test_nothing_is_said_without_a_policy():
    assert verdict_of(None, "lambda:GetFunction", ROOT, {}) is Verdict.UNMENTIONED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Verdict.ALLOWED),
        ({"Action": "lambda:getfunction"}, Verdict.ALLOWED),
        ({"Action": "lambda:GetFunctionConfiguration"}, Verdict.UNMENTIONED),
        ({"Action": "lambda:GetFunction*"}, Verdict.ALLOWED),
        ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/r"}}, Verdict.UNMENTIONED),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, Verdict.UNMENTIONED),
        ({"Principal": "*"}, Verdict.ALLOWED),
        ({"Condition": {"StringEquals": {"a:Key": "X"}}}, Verdict.UNMENTIONED),
        ({"Condition": {"StringEquals": {"a:Other": "x"}}}, Verdict.ALLOWED),
        ({"Condition": {"ArnLike": {"a:Other": "x"}}}, Verdict.UNMENTIONED),
        ({"Effect": "Deny"}, Verdict.FORBIDDEN),
        ({"Effect": "Deny", "Action": "lambda:Invoke*"}, Verdict.UNMENTIONED),
    ],
)
def test_a_statement(changes, expected):
    assert verdict(statement(**changes), **{"a:other": "x"}) is expected


def test_a_denial_wins_wherever_it_stands():
    no = statement(Effect="Deny")
    assert verdict(statement(), no) is verdict(no, statement()) is Verdict.FORBIDDEN


@pytest.mark.parametrize("stars", ["*" * 2_000, "*?" * 20, "*" + "*n*" * 300])
def test_a_pattern_of_many_stars_holds_nobody_up(stars):
    assert verdict(statement(Action=f"lambda:{stars}x")) is Verdict.UNMENTIONED
