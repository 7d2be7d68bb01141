"""Attributes of queues, row by row (spec/sqs.md 2.5, 2.6, 3.1 to 3.5)."""

import json

import pytest

from tests.contract.sqs.caller import ACCOUNT, REGION, arn
from tests.contract.sqs.mailbox import bodies, receive, send

INVALID = "InvalidParameterValueException"
NAME, VALUE = "InvalidAttributeName", "InvalidAttributeValue"

STANDARD = {
    "ApproximateNumberOfMessages": "0",
    "ApproximateNumberOfMessagesDelayed": "0",
    "ApproximateNumberOfMessagesNotVisible": "0",
    "CreatedTimestamp": "1800000000",
    "DelaySeconds": "0",
    "LastModifiedTimestamp": "1800000000",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "QueueArn": arn("q"),
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
FIFO = STANDARD | {
    "QueueArn": arn("q.fifo"),
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoQueue": "true",
    "FifoThroughputLimit": "perQueue",
}
RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}


def set_to(sqs, url, attributes):
    return sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": attributes})


def refused(sqs, url, attributes):
    """Set what is refused, after a change that would be good alone; nothing may have changed."""
    before = sqs.attributes(url)
    given = {"VisibilityTimeout": "77"} | attributes
    refusal = sqs.refusal("SetQueueAttributes", {"QueueUrl": url, "Attributes": given})
    assert sqs.attributes(url) == before
    return refusal


@pytest.fixture
def q(sqs):
    return sqs.queue("q")


@pytest.fixture
def fifo(sqs):
    return sqs.queue("q.fifo")


# --- reading --------------------------------------------------------------------------------------


def test_all_attributes_of_a_standard_queue(sqs, q):
    """spec/sqs.md 2.5, 3.1, 3.2: these twelve; 11 rows 16 and 17."""
    assert sqs.attributes(q) == STANDARD


def test_all_attributes_of_a_fifo_queue(sqs, fifo):
    """spec/sqs.md 3.1, 3.2: these sixteen."""
    assert sqs.attributes(fifo) == FIFO


@pytest.mark.parametrize("members", [{}, {"AttributeNames": []}])
def test_no_names_are_no_attributes(sqs, q, members):
    """spec/sqs.md 2.5, 11 row 6: no `Attributes` member."""
    assert sqs.ok("GetQueueAttributes", {"QueueUrl": q, **members}) == {}


def test_what_is_not_set_is_left_out(sqs, q):
    """spec/sqs.md 2.5, 12 Q17, 11 row 17: also FIFO's names on a standard queue, and KMS's."""
    unset = ("Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId")
    unset = (*unset, "KmsDataKeyReusePeriodSeconds", "FifoQueue", "DeduplicationScope")
    assert sqs.attributes(q, *unset) == {}
    assert sqs.attributes(q, *unset, "DelaySeconds") == {"DelaySeconds": "0"}


@pytest.mark.parametrize("name", ["Foobar", "", "all"])
def test_an_unknown_name(sqs, q, name):
    """spec/sqs.md 2.5: "Unknown Attribute Foobar.", and of an empty one "Unknown Attribute ."."""
    asked = {"QueueUrl": q, "AttributeNames": ["DelaySeconds", name]}
    assert sqs.refusal("GetQueueAttributes", asked) == (NAME, f"Unknown Attribute {name}.")


def test_each_message_counts_once(sqs, q):
    """spec/sqs.md 3.2: visible, in flight or delayed."""
    for delay in (0, 0, 0, 10):
        sqs.ok("SendMessage", {"QueueUrl": q, "MessageBody": "b", "DelaySeconds": delay})
    sqs.ok("ReceiveMessage", {"QueueUrl": q})
    assert sqs.attributes(q) == STANDARD | {
        "ApproximateNumberOfMessages": "2",
        "ApproximateNumberOfMessagesDelayed": "1",
        "ApproximateNumberOfMessagesNotVisible": "1",
    }


# --- numbers and booleans -------------------------------------------------------------------------


