"""Counts by bounds."""

from headrace.base.histogram import Histogram


def test_a_value_is_counted_below_the_first_bound_that_is_not_less():
    histogram = Histogram((10, 20))
    for value in (0, 10, 11, 20, 21, 1_000):
        histogram.observe(value)
    assert histogram.counts == [2, 2, 2]
    assert histogram.total == 1_062
