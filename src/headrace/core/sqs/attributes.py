"""Queue attributes: names, ranges, defaults, checks in AWS's words, and what a read returns.

A queue keeps its settable attributes as normalized texts under AWS's names (`dict[str, str]`), and
beside them the values that the rules need (`Settings`). Source: spec/sqs.md 2.1, 2.5, 2.6, 3.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from headrace.base.instant import ms_of_s
from headrace.core.sqs import limits
from headrace.core.sqs.errors import InvalidAttributeName, InvalidAttributeValue, OverLimit
from headrace.core.sqs.redrive import (
    RedriveAllowPolicy,
    RedrivePolicy,
    is_nested_too_deeply,
    parse_object,
    parse_redrive_allow_policy,
    parse_redrive_policy,
    whole_number,
)


class Range(NamedTuple):
    """A whole number with bounds, both inclusive."""

    default: int
    low: int
    high: int


#: The numbers that can be set.
NUMBERS = {
    "VisibilityTimeout": Range(
        limits.VISIBILITY_TIMEOUT_S_DEFAULT, 0, limits.VISIBILITY_TIMEOUT_S_MAX
    ),
    "MaximumMessageSize": Range(
        limits.MESSAGE_BYTES_MAX, limits.MESSAGE_BYTES_MIN, limits.MESSAGE_BYTES_MAX
    ),
    "MessageRetentionPeriod": Range(
        limits.RETENTION_S_DEFAULT, limits.RETENTION_S_MIN, limits.RETENTION_S_MAX
    ),
    "DelaySeconds": Range(0, 0, limits.DELAY_S_MAX),
    "ReceiveMessageWaitTimeSeconds": Range(0, 0, limits.WAIT_TIME_S_MAX),
    "KmsDataKeyReusePeriodSeconds": Range(
        limits.KMS_REUSE_S_DEFAULT, limits.KMS_REUSE_S_MIN, limits.KMS_REUSE_S_MAX
    ),
}
#: Texts that are there only while set, with the bytes that each may have; an empty text removes
#: them. A RedrivePolicy is stored in words of ours, which are short.
TEXTS = {
    "Policy": limits.POLICY_BYTES_MAX,
    "RedrivePolicy": limits.POLICY_BYTES_MAX,
    "RedriveAllowPolicy": limits.REDRIVE_ALLOW_POLICY_BYTES_MAX,
    "KmsMasterKeyId": limits.KMS_KEY_ID_BYTES_MAX,
}
SSE = "SqsManagedSseEnabled"
KMS_KEY = "KmsMasterKeyId"
KMS_REUSE = "KmsDataKeyReusePeriodSeconds"
FIFO = "FifoQueue"
CONTENT_DEDUPLICATION = "ContentBasedDeduplication"
SCOPE = "DeduplicationScope"
THROUGHPUT = "FifoThroughputLimit"
GROUP_SCOPE = "messageGroup"
#: Choices of a FIFO queue, the default first. A standard queue knows none of these two: their
#: names are refused with a sentence of their own, the other FIFO attributes as unknown.
CHOICES = {SCOPE: ("queue", GROUP_SCOPE), THROUGHPUT: ("perQueue", "perMessageGroupId")}

#: Changes to attributes: the new text, or None to remove.
Changes = dict[str, str | None]


class Settings(msgspec.Struct, frozen=True):
    """The attribute values that the rules need."""

    visibility_timeout_ms: int
    maximum_message_size: int
    retention_ms: int
    delay_ms: int
    receive_message_wait_time_s: int
    redrive: RedrivePolicy | None
    redrive_allow: RedriveAllowPolicy


def default_attributes(*, is_fifo: bool = False) -> dict[str, str]:
    """Return what a queue has when nothing is asked for."""
    attributes = {name: str(number.default) for name, number in NUMBERS.items()} | {SSE: "true"}
    if is_fifo:
        attributes |= {FIFO: "true", CONTENT_DEDUPLICATION: "false"}
        attributes |= {name: choices[0] for name, choices in CHOICES.items()}
    return attributes


def settings_of(attributes: Mapping[str, str]) -> Settings:
    """Return the values of normalized attributes."""
    redrive = attributes.get("RedrivePolicy")
    allow = attributes.get("RedriveAllowPolicy")
    return Settings(
        visibility_timeout_ms=ms_of_s(int(attributes["VisibilityTimeout"])),
        maximum_message_size=int(attributes["MaximumMessageSize"]),
        retention_ms=ms_of_s(int(attributes["MessageRetentionPeriod"])),
        delay_ms=ms_of_s(int(attributes["DelaySeconds"])),
        receive_message_wait_time_s=int(attributes["ReceiveMessageWaitTimeSeconds"]),
        redrive=parse_redrive_policy(redrive) if redrive else None,
        redrive_allow=parse_redrive_allow_policy(allow) if allow else RedriveAllowPolicy(),
    )


def check_attributes(given: Mapping[str, str], before: Mapping[str, str] | None = None) -> Changes:
    """Return what `given` changes, normalized, in the order given.

    Args:
        before: The queue's attributes, or the defaults of its type; None: a standard queue's.

    Raises:
        InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue, OverLimit: As
            spec/sqs.md 2.1, 2.6 and 3.3 to 3.5 say; nothing is changed.
    """
    before = before or {}
    is_fifo = FIFO in before
    changes: Changes = {name: _check(name, text, is_fifo=is_fifo) for name, text in given.items()}
    if is_fifo:
        _check_throughput(changed(before, changes))
    if changes.get(KMS_KEY) is not None and changes.get(SSE) == "true":
        raise InvalidAttributeName(
            "You can use one type of server-side encryption (SSE) at one time. "
            "You can either enable KMS SSE or SQS SSE."
        )
    if changes.get(KMS_KEY) is not None:
        changes[SSE] = "false"
    elif changes.get(SSE) == "true":
        changes[KMS_KEY] = None
        changes[KMS_REUSE] = str(limits.KMS_REUSE_S_DEFAULT)
    return changes


def changed(attributes: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return the attributes after the changes."""
    after = dict(attributes)
    for name, text in changes.items():
        if text is None:
            after.pop(name, None)
        else:
            after[name] = text
    return after


