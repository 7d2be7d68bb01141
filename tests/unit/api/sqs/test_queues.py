"""Queue operations in AWS's words (spec/sqs.md 2.1 to 2.6, 2.12)."""

import pytest

from headrace.core.sqs.errors import (
    InvalidParameterValue,
    MissingParameter,
    PurgeQueueInProgress,
    QueueDoesNotExist,
)
from tests.unit.api.sqs.desk import BASE, Desk


@pytest.fixture
def desk():
    return Desk()


def test_create_answers_a_url_under_the_callers_authority(desk):
    """1.5: the host follows the host that the request was made to."""
    assert desk.queue("orders") == f"{BASE}/000000000000/orders"
    assert desk.ask("GetQueueUrl", QueueName="orders") == {
        "QueueUrl": f"{BASE}/000000000000/orders"
    }


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "Value for parameter QueueName is invalid. Reason: Must specify a queue name."),
        ({"QueueName": ""}, "Queue name cannot be empty"),
        (
            {"QueueName": "a/b"},
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ),
    ],
)
def test_create_refuses_a_wrong_name(desk, parameters, sentence):
    """2.1."""
    with pytest.raises(InvalidParameterValue) as refusal:
        desk.ask("CreateQueue", **parameters)
    assert refusal.value.message == sentence


def test_list_pages_only_when_a_size_was_asked_for(desk):
    """2.4."""
    for name in ("b", "a", "c", "x"):
        desk.queue(name)
    whole = desk.ask("ListQueues")
    assert [url[-1] for url in whole["QueueUrls"]] == ["a", "b", "c", "x"]
    assert "NextToken" not in whole
    first = desk.ask("ListQueues", MaxResults=3)
    assert [url[-1] for url in first["QueueUrls"]] == ["a", "b", "c"]
    second = desk.ask("ListQueues", MaxResults=3, NextToken=first["NextToken"])
    assert [url[-1] for url in second["QueueUrls"]] == ["x"]
    assert "NextToken" not in second
    assert desk.ask("ListQueues", QueueNamePrefix="x")["QueueUrls"] == whole["QueueUrls"][3:]


@pytest.mark.parametrize(
    "parameters", [{"MaxResults": 0}, {"MaxResults": 1001}, {"NextToken": "§"}, {"NextToken": "a"}]
)
def test_list_refuses_sizes_and_tokens_that_are_none(desk, parameters):
    """2.4; the texts are ours."""
    with pytest.raises(InvalidParameterValue):
        desk.ask("ListQueues", **parameters)


def test_attributes_are_set_and_read(desk):
    """2.5, 2.6."""
    url = desk.queue()
    desk.ask("SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
    names = ["VisibilityTimeout", "Policy"]
    found = desk.ask("GetQueueAttributes", QueueUrl=url, AttributeNames=names)
    assert found == {"Attributes": {"VisibilityTimeout": "7"}}
    assert desk.ask("GetQueueAttributes", QueueUrl=url) == {"Attributes": {}}
    with pytest.raises(MissingParameter):
        desk.ask("SetQueueAttributes", QueueUrl=url, Attributes={})


def test_purge_empties_and_may_not_come_again_at_once(desk):
    """2.12."""
    url = desk.queue()
    desk.ask("SendMessage", QueueUrl=url, MessageBody="a")
    assert desk.ask("PurgeQueue", QueueUrl=url) == {}
    assert desk.receive(url) == []
    with pytest.raises(PurgeQueueInProgress):
        desk.ask("PurgeQueue", QueueUrl=url)


def test_a_deleted_queue_is_unknown(desk):
    """2.2: a repeated delete is refused."""
    url = desk.queue()
    desk.ask("DeleteQueue", QueueUrl=url)
    for operation in ("DeleteQueue", "PurgeQueue", "GetQueueAttributes", "ReceiveMessage"):
        with pytest.raises(QueueDoesNotExist):
            desk.ask(operation, QueueUrl=url)


def test_dead_letter_sources_are_listed_as_urls(desk):
    """2.13, S-A28: no token without a page size."""
    url = desk.queue("dead")
    assert desk.ask("ListDeadLetterSourceQueues", QueueUrl=url) == {"queueUrls": []}
    redrive = (
        '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":1}'
    )
    urls = [desk.queue(name, RedrivePolicy=redrive) for name in ("a", "b", "c")]
    assert desk.ask("ListDeadLetterSourceQueues", QueueUrl=url) == {"queueUrls": urls}
    page = desk.ask("ListDeadLetterSourceQueues", QueueUrl=url, MaxResults=2)
    assert page["queueUrls"] == urls[:2]
    rest = desk.ask(
        "ListDeadLetterSourceQueues", QueueUrl=url, MaxResults=2, NextToken=page["NextToken"]
    )
    assert rest == {"queueUrls": urls[2:]}
    with pytest.raises(InvalidParameterValue, match="between 1 and 1000"):
        desk.ask("ListDeadLetterSourceQueues", QueueUrl=url, MaxResults=0)
