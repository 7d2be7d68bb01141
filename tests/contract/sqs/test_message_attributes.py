"""Bodies and attributes of messages: sizes, refusals, digests (spec/sqs.md 4.2 to 4.6, 14.5)."""

import hashlib

import pytest

from tests.contract.sqs.mailbox import binary, receive, send, text

INVALID = "InvalidParameterValueException"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def q(sqs):
    return sqs.queue("q")


def refused(sqs, url, **members):
    """Send what is refused; return kind and text, after a look that nothing came in."""
    found = sqs.refusal("SendMessage", {"QueueUrl": url, "MessageBody": "b", **members})
    assert receive(sqs, url) == []
    return found


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members",
    [
        {"MessageBody": "é" * 512},
        {"MessageBody": "b" * 1_015, "MessageAttributes": {"k": text("é")}},
        {"MessageBody": "b" * 1_007, "MessageAttributes": {"k": binary(b"\0" * 10)}},
        {"MessageBody": "b" * 1_013, "MessageAttributes": {"k": text("7", "Number.in")}},
    ],
)
def test_a_message_of_exactly_1024_bytes(sqs, members):
    """spec/sqs.md 4.2: UTF-8 bytes of the body, names, full types and values; 11 row 45."""
    url = sqs.queue("q", MaximumMessageSize="1024")
    sqs.ok("SendMessage", {"QueueUrl": url, **members})
    longer = members | {"MessageBody": members["MessageBody"] + "x"}
    assert sqs.refusal("SendMessage", {"QueueUrl": url, **longer}) == (
        INVALID,
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
    )


def test_what_does_not_count(sqs):
    """spec/sqs.md 4.2: system attributes, group id and deduplication id are excluded."""
    url = sqs.queue("q.fifo", MaximumMessageSize="1024")
    send(
        sqs,
        url,
        "b" * 1_024,
        MessageGroupId="g" * 128,
        MessageDeduplicationId="d" * 128,
        MessageSystemAttributes={"AWSTraceHeader": text(TRACE)},
    )
    assert len(receive(sqs, url)) == 1


def test_a_batch_is_measured_as_its_messages_are(sqs, q):
    """spec/sqs.md 4.2: the sum over all entries, attribute k/String/x counted; 11 row 45."""
    entry = {"Id": "a", "MessageBody": "b" * 1_048_569, "MessageAttributes": {"k": text("x")}}
    assert sqs.refusal("SendMessageBatch", {"QueueUrl": q, "Entries": [entry]}) == (
        "BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
    )
    entry["MessageBody"] = entry["MessageBody"][1:]
    answer = sqs.ok("SendMessageBatch", {"QueueUrl": q, "Entries": [entry]})
    assert [done["Id"] for done in answer["Successful"]] == ["a"]


# --- attributes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attributes, sentence",
    [
        (
            {f"n{number}": text("v") for number in range(11)},
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
        (
            {"": text("v")},
            "The request must contain non-empty message (user) attribute names.",
        ),
        (
            {"n" * 257: text("v")},
            "Message (user) attribute name must be shorter than 256 bytes.",
        ),
        *(
            (
                {name: text("v")},
                (
                    "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. "
                    "These strings are reserved for internal use."
                ),
            )
            for name in ("AWS.x", "aWs.x", "AMAZON.x", "amazon.x")
        ),
        (
            {"X": {"StringValue": "v"}},
            "The message (user) attribute 'X' must contain a non-empty message attribute type.",
        ),
        *(
            (
                {"X": text("v", data_type)},
                (
                    "The type of message (user) attribute 'X' is invalid. You must use only the "
                    "following supported type prefixes: Binary, Number, String."
                ),
            )
            for data_type in ("Text", "string", "Strings", ".String")
        ),
        (
            {"X": text("1", "Number." + "i" * 256)},
            "Message (user) attribute type must be shorter than 256 bytes.",
        ),
        (
            {"X": {"DataType": "String"}},
            "The message (user) attribute 'X' must contain a non-empty message attribute value.",
        ),
        (
            {"ErrorDetails": text("")},
            (
                "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type "
                "'String'."
            ),
        ),
        *(
            (
                {"X": text(value, "Number")},
                "Can't cast the value of message (user) attribute 'X' to a number.",
            )
            for value in ("seven", "1,5", "0x1f", "1 ", "--1", "NaN")
        ),
    ],
)
def test_a_wrong_attribute_is_refused(sqs, q, attributes, sentence):
    """spec/sqs.md 4.3, row by row; 14.5 S-A25 (257 characters, the long type)."""
    assert refused(sqs, q, MessageAttributes=attributes) == (INVALID, sentence)