@pytest.mark.parametrize("name", RANGES)
def test_a_number_in_its_range(sqs, name):
    """spec/sqs.md 0, 3.1, 11 row 16: both bounds belong to it, by CreateQueue and by Set."""
    low, high = RANGES[name]
    key = {"KmsMasterKeyId": "alias/aws/sqs"} if name.startswith("Kms") else {}
    url = sqs.queue("q", **key, **{name: str(low)})
    assert sqs.attributes(url, name) == {name: str(low)}
    set_to(sqs, url, {name: str(high)})
    assert sqs.attributes(url, name) == {name: str(high)}


@pytest.mark.parametrize("name", RANGES)
def test_a_number_out_of_its_range_or_none_at_all(sqs, q, name):
    """spec/sqs.md 2.1, 2.6, 11 row 16: no spaces, nothing empty, no `1.0`, no `true`."""
    low, high = RANGES[name]
    text = f"Invalid value for the parameter {name}."
    for value in (low - 1, high + 1, f" {high}", f"{high} ", "", f"{high}.0", "true", "x", "+60"):
        given = {name: str(value)}
        assert refused(sqs, q, given) == (VALUE, text)
        created = {"QueueName": "new", "Attributes": given}
        assert sqs.refusal("CreateQueue", created) == (VALUE, text)
    assert len(sqs.ok("ListQueues")["QueueUrls"]) == 1


@pytest.mark.parametrize("name", ["SqsManagedSseEnabled", "ContentBasedDeduplication"])
def test_booleans_are_stored_in_lower_case(sqs, fifo, name):
    """spec/sqs.md 2.1, 3.1."""
    for given, kept in (("True", "true"), ("FALSE", "false"), ("true", "true")):
        set_to(sqs, fifo, {name: given})
        assert sqs.attributes(fifo, name) == {name: kept}
    text = f"Invalid value for the parameter {name}."
    assert refused(sqs, fifo, {name: "yes"}) == (VALUE, text)


# --- names ----------------------------------------------------------------------------------------


READ_ONLY = [name for name in STANDARD if name.startswith("Approx") or name.endswith("stamp")]


@pytest.mark.parametrize("name", ["Foobar", "", "All", "QueueArn", *READ_ONLY])
def test_unknown_and_read_only_names(sqs, q, name):
    """spec/sqs.md 2.6: "Unknown Attribute QueueArn."."""
    assert refused(sqs, q, {name: "1"}) == (NAME, f"Unknown Attribute {name}.")


def test_no_attributes(sqs, q):
    """spec/sqs.md 2.6: empty `Attributes`."""
    text = "The request must contain the parameter Attributes."
    expected = ("MissingRequiredParameterException", text)
    for members in ({}, {"Attributes": {}}):
        assert sqs.refusal("SetQueueAttributes", {"QueueUrl": q, **members}) == expected


def test_a_change_is_dated_and_void(sqs, q):
    """spec/sqs.md 2.6: LastModifiedTimestamp."""
    sqs.server.advance(7)
    assert set_to(sqs, q, {"DelaySeconds": "1"}) == {}
    changed = {"DelaySeconds": "1", "LastModifiedTimestamp": "1800000007"}
    assert sqs.attributes(q) == STANDARD | changed


def test_another_visibility_timeout_holds_for_later_receives(sqs, q):
    """spec/sqs.md 2.6: what is in flight keeps its time."""
    send(sqs, q, "before")
    receive(sqs, q)
    set_to(sqs, q, {"VisibilityTimeout": "100"})
    send(sqs, q, "after")
    receive(sqs, q)
    sqs.server.advance(99)
    assert bodies(receive(sqs, q)) == ["before"]


def test_another_retention_holds_for_what_is_there(sqs, q):
    """spec/sqs.md 2.6: a shorter one ends what is older at once, a longer one keeps what is left."""
    send(sqs, q, "old")
    sqs.server.advance(100)
    send(sqs, q, "new")
    set_to(sqs, q, {"MessageRetentionPeriod": "60"})
    assert bodies(receive(sqs, q, VisibilityTimeout=0)) == ["new"]
    set_to(sqs, q, {"MessageRetentionPeriod": "120"})
    sqs.server.advance(119)
    assert bodies(receive(sqs, q, VisibilityTimeout=0)) == ["new"]
    sqs.server.advance(1)
    assert receive(sqs, q) == []


