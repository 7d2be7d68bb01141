"""Operations on roles, from parameters to answer."""

from urllib.parse import quote

import pytest

from headrace.core.access.errors import DuplicateTagKeys, NoSuchEntity
from tests.unit.api.access.desk import Desk
from tests.unit.core.access.bench import ACCOUNT, ALLOW, BASIC, NOW, TRUST


@pytest.fixture
def desk():
    desk = Desk()
    desk.call(
        "CreateRole",
        RoleName="r",
        Path="/x/",
        AssumeRolePolicyDocument=TRUST,
        Description="d",
        MaxSessionDuration=7_200,
        PermissionsBoundary=BASIC,
        Tags=[{"Key": "k", "Value": "v"}],
    )
    return desk


def test_a_role_is_shown_with_its_document_encoded(desk):
    role = desk.call("GetRole", RoleName="r")["Role"]
    assert role.pop("RoleId").startswith("AROA")
    assert role == {
        "Path": "/x/",
        "RoleName": "r",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/x/r",
        "CreateDate": NOW,
        "AssumeRolePolicyDocument": quote(TRUST, safe=""),
        "Description": "d",
        "MaxSessionDuration": 7_200,
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": BASIC,
        },
        "Tags": [{"Key": "k", "Value": "v"}],
        "RoleLastUsed": {},
    }


def test_a_list_shows_less(desk):
    (role,) = desk.call("ListRoles", PathPrefix="/x/")["Roles"]
    assert not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & role.keys()
    assert desk.call("ListRoles", PathPrefix="/y/") == {"Roles": [], "IsTruncated": False}


def test_settings_change_one_by_one(desk):
    assert desk.call("UpdateRole", RoleName="r", Description="new") == {}
    assert desk.call("UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=TRUST + " ") == {}
    assert desk.call("DeleteRolePermissionsBoundary", RoleName="r") == {}
    role = desk.call("GetRole", RoleName="r")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("new", 7_200)
    assert role["AssumeRolePolicyDocument"].endswith("%20")
    assert "PermissionsBoundary" not in role
    desk.call("PutRolePermissionsBoundary", RoleName="r", PermissionsBoundary=BASIC)
    shown = desk.call("UpdateRoleDescription", RoleName="r", Description="newer")["Role"]
    assert shown["Description"] == "newer"
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == BASIC


def test_inline_policies(desk):
    desk.call("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=ALLOW)
    assert desk.call("GetRolePolicy", RoleName="r", PolicyName="p") == {
        "RoleName": "r",
        "PolicyName": "p",
        "PolicyDocument": quote(ALLOW, safe=""),
    }
    names = desk.call("ListRolePolicies", RoleName="r")
    assert names == {"PolicyNames": ["p"], "IsTruncated": False}
    desk.call("DeleteRolePolicy", RoleName="r", PolicyName="p")
    assert desk.call("ListRolePolicies", RoleName="r")["PolicyNames"] == []


def test_managed_policies_that_it_has(desk):
    desk.call("AttachRolePolicy", RoleName="r", PolicyArn=BASIC)
    expected = [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}]
    assert desk.call("ListAttachedRolePolicies", RoleName="r")["AttachedPolicies"] == expected
    below = desk.call("ListAttachedRolePolicies", RoleName="r", PathPrefix="/service-role/")
    assert below["AttachedPolicies"] == expected
    elsewhere = desk.call("ListAttachedRolePolicies", RoleName="r", PathPrefix="/mine/")
    assert elsewhere["AttachedPolicies"] == []
    desk.call("DetachRolePolicy", RoleName="r", PolicyArn=BASIC)
    assert desk.call("ListAttachedRolePolicies", RoleName="r")["AttachedPolicies"] == []


def test_no_key_of_a_tag_stands_there_twice(desk):
    for keys in ("aa", "aA"):
        tags = [{"Key": key, "Value": "w"} for key in keys]
        with pytest.raises(DuplicateTagKeys):
            desk.call("TagRole", RoleName="r", Tags=tags)
    assert desk.call("GetRole", RoleName="r")["Role"]["Tags"] == [{"Key": "k", "Value": "v"}]


def test_tags(desk):
    desk.call("TagRole", RoleName="r", Tags=[{"Key": "a", "Value": ""}])
    desk.call("UntagRole", RoleName="r", TagKeys=["k"])
    assert desk.call("ListRoleTags", RoleName="r")["Tags"] == [{"Key": "a", "Value": ""}]


def test_no_instance_has_a_role_here(desk):
    assert desk.call("ListInstanceProfilesForRole", RoleName="r")["InstanceProfiles"] == []
    with pytest.raises(NoSuchEntity):
        desk.call("ListInstanceProfilesForRole", RoleName="absent")


def test_a_deleted_role_is_gone(desk):
    assert desk.call("DeleteRole", RoleName="r") == {}
    with pytest.raises(NoSuchEntity):
        desk.call("GetRole", RoleName="r")
