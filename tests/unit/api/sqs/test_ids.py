"""Ids that callers choose (spec/sqs.md 2.7, S-A26)."""

import string

import pytest

from headrace.api.sqs.ids import checked_id
from headrace.core.sqs.errors import InvalidParameterValue


@pytest.mark.parametrize("value", ["", "g" * 129, "group 123", "\u00e9", "a\n"])
def test_bad_ids_are_refused_with_the_whole_value(value):
    with pytest.raises(InvalidParameterValue) as refusal:
        checked_id({"MessageDeduplicationId": value}, "MessageDeduplicationId")
    assert refusal.value.message == (
        f"Value {value} for parameter MessageDeduplicationId is invalid. Reason: "
        "MessageDeduplicationId can only include alphanumeric and punctuation characters. "
        "1 to 128 in length."
    )


@pytest.mark.parametrize("value", ["g" * 128, string.punctuation, string.digits])
def test_good_ids_are_taken(value):
    assert checked_id({"MessageGroupId": value}, "MessageGroupId") == value


def test_no_id_is_none():
    assert checked_id({}, "MessageGroupId") is None
