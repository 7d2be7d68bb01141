"""Quantiles of what was measured."""

from headrace.base.histogram import Histogram
from headrace.core.advice.setup import quantile_us


def test_a_quantile_is_a_bound_and_needs_enough_values():
    histogram = Histogram((10, 100))
    for value in (5,) * 19:
        histogram.observe(value)
    assert quantile_us(None, 99) is None
    assert quantile_us(histogram, 99) is None
    histogram.observe(50)
    assert [quantile_us(histogram, percent) for percent in (50, 95, 99)] == [10, 10, 100]
    for value in (5_000,) * 20:
        histogram.observe(value)
    assert quantile_us(histogram, 99) == 100
