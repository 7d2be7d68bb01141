"""Operations on a function by another account's credentials (spec/lambda.md L-A10)."""

import pytest

from headrace.base.errors import ServiceError
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ACCOUNT, ARN, NAME, ROLE

OTHER = "111122223333"
GRANT = {"StatementId": "all", "Action": "lambda:*", "Principal": OTHER}
CONFIG = {"DestinationConfig": {}, "MaximumRetryAttempts": 1}

#: (operation, parameters, the action where it is called otherwise), in an order that works.
OPERATIONS = [
    ("GetFunction", {}, None),
    ("GetFunctionConfiguration", {}, None),
    ("UpdateFunctionConfiguration", {"Description": "new"}, None),
    ("UpdateFunctionCode", {"DryRun": True, "S3Bucket": "b", "S3Key": "k"}, None),
    ("PublishVersion", {}, None),
    ("ListVersionsByFunction", {}, None),
    ("CreateAlias", {"Name": "live", "FunctionVersion": "1"}, None),
    ("GetAlias", {"Name": "live"}, None),
    ("UpdateAlias", {"Name": "live", "Description": "x"}, None),
    ("ListAliases", {}, None),
    ("DeleteAlias", {"Name": "live"}, None),
    ("TagResource", {"Resource": ARN, "Tags": {"a": "b"}}, None),
    ("ListTags", {"Resource": ARN}, None),
    ("UntagResource", {"Resource": ARN, "TagKeys": ["a"]}, None),
    ("PutFunctionConcurrency", {"ReservedConcurrentExecutions": 1}, None),
    ("GetFunctionConcurrency", {}, None),
    ("DeleteFunctionConcurrency", {}, None),
    ("ListProvisionedConcurrencyConfigs", {}, None),
    ("PutFunctionEventInvokeConfig", CONFIG, None),
    ("UpdateFunctionEventInvokeConfig", CONFIG, None),
    ("GetFunctionEventInvokeConfig", {}, None),
    ("ListFunctionEventInvokeConfigs", {}, None),
    ("DeleteFunctionEventInvokeConfig", {}, None),
    ("CreateFunctionUrlConfig", {"AuthType": "NONE"}, None),
    ("GetFunctionUrlConfig", {}, None),
    ("UpdateFunctionUrlConfig", {}, None),
    ("ListFunctionUrlConfigs", {}, None),
    ("DeleteFunctionUrlConfig", {}, None),
    ("PutFunctionRecursionConfig", {"RecursiveLoop": "Allow"}, None),
    ("GetFunctionRecursionConfig", {}, None),
    ("GetFunctionCodeSigningConfig", {}, None),
    ("GetRuntimeManagementConfig", {}, None),
    ("PutRuntimeManagementConfig", {"UpdateRuntimeOn": "Auto"}, None),
    ("GetPolicy", {}, None),
    ("GetResourcePolicy", {"ResourceArn": ARN}, None),
    (
        "AddPermission",
        {"StatementId": "t", "Action": "lambda:GetAlias", "Principal": "s3.amazonaws.com"},
        None,
    ),
    ("RemovePermission", {"StatementId": "t"}, None),
    ("Invoke", {"InvocationType": "DryRun"}, "InvokeFunction"),
    ("InvokeWithResponseStream", {"InvocationType": "DryRun"}, "InvokeFunction"),
    ("DeleteFunction", {}, None),
]


@pytest.fixture
def owner():
    return Desk()


@pytest.fixture
def guest(owner):
    return Desk(OTHER, owner.bench)


def ask(desk, operation, parameters):
    """Ask; return the refusal's code and text, or nothing."""
    try:
        desk.ask(operation, **{"FunctionName": ARN} | parameters)
    except ServiceError as refusal:
        return f"{refusal.code}: {refusal.message}"
    return ""


@pytest.mark.parametrize(("operation", "parameters", "action"), OPERATIONS)
def test_each_is_refused_by_its_own_action(guest, operation, parameters, action):
    refusal = ask(guest, operation, parameters)
    assert refusal.startswith(f"AccessDeniedException: User: arn:aws:iam::{OTHER}:root ")
    assert f" lambda:{action or operation} on resource: {ARN} " in refusal


@pytest.mark.parametrize("action", ["*", None])
def test_each_works_once_it_is_allowed(owner, guest, action):
    """By "lambda:*" at once, or by the operation's own action each."""
    if action == "*":
        owner.ask("AddPermission", **GRANT)
    for operation, parameters, name in OPERATIONS:
        if action is None:
            allowed = f"lambda:{name or operation}"
            owner.ask("AddPermission", **GRANT | {"Action": allowed, "StatementId": operation})
        assert ask(guest, operation, parameters) == "", operation
        owner.bench.sleep(60_000)
    assert ask(owner, "GetFunction", {}).startswith("ResourceNotFoundException")


def test_what_is_shown_is_the_owners(owner, guest):
    owner.ask("AddPermission", **GRANT)
    shown = guest.ask("GetFunction", FunctionName=ARN)["Configuration"]
    assert shown["FunctionArn"] == ARN
    assert guest.ask("ListFunctions")["Functions"] == []
    with pytest.raises(ServiceError) as refusal:
        guest.ask("GetFunction", FunctionName=NAME)
    assert refusal.value.code == "ResourceNotFoundException"
    assert guest.ask("GetFunction", FunctionName=f"{ACCOUNT}:function:{NAME}")


@pytest.mark.parametrize("operation", ["CreateFunction", "CreateEventSourceMapping"])
def test_some_things_no_policy_allows(owner, guest, operation):
    owner.ask("AddPermission", **GRANT)
    parameters = {"Runtime": "python3.11", "Handler": "a.b", "Role": ROLE, "Code": {}}
    parameters["Code"] = {"S3Bucket": "b", "S3Key": "k"}
    if operation == "CreateEventSourceMapping":
        parameters = {"EventSourceArn": f"arn:aws:sqs:eu-central-1:{OTHER}:q"}
    assert ask(guest, operation, parameters).startswith("AccessDeniedException")
