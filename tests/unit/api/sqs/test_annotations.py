"""Tags and permissions in AWS's words (spec/sqs.md 8.1, 8.2)."""

import json

import pytest

from headrace.core.sqs.errors import InvalidParameterValue, MissingParameter, QueueDoesNotExist
from tests.unit.api.sqs.desk import Desk


@pytest.fixture
def desk():
    return Desk()


def test_tags_come_and_go(desk):
    url = desk.queue()
    assert desk.ask("ListQueueTags", QueueUrl=url) == {}
    assert desk.ask("TagQueue", QueueUrl=url, Tags={"a": "1", "b": ""}) == {}
    assert desk.ask("ListQueueTags", QueueUrl=url) == {"Tags": {"a": "1", "b": ""}}
    assert desk.ask("UntagQueue", QueueUrl=url, TagKeys=["a", "b"]) == {}
    assert desk.ask("ListQueueTags", QueueUrl=url) == {}


@pytest.mark.parametrize("parameters", [{}, {"Tags": {}}])
def test_no_tags_are_too_few(desk, parameters):
    url = desk.queue()
    with pytest.raises(MissingParameter) as refusal:
        desk.ask("TagQueue", QueueUrl=url, **parameters)
    assert refusal.value.message == "The request must contain the parameter Tags."


@pytest.mark.parametrize("parameters", [{}, {"TagKeys": []}, {"TagKeys": [""]}])
def test_no_keys_are_too_few(desk, parameters):
    url = desk.queue()
    with pytest.raises(InvalidParameterValue) as refusal:
        desk.ask("UntagQueue", QueueUrl=url, **parameters)
    assert refusal.value.message == "Tag keys must be between 1 and 128 characters in length."


def test_permissions_come_and_go(desk):
    url = desk.queue()
    given = {"Label": "L", "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage"]}
    assert desk.ask("AddPermission", QueueUrl=url, **given) == {}
    found = desk.ask("GetQueueAttributes", QueueUrl=url, AttributeNames=["Policy"])
    policy = json.loads(found["Attributes"]["Policy"])
    assert policy["Statement"][0]["Resource"] == "arn:aws:sqs:us-east-1:000000000000:q"
    assert desk.ask("RemovePermission", QueueUrl=url, Label="L") == {}
    found = desk.ask("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
    assert "Policy" not in found["Attributes"]


@pytest.mark.parametrize("operation", ["AddPermission", "RemovePermission"])
def test_a_label_is_needed(desk, operation):
    url = desk.queue()
    with pytest.raises(MissingParameter, match="the parameter Label"):
        desk.ask(operation, QueueUrl=url, Actions=["*"], AWSAccountIds=["1" * 12])


@pytest.mark.parametrize(
    "operation", ["TagQueue", "UntagQueue", "ListQueueTags", "AddPermission", "RemovePermission"]
)
def test_the_queue_is_looked_up_first(desk, operation):
    with pytest.raises(QueueDoesNotExist):
        desk.ask(operation, QueueUrl="http://h/000000000000/absent")
