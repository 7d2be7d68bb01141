"""STS: who asks, and keys for a session."""

import pytest

from headrace.base.accesskeys import account_of_key
from headrace.core.access.errors import AccessDenied
from tests.unit.api.access.desk import Desk
from tests.unit.core.access.bench import ACCOUNT, NOW, OTHER

ROLE = f"arn:aws:iam::{OTHER}:role/path/r"


def test_the_caller_is_the_account():
    assert Desk().call("GetCallerIdentity") == {
        "UserId": ACCOUNT,
        "Account": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:root",
    }


def test_who_assumes_a_role_works_in_its_account():
    answer = Desk().call("AssumeRole", RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900)
    keys = answer["Credentials"]
    assert account_of_key(keys["AccessKeyId"]) == OTHER
    assert (len(keys["SecretAccessKey"]), len(keys["SessionToken"])) == (40, 80)
    assert keys["Expiration"] == NOW + 900_000
    user = answer["AssumedRoleUser"]
    assert user["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/r/me"
    assert user["AssumedRoleId"].endswith(":me")


def test_each_session_has_its_own_keys():
    desk = Desk()
    first, second = (desk.call("GetSessionToken")["Credentials"] for _ in range(2))
    assert first["AccessKeyId"] != second["AccessKeyId"]
    assert account_of_key(first["AccessKeyId"]) == ACCOUNT
    assert first["Expiration"] == NOW + 43_200_000


@pytest.mark.parametrize("arn", ["arn:aws:iam::1:role/r", f"arn:aws:iam::{OTHER}:user/u"])
def test_only_a_role_can_be_assumed(arn):
    with pytest.raises(AccessDenied, match=f"sts:AssumeRole on resource: {arn}"):
        Desk().call("AssumeRole", RoleArn=arn, RoleSessionName="me")
