"""Managed policies: made, versioned and deleted by IAM's rules and in its words."""

import pytest

from headrace.core.access import commands as asked
from headrace.core.access import limits
from headrace.core.access.book import Book
from headrace.core.access.errors import (
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    MalformedPolicyDocument,
    NoSuchEntity,
)
from tests.unit.core.access.bench import ACCOUNT, ALLOW, BASIC, NOW, OTHER, TRUST, Bench

USES = Book.uses
ARN = f"arn:aws:iam::{ACCOUNT}:policy/p"


@pytest.fixture
def bench():
    bench = Bench()
    bench.create_policy(description="d", tags={"k": "v"})
    return bench


def add_version(bench, *, is_default=False):
    return bench.ask(asked.CreatePolicyVersion(ACCOUNT, ARN, ALLOW, is_default)).policy


def listed(bench, **more):
    shown = bench.ask(asked.ListPolicies(ACCOUNT, **more)).policies
    return [one.policy.arn for one in shown]


def test_a_policy_has_one_version_at_first(bench):
    shown = bench.policy(ARN)
    policy = shown.policy
    assert (policy.arn, policy.description, policy.tags) == (ARN, "d", {"k": "v"})
    assert [(one.id, one.document) for one in policy.versions] == [("v1", ALLOW)]
    assert (policy.default, policy.created_at, shown.attachments) == (1, NOW, 0)
    assert (policy.id[:4], len(policy.id)) == ("ANPA", 21)


def test_a_policy_that_is_refused_is_not_there(bench):
    with pytest.raises(EntityAlreadyExists, match="A policy called P already exists"):
        bench.create_policy("P")
    with pytest.raises(MalformedPolicyDocument):
        bench.create_policy("q", TRUST)
    with pytest.raises(LimitExceeded, match="Cannot exceed quota for PolicySize: 6144"):
        bench.create_policy("q", ALLOW.replace("sqs", "s" * 6_144))
    assert listed(bench, scope="Local") == [ARN]


def test_an_account_has_so_many_policies(bench, monkeypatch):
    monkeypatch.setattr(limits, "POLICIES_MAX", 1)
    with pytest.raises(LimitExceeded, match="PoliciesPerAccount: 1"):
        bench.create_policy("q")


def test_nobody_sees_the_policies_of_another_account(bench):
    with pytest.raises(NoSuchEntity, match=f"Policy {ARN} was not found."):
        bench.ask(asked.FindPolicy(OTHER, ARN))
    assert bench.ask(asked.ListPolicies(OTHER, scope="Local")).policies == []


def test_five_versions_at_most_and_one_default(bench):
    assert add_version(bench).default == 1
    assert add_version(bench, is_default=True).default == 3
    add_version(bench)
    add_version(bench)
    with pytest.raises(LimitExceeded, match="A managed policy can have up to 5 versions"):
        add_version(bench)
    with pytest.raises(DeleteConflict, match="Cannot delete the default version of a policy"):
        bench.ask(asked.DeletePolicyVersion(ACCOUNT, ARN, "v3"))
    bench.ask(asked.DeletePolicyVersion(ACCOUNT, ARN, "v1"))
    with pytest.raises(NoSuchEntity, match="version v1 does not exist"):
        bench.ask(asked.FindPolicyVersion(ACCOUNT, ARN, "v1"))
    bench.ask(asked.SetDefaultPolicyVersion(ACCOUNT, ARN, "v2"))
    assert bench.policy(ARN).policy.default == 2
    assert [one.id for one in add_version(bench).versions] == ["v2", "v3", "v4", "v5", "v6"]


def test_those_who_have_it_are_counted(bench):
    bench.create_role("a", path="/x/")
    bench.create_role("b", boundary=ARN)
    bench.ask(asked.AttachRolePolicy(ACCOUNT, "a", ARN))
    shown = bench.policy(ARN)
    assert (shown.attachments, shown.boundaries) == (1, 1)
    holders = bench.ask(asked.ListEntities(ACCOUNT, ARN)).roles
    assert [role.name for role in holders] == ["a"]
    assert bench.ask(asked.ListEntities(ACCOUNT, ARN, "/y/")).roles == []


def test_a_policy_goes_when_nobody_has_it_and_one_version_is_left(bench):
    delete = asked.DeletePolicy(ACCOUNT, ARN)
    bench.create_role()
    bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", ARN))
    with pytest.raises(DeleteConflict, match="Cannot delete a policy attached to entities"):
        bench.ask(delete)
    bench.ask(asked.DetachRolePolicy(ACCOUNT, "r", ARN))
    add_version(bench)
    with pytest.raises(DeleteConflict, match="This policy has more than one version"):
        bench.ask(delete)
    bench.ask(asked.DeletePolicyVersion(ACCOUNT, ARN, "v2"))
    bench.ask(delete)
    with pytest.raises(NoSuchEntity):
        bench.ask(delete)


def test_a_list_has_a_scope_a_path_and_those_attached(bench):
    other = bench.create_policy("deep", path="/x/").arn
    bench.create_role()
    bench.ask(asked.AttachRolePolicy(ACCOUNT, "r", BASIC))
    assert listed(bench, scope="Local") == [ARN, other]
    assert listed(bench, scope="Local", path_prefix="/x/") == [other]
    assert listed(bench, only_attached=True) == [BASIC]
    assert BASIC in listed(bench, scope="AWS")
    assert ARN not in listed(bench, scope="AWS")


def test_tags_come_and_go(bench):
    bench.ask(asked.TagPolicy(ACCOUNT, ARN, {"a": "1"}, ("k",)))
    assert bench.policy(ARN).policy.tags == {"a": "1"}


def test_a_policy_of_aws_cannot_be_changed(bench):
    for command in (
        asked.DeletePolicy(ACCOUNT, BASIC),
        asked.CreatePolicyVersion(ACCOUNT, BASIC, ALLOW),
        asked.TagPolicy(ACCOUNT, BASIC, {"a": "1"}),
    ):
        with pytest.raises(AccessDenied, match="is managed by AWS"):
            bench.ask(command)


def test_a_list_of_policies_looks_at_the_roles_once(bench, monkeypatch):
    looks = []
    monkeypatch.setattr(Book, "uses", lambda book, account: looks.append(1) or USES(book, account))
    monkeypatch.delattr(Book, "holders")
    for number in range(20):
        bench.create_policy(f"p{number}")
    bench.create_role(boundary=ARN)
    shown = bench.ask(asked.ListPolicies(ACCOUNT, scope="Local")).policies
    assert (len(shown), shown[0].boundaries, len(looks)) == (21, 1, 1)
