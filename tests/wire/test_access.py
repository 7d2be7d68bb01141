"""IAM and STS in the query protocol: bytes written down, botocore as judge."""

import datetime as dt

import pytest
from botocore.exceptions import ClientError

from headrace.core.access.errors import no_role
from headrace.wire.answer import encode_error, encode_result
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import InvalidAction, ValidationException
from headrace.wire.route import identify, route
from tests.wire.judge import REQUEST_ID, exchange, new_client

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
NOW = 1_700_000_000_123
METADATA = f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>"
ROLE = {
    "Path": "/",
    "RoleName": "r",
    "RoleId": "AROAAAAAAAAAAAAAAAAAA",
    "Arn": "arn:aws:iam::111122223333:role/r",
    "CreateDate": NOW,
    "AssumeRolePolicyDocument": "%7B%7D",
    "Tags": [{"Key": "k", "Value": "<v>"}],
    "RoleLastUsed": {},
}


def asked(body, **headers):
    return HttpRequest("POST", "/", {**FORM, **headers}, body)


def signed(service):
    scope = f"Credential=AKIA/20261128/us-east-1/{service}/aws4_request"
    return {"authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}


def test_a_request_with_lists():
    body = (
        b"Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D"
        b"&Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=b&Tags.member.2.Value="
    )
    call = route(asked(body, **signed("iam")))
    assert (call.service, call.operation) == ("iam", "CreateRole")
    assert call.parameters == {
        "RoleName": "r",
        "AssumeRolePolicyDocument": "{}",
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}],
    }


@pytest.mark.parametrize("list_of", [b"&Tags=", b""])
def test_a_list_that_is_empty_or_missing(list_of):
    call = route(asked(b"Action=TagRole&Version=2010-05-08&RoleName=r&Tags.member.1.Key=a"
                       b"&Tags.member.1.Value=b" if not list_of else
                       b"Action=CreateRole&Version=2010-05-08&RoleName=r"
                       b"&AssumeRolePolicyDocument=%7B%7D" + list_of))  # fmt: skip
    assert call.parameters.get("Tags") == ([] if list_of else [{"Key": "a", "Value": "b"}])


@pytest.mark.parametrize(
    ("body", "headers", "service"),
    [
        (b"Action=GetCallerIdentity&Version=2011-06-15", {}, "sts"),
        (b"Version=2010-05-08&Action=ListRoles", {}, "iam"),
        (b"Action=ListQueues&Version=2012-11-05", {}, "sqs"),
        (b"Action=ListQueues", {}, "sqs"),
        (b"Action=ListQueues&Version=1999-01-01", {}, "sqs"),
        (b"Action=ListRoles&Version=2012-11-05", signed("iam"), "iam"),
        (b"Action=ListRoles&Version=2010-05-08", signed("ec2"), "iam"),
    ],
)
def test_the_scope_says_which_service_is_meant_or_else_the_version(body, headers, service):
    assert identify(asked(body, **headers)).service == service
    in_query = HttpRequest("GET", f"/?{body.decode()}", headers, b"")
    assert identify(in_query).service == service


def test_an_answer_with_a_structure_a_list_and_an_instant():
    call = route(asked(b"Action=GetRole&Version=2010-05-08&RoleName=r"))
    answer = encode_result(call, {"Role": ROLE}, REQUEST_ID)
    assert answer.status == 200
    assert answer.body.decode() == (
        '<?xml version="1.0"?>'
        '<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role>'
        "<Path>/</Path><RoleName>r</RoleName><RoleId>AROAAAAAAAAAAAAAAAAAA</RoleId>"
        "<Arn>arn:aws:iam::111122223333:role/r</Arn><CreateDate>2023-11-14T22:13:20Z</CreateDate>"
        "<AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument>"
        "<Tags><member><Key>k</Key><Value>&lt;v&gt;</Value></member></Tags>"
        "<RoleLastUsed></RoleLastUsed></Role></GetRoleResult>"
        f"{METADATA}</GetRoleResponse>"
    )


def test_an_answer_without_a_result():
    call = route(asked(b"Action=DeleteRole&Version=2010-05-08&RoleName=r"))
    assert encode_result(call, {}, REQUEST_ID).body.decode() == (
        '<?xml version="1.0"?>'
        '<DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"{METADATA}</DeleteRoleResponse>"
    )


def test_an_error():
    protocol = identify(asked(b"Action=GetRole&Version=2010-05-08&RoleName=r"))
    answer = encode_error(protocol, no_role("r"), REQUEST_ID, "GetRole")
    assert answer.status == 404
    assert answer.body.decode() == (
        '<?xml version="1.0"?><ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        "<Error><Type>Sender</Type><Code>NoSuchEntity</Code>"
        "<Message>The role with name r cannot be found.</Message></Error>"
        f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    )


def test_values_are_checked_against_the_model():
    with pytest.raises(ValidationException) as caught:
        route(asked(b"Action=GetRole&Version=2010-05-08"))
    assert caught.value.query_code == "ValidationError"
    assert caught.value.message == (
        "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: "
        "Member must not be null"
    )
    with pytest.raises(ValidationException, match=r"at 'tags\.1\.member\.key'"):
        route(asked(b"Action=TagRole&Version=2010-05-08&RoleName=r&Tags.member.1.Key=%21"
                    b"&Tags.member.1.Value=b"))  # fmt: skip


def test_operations_that_are_not_served_are_said_to_be_invalid():
    with pytest.raises(InvalidAction, match="The action ListUsers is not valid"):
        route(asked(b"Action=ListUsers&Version=2010-05-08"))


def test_botocore_reads_what_is_written():
    pair = new_client("iam")
    call, answer = exchange(pair, "GetRole", {"RoleName": "r"}, {"Role": ROLE})
    assert call.parameters == {"RoleName": "r"}
    moment = dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)
    expected = {**ROLE, "CreateDate": moment, "AssumeRolePolicyDocument": {}}
    assert answer == {"Role": expected}
    names = {"PolicyNames": ["a", "b"], "IsTruncated": True, "Marker": "2"}
    _, answer = exchange(pair, "ListRolePolicies", {"RoleName": "r"}, names)
    assert answer == names
    with pytest.raises(pair[0].exceptions.NoSuchEntityException) as caught:
        exchange(pair, "GetRole", {"RoleName": "r"}, no_role("r"))
    assert isinstance(caught.value, ClientError)


def test_botocore_reads_who_it_is():
    caller = {"UserId": "1", "Account": "111122223333", "Arn": "arn:aws:iam::111122223333:root"}
    call, answer = exchange(new_client("sts"), "GetCallerIdentity", {}, caller)
    assert (call.service, answer) == ("sts", caller)
