"""What may be a tag (spec/sqs.md 8.1)."""

import pytest

from headrace.core.sqs.errors import InvalidParameterValue
from headrace.core.sqs.tags import check_keys, check_tags


@pytest.mark.parametrize(
    "tags", [{}, {"k": ""}, {"Key": "a", "key": "b"}, {"k" * 128: "v" * 256}, {"ä _.:/=+-@1": "é"}]
)
def test_good_tags_pass(tags):
    check_tags(tags, {}, "q")


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({"": "v"}, "Tag keys must be between 1 and 128 characters in length."),
        ({"k" * 129: "v"}, "Tag keys must be between 1 and 128 characters in length."),
        ({"k": "v" * 257}, "Tag values must be between 0 and 256 characters in length."),
        ({"aws:k": "v"}, "Tag keys must not begin with aws:, which is reserved."),
        (
            {"k": "a#b"},
            "Tags can only include letters, digits, whitespace and _ . : / = + - @",
        ),
    ],
)
def test_wrong_tags_are_refused(tags, sentence):
    with pytest.raises(InvalidParameterValue) as refusal:
        check_tags(tags, {}, "q")
    assert refusal.value.message == sentence


def test_fifty_are_the_most_and_known_keys_do_not_count_twice():
    there = {str(number): "v" for number in range(50)}
    check_tags({"0": "other"}, there, "q")
    with pytest.raises(InvalidParameterValue, match=r"Too many tags added for queue q\."):
        check_tags({"more": "v"}, there, "q")


def test_keys_alone_are_checked_for_their_length():
    check_keys(["a", "b" * 128])
    with pytest.raises(InvalidParameterValue):
        check_keys(["a", ""])
