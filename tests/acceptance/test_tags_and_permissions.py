"""boto3 against a real server: tags, permissions and dead-letter sources (spec/sqs.md 2.13, 8)."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.running import REGION

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


def error_of(call, **parameters):
    """Return code and message of the exception that a call raises."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_tags_come_and_go(sqs, queue):
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=queue)
    sqs.tag_queue(QueueUrl=queue, Tags={"team": "a b", "Team": "", "x": "1"})
    sqs.tag_queue(QueueUrl=queue, Tags={"x": "2"})
    sqs.untag_queue(QueueUrl=queue, TagKeys=["team", "absent"])
    assert sqs.list_queue_tags(QueueUrl=queue)["Tags"] == {"Team": "", "x": "2"}
    code, message = error_of(sqs.tag_queue, QueueUrl=queue, Tags={})
    assert (code, message) == (
        "MissingParameter",
        "The request must contain the parameter Tags.",
    )
    code, message = error_of(sqs.untag_queue, QueueUrl=queue, TagKeys=[])
    assert code == "InvalidParameterValue"


def test_tags_of_a_new_queue(sqs):
    url = sqs.create_queue(QueueName="tagged", tags={"a": "b"})["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}


def test_permissions_are_a_policy(sqs, queue):
    accounts = ["111111111111", "222222222222"]
    given = {"QueueUrl": queue, "Label": "share", "AWSAccountIds": accounts}
    sqs.add_permission(**given, Actions=["ReceiveMessage"])
    assert error_of(sqs.add_permission, **given, Actions=["ReceiveMessage"]) == (
        "InvalidParameterValue",
        "Value share for parameter Label is invalid. Reason: Already exists.",
    )
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy", "QueueArn"])
    policy = json.loads(found["Attributes"]["Policy"])
    arn = found["Attributes"]["QueueArn"]
    assert policy == {
        "Version": "2008-10-17",
        "Id": f"{arn}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "share",
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]},
                "Action": "SQS:ReceiveMessage",
                "Resource": arn,
            }
        ],
    }
    sqs.remove_permission(QueueUrl=queue, Label="share")
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert "Policy" not in found
    assert error_of(sqs.remove_permission, QueueUrl=queue, Label="share") == (
        "InvalidParameterValue",
        "Value share for parameter Label is invalid. Reason: can't find label.",
    )
    code, _ = error_of(sqs.add_permission, **given, Actions=["SendMessage"] * 8)
    assert code == "OverLimit"


def test_dead_letter_sources_are_paged(sqs):
    dead = sqs.create_queue(QueueName="sources-dead")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:000000000000:sources-dead"
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    urls = [
        sqs.create_queue(QueueName=f"source-{n}", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
        for n in range(5)
    ]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == urls
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 2}
    )
    assert [page["queueUrls"] for page in pages] == [urls[:2], urls[2:4], urls[4:]]


def test_accounts_and_regions_are_apart(server):
    """1.5: a 12-digit key is the account; any other key is the configured default's."""
    clients = [server.client("sqs", key) for key in ("test", "AKIAIOSFODNN7EXAMPLE")]
    other = server.client("sqs", "111122223333")
    url = clients[0].create_queue(QueueName="apart")["QueueUrl"]
    assert url.endswith("/000000000000/apart")
    assert clients[1].get_queue_url(QueueName="apart")["QueueUrl"] == url
    with pytest.raises(other.exceptions.QueueDoesNotExist):
        other.get_queue_url(QueueName="apart")
    its = other.create_queue(QueueName="apart")["QueueUrl"]
    assert its.endswith("/111122223333/apart")
    clients[0].send_message(QueueUrl=url, MessageBody="mine")
    assert "Messages" not in other.receive_message(QueueUrl=its)
    assert "Messages" not in other.receive_message(QueueUrl="apart")
    (message,) = other.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "mine"
    for client in (*clients, other):
        client.close()
