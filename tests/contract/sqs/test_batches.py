"""Batches and fair queues on the wire (spec/sqs.md 6, 11 rows 35 to 37, 14.5 S-A21)."""

import pytest

from tests.contract.sqs.mailbox import bodies, receive, send

INVALID = "InvalidParameterValueException"
BAD_ID = (
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
    "It can be at most 80 letters long."
)
#: Of each batch operation, what an entry holds beside its Id.
ENTRIES = {
    "SendMessageBatch": {"MessageBody": "b"},
    "DeleteMessageBatch": {"ReceiptHandle": "garbage"},
    "ChangeMessageVisibilityBatch": {"ReceiptHandle": "garbage", "VisibilityTimeout": 0},
}
every_batch = pytest.mark.parametrize("operation", ENTRIES)


@pytest.fixture
def q(sqs):
    return sqs.queue("q", MaximumMessageSize="1024")


def refused(sqs, operation, url, ids):
    """Return why a batch of these ids is refused as a whole."""
    entries = [{"Id": name, **ENTRIES[operation]} for name in ids]
    found = sqs.refusal(operation, {"QueueUrl": url, "Entries": entries})
    assert receive(sqs, url) == []
    return found


@every_batch
@pytest.mark.parametrize("name", ["", "i" * 81, "i" * 100, "invalid:id"])
def test_ids_come_before_handles(sqs, q, operation, name):
    """spec/sqs.md 14.5 S-A21: a wrong Id refuses the whole batch, garbage handles or not."""
    assert refused(sqs, operation, q, ["good", name]) == ("InvalidBatchEntryId", BAD_ID)


@every_batch
def test_counts_and_repeats(sqs, q, operation):
    """spec/sqs.md 14.5 S-A21, 11 row 36: none, eleven, and the first id seen twice."""
    assert refused(sqs, operation, q, map(str, range(11))) == (
        "TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent 11.",
    )
    assert refused(sqs, operation, q, ["a", "b", "b", "a"]) == (
        "BatchEntryIdsNotDistinct",
        "Id b repeated.",
    )
    assert refused(sqs, operation, q, []) == (
        "EmptyBatchRequest",
        f"There should be at least one {operation}RequestEntry in the request.",
    )


@pytest.mark.parametrize("operation", ["DeleteMessageBatch", "ChangeMessageVisibilityBatch"])
def test_a_garbage_handle_fails_for_itself(sqs, q, operation):
    """spec/sqs.md 1.4 (codes of the query protocol in both), 11 rows 36 and 43."""
    send(sqs, q)
    (message,) = receive(sqs, q)
    entries = [{"Id": name, **ENTRIES[operation]} for name in ("bad", "good")]
    entries[1]["ReceiptHandle"] = message["ReceiptHandle"]
    assert sqs.ok(operation, {"QueueUrl": q, "Entries": entries}) == {
        "Successful": [{"Id": "good"}],
        "Failed": [
            {
                "Id": "bad",
                "SenderFault": True,
                "Code": "ReceiptHandleIsInvalid",
                "Message": 'The input receipt handle "garbage" is not a valid receipt handle.',
            }
        ],
    }


def test_characters_size_and_delay_fail_for_themselves(sqs, q):
    """spec/sqs.md 11 row 36: each entry alone, the others are enqueued in order."""
    wrong = {
        "characters": {"MessageBody": "\x00"},
        "size": {"MessageBody": "b" * 1_025},
        "delay": {"MessageBody": "b", "DelaySeconds": 901},
        "group": {"MessageBody": "b", "MessageGroupId": "g h"},
    }
    entries = [{"Id": "first", "MessageBody": "b" * 1_024}]
    entries += [{"Id": name, **members} for name, members in wrong.items()]
    entries += [{"Id": "last", "MessageBody": "last"}]
    answer = sqs.ok("SendMessageBatch", {"QueueUrl": q, "Entries": entries})
    assert [entry["Id"] for entry in answer["Successful"]] == ["first", "last"]
    failed = {entry["Id"]: entry for entry in answer["Failed"]}
    assert list(failed) == list(wrong)
    assert {entry["SenderFault"] for entry in failed.values()} == {True}
    assert failed["characters"]["Code"] == "InvalidMessageContents"
    assert failed["size"]["Message"] == (
        "One or more parameters cannot be validated. Reason: "
        "Message must be shorter than 1024 bytes."
    )
    assert failed["delay"]["Code"] == failed["group"]["Code"] == "InvalidParameterValue"
    assert bodies(receive(sqs, q)) == ["b" * 1_024, "last"]


