"""Halves of characters in JSON, beside escapes that only look like them."""

import json

import pytest

from headrace.core.mapping.halfcharacters import without_halves


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (r'"cut \ud83d"', "cut \ufffd"),
        (r'"\uDE00 cut"', "\ufffd cut"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\\\ud83d"', "\\\ufffd"),
    ],
)
def test_a_half_becomes_the_sign_for_what_nobody_can_read(text, says):
    assert json.loads(without_halves(text)) == says


@pytest.mark.parametrize("text", ["", r'"\ud83d\ude00"', r'"\\ud83d"', r'"\u00e9\n"', "\\"])
def test_a_text_without_halves_is_left_alone(text):
    assert without_halves(text) is None
