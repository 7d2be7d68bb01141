"""Queue attributes: ranges, refusals in AWS's words, what a read returns (spec/sqs.md 2.1, 2.6, 3)."""

import pytest

from headrace.core.sqs.attributes import (
    changed,
    check_attributes,
    default_attributes,
    differing,
    selected,
    settings_of,
)
from headrace.core.sqs.errors import (
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidParameterValue,
    OverLimit,
)
from tests.unit.core.sqs.bench import redrive_to


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("VisibilityTimeout", 0, 43_200),
        ("MaximumMessageSize", 1_024, 1_048_576),
        ("MessageRetentionPeriod", 60, 1_209_600),
        ("DelaySeconds", 0, 900),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("KmsDataKeyReusePeriodSeconds", 60, 86_400),
    ],
)
def test_numbers_have_their_range(name, low, high):
    assert check_attributes({name: str(low)}) == {name: str(low)}
    assert check_attributes({name: str(high)}) == {name: str(high)}
    for text in (str(low - 1), str(high + 1)):
        with pytest.raises(InvalidAttributeValue) as refusal:
            check_attributes({name: text})
        assert refusal.value.message == f"Invalid value for the parameter {name}."


@pytest.mark.parametrize("text", ["", " 5", "5 ", "1.0", "true", "5s", "\u0665", "9" * 30])
def test_numbers_are_plain_integers(text):
    with pytest.raises(InvalidAttributeValue):
        check_attributes({"DelaySeconds": text})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Nonsense", "Unknown Attribute Nonsense."),
        ("QueueArn", "Unknown Attribute QueueArn."),
        ("FifoQueue", "Unknown Attribute FifoQueue."),
        ("ContentBasedDeduplication", "Unknown Attribute ContentBasedDeduplication."),
        ("DeduplicationScope", "You can specify the DeduplicationScope only when FifoQueue is set to true."),
        ("FifoThroughputLimit", "You can specify the FifoThroughputLimit only when FifoQueue is set to true."),
    ],
)  # fmt: skip
def test_names_that_do_not_apply_are_refused(name, sentence):
    with pytest.raises(InvalidAttributeName) as refusal:
        check_attributes({name: "false"})
    assert refusal.value.message == sentence


def test_booleans_are_stored_in_lower_case():
    assert check_attributes({"SqsManagedSseEnabled": "False"}) == {"SqsManagedSseEnabled": "false"}
    with pytest.raises(InvalidAttributeValue):
        check_attributes({"SqsManagedSseEnabled": "yes"})


@pytest.mark.parametrize(
    "name", ["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"]
)
def test_an_empty_text_removes(name):
    assert check_attributes({name: ""}) == {name: None}
    assert changed({name: "x", "DelaySeconds": "0"}, {name: None}) == {"DelaySeconds": "0"}
    assert changed({}, {name: None}) == {}


def test_a_key_switches_the_other_encryption_off_and_back():
    with_key = changed(default_attributes(), check_attributes({"KmsMasterKeyId": "alias/aws/sqs"}))
    assert with_key["SqsManagedSseEnabled"] == "false"
    without = changed(with_key, check_attributes({"KmsMasterKeyId": ""}))
    assert "KmsMasterKeyId" not in without
    assert without["SqsManagedSseEnabled"] == "false"
    back = changed(with_key, check_attributes({"SqsManagedSseEnabled": "true"}))
    assert back == default_attributes()


def test_both_encryptions_at_once_are_refused():
    with pytest.raises(InvalidAttributeName) as refusal:
        check_attributes({"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"})
    assert refusal.value.message.startswith("You can use one type of server-side encryption (SSE)")


GOOD_POLICY = '\n {"Version":"2012-10-17","Statement":[{"Resource":"$placeholder"}]}\n'


def test_a_policy_is_stored_as_sent():
    assert check_attributes({"Policy": GOOD_POLICY}) == {"Policy": GOOD_POLICY}
    check_attributes({"Policy": '{"Statement":{}}'})


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"Statement":[]}',
        '{"Statement":7}',
        '{"Version":"2020-01-01","Statement":[{}]}',
        '{"Version":[],"Statement":[{}]}',
        '{"Statement":[{}],"More":1}',
        '{"Statement":[{"Sid":"' + "x" * 9_000 + '"}]}',
    ],
)
def test_other_policies_are_refused(text):
    with pytest.raises(InvalidAttributeValue) as refusal:
        check_attributes({"Policy": text})
    assert refusal.value.message == "Invalid value for the parameter Policy."