# --- FIFO -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_standard_queue_does_not_know_fifo(sqs, q, value):
    """spec/sqs.md 2.6, 11 row 14."""
    assert refused(sqs, q, {"FifoQueue": value}) == (NAME, "Unknown Attribute FifoQueue.")


def test_a_fifo_queue_stays_one(sqs, fifo):
    """spec/sqs.md 2.6: `true` is a no-op, `false` is refused."""
    set_to(sqs, fifo, {"FifoQueue": "true"})
    assert sqs.attributes(fifo) == FIFO
    text = (
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    )
    assert refused(sqs, fifo, {"FifoQueue": "false"}) == (VALUE, text)


def test_a_scope_and_a_limit_by_group(sqs, fifo):
    """spec/sqs.md 3.1, 3.2: the limit needs the scope, the scope is good alone."""
    assert refused(sqs, fifo, {"FifoThroughputLimit": "perMessageGroupId"})[0] == VALUE
    assert refused(sqs, fifo, {"DeduplicationScope": "x"})[0] == VALUE
    assert refused(sqs, fifo, {"FifoThroughputLimit": "x"})[0] == VALUE
    set_to(sqs, fifo, {"DeduplicationScope": "messageGroup"})
    set_to(sqs, fifo, {"FifoThroughputLimit": "perMessageGroupId"})
    kept = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    assert sqs.attributes(fifo) == FIFO | kept
    assert refused(sqs, fifo, {"DeduplicationScope": "queue"})[0] == VALUE


# --- encryption -----------------------------------------------------------------------------------


def test_a_key_of_ones_own(sqs, q):
    """spec/sqs.md 3.1, 3.2, 11 row 17: two attributes come, SSE goes; no key is looked up."""
    set_to(sqs, q, {"KmsMasterKeyId": "no-such-key"})
    keyed = {"KmsMasterKeyId": "no-such-key", "KmsDataKeyReusePeriodSeconds": "300"}
    assert sqs.attributes(q) == STANDARD | keyed | {"SqsManagedSseEnabled": "false"}
    set_to(sqs, q, {"KmsMasterKeyId": "", "KmsDataKeyReusePeriodSeconds": "300"})
    assert sqs.attributes(q) == STANDARD | {"SqsManagedSseEnabled": "false"}


def test_back_to_the_keys_of_the_service(sqs, q):
    """spec/sqs.md 3.2: SqsManagedSseEnabled alone drops both KMS attributes (recommended)."""
    set_to(sqs, q, {"KmsMasterKeyId": "key"})
    set_to(sqs, q, {"SqsManagedSseEnabled": "true"})
    assert sqs.attributes(q) == STANDARD


def test_one_kind_of_encryption_at_a_time(sqs, q):
    """spec/sqs.md 2.6: InvalidAttributeName (sic)."""
    text = (
        "You can use one type of server-side encryption (SSE) at one time. "
        "You can either enable KMS SSE or SQS SSE."
    )
    both = {"KmsMasterKeyId": "key", "SqsManagedSseEnabled": "true"}
    assert refused(sqs, q, both) == (NAME, text)
    assert sqs.refusal("CreateQueue", {"QueueName": "new", "Attributes": both}) == (NAME, text)


# --- documents ------------------------------------------------------------------------------------


def document_of(name):
    return {
        "Policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}',
        "RedrivePolicy": f'{{"deadLetterTargetArn":"{arn("q")}","maxReceiveCount":5}}',
        "RedriveAllowPolicy": '{"redrivePermission":"denyAll"}',
    }[name]


