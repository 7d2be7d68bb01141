"""Who may use a function URL (spec/lambda.md 1.17, L-C3)."""

import json

import pytest

from headrace.core.functions.policy import Policy
from headrace.core.functions.url import Url
from headrace.core.functions.urlaccess import may_use
from tests.unit.core.functions.bench import ACCOUNT, EPOCH, REGION

OTHER = "111122223333"
KIND = "lambda:FunctionUrlAuthType"


def statement(**changes):
    """Return what opens a URL for everybody."""
    return {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:InvokeFunctionUrl",
        "Resource": "arn",
        "Condition": {"StringEquals": {KIND: "NONE"}},
    } | changes


def allowed(*statements, auth_type="NONE", account=""):
    policy = Policy({str(n): json.dumps(one) for n, one in enumerate(statements)}, b"")
    url = Url("id", auth_type, EPOCH, EPOCH)
    return may_use(url, policy if statements else None, account, ACCOUNT, REGION)


def test_a_url_for_everybody_needs_a_statement_that_says_so():
    assert not allowed()
    assert allowed(statement())
    assert not allowed(account=ACCOUNT)


@pytest.mark.parametrize(
    ("changes", "is_open"),
    [
        ({"Action": "lambda:*"}, True),
        ({"Action": "*"}, True),
        ({"Action": ["lambda:GetFunction", "LAMBDA:invokefunctionURL"]}, True),
        ({"Action": "lambda:Invoke*"}, True),
        ({"Action": "lambda:InvokeFunction???"}, True),
        ({"Action": "lambda:*Fun*Url*"}, True),
        ({"Action": "lambda:*Url?*"}, False),
        ({"Action": "lambda:[i]nvokeFunctionUrl"}, False),
        ({"Action": "lambda:InvokeFunction"}, False),
        ({"Action": "lambda.InvokeFunctionUrl"}, False),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": ["*"]}}, True),
        ({"Principal": {"AWS": OTHER}}, False),
        ({"Principal": {"Service": "*"}}, False),
        ({"Condition": {}}, True),
        ({"Condition": {"StringEquals": {KIND: ["AWS_IAM", "NONE"]}}}, True),
        ({"Condition": {"StringEquals": {KIND: "AWS_IAM"}}}, False),
        ({"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}, True),
        ({"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "false"}}}, False),
        ({"Condition": {"StringEquals": {KIND: "NONE", "AWS:SourceAccount": OTHER}}}, False),
        ({"Condition": {"StringNotEquals": {KIND: "AWS_IAM"}}}, False),
        ({"Condition": {"StringEquals": "x"}}, False),
    ],
)
def test_what_opens_a_url(changes, is_open):
    assert allowed(statement(**changes)) is is_open


def test_what_is_denied_is_denied_whatever_else_is_allowed():
    assert not allowed(statement(), statement(Effect="Deny"))
    assert allowed(statement(), statement(Effect="Deny", Action="lambda:InvokeFunction"))


def test_a_url_for_callers_with_credentials():
    iam = {"Condition": {"StringEquals": {KIND: "AWS_IAM"}}}
    root = f"arn:aws:iam::{OTHER}:root"
    assert not allowed(statement(**iam), auth_type="AWS_IAM")
    assert allowed(auth_type="AWS_IAM", account=ACCOUNT)
    assert not allowed(auth_type="AWS_IAM", account=OTHER)
    for principal in ("*", {"AWS": root}, {"AWS": [OTHER]}):
        given = statement(Principal=principal, **iam)
        assert allowed(given, auth_type="AWS_IAM", account=OTHER)
    assert not allowed(statement(Principal={"AWS": root}), auth_type="AWS_IAM", account=OTHER)
    denied = statement(Principal={"AWS": ACCOUNT}, Effect="Deny", **iam)
    assert not allowed(denied, auth_type="AWS_IAM", account=ACCOUNT)