def test_lists_are_refused(json_sqs):
    """spec/sqs.md 4.3: list values."""
    url = json_sqs.queue("q")
    for member in ({"StringListValues": ["a"]}, {"BinaryListValues": ["YQ=="]}):
        assert refused(json_sqs, url, MessageAttributes={"X": text("v") | member}) == (
            INVALID,
            "Message attribute list values in SendMessage operation are not supported.",
        )


@pytest.mark.parametrize("name", ["a!", 'a"', "a§", "a(", "a?", ".a", "a.", "a b"])
def test_a_name_of_other_characters_is_refused(sqs, q, name):
    """spec/sqs.md 4.3 and 11 row 47: `! " § ( ?`, a leading and a trailing dot."""
    assert refused(sqs, q, MessageAttributes={name: text("v")})[0] == INVALID


@pytest.mark.parametrize("value", ["a\x08", "a\x0b", "\x00", "\uffff"])
def test_control_characters_in_a_value_are_refused(sqs, q, value):
    """spec/sqs.md 4.3, 4.6; 14.5 S-A25: U+0008 and U+000B."""
    assert refused(sqs, q, MessageAttributes={"X": text(value)})[0] == INVALID


@pytest.mark.parametrize("body", ["\x00", "\x01", "a\x08", "\uffff", "\x00\x08\x13\uffff"])
def test_forbidden_characters_in_a_body_are_refused(sqs, q, body):
    """spec/sqs.md 4.6: never replaced, always rejected; 10 (2025-09); 14.5 S-A25."""
    assert refused(sqs, q, MessageBody=body)[0] == "InvalidMessageContents"


def test_lone_surrogates_are_refused(json_sqs):
    """spec/sqs.md 4.6: lone surrogates, which only JSON can carry."""
    assert refused(json_sqs, json_sqs.queue("q"), MessageBody="a\ud800")[0] == (
        "InvalidMessageContents"
    )


def test_every_allowed_character_comes_back(sqs, q):
    """spec/sqs.md 4.6: the ends of each range; 1.3: a carriage return survives."""
    body = "\t\n\r\r\n \ud7ff\ue000\ufffd\U00010000\U0010ffff"
    send(sqs, q, body, MessageAttributes={"X": text(body)})
    (message,) = receive(sqs, q)
    assert message["Body"] == message["MessageAttributes"]["X"]["StringValue"] == body
    assert message["MD5OfBody"] == hashlib.md5(body.encode()).hexdigest()


def test_attributes_come_back_as_they_were_sent(sqs, q):
    """spec/sqs.md 4.3: names and types as far as allowed, numbers verbatim; 11 row 47; 4.10."""
    attributes = {
        "attr.1øßä": text("v"),
        "n" * 256: text("v"),
        "a..b": text("v"),
        "A-b_c.9": text("007.500", "Number"),
        "Custom": text("-1.5e3", "Number.int"),
        "Long": text("v", "String." + "t" * 249),
        "Bytes": binary(b"\x00\x01\xff", "Binary.png"),
        "ExtendedPayloadSize": text("12345", "Number"),
        "SQSLargePayloadSize": text("12345", "Number"),
        "Amazonas": text("v"),
    }
    sent = send(sqs, q, MessageAttributes=attributes)
    (message,) = receive(sqs, q)
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


