"""Which of the three languages a pattern speaks."""

from headrace.core.logs.patterns.pattern import compile_pattern


def test_braces_are_json_brackets_are_fields_the_rest_are_terms():
    assert compile_pattern(" { $.a = 1 } ")('{"a": 1}')
    assert compile_pattern("[a, b]")("one two")
    assert compile_pattern("one")("one two")
    assert compile_pattern("") is None
