"""Operations on policies of functions: parameters to commands, replies to answers."""

import json

import pytest

from headrace.base.errors import ServiceError
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ACCOUNT, ARN, REGION

GRANT = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}


def refusal(desk, operation, **parameters):
    with pytest.raises(ServiceError) as caught:
        desk.ask(operation, **parameters)
    return caught.value


def test_a_permission_comes_and_goes():
    desk = Desk()
    added = desk.ask(
        "AddPermission",
        **GRANT,
        SourceArn="arn:aws:s3:::b",
        SourceAccount="111122223333",
        EventSourceToken="t",
        PrincipalOrgID="o-a1b2c3d4e5",
        InvokedViaFunctionUrl=True,
    )
    assert set(added) == {"Statement"}
    assert json.loads(added["Statement"])["Condition"] == {
        "StringEquals": {
            "AWS:SourceAccount": "111122223333",
            "aws:PrincipalOrgID": "o-a1b2c3d4e5",
            "lambda:EventSourceToken": "t",
        },
        "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
        "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
    }
    shown = desk.ask("GetPolicy")
    assert json.loads(shown["Policy"])["Statement"] == [json.loads(added["Statement"])]
    stale = refusal(desk, "RemovePermission", StatementId="s", RevisionId="x")
    assert stale.code == "PreconditionFailedException"
    known = {"StatementId": "s", "RevisionId": shown["RevisionId"]}
    assert desk.ask("RemovePermission", **known) == {}
    assert refusal(desk, "GetPolicy").code == "ResourceNotFoundException"


def test_a_url_may_be_opened_to_all():
    grant = GRANT | {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
    statement = json.loads(Desk().ask("AddPermission", **grant)["Statement"])
    assert statement["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}


def test_a_qualifier_stands_in_the_name_or_by_itself():
    desk = Desk()
    desk.ask("PublishVersion")
    added = desk.ask("AddPermission", **GRANT, FunctionName=f"{ARN}:1")
    assert json.loads(added["Statement"])["Resource"] == f"{ARN}:1"
    assert desk.ask("GetPolicy", Qualifier="1")["RevisionId"]
    both = refusal(desk, "AddPermission", **GRANT, FunctionName=f"{ARN}:1", Qualifier="2")
    assert both.message.startswith("The derived qualifier from the function name")


def test_a_whole_policy_is_put_shown_and_deleted():
    desk = Desk()
    desk.ask("AddPermission", **GRANT)
    shown = desk.ask("GetResourcePolicy", ResourceArn=ARN)
    assert shown == desk.ask("GetPolicy")
    put = desk.ask(
        "PutResourcePolicy",
        ResourceArn=ARN,
        Policy=shown["Policy"].replace("Allow", "Deny"),
        RevisionId=shown["RevisionId"],
    )
    assert put == desk.ask("GetResourcePolicy", ResourceArn=ARN)
    assert '"Deny"' in put["Policy"]
    assert put["RevisionId"] != shown["RevisionId"]
    known = {"ResourceArn": ARN, "RevisionId": put["RevisionId"]}
    assert desk.ask("DeleteResourcePolicy", **known) == {}
    assert refusal(desk, "GetResourcePolicy", ResourceArn=ARN).code == "ResourceNotFoundException"


def test_runtimes_have_no_policy_here():
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:runtime/x"
    absent = refusal(Desk(), "GetResourcePolicy", ResourceArn=arn)
    assert absent.message == "The resource you requested does not exist."


def test_functions_of_others_are_not_looked_at():
    theirs = ARN.replace(ACCOUNT, "999999999999")
    denied = refusal(Desk(), "GetResourcePolicy", ResourceArn=theirs)
    assert denied.code == "AccessDeniedException"
    assert "lambda:GetResourcePolicy" in denied.message