@pytest.mark.parametrize(
    "attributes, digest",
    [
        (
            {"Help.Me": text("Me"), "Hello": text("There"), "General": text("Kenobi")},
            "4c360f3fdafd970e05fae2f149d997f5",
        ),
        ({"Foo": text("Bar")}, "ae7155c6026991b6d54b11589678bf9c"),
        ({"timestamp": text("1493147359900", "Number")}, "235c5c510d26fb653d073faed50ae77c"),
        ({"MyAttribute": text("foobar")}, "adb59cd4678ea5a855436b949cd07ab6"),
        ({"k": text("x")}, "a45daa70926828a2f0a1db3418e6feb4"),
        (
            {
                "attr1": binary(
                    b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
                )
            },
            "8cbe4db156db8a94db8b801b7addb984",
        ),
        (
            {"UserId": text("1234567890123456789012", "Number.bigint")},
            "797ab158d73dcb5242dedc4412c8e855",
        ),
        (
            {
                "Custom": text("7", "Number.int"),
                "B": binary(b"\x00\x01\xff", "Binary.png"),
                "A": text("é"),
            },
            "31182f1f393f5047a8298a2609a6809f",
        ),
    ],
)
def test_the_digest_of_attributes(sqs, q, attributes, digest):
    """spec/sqs.md 4.4, 13.4, the vectors: single send, batch and receive; 11 rows 37 and 38."""
    assert send(sqs, q, MessageAttributes=attributes)["MD5OfMessageAttributes"] == digest
    entries = [
        {"Id": "with", "MessageBody": "b", "MessageAttributes": attributes},
        {"Id": "without", "MessageBody": "b"},
    ]
    answer = sqs.ok("SendMessageBatch", {"QueueUrl": q, "Entries": entries})
    found = [entry.get("MD5OfMessageAttributes") for entry in answer["Successful"]]
    assert found == [digest, None]
    received = [message.get("MD5OfMessageAttributes") for message in receive(sqs, q)]
    assert received == [digest, digest, None]


@pytest.mark.parametrize(
    "names, digest",
    [
        (["General", "Hello"], "fca026605781cb4126a1e9044df24232"),
        (["Hello"], "a311262e065454b75da111d535b8dacd"),
        (["Hel.*"], "83fee93c1bcd8b9a5a923ffacdc636c7"),
        (["Hello", "Help.Me"], "83fee93c1bcd8b9a5a923ffacdc636c7"),
        (["All"], "4c360f3fdafd970e05fae2f149d997f5"),
        ([".*"], "4c360f3fdafd970e05fae2f149d997f5"),
        (["*"], "4c360f3fdafd970e05fae2f149d997f5"),
        (["Help"], None),
        (["AWS."], None),
        (["..foo"], None),
        ([], None),
    ],
)
def test_the_digest_of_a_receive_covers_what_it_returns(sqs, q, names, digest):
    """spec/sqs.md 4.4, the vectors of subsets; 14.5 S-A22: no implicit prefix; 11 row 38."""
    attributes = {"Help.Me": text("Me"), "Hello": text("There"), "General": text("Kenobi")}
    send(sqs, q, MessageAttributes=attributes)
    (message,) = receive(sqs, q, MessageAttributeNames=names)
    assert message.get("MD5OfMessageAttributes") == digest
    assert ("MessageAttributes" in message) is (digest is not None)


@pytest.mark.parametrize(
    "body, digest",
    [
        ("message", "78e731027d8fd50ed642340b7c9a63b3"),
        ("test", "098f6bcd4621d373cade4e832627b4f6"),
        ("héllo ✓", "21b1ae5bc147bb564254200a4731e337"),
        ("<&>\"'", hashlib.md5(b"<&>\"'").hexdigest()),
    ],
)
def test_the_digest_of_a_body(sqs, q, body, digest):
    """spec/sqs.md 4.4: of the decoded UTF-8 text; no digest of attributes that are not there."""
    sent = send(sqs, q, body)
    assert set(sent) == {"MD5OfMessageBody", "MessageId"}
    (message,) = receive(sqs, q)
    assert sent["MD5OfMessageBody"] == message["MD5OfBody"] == digest
    assert "MD5OfMessageAttributes" not in message


