"""Deleting and hiding by receipt handle, in AWS's words (spec/sqs.md 2.10, 2.11)."""

import pytest

from headrace.core.sqs.errors import (
    InvalidBatchEntryId,
    InvalidParameterValue,
    MissingParameter,
    QueueDoesNotExist,
    ReceiptHandleIsInvalid,
)
from tests.unit.api.sqs.desk import Desk


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def url(desk):
    return desk.queue()


def received(desk, url):
    desk.ask("SendMessage", QueueUrl=url, MessageBody="a")
    (message,) = desk.receive(url)
    return message["ReceiptHandle"]


def test_a_message_is_deleted_by_its_handle_again_and_again(desk, url):
    """2.10: the same handle again succeeds."""
    handle = received(desk, url)
    for _ in range(2):
        assert desk.ask("DeleteMessage", QueueUrl=url, ReceiptHandle=handle) == {}
    desk.now += 31_000
    assert desk.receive(url) == []


def test_a_handle_of_garbage_is_named(desk, url):
    """2.10; and the queue comes first."""
    with pytest.raises(ReceiptHandleIsInvalid) as refusal:
        desk.ask("DeleteMessage", QueueUrl=url, ReceiptHandle="garbage")
    assert (
        refusal.value.message == 'The input receipt handle "garbage" is not a valid receipt handle.'
    )
    with pytest.raises(QueueDoesNotExist):
        desk.ask("DeleteMessage", QueueUrl="nowhere", ReceiptHandle="garbage")
    with pytest.raises(MissingParameter, match="parameter ReceiptHandle"):
        desk.ask("DeleteMessage", QueueUrl=url)


def test_a_batch_delete_answers_per_entry_after_checking_ids(desk, url):
    """2.10 and S-A21."""
    good = {"Id": "good", "ReceiptHandle": received(desk, url)}
    bad = {"Id": "bad", "ReceiptHandle": "garbage"}
    answer = desk.ask("DeleteMessageBatch", QueueUrl=url, Entries=[bad, good])
    assert answer["Successful"] == [{"Id": "good"}]
    assert answer["Failed"][0] | {"Message": ""} == {
        "Id": "bad",
        "SenderFault": True,
        "Code": "ReceiptHandleIsInvalid",
        "Message": "",
    }
    with pytest.raises(InvalidBatchEntryId):
        desk.ask("DeleteMessageBatch", QueueUrl=url, Entries=[bad | {"Id": ""}])


def test_a_message_is_hidden_and_shown(desk, url):
    """2.11."""
    handle = received(desk, url)
    given = {"QueueUrl": url, "ReceiptHandle": handle}
    assert desk.ask("ChangeMessageVisibility", **given, VisibilityTimeout=100) == {}
    desk.now += 31_000
    assert desk.receive(url) == []
    desk.ask("ChangeMessageVisibility", **given, VisibilityTimeout=0)
    assert len(desk.receive(url)) == 1
    with pytest.raises(MissingParameter, match="parameter VisibilityTimeout"):
        desk.ask("ChangeMessageVisibility", **given)
    with pytest.raises(InvalidParameterValue) as refusal:
        desk.ask("ChangeMessageVisibility", **given, VisibilityTimeout=43_201)
    assert refusal.value.message == (
        "Value 43201 for parameter VisibilityTimeout is invalid. "
        "Reason: VisibilityTimeout must be an integer between 0 and 43200."
    )


def test_a_deleted_message_cannot_be_hidden(desk, url):
    """2.11, in both forms."""
    handle = received(desk, url)
    desk.ask("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
    entry = {"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 5}
    answer = desk.ask("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=[entry])
    (failed,) = answer["Failed"]
    assert failed["Code"] == "InvalidParameterValue"
    assert failed["Message"].endswith(
        "Reason: Message does not exist or is not available for visibility timeout change."
    )
