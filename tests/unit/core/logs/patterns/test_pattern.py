"""Which of the three languages a pattern speaks."""

import pytest

from headrace.core.logs.patterns.pattern import compile_pattern


def test_braces_are_json_brackets_are_fields_the_rest_are_terms():
    assert compile_pattern(" { $.a = 1 } ").matches('{"a": 1}')
    assert compile_pattern("[a, b]").matches("one two")
    assert compile_pattern("one").matches("one two")
    assert compile_pattern("") is None


def test_what_surely_is_in_a_message_is_known_beforehand():
    pattern = compile_pattern('ERROR "a b" -no ?perhaps "" "two\nlines"')
    assert pattern.needles == (b"ERROR", b"a b")
    assert compile_pattern("?a ?b").needles == ()
    assert compile_pattern('{ $.a = "b" }').needles == ()


@pytest.mark.parametrize(
    ("text", "conditions"),
    [("ERROR", 1), ("{ $.a = 1 }", 1), ("{ $.a = 1 && ($.b = 2 || $.c = 3) }", 3), ("[a, b]", 1)],
)
def test_it_says_how_many_conditions_it_has(text, conditions):
    assert compile_pattern(text).conditions == conditions
