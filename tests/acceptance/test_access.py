"""IAM and STS over boto3: what is kept is there after a restart."""

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.running import Running
from tests.unit.core.access.bench import ALLOW, BASIC, TRUST

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


def test_roles_and_policies_are_there_after_a_kill(tmp_path):
    with Running(tmp_path) as running:
        iam = running.client("iam")
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
        policy = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
        for arn in (BASIC, policy):
            iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        before = iam.get_role(RoleName="r")["Role"]
        running.process.kill()
    with Running(tmp_path) as running:
        iam = running.client("iam")
        assert iam.get_role(RoleName="r")["Role"] == before
        attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
        assert [one["PolicyArn"] for one in attached] == [BASIC, policy]
        with pytest.raises(ClientError, match="must detach all policies first"):
            iam.delete_role(RoleName="r")


def test_keys_of_a_session_mean_the_account_of_its_role(server):
    sts = server.client("sts")
    role = "arn:aws:iam::444455556666:role/r"
    keys = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    session = server.client("sts", key=keys["AccessKeyId"])
    assert session.get_caller_identity()["Account"] == "444455556666"
