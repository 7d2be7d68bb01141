"""What SendMessage and SendMessageBatch refuse, and in which order (spec/sqs.md 2.7, 2.8).

Ids of groups and of deduplication (2.7; 2.8, rows 7 and 8) stand in test_fifo.py and
test_batches.py, attributes and the trace header in test_message_attributes.py.
"""

import pytest

from tests.contract.sqs.mailbox import bodies, receive, send, text

INVALID = "InvalidParameterValueException"
MISSING = "MissingRequiredParameterException"
CHARACTERS = (
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
    "#xE000 to #xFFFD | #x10000 to #x10FFFF"
)
MIB = 1_048_576


@pytest.fixture
def q(sqs):
    return sqs.queue("q")


@pytest.fixture
def fifo(sqs):
    return sqs.queue("q.fifo")


def refused(sqs, url, **members):
    found = sqs.refusal("SendMessage", {"QueueUrl": url, "MessageBody": "b", **members})
    assert receive(sqs, url) == []
    return found


def wrong(parameter, value, reason):
    return INVALID, f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"


# --- one message ----------------------------------------------------------------------------------


def test_what_is_answered(sqs, q, fifo):
    """spec/sqs.md 2.7: a UUID, the digest of the body; a sequence number on FIFO queues only."""
    sent = send(sqs, q, "hi")
    assert sent.keys() == {"MessageId", "MD5OfMessageBody"}
    assert sent["MD5OfMessageBody"] == "49f68a5c8493ec2c0bf489821c21fc3b"
    assert len(sent["MessageId"]) == 36
    sent = send(sqs, fifo, "hi", MessageGroupId="g", MessageDeduplicationId="d")
    assert sent.keys() == {"MessageId", "MD5OfMessageBody", "SequenceNumber"}


@pytest.mark.parametrize("members", [{"MessageBody": ""}, {"MessageBody": None}])
def test_a_message_without_a_body(sqs, q, members):
    """spec/sqs.md 0, 2.7: at least one character."""
    given = {"QueueUrl": q} | {name: value for name, value in members.items() if value is not None}
    expected = (MISSING, "The request must contain the parameter MessageBody.")
    assert sqs.refusal("SendMessage", given) == expected


@pytest.mark.parametrize("character", ["\0", "\b", "\x1f", "\ufffe", "\uffff"])
def test_forbidden_characters(sqs, q, character):
    """spec/sqs.md 2.7."""
    assert refused(sqs, q, MessageBody=f"a{character}") == ("InvalidMessageContents", CHARACTERS)


@pytest.mark.parametrize("size", [1_024, MIB])
def test_a_body_as_long_as_the_queue_allows(sqs, size):
    """spec/sqs.md 0, 2.7, 11 row 45: exactly the limit is good, despite "shorter"."""
    url = sqs.queue("q", MaximumMessageSize=str(size))
    reason = f"Message must be shorter than {size} bytes."
    refusal = (INVALID, f"One or more parameters are invalid. Reason: {reason}")
    assert refused(sqs, url, MessageBody="b" * (size + 1)) == refusal
    send(sqs, url, "b" * size)
    assert len(receive(sqs, url)[0]["Body"]) == size


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_out_of_range(sqs, q, delay):
    """spec/sqs.md 0, 2.7: 0 to 900."""
    refusal = wrong("DelaySeconds", delay, "DelaySeconds must be >= 0 and <= 900.")
    assert refused(sqs, q, DelaySeconds=delay) == refusal
    send(sqs, q, DelaySeconds=900)
    sqs.server.advance(899)
    assert receive(sqs, q) == []
    sqs.server.advance(1)
    assert bodies(receive(sqs, q)) == ["b"]


@pytest.mark.parametrize("queues_delay", ["0", "5"])
def test_a_delay_of_one_message_on_a_fifo_queue(sqs, queues_delay):
    """spec/sqs.md 2.7, 11 row 34: refused ("include", sic); 0 is good and the queue's stays."""
    url = sqs.queue("d.fifo", DelaySeconds=queues_delay, ContentBasedDeduplication="true")
    reason = "The request include parameter that is not valid for this queue type."
    refusal = wrong("DelaySeconds", 2, reason)
    assert refused(sqs, url, DelaySeconds=2, MessageGroupId="g") == refusal
    send(sqs, url, DelaySeconds=0, MessageGroupId="g")
    assert len(receive(sqs, url)) == (queues_delay == "0")
    sqs.server.advance(5)
    assert len(receive(sqs, url)) == (queues_delay == "5")


def test_no_delay_overrides_the_queues(sqs):
    """spec/sqs.md 2.7: on a standard queue."""
    url = sqs.queue("q", DelaySeconds="60")
    send(sqs, url, "later")
    send(sqs, url, "now", DelaySeconds=0)
    assert bodies(receive(sqs, url)) == ["now"]


def test_another_system_attribute_than_the_trace(sqs, q):
    """spec/sqs.md 2.7."""
    expected = (INVALID, "Message system attribute name 'X' is invalid.")
    assert refused(sqs, q, MessageSystemAttributes={"X": text("x")}) == expected


# --- batches --------------------------------------------------------------------------------------


