"""Values as numbers and texts."""

from decimal import Decimal

import pytest

from headrace.core.logs.patterns.conditions import Reader, number_of, read_comparison


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1),
        ("1.50", Decimal("1.5")),
        ("-.5e1", -5),
        (True, None),
        ("1x", None),
        (None, None),
        pytest.param("1" * 500_000 + "x", None, id="digits that are no number"),
    ],
)
def test_what_counts_as_a_number(value, number):
    assert number_of(value) == number


def test_a_quoted_number_is_a_text():
    assert not read_comparison(Reader('= "42"'))(42)
    assert read_comparison(Reader('= "42"'))("42")
    assert read_comparison(Reader("= 42"))("42.0")


def test_without_an_operator_there_is_no_comparison():
    reader = Reader(" IS NULL")
    assert read_comparison(reader) is None
    assert not reader.is_over
