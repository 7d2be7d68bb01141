"""Numbers as ranges, and back."""

from hypothesis import given
from hypothesis import strategies as st

from headrace.core.sqs.ranges import numbers_of, ranges_of


def test_neighbours_share_a_range():
    assert ranges_of([1, 2, 3, 7, 9, 10]) == [1, 3, 7, 1, 9, 2]
    assert ranges_of([]) == []


@given(st.sets(st.integers(0, 50)))
def test_ranges_hold_the_same_numbers(numbers):
    assert list(numbers_of(ranges_of(sorted(numbers)))) == sorted(numbers)