def batch(sqs, url, *entries):
    """Send a batch; ids are e0, e1 and so on unless an entry says otherwise."""
    rows = [{"Id": f"e{n}", "MessageBody": "b", **entry} for n, entry in enumerate(entries)]
    return {"QueueUrl": url, "Entries": rows}


BIG = {"MessageBody": "b" * (MIB + 1)}
#: Of the whole request: entries that break this rule and all that come after it (2.8, 2 to 6).
STEPS = [
    ([], "EmptyBatchRequest"),
    ([BIG] + [{"Id": "?"}] * 10, "TooManyEntriesInBatchRequest"),
    ([BIG, {"Id": "?"}, {"Id": "e0"}], "InvalidBatchEntryId"),
    ([BIG, {"Id": "e0"}], "BatchEntryIdsNotDistinct"),
    ([BIG], "BatchRequestTooLong"),
    ([{}, {"MessageGroupId": "g"}], INVALID),
]


@pytest.mark.parametrize("entries, kind", STEPS, ids=[kind for _, kind in STEPS])
def test_the_order_of_what_refuses_a_whole_batch(sqs, fifo, entries, kind):
    """spec/sqs.md 2.8, 12 Q13, 11 row 36: each is wrong in every later way too; nothing comes in."""
    assert sqs.refusal("SendMessageBatch", batch(sqs, fifo, *entries))[0] == kind
    assert receive(sqs, fifo) == []


def test_the_texts_of_what_refuses_a_whole_batch(sqs, q):
    """spec/sqs.md 2.8, rows 2 to 6."""

    def text_of(*entries):
        return sqs.refusal("SendMessageBatch", batch(sqs, q, *entries))[1]

    assert text_of() == "There should be at least one SendMessageBatchRequestEntry in the request."
    assert text_of(*[{}] * 11) == "Maximum number of entries per request are 10. You have sent 11."
    assert text_of({"Id": "a b"}) == (
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
        "It can be at most 80 letters long."
    )
    ids = ("a", "b", "c", "b", "a")
    assert text_of(*({"Id": name} for name in ids)) == "Id b repeated."
    long = "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    assert text_of(BIG) == long
    half = {"MessageBody": "b" * (MIB // 2)}
    assert text_of(half, half, {}) == long
    assert receive(sqs, q) == []


def test_a_batch_as_large_as_allowed(sqs, q):
    """spec/sqs.md 0, 2.8: 1 MiB in ten entries, ids of 80."""
    rest = MIB - 9
    entries = [{"Id": f"{n}" * 80} for n in range(9)] + [{"MessageBody": "b" * rest}]
    sent = sqs.ok("SendMessageBatch", batch(sqs, q, *entries))
    assert [row["Id"] for row in sent["Successful"]] == [str(n) * 80 for n in range(9)] + ["e9"]


def test_the_limit_of_a_batch_is_not_the_queues(sqs):
    """spec/sqs.md 0, 2.8, 11 rows 36 and 45: an entry fails for itself, in other words."""
    url = sqs.queue("q", MaximumMessageSize="1024")
    fits, large = {"MessageBody": "b" * 1_024}, {"MessageBody": "b" * 1_025}
    sent = sqs.ok("SendMessageBatch", batch(sqs, url, fits, large, fits))
    assert [row["Id"] for row in sent["Successful"]] == ["e0", "e2"]
    assert sent["Failed"] == [
        {
            "Id": "e1",
            "SenderFault": True,
            "Code": "InvalidParameterValue",
            "Message": "One or more parameters cannot be validated. "
            "Reason: Message must be shorter than 1024 bytes.",
        }
    ]


@pytest.mark.parametrize(
    "entry, code",
    [
        ({"MessageBody": "\0"}, "InvalidMessageContents"),
        ({"DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageGroupId": "a b"}, "InvalidParameterValue"),
        ({"MessageAttributes": {"AWS.x": text("x")}}, "InvalidParameterValue"),
    ],
)
def test_an_entry_that_fails_for_itself(sqs, q, entry, code):
    """spec/sqs.md 1.4, 2.8, 11 row 36: Query's code in both protocols, the single send's text."""
    _, sentence = refused(sqs, q, **entry)
    sent = sqs.ok("SendMessageBatch", batch(sqs, q, {}, entry, {}))
    assert [row["Id"] for row in sent["Successful"]] == ["e0", "e2"]
    failed = {"Id": "e1", "SenderFault": True, "Code": code, "Message": sentence}
    assert sent["Failed"] == [failed]
    assert len(receive(sqs, q)) == 2


def test_a_fifo_batch_keeps_its_order_and_drops_duplicates(sqs, fifo):
    """spec/sqs.md 2.8: mixed groups, deduplication entry by entry, also inside one batch."""
    ids = [("g", "1"), ("h", "2"), ("g", "3"), ("g", "1"), ("h", "4")]
    entries = [
        {"MessageBody": key, "MessageGroupId": group, "MessageDeduplicationId": key}
        for group, key in ids
    ]
    sent = sqs.ok("SendMessageBatch", batch(sqs, fifo, *entries))["Successful"]
    assert sent[3]["MessageId"] == sent[0]["MessageId"]
    assert bodies(receive(sqs, fifo)) == ["1", "3", "2", "4"]
