"""RedrivePolicy and RedriveAllowPolicy (spec/sqs.md 3.3, 3.4)."""

import pytest

from headrace.core.sqs.errors import InvalidAttributeValue, InvalidParameterValue
from headrace.core.sqs.redrive import (
    RedriveAllowPolicy,
    RedrivePolicy,
    parse_redrive_allow_policy,
    parse_redrive_policy,
)

ARN = "arn:aws:sqs:us-east-1:111111111111:dead"


def test_a_count_may_be_a_number_or_a_text():
    for count in ("7", '"7"'):
        text = f'{{"maxReceiveCount": {count}, "deadLetterTargetArn": "{ARN}"}}'
        policy = parse_redrive_policy(text)
        assert policy == RedrivePolicy(ARN, 7)
        assert policy.to_text() == f'{{"deadLetterTargetArn":"{ARN}","maxReceiveCount":7}}'


@pytest.mark.parametrize("text", ["x", "[]", "7", '"a"'])
def test_what_is_no_map_is_refused(text):
    with pytest.raises(InvalidAttributeValue) as refusal:
        parse_redrive_policy(text)
    assert refusal.value.message == (
        "Invalid value for the parameter RedrivePolicy. "
        "Reason: Redrive policy is not a valid JSON map."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
        ('{"maxReceiveCount":1}', "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (f'{{"maxReceiveCount":-36,"deadLetterTargetArn":"{ARN}"}}', "Invalid value for maxReceiveCount: -36, valid values are from 1 to 1000 both inclusive."),
        (f'{{"maxReceiveCount":1001,"deadLetterTargetArn":"{ARN}"}}', "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive."),
        (f'{{"maxReceiveCount":true,"deadLetterTargetArn":"{ARN}"}}', "Invalid value for maxReceiveCount: True, valid values are from 1 to 1000 both inclusive."),
        (f'{{"maxReceiveCount":"x","deadLetterTargetArn":"{ARN}"}}', "Invalid value for maxReceiveCount: x, valid values are from 1 to 1000 both inclusive."),
        (f'{{"maxReceiveCount":"{"1" * 5_000}","deadLetterTargetArn":"{ARN}"}}', f"Invalid value for maxReceiveCount: {'1' * 5_000}, valid values are from 1 to 1000 both inclusive."),
        ('{"maxReceiveCount":1,"deadLetterTargetArn":"dummy"}', "Only SQS queues are valid resources for deadLetterTargetArn."),
        ('{"maxReceiveCount":1,"deadLetterTargetArn":7}', "Only SQS queues are valid resources for deadLetterTargetArn."),
        ('{"maxReceiveCount":1,"deadLetterTargetArn":"arn:aws:sns:r:1:t"}', "Only SQS queues are valid resources for deadLetterTargetArn."),
        (f'{{"maxReceiveCount":1,"deadLetterTargetArn":"{ARN}","x":1}}', "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn]."),
    ],
)  # fmt: skip
def test_wrong_members_are_refused_in_awss_words(text, reason):
    with pytest.raises(InvalidParameterValue) as refusal:
        parse_redrive_policy(text)
    assert refusal.value.message == (
        f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"
    )


def test_permissions():
    assert parse_redrive_allow_policy('{"redrivePermission":"allowAll"}').allows(ARN)
    assert not parse_redrive_allow_policy('{"redrivePermission":"denyAll"}').allows(ARN)
    chosen = parse_redrive_allow_policy(
        f'{{"redrivePermission":"byQueue","sourceQueueArns":["{ARN}"]}}'
    )
    assert chosen == RedriveAllowPolicy("byQueue", (ARN,))
    assert chosen.allows(ARN)
    assert not chosen.allows(ARN + "2")


@pytest.mark.parametrize(
    "text", ["x", "[]", "{}", '{"redrivePermission":"some"}', '{"redrivePermission":[]}']
)
def test_other_formats_are_refused(text):
    with pytest.raises(InvalidAttributeValue) as refusal:
        parse_redrive_allow_policy(text)
    assert refusal.value.message.endswith("as it\u2019s in an unsupported format.")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ('"byQueue"', "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values."),
        ('"byQueue","sourceQueueArns":[' + ",".join(['"a"'] * 11) + "]", "The maximum number of source queue ARNs you can specify is 10."),
        ('"denyAll","sourceQueueArns":["a"]', "To specify one or more source queue ARNs, you must set redrivePermission to byQueue."),
    ],
)  # fmt: skip
def test_arns_and_permission_must_fit(members, reason):
    text = f'{{"redrivePermission":{members}}}'
    with pytest.raises(InvalidParameterValue) as refusal:
        parse_redrive_allow_policy(text)
    assert refusal.value.message == (
        f"Value {text} for parameter RedriveAllowPolicy is invalid. Reason: "
        f"Amazon SQS can't create the redrive allow policy. {reason}"
    )
