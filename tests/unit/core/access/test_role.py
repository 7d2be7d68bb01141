"""Roles and policies know their ARNs."""

from headrace.core.access.role import Policy, PolicyVersion, Role


def test_an_arn_has_the_path():
    role = Role("1", "n", "/a/b/", "id", 0, "{}")
    assert role.arn == "arn:aws:iam::1:role/a/b/n"


def test_a_policy_finds_its_versions():
    second = PolicyVersion(2, "{}", 0)
    policy = Policy("1", "n", "/", "id", 0, 0, (second,), 2, 3)
    assert policy.arn == "arn:aws:iam::1:policy/n"
    assert policy.version("v2") is second
    assert policy.version("v1") is None