def differing(attributes: Mapping[str, str], given: Mapping[str, str]) -> str | None:
    """Return the first attribute of `given` whose value is another than the current one.

    Numbers, booleans and JSON are compared as such; defaults count (2.1).
    """
    for name, text in given.items():
        if _comparable(name, text) != _comparable(name, attributes.get(name, "")):
            return name
    return None


def selected(found: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Return what a GetQueueAttributes for `names` answers.

    Args:
        found: All attributes that the queue has, read-only ones included.
        names: "All" and AWS's names; those that do not apply are left out.

    Raises:
        InvalidAttributeName: A name is unknown.
    """
    for name in names:
        if name != "All" and name not in limits.QUEUE_ATTRIBUTE_NAMES:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
    shown = {name: text for name, text in found.items() if name != KMS_REUSE or KMS_KEY in found}
    if "All" in names:
        return shown
    return {name: shown[name] for name in names if name in shown}


def _check(name: str, text: str, *, is_fifo: bool) -> str | None:
    """Return the normalized text of one attribute; None when it is removed."""
    if name in NUMBERS:
        return _check_number(name, text)
    if name == SSE or (is_fifo and name in {FIFO, CONTENT_DEDUPLICATION}):
        return _check_boolean(name, text)
    if name in TEXTS:
        return _check_text(name, text) if text else None
    if name in CHOICES:
        if not is_fifo:
            raise InvalidAttributeName(
                f"You can specify the {name} only when FifoQueue is set to true."
            )
        if text not in CHOICES[name]:
            raise _invalid(name)
        return text
    raise InvalidAttributeName(f"Unknown Attribute {name}.")


def _check_boolean(name: str, text: str) -> str:
    if text.lower() not in {"true", "false"}:
        raise _invalid(name)
    if name == FIFO and text.lower() == "false":
        raise InvalidAttributeValue(
            f"Invalid value for the parameter {name}. "
            "Reason: Modifying queue type is not supported."
        )
    return text.lower()


def _check_throughput(attributes: Mapping[str, str]) -> None:
    """Check that a limit by group goes with a scope by group (3.2)."""
    if attributes[THROUGHPUT] == CHOICES[THROUGHPUT][1] and attributes[SCOPE] != GROUP_SCOPE:
        raise InvalidAttributeValue(
            f"Invalid value for the parameter {THROUGHPUT}. Reason: {CHOICES[THROUGHPUT][1]} "
            f"requires {SCOPE} to be {GROUP_SCOPE}."
        )


def _check_number(name: str, text: str) -> str:
    number = whole_number(text)
    if number is None or not NUMBERS[name].low <= number <= NUMBERS[name].high:
        raise _invalid(name)
    return str(number)


def _check_text(name: str, text: str) -> str:
    if name != KMS_KEY and is_nested_too_deeply(text):
        raise _invalid(name)
    if name == "RedrivePolicy":
        return parse_redrive_policy(text).to_text()
    if len(text.encode()) > TEXTS[name]:
        raise _invalid(name)
    if name == "RedriveAllowPolicy":
        parse_redrive_allow_policy(text)
    elif name == "Policy":
        _check_policy(text)
    return text


def _check_policy(text: str) -> None:
    """Check that a Policy is one, as far as a server without authorization needs to (3.5)."""
    members = parse_object(text)
    if (
        members is None
        or not members.keys() <= {"Version", "Id", "Statement"}
        or members.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17")
    ):
        raise _invalid("Policy")
    statements = members.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise _invalid("Policy")
    if len(statements) > limits.POLICY_STATEMENTS_MAX:
        raise OverLimit(
            f"{len(statements)} statements were found in the submitted policy, "
            f"max allowed is {limits.POLICY_STATEMENTS_MAX}"
        )


def _invalid(name: str) -> InvalidAttributeValue:
    return InvalidAttributeValue(f"Invalid value for the parameter {name}.")


def _comparable(name: str, text: str) -> Any:
    if name in NUMBERS:
        number = whole_number(text)
        return text if number is None else number
    if name == "RedrivePolicy":
        members = parse_object(text)
        if members is not None and (count := whole_number(members.get("maxReceiveCount"))):
            members["maxReceiveCount"] = count
        return text if members is None else members
    if name in {"Policy", "RedriveAllowPolicy"}:
        members = parse_object(text)
        return text if members is None else members
    if name in {SSE, FIFO, CONTENT_DEDUPLICATION}:
        return text.lower()
    return text
