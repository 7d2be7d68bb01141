"""Roles: made, changed and deleted by IAM's rules and in its words."""

import pytest

from headrace.core.access import commands as asked
from headrace.core.access import limits
from headrace.core.access.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    MalformedPolicyDocument,
    NoSuchEntity,
)
from headrace.core.access.records import RoleDeleted, RoleWritten
from tests.unit.core.access.bench import ACCOUNT, ALLOW, BASIC, NOW, OTHER, TRUST, Bench


@pytest.fixture
def bench():
    bench = Bench()
    bench.create_role(description="d", tags={"b": "2", "a": "1"})
    return bench


def names(bench, prefix="/"):
    return [role.name for role in bench.ask(asked.ListRoles(ACCOUNT, prefix)).roles]


def test_a_role_is_what_was_asked_for(bench):
    role = bench.role()
    assert role.arn == f"arn:aws:iam::{ACCOUNT}:role/r"
    assert (role.trust, role.description, role.max_session_s) == (TRUST, "d", 3_600)
    assert role.created_at == NOW
    assert list(role.tags.items()) == [("a", "1"), ("b", "2")]
    assert (role.id[:4], len(role.id)) == ("AROA", 21)


def test_a_name_is_taken_in_any_case_and_found_in_its_own_only(bench):
    with pytest.raises(EntityAlreadyExists, match="Role with name R already exists"):
        bench.create_role("R")
    with pytest.raises(NoSuchEntity, match="The role with name R cannot be found"):
        bench.role("R")
    assert bench.ask(asked.CreateRole(OTHER, "r", "/", TRUST, b"s")).role.account == OTHER


def test_a_role_that_is_refused_is_not_there(bench):
    with pytest.raises(MalformedPolicyDocument):
        bench.create_role("bad", trust=ALLOW)
    with pytest.raises(LimitExceeded, match="Cannot exceed quota for ACLSizePerRole: 2048"):
        bench.create_role("bad", trust=TRUST.replace("lambda", "x" * 2_048))
    assert names(bench) == ["r"]


def test_an_account_has_so_many_roles(bench, monkeypatch):
    monkeypatch.setattr(limits, "ROLES_MAX", 1)
    with pytest.raises(LimitExceeded, match="Cannot exceed quota for RolesPerAccount: 1"):
        bench.create_role("second")


def test_roles_are_listed_by_name_below_a_path(bench):
    bench.create_role("b", path="/x/")
    bench.create_role("a", path="/x/y/")
    assert names(bench) == ["a", "b", "r"]
    assert names(bench, "/x/") == ["a", "b"]


def test_an_update_changes_what_it_names(bench):
    bench.ask(asked.UpdateRole(ACCOUNT, "r", description=""))
    bench.ask(asked.UpdateRole(ACCOUNT, "r", max_session_s=7_200))
    bench.ask(asked.UpdateRole(ACCOUNT, "r", boundary=BASIC))
    role = bench.role()
    assert (role.description, role.max_session_s, role.boundary) == ("", 7_200, BASIC)
    bench.ask(asked.UpdateRole(ACCOUNT, "r", boundary=""))
    assert bench.role().boundary == ""
    with pytest.raises(MalformedPolicyDocument):
        bench.ask(asked.UpdateRole(ACCOUNT, "r", trust="{}"))
    assert bench.role().trust == TRUST


def test_tags_come_and_go(bench):
    bench.ask(asked.TagRole(ACCOUNT, "r", {"c": "3", "a": "9"}, ("b",)))
    assert bench.role().tags == {"a": "9", "c": "3"}


def test_inline_policies_are_kept_by_name(bench):
    bench.ask(asked.PutRolePolicy(ACCOUNT, "r", "z", ALLOW))
    bench.ask(asked.PutRolePolicy(ACCOUNT, "r", "a", ALLOW))
    assert list(bench.ask(asked.FindRolePolicy(ACCOUNT, "r", "a")).role.inline) == ["a", "z"]
    bench.ask(asked.DeleteRolePolicy(ACCOUNT, "r", "a"))
    with pytest.raises(NoSuchEntity, match="The role policy with name a cannot be found"):
        bench.ask(asked.FindRolePolicy(ACCOUNT, "r", "a"))
    with pytest.raises(NoSuchEntity, match="The role policy with name a cannot be found"):
        bench.ask(asked.DeleteRolePolicy(ACCOUNT, "r", "a"))


def test_inline_policies_have_a_size_together(bench):
    long = ALLOW.replace("sqs:*", "sqs:" + "x" * 6_000)
    bench.ask(asked.PutRolePolicy(ACCOUNT, "r", "a", long))
    with pytest.raises(LimitExceeded, match="inline policies for role r: 10240"):
        bench.ask(asked.PutRolePolicy(ACCOUNT, "r", "b", long))
    bench.ask(asked.PutRolePolicy(ACCOUNT, "r", "a", long + " " * 9_000))
    assert list(bench.role().inline) == ["a"]


def test_managed_policies_are_attached_once(bench):
    own = bench.create_policy().arn
    bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", BASIC))
    bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", own))
    bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", BASIC))
    assert bench.records == []
    assert bench.role().attached == (BASIC, own)
    bench.ask(asked.DetachRolePolicy(ACCOUNT, "r", BASIC))
    with pytest.raises(NoSuchEntity, match="was not found"):
        bench.ask(asked.DetachRolePolicy(ACCOUNT, "r", BASIC))
    absent = f"arn:aws:iam::{ACCOUNT}:policy/absent"
    with pytest.raises(NoSuchEntity, match="absent does not exist or is not attachable"):
        bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", absent))


def test_a_role_has_so_many_managed_policies(bench):
    for number in range(limits.ATTACHED_MAX):
        bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", f"arn:aws:iam::aws:policy/P{number}"))
    with pytest.raises(LimitExceeded, match="Cannot exceed quota for PoliciesPerRole: 10"):
        bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", BASIC))


def test_a_role_goes_when_nothing_hangs_on_it(bench):
    delete = asked.DeleteRole(ACCOUNT, "r")
    bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", BASIC))
    with pytest.raises(DeleteConflict, match="must detach all policies first"):
        bench.ask(delete)
    bench.ask(asked.DetachRolePolicy(ACCOUNT, "r", BASIC))
    bench.ask(asked.PutRolePolicy(ACCOUNT, "r", "a", ALLOW))
    assert [type(record) for record in bench.records] == [RoleWritten]
    with pytest.raises(DeleteConflict, match="must delete policies first"):
        bench.ask(delete)
    bench.ask(asked.DeleteRolePolicy(ACCOUNT, "r", "a"))
    bench.ask(delete)
    assert [type(record) for record in bench.records] == [RoleDeleted]
    with pytest.raises(NoSuchEntity):
        bench.ask(delete)
    bench.create_role()