@pytest.mark.parametrize("name", ["Policy", "RedrivePolicy", "RedriveAllowPolicy"])
def test_an_empty_document_takes_it_away(sqs, q, name):
    """spec/sqs.md 2.6, 3.3 (a queue may name itself), 11 row 18: also when it was not set."""
    set_to(sqs, q, {name: ""})
    document = document_of(name)
    set_to(sqs, q, {name: document})
    assert sqs.attributes(q) == STANDARD | {name: document}
    set_to(sqs, q, {name: ""})
    assert sqs.attributes(q) == STANDARD


@pytest.mark.parametrize("count", [3, "3"])
def test_max_receive_count_as_number_and_as_text(sqs, q, count):
    """spec/sqs.md 3.3, 11 row 19: a number in what is returned, the target first."""
    given = json.dumps({"maxReceiveCount": count, "deadLetterTargetArn": arn("q")}, indent=1)
    kept = f'{{"deadLetterTargetArn":"{arn("q")}","maxReceiveCount":3}}'
    set_to(sqs, q, {"RedrivePolicy": given})
    assert sqs.attributes(q, "RedrivePolicy") == {"RedrivePolicy": kept}


def redrive(count=5, target=None, **others):
    return json.dumps(
        {"deadLetterTargetArn": target or arn("q"), "maxReceiveCount": count, **others}
    )


COUNTS = "valid values are from 1 to 1000 both inclusive."
REDRIVE = [
    ("{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
    (
        json.dumps({"deadLetterTargetArn": arn("q")}),
        "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
    ),
    (
        '{"maxReceiveCount": 5}',
        "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
    ),
    *(
        (
            redrive(count),
            f"Invalid value for maxReceiveCount: {count}, {COUNTS}",
        )
        for count in (-36, 0, 1001, "x", "1.5")
    ),
    (redrive(5, "dummy"), "Only SQS queues are valid resources for deadLetterTargetArn."),
    (
        redrive(5, f"arn:aws:sns:{REGION}:{ACCOUNT}:q"),
        "Only SQS queues are valid resources for deadLetterTargetArn.",
    ),
    (redrive(5, arn("absent")), "Dead letter target does not exist."),
    (
        redrive(5, f"arn:aws:sqs:{REGION}:111111111111:q"),
        "Dead-letter target owner should be same as the source.",
    ),
    (redrive(5, arn("q.fifo")), "Dead-letter queue must be same type of queue as the source.."),
    (
        redrive(5, extra=1),
        "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].",
    ),
]


@pytest.mark.parametrize("policy, reason", REDRIVE)
def test_a_wrong_redrive_policy(sqs, q, fifo, policy, reason):
    """spec/sqs.md 3.3, row by row, 0 (1 to 1000): by SetQueueAttributes and by CreateQueue (2.1)."""
    text = f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}"
    assert refused(sqs, q, {"RedrivePolicy": policy}) == (INVALID, text)
    created = {"QueueName": "new", "Attributes": {"RedrivePolicy": policy}}
    assert sqs.refusal("CreateQueue", created) == (INVALID, text)


@pytest.mark.parametrize("policy", ["x", "[]", "5", '"x"', "{"])
def test_a_redrive_policy_that_is_no_object(sqs, q, policy):
    """spec/sqs.md 3.3: InvalidAttributeValue."""
    text = (
        "Invalid value for the parameter RedrivePolicy. "
        "Reason: Redrive policy is not a valid JSON map."
    )
    assert refused(sqs, q, {"RedrivePolicy": policy}) == (VALUE, text)


@pytest.mark.parametrize(
    "allow, source, is_let_in",
    [
        ({"redrivePermission": "allowAll"}, "a", True),
        ({"redrivePermission": "denyAll"}, "a", False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn("a")]}, "a", True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn("a")]}, "b", False),
    ],
)
def test_who_may_name_a_dead_letter_queue(sqs, q, allow, source, is_let_in):
    """spec/sqs.md 3.4: looked at when a source is set; its ARNs may be of queues yet to come."""
    set_to(sqs, q, {"RedriveAllowPolicy": json.dumps(allow)})
    url = sqs.queue(source)
    if is_let_in:
        set_to(sqs, url, {"RedrivePolicy": redrive()})
        set_to(sqs, q, {"RedriveAllowPolicy": '{"redrivePermission":"denyAll"}'})
        assert "RedrivePolicy" in sqs.attributes(url)
    else:
        assert refused(sqs, url, {"RedrivePolicy": redrive()})[0] == INVALID