# --- fair queues ----------------------------------------------------------------------------------


def test_a_group_id_on_a_standard_queue(sqs, q):
    """spec/sqs.md 6, 11 row 35, 10 (2025-07): echoed; no number, no lock, no duplicates."""
    for body in ("a", "a", "b"):
        sent = send(sqs, q, body, MessageGroupId="g")
        assert "SequenceNumber" not in sent
    (first,) = receive(sqs, q, MaxNumberOfMessages=1)
    assert first["Attributes"]["MessageGroupId"] == "g"
    assert not {"SequenceNumber", "MessageDeduplicationId"} & set(first["Attributes"])
    assert bodies(receive(sqs, q)) == ["a", "b"]


@pytest.mark.parametrize("value", ["", "g" * 129, "group 123"])
def test_the_form_of_a_group_id_on_a_standard_queue(sqs, q, value):
    """spec/sqs.md 6, 11 row 35: rules as on FIFO."""
    asked = {"QueueUrl": q, "MessageBody": "b", "MessageGroupId": value}
    assert sqs.refusal("SendMessage", asked) == (
        INVALID,
        (
            f"Value {value} for parameter MessageGroupId is invalid. Reason: MessageGroupId can "
            "only include alphanumeric and punctuation characters. 1 to 128 in length."
        ),
    )


def test_a_group_id_by_the_queue_s_own_path(query_sqs):
    """spec/sqs.md 1.3, 6: a request of two members, its queue named by the path alone."""
    query_sqs.queue("q")
    members = {"MessageBody": "b", "MessageGroupId": "g"}
    query_sqs.ok("SendMessage", members, target="/000000000000/q")
    assert receive(query_sqs, "q")[0]["Attributes"]["MessageGroupId"] == "g"


def test_no_deduplication_id_on_a_standard_queue(sqs, q):
    """spec/sqs.md 12 Q12."""
    asked = {"QueueUrl": q, "MessageBody": "b", "MessageDeduplicationId": "d"}
    assert sqs.refusal("SendMessage", asked) == (
        INVALID,
        (
            "The request include parameter MessageDeduplicationId which is not valid for this queue "
            "type"
        ),
    )


def test_quiet_groups_come_first_while_one_is_noisy(sqs, q):
    """spec/sqs.md 6, 12 Q20: more than 10 % of what is in flight, and at least 30 of its own."""
    entries = [{"Id": f"e{n}", "MessageBody": f"n{n}", "MessageGroupId": "n"} for n in range(10)]
    for _ in range(4):
        sqs.ok("SendMessageBatch", {"QueueUrl": q, "Entries": entries})
    send(sqs, q, "early", MessageGroupId="quiet")
    for _ in range(2):
        assert len(receive(sqs, q)) == 10
    assert bodies(receive(sqs, q, MaxNumberOfMessages=9)) == [f"n{n}" for n in range(9)]
    # 29 in flight: not noisy yet, so by age.
    assert bodies(receive(sqs, q, MaxNumberOfMessages=1)) == ["n9"]
    send(sqs, q, "alone")
    found = bodies(receive(sqs, q, MaxNumberOfMessages=3))
    assert found == ["early", "alone", "n0"]  # the noisy one uses what is left
