"""AWS's own policies: any name is one, a few have their document."""

import json

import pytest

from headrace.core.access import managed
from tests.unit.core.access.bench import ACCOUNT, BASIC


def test_a_known_one_has_its_document():
    policy = managed.find(BASIC)
    assert (policy.arn, policy.account, policy.path) == (BASIC, "aws", "/service-role/")
    statement = json.loads(policy.versions[0].document)["Statement"][0]
    assert "logs:PutLogEvents" in statement["Action"]
    assert policy.version("v1") is policy.versions[0]


def test_an_unknown_one_has_none():
    policy = managed.find("arn:aws:iam::aws:policy/Something")
    assert (policy.name, policy.versions) == ("Something", ())
    assert policy.id == managed.find("arn:aws:iam::aws:policy/Something").id


@pytest.mark.parametrize("arn", ["", f"arn:aws:iam::{ACCOUNT}:policy/x", f"{BASIC}/", "policy/x"])
def test_other_arns_are_none_of_aws(arn):
    assert managed.find(arn) is None


def test_the_known_ones_are_in_order():
    arns = [policy.arn for policy in managed.known()]
    assert arns == sorted(arns)
    assert BASIC in arns
