"""boto3 against a real server: who may use a function (spec/lambda.md 1.20, 13.6)."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.test_functions import ACCOUNT, REGION, ROLE, RUNTIME, SOURCE, make_zip

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

NAME = "policies"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}"


def test_permissions_come_and_go(server):
    functions = server.client("lambda", ACCOUNT)
    code = {"ZipFile": make_zip(SOURCE)}
    functions.create_function(
        FunctionName=NAME, Runtime=RUNTIME, Role=ROLE, Handler="app.handler", Code=code
    )
    known = functions.exceptions
    with pytest.raises(known.ResourceNotFoundException):
        functions.get_policy(FunctionName=NAME)
    grant = {"FunctionName": NAME, "StatementId": "s3", "Action": "lambda:InvokeFunction"}
    grant |= {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b"}
    added = functions.add_permission(**grant)
    assert added["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement = json.loads(added["Statement"])
    assert statement == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}},
    }
    shown = functions.get_policy(FunctionName=ARN)
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    assert json.loads(shown["Policy"]) == policy
    with pytest.raises(known.ResourceConflictException):
        functions.add_permission(**grant)
    with pytest.raises(known.PreconditionFailedException):
        functions.add_permission(**grant | {"StatementId": "t"}, RevisionId="x")
    with pytest.raises(ClientError, match="Member must satisfy regular expression pattern"):
        functions.add_permission(**grant | {"StatementId": "example.com"})
    whole = functions.get_resource_policy(ResourceArn=ARN)
    assert (whole["Policy"], whole["RevisionId"]) == (shown["Policy"], shown["RevisionId"])
    policy["Statement"].append(statement | {"Sid": "more", "Effect": "Deny"})
    functions.put_resource_policy(
        ResourceArn=ARN, Policy=json.dumps(policy), RevisionId=whole["RevisionId"]
    )
    gone = functions.remove_permission(FunctionName=NAME, StatementId="s3")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    left = json.loads(functions.get_policy(FunctionName=NAME)["Policy"])["Statement"]
    assert [one["Sid"] for one in left] == ["more"]
    functions.delete_resource_policy(ResourceArn=ARN)
    with pytest.raises(known.ResourceNotFoundException):
        functions.get_resource_policy(ResourceArn=ARN)
    functions.delete_function(FunctionName=NAME)
    functions.close()


def test_another_account_uses_a_function_once_it_may(server):
    """lambda.md L-A10: everything by the function's ARN, after one statement."""
    functions = server.client("lambda", ACCOUNT)
    guest = server.client("lambda", "444455556666")
    name = "opened"
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    code = {"ZipFile": make_zip(SOURCE)}
    functions.create_function(
        FunctionName=name, Runtime=RUNTIME, Role=ROLE, Handler="app.handler", Code=code
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    refused = (
        r"\(AccessDeniedException\).* User: arn:aws:iam::444455556666:root is not authorized to "
        rf"perform: lambda:InvokeFunction on resource: {arn} because no resource-based policy"
    )
    with pytest.raises(ClientError, match=refused):
        guest.invoke(FunctionName=arn)
    functions.add_permission(
        FunctionName=name, StatementId="all", Action="lambda:*", Principal="444455556666"
    )
    assert guest.get_function(FunctionName=arn)["Configuration"]["FunctionArn"] == arn
    assert guest.update_function_code(FunctionName=arn, **code, Publish=True)["Version"] == "1"
    guest.get_waiter("function_updated_v2").wait(FunctionName=arn)
    answer = guest.invoke(FunctionName=arn, Payload=b'{"n": 1}')
    assert "FunctionError" not in answer
    assert answer["ExecutedVersion"] == "$LATEST"
    assert guest.invoke(FunctionName=arn, InvocationType="Event")["StatusCode"] == 202
    guest.delete_function(FunctionName=arn)
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function(FunctionName=name)
    guest.close()