@pytest.mark.parametrize("levels", [33, 900, 4_000])
@pytest.mark.parametrize("name", ["Policy", "RedrivePolicy", "RedriveAllowPolicy"])
def test_a_document_of_too_many_levels_is_refused_and_never_a_bug(name, levels):
    """An exception of Python's own would end the whole server's memory, for every client."""
    deep = "[" * (levels - 1) + "]" * (levels - 1)
    text = f'{{"Statement":{deep},"maxReceiveCount":{deep},"redrivePermission":"allowAll"}}'
    for given in (text, text[: levels + 15]):
        with pytest.raises((InvalidAttributeValue, InvalidParameterValue)):
            check_attributes({name: given})
        assert differing(default_attributes(), {name: given}) == name


def test_a_document_may_have_32_levels():
    deep = "[" * 30 + "]" * 30
    policy = f'{{"Statement":[{{"Condition":{deep[1:-1]}}}]}}'
    check_attributes({"Policy": policy})
    with pytest.raises(InvalidAttributeValue):
        check_attributes({"Policy": policy.replace(deep[1:-1], deep)})


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("KmsMasterKeyId", "k" * 2_048),
        ("RedriveAllowPolicy", '{"redrivePermission":"denyAll"}'.ljust(8_192)),
        ("Policy", '{"Statement":[{}]}'.ljust(8_192)),
    ],
)
def test_a_text_is_only_so_long(name, longest):
    assert check_attributes({name: longest})[name] == longest
    with pytest.raises(InvalidAttributeValue) as refusal:
        check_attributes({name: longest + " "})
    assert refusal.value.message == f"Invalid value for the parameter {name}."


def test_a_policy_has_at_most_twenty_statements():
    with pytest.raises(OverLimit) as refusal:
        check_attributes({"Policy": '{"Statement":[' + ",".join(["{}"] * 22) + "]}"})
    assert refusal.value.message == (
        "22 statements were found in the submitted policy, max allowed is 20"
    )


def test_a_redrive_policy_is_stored_with_a_number():
    given = {"RedrivePolicy": redrive_to("dead", '"7"')}
    assert check_attributes(given) == {"RedrivePolicy": redrive_to("dead", 7)}
    with pytest.raises(InvalidParameterValue):
        check_attributes({"RedrivePolicy": "{}"})


def test_settings_are_the_values_of_the_texts():
    settings = settings_of(default_attributes())
    assert settings.visibility_timeout_ms == 30_000
    assert settings.retention_ms == 345_600_000
    assert settings.maximum_message_size == 1_048_576
    assert settings.redrive is None
    assert settings.redrive_allow.allows("any")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, None),
        ({"DelaySeconds": "0", "VisibilityTimeout": "030"}, None),
        ({"SqsManagedSseEnabled": "TRUE"}, None),
        ({"RedrivePolicy": ' {"maxReceiveCount": "7", "deadLetterTargetArn": "a"}'}, None),
        ({"Policy": ""}, None),
        ({"DelaySeconds": "1", "VisibilityTimeout": "31"}, "DelaySeconds"),
        ({"DelaySeconds": "x"}, "DelaySeconds"),
        ({"Policy": "{}"}, "Policy"),
        ({"Policy": "no json"}, "Policy"),
        ({"RedrivePolicy": "no json"}, "RedrivePolicy"),
        ({"RedrivePolicy": '{"maxReceiveCount":"' + "7" * 5_000 + '"}'}, "RedrivePolicy"),
        ({"KmsMasterKeyId": "k"}, "KmsMasterKeyId"),
        ({"Nonsense": "1"}, "Nonsense"),
    ],
)
def test_create_again_compares_what_is_given(given, name):
    current = default_attributes() | {
        "RedrivePolicy": '{"deadLetterTargetArn":"a","maxReceiveCount":7}'
    }
    assert differing(current, given) == name


def test_all_leaves_out_what_is_not_set():
    found = default_attributes() | {"QueueArn": "a"}
    assert "KmsDataKeyReusePeriodSeconds" not in selected(found, ("All",))
    with_key = found | {"KmsMasterKeyId": "k"}
    assert "KmsDataKeyReusePeriodSeconds" in selected(with_key, ("All",))


def test_names_choose_and_unknown_ones_are_refused():
    found = default_attributes() | {"QueueArn": "a"}
    assert selected(found, ("QueueArn", "Policy", "FifoQueue")) == {"QueueArn": "a"}
    assert selected(found, ()) == {}
    for name in ("Foobar", ""):
        with pytest.raises(InvalidAttributeName) as refusal:
            selected(found, ("All", name))
        assert refusal.value.message == f"Unknown Attribute {name}."
