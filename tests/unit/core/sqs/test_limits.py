"""Limits that compute something."""

import pytest

from headrace.core.sqs.limits import Noise


@pytest.mark.parametrize(
    ("in_flight", "of_all", "is_loud"),
    [(29, 29, False), (30, 30, True), (30, 299, True), (30, 300, False), (31, 300, True)],
)
def test_a_group_is_loud_above_ten_percent_and_from_thirty_on(in_flight, of_all, is_loud):
    """Spec/sqs.md 6; 12, Q20."""
    assert Noise().is_loud(in_flight, of_all) is is_loud
