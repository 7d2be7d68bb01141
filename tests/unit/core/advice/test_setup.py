"""Quantiles of what was measured."""

from headrace.base.histogram import Histogram
from headrace.core.advice.setup import Crowd, Mapping, quantile_us


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


def test_a_crowd_is_grouped_by_function_and_queue():
    first = Mapping(name="a", queue="q", function="f", minimum_pollers=7)
    second = Mapping(name="b", queue="q", function="g", maximum_concurrency=9)
    third = Mapping(name="c", queue="r", function="f")
    crowd = Crowd([first, second, third])
    assert crowd.by_function == {"f": [first, third], "g": [second]}
    assert crowd.by_queue == {"q": [first, second], "r": [third]}
    assert (crowd.count, crowd.pollers_at_rest) == (3, 7 + 5 + 2)