# --- system attributes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, digest",
    [
        (TRACE, "5ae4d5d7636402d80f4eb6d213245a88"),
        ("some-trace-id", "fdce4f2818803f2f73becc09a54792c0"),
    ],
)
def test_a_trace_header_goes_along(sqs, q, value, digest):
    """spec/sqs.md 4.4: a digest in both kinds of send, none in a receive; 4.5; 11 row 48."""
    system = {"AWSTraceHeader": text(value)}
    sent = send(sqs, q, MessageSystemAttributes=system)
    assert sent["MD5OfMessageSystemAttributes"] == digest
    entry = {"Id": "a", "MessageBody": "b", "MessageSystemAttributes": system}
    (done,) = sqs.ok("SendMessageBatch", {"QueueUrl": q, "Entries": [entry]})["Successful"]
    assert done["MD5OfMessageSystemAttributes"] == digest
    for message in receive(sqs, q):
        assert message["Attributes"]["AWSTraceHeader"] == value
        assert "MD5OfMessageSystemAttributes" not in message


def test_the_trace_header_of_the_request(sqs, q):
    """spec/sqs.md 11 row 48: X-Amzn-Trace-Id; one of the message's own comes before it (2.7)."""
    own = {"MessageSystemAttributes": {"AWSTraceHeader": text("own")}}
    plain = {"QueueUrl": q, "MessageBody": "b"}
    sqs.ok("SendMessage", plain, X_Amzn_Trace_Id="of-the-request")
    sqs.ok("SendMessage", plain | own, X_Amzn_Trace_Id="of-the-request")
    found = [message["Attributes"]["AWSTraceHeader"] for message in receive(sqs, q)]
    assert found == ["of-the-request", "own"]


def test_all_system_attributes_of_a_standard_message(sqs, q):
    """spec/sqs.md 4.5: exactly four, all of them texts; 11 row 39."""
    send(sqs, q)
    sqs.server.advance(1.5)
    (message,) = receive(sqs, q, VisibilityTimeout=0)
    first = message["Attributes"]
    assert set(first) == {
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "SenderId",
        "SentTimestamp",
    }
    assert first["ApproximateReceiveCount"] == "1"
    sent_at, received_at = first["SentTimestamp"], first["ApproximateFirstReceiveTimestamp"]
    assert int(received_at) - int(sent_at) == 1_500
    assert len(sent_at) == 13
    assert first["SenderId"].startswith("AIDA")  # 12 Q24
    sqs.server.advance(1)
    (again,) = receive(sqs, q)
    assert again["Attributes"] == first | {"ApproximateReceiveCount": "2"}


def test_all_system_attributes_of_a_fifo_message(sqs):
    """spec/sqs.md 4.5: those four and three more; the id of content is SHA-256 of the body."""
    url = sqs.queue("q.fifo", ContentBasedDeduplication="true")
    send(sqs, url, "body", MessageGroupId="g")
    attributes = receive(sqs, url)[0]["Attributes"]
    assert set(attributes) == {
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "MessageDeduplicationId",
        "MessageGroupId",
        "SenderId",
        "SentTimestamp",
        "SequenceNumber",
    }
    assert attributes["MessageGroupId"] == "g"
    assert attributes["MessageDeduplicationId"] == hashlib.sha256(b"body").hexdigest()


@pytest.mark.parametrize(
    "asked, found",
    [
        ([], None),
        (["SentTimestamp", "AWSTraceHeader"], {"SentTimestamp", "AWSTraceHeader"}),
        (["SenderId", "SequenceNumber"], {"SenderId"}),
        (["SequenceNumber"], set()),
        (["ApproximateReceiveCount"], {"ApproximateReceiveCount"}),
    ],
)
def test_only_what_was_asked_for_comes(sqs, q, asked, found):
    """spec/sqs.md 14.5 S-A23, 11 row 39: what exists of the list, and nothing for none."""
    send(sqs, q, MessageSystemAttributes={"AWSTraceHeader": text("t")})
    (message,) = receive(sqs, q, MessageSystemAttributeNames=asked)
    assert set(message.get("Attributes", {})) == (found or set())
    if not found:
        assert "Attributes" not in message  # empty ones are omitted (11 row 7)
