"""Operations on managed policies, from parameters to answer."""

from urllib.parse import quote

import pytest

from headrace.core.access.errors import NoSuchEntity
from tests.unit.api.access.desk import Desk
from tests.unit.core.access.bench import ACCOUNT, ALLOW, BASIC, NOW, TRUST

ARN = f"arn:aws:iam::{ACCOUNT}:policy/x/p"


@pytest.fixture
def desk():
    desk = Desk()
    desk.call(
        "CreatePolicy",
        PolicyName="p",
        Path="/x/",
        PolicyDocument=ALLOW,
        Description="d",
        Tags=[{"Key": "k", "Value": "v"}],
    )
    return desk


def test_a_policy_is_shown(desk):
    policy = desk.call("GetPolicy", PolicyArn=ARN)["Policy"]
    assert policy.pop("PolicyId").startswith("ANPA")
    assert policy == {
        "PolicyName": "p",
        "Arn": ARN,
        "Path": "/x/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": NOW,
        "UpdateDate": NOW,
        "Description": "d",
        "Tags": [{"Key": "k", "Value": "v"}],
    }


def test_a_new_one_is_shown_without_its_description(desk):
    policy = desk.call("CreatePolicy", PolicyName="q", PolicyDocument=ALLOW, Description="d")
    assert not {"Description", "Tags"} & policy["Policy"].keys()


def test_lists(desk):
    (policy,) = desk.call("ListPolicies", Scope="Local", PathPrefix="/x/")["Policies"]
    assert policy["Arn"] == ARN
    assert not {"Description", "Tags"} & policy.keys()
    assert desk.call("ListPolicies", OnlyAttached=True)["Policies"] == []


def test_versions(desk):
    new = desk.call("CreatePolicyVersion", PolicyArn=ARN, PolicyDocument=ALLOW, SetAsDefault=True)
    expected = {"VersionId": "v2", "IsDefaultVersion": True, "CreateDate": NOW}
    assert new == {"PolicyVersion": expected}
    versions = desk.call("ListPolicyVersions", PolicyArn=ARN)["Versions"]
    assert versions == [expected, {**expected, "VersionId": "v1", "IsDefaultVersion": False}]
    desk.call("SetDefaultPolicyVersion", PolicyArn=ARN, VersionId="v1")
    shown = desk.call("GetPolicyVersion", PolicyArn=ARN, VersionId="v1")["PolicyVersion"]
    assert (shown["Document"], shown["IsDefaultVersion"]) == (quote(ALLOW, safe=""), True)
    desk.call("DeletePolicyVersion", PolicyArn=ARN, VersionId="v2")
    with pytest.raises(NoSuchEntity):
        desk.call("GetPolicyVersion", PolicyArn=ARN, VersionId="v2")


def test_a_document_of_aws_that_is_not_known_is_said_to_be_missing(desk):
    with pytest.raises(NoSuchEntity):
        desk.call("GetPolicyVersion", PolicyArn="arn:aws:iam::aws:policy/Some", VersionId="v1")
    known = desk.call("GetPolicyVersion", PolicyArn=BASIC, VersionId="v1")
    assert "logs%3APutLogEvents" in known["PolicyVersion"]["Document"]


def test_those_who_have_it(desk):
    desk.call("CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    desk.call("AttachRolePolicy", RoleName="r", PolicyArn=ARN)
    found = desk.call("ListEntitiesForPolicy", PolicyArn=ARN)
    assert [role["RoleName"] for role in found["PolicyRoles"]] == ["r"]
    assert found["PolicyUsers"] == found["PolicyGroups"] == []
    users = desk.call("ListEntitiesForPolicy", PolicyArn=ARN, EntityFilter="User")
    assert users["PolicyRoles"] == []


def test_tags(desk):
    desk.call("TagPolicy", PolicyArn=ARN, Tags=[{"Key": "a", "Value": "1"}])
    desk.call("UntagPolicy", PolicyArn=ARN, TagKeys=["k"])
    assert desk.call("ListPolicyTags", PolicyArn=ARN)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_a_deleted_policy_is_gone(desk):
    assert desk.call("DeletePolicy", PolicyArn=ARN) == {}
    with pytest.raises(NoSuchEntity):
        desk.call("GetPolicy", PolicyArn=ARN)
