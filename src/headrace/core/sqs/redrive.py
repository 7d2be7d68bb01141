"""RedrivePolicy and RedriveAllowPolicy: their JSON texts to values, checked in AWS's words.

Source: spec/sqs.md 3.3, 3.4. Whether the dead-letter queue exists is the room's to check.
"""

from typing import Any

import msgspec

from headrace.base.arn import Arn, parse_arn
from headrace.core.sqs import limits
from headrace.core.sqs.errors import InvalidAttributeValue, InvalidParameterValue


class RedrivePolicy(msgspec.Struct, frozen=True, gc=False):
    """Where messages go that were received `max_receive_count` times."""

    dead_letter_target_arn: str
    max_receive_count: int  #: 1 to 1,000.

    def to_text(self) -> str:
        """Return the JSON text that AWS answers with."""
        return (
            f'{{"deadLetterTargetArn":"{self.dead_letter_target_arn}",'
            f'"maxReceiveCount":{self.max_receive_count}}}'
        )


def last_from(policy: RedrivePolicy | None) -> int:
    """Return how often received messages come last; 0: none does (4.8)."""
    is_patient = policy is not None and policy.max_receive_count > limits.LAST_FROM_RECEIVES
    return limits.LAST_FROM_RECEIVES if is_patient else 0


class RedriveAllowPolicy(msgspec.Struct, frozen=True):
    """Which queues may name this one as their dead-letter queue."""

    permission: str = "allowAll"  #: allowAll, denyAll or byQueue.
    source_arns: tuple[str, ...] = ()

    def allows(self, source_arn: str) -> bool:
        """Tell whether the queue of this ARN may."""
        if self.permission == "byQueue":
            return source_arn in self.source_arns
        return self.permission == "allowAll"


def parse_redrive_policy(text: str) -> RedrivePolicy:
    """Return a RedrivePolicy as a value.

    Raises:
        InvalidAttributeValue: It is no JSON object.
        InvalidParameterValue: A member is missing, unknown or wrong.
    """
    members = parse_object(text)
    if members is None:
        raise InvalidAttributeValue(
            "Invalid value for the parameter RedrivePolicy. "
            "Reason: Redrive policy is not a valid JSON map."
        )
    for name in ("maxReceiveCount", "deadLetterTargetArn"):
        if name not in members:
            raise refuse_redrive(
                text, f"Redrive policy does not contain mandatory attribute: {name}."
            )
    if len(members) > 2:
        raise refuse_redrive(
            text,
            "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].",
        )
    given = members["maxReceiveCount"]
    count = whole_number(given)
    if count is None or not 1 <= count <= limits.MAX_RECEIVE_COUNT_MAX:
        raise refuse_redrive(
            text,
            f"Invalid value for maxReceiveCount: {given}, "
            f"valid values are from 1 to {limits.MAX_RECEIVE_COUNT_MAX} both inclusive.",
        )
    target = members["deadLetterTargetArn"]
    if _queue_arn(target) is None:
        raise refuse_redrive(text, "Only SQS queues are valid resources for deadLetterTargetArn.")
    return RedrivePolicy(target, count)


def refuse_redrive(text: str, reason: str) -> InvalidParameterValue:
    """Return the refusal of a RedrivePolicy for this reason."""
    return InvalidParameterValue(
        f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"
    )


def parse_redrive_allow_policy(text: str) -> RedriveAllowPolicy:
    """Return a RedriveAllowPolicy as a value.

    Raises:
        InvalidAttributeValue: It is no JSON object, or its permission is missing or unknown.
        InvalidParameterValue: The ARNs do not fit the permission.
    """
    members = parse_object(text)
    permission = members.get("redrivePermission") if members is not None else None
    if members is None or permission not in ("allowAll", "denyAll", "byQueue"):
        raise InvalidAttributeValue(
            "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create "
            "the redrive allow policy, as it\u2019s in an unsupported format."
        )
    arns = members.get("sourceQueueArns")
    if permission == "byQueue":
        if not isinstance(arns, list) or not arns:
            raise _refuse_allow(
                text,
                "When you specify the byQueue permission type, you must also specify one or more "
                "sourceQueueArns values.",
            )
        if len(arns) > limits.REDRIVE_SOURCE_ARNS_MAX:
            raise _refuse_allow(
                text,
                "The maximum number of source queue ARNs you can specify is "
                f"{limits.REDRIVE_SOURCE_ARNS_MAX}.",
            )
        return RedriveAllowPolicy(permission, tuple(str(arn) for arn in arns))
    if arns:
        raise _refuse_allow(
            text,
            "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.",
        )
    return RedriveAllowPolicy(str(permission))


def parse_object(text: str) -> dict[str, Any] | None:
    """Return the members of a JSON object; None when the text is none."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_nested_too_deeply(text: str) -> bool:
    """Tell whether a JSON text has more levels than is stored.

    The bound is ours and not left to Python's stack, which is not equally deep everywhere: what was
    stored once must be read again by every later start.
    """
    level: list[Any] = [parse_object(text)]
    for _ in range(limits.DOCUMENT_DEPTH_MAX):
        level = [
            child
            for outer in level
            if isinstance(outer, (dict, list))
            for child in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _refuse_allow(text: str, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"Value {text} for parameter RedriveAllowPolicy is invalid. Reason: "
        f"Amazon SQS can't create the redrive allow policy. {reason}"
    )


def whole_number(value: Any) -> int | None:
    """Return a JSON number, or a text of at most 18 digits, as an int (AWS takes both)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    digits = value.removeprefix("-") if isinstance(value, str) else ""
    return int(value) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def _queue_arn(value: Any) -> Arn | None:
    try:
        arn = parse_arn(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return arn if arn is not None and arn.service == "sqs" else None