NO_ARNS = (
    "When you specify the byQueue permission type, you must also specify one or more "
    "sourceQueueArns values."
)
NOT_BY_QUEUE = (
    "To specify one or more source queue ARNs, you must set redrivePermission to byQueue."
)
UNSUPPORTED = (
    "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the "
    "redrive allow policy, as it\u2019s in an unsupported format."
)


@pytest.mark.parametrize("policy", ["x", "[]", "{}", '{"redrivePermission":"x"}'])
def test_a_redrive_allow_policy_in_an_unsupported_format(sqs, q, policy):
    """spec/sqs.md 3.4: InvalidAttributeValue, with a curly apostrophe."""
    assert refused(sqs, q, {"RedriveAllowPolicy": policy}) == (VALUE, UNSUPPORTED)


@pytest.mark.parametrize(
    "policy, reason",
    [
        (
            {"redrivePermission": "byQueue"},
            NO_ARNS,
        ),
        (
            {"redrivePermission": "byQueue", "sourceQueueArns": [arn(f"q{n}") for n in range(11)]},
            "The maximum number of source queue ARNs you can specify is 10.",
        ),
        *(
            (
                {"redrivePermission": permission, "sourceQueueArns": [arn("q")]},
                NOT_BY_QUEUE,
            )
            for permission in ("allowAll", "denyAll")
        ),
    ],
)
def test_a_wrong_redrive_allow_policy(sqs, q, policy, reason):
    """spec/sqs.md 3.4, the rows of InvalidParameterValue; 0: at most ten ARNs."""
    policy = json.dumps(policy)
    text = (
        f"Value {policy} for parameter RedriveAllowPolicy is invalid. Reason: "
        f"Amazon SQS can't create the redrive allow policy. {reason}"
    )
    assert refused(sqs, q, {"RedriveAllowPolicy": policy}) == (INVALID, text)


@pytest.mark.parametrize(
    "policy",
    [
        '\n  {\n  "Version": "2008-10-17",\n "Id": "x", "Statement": [{"Sid": "a"}]\n}\n\n',
        '{"Statement":[{"Resource":"$sqs_queue_arn"}],"Version":"2012-10-17"}',
        '{"Statement":{"Effect":"Allow"}}',
    ],
)
def test_a_policy_is_kept_as_it_was_sent(sqs, q, policy):
    """spec/sqs.md 3.5, 14.6 S-A29: white space, and a resource that is none."""
    set_to(sqs, q, {"Policy": policy})
    assert sqs.attributes(q, "Policy") == {"Policy": policy}


@pytest.mark.parametrize(
    "policy",
    [
        "x",
        "[]",
        "{}",
        '{"Statement":[]}',
        '{"Statement":[{}],"Foo":1}',
        '{"Statement":[{}],"Version":"2020-01-01"}',
        '{"Statement":[{"Sid":"' + "x" * 8_192 + '"}]}',
    ],
)
def test_a_policy_that_is_none(sqs, q, policy):
    """spec/sqs.md 3.5; 0: 8,192 bytes."""
    text = "Invalid value for the parameter Policy."
    assert refused(sqs, q, {"Policy": policy}) == (VALUE, text)


def test_a_policy_of_too_many_statements(sqs, q):
    """spec/sqs.md 3.5, 0: 20 statements."""
    text = "22 statements were found in the submitted policy, max allowed is 20"
    policies = [
        json.dumps({"Statement": [{"Sid": str(n)} for n in range(many)]}) for many in (22, 20)
    ]
    assert refused(sqs, q, {"Policy": policies[0]}) == ("OverLimit", text)
    set_to(sqs, q, {"Policy": policies[1]})
    assert sqs.attributes(q, "Policy") == {"Policy": policies[1]}
