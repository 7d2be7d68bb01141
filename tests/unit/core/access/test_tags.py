"""Tags of roles and policies."""

import pytest

from headrace.core.access.errors import InvalidInput, LimitExceeded
from headrace.core.access.tags import tagged


def test_tags_are_put_in_and_taken_out_in_order():
    assert list(tagged({"c": "1", "b": "2"}, {"a": "3", "c": "4"}, ["b", "x"]).items()) == [
        ("a", "3"),
        ("c", "4"),
    ]


def test_keys_differ_in_more_than_case():
    with pytest.raises(InvalidInput, match="Duplicate tag keys found"):
        tagged({"key": "1"}, {"KEY": "2"}, [])


def test_fifty_are_enough():
    fifty = {str(number): "" for number in range(50)}
    assert len(tagged(fifty, {"0": "again"}, [])) == 50
    with pytest.raises(LimitExceeded, match="maximum limit of 50"):
        tagged(fifty, {"one more": ""}, [])
