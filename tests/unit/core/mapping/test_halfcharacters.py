"""Halves of characters in JSON, and what is no JSON for all that."""

from decimal import Decimal

import pytest

from headrace.core.mapping.halfcharacters import decode_with_halves


def test_a_half_is_read_and_fractions_as_is_asked_for():
    assert decode_with_halves(r'["cut \ud83d", "\uDE00", 0.1]', Decimal) == [
        "cut \ud83d",
        "\ude00",
        Decimal("0.1"),
    ]


@pytest.mark.parametrize(
    "text", ["", "{}", '"\U0001f600"', r'"\ud83d', r'["\ud83d", NaN]', r'{"a":"\ud83d"}}']
)
def test_what_has_none_or_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match=r"halves|JSON|line 1"):
        decode_with_halves(text)
