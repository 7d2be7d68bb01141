"""Terms: all of them, none of some, one of several."""

import pytest

from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.patterns.pattern import compile_pattern

MESSAGES = (
    "[ERROR 400] BAD REQUEST\n",
    "[ERROR 401] UNAUTHORIZED REQUEST\n",
    "[WARN] slow request\n",
    "[INFO] all is well\n",
)


def passing(pattern):
    """Return which messages pass, by their positions."""
    found = compile_pattern(pattern)
    return [at for at, message in enumerate(MESSAGES) if found is None or found.matches(message)]


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("", [0, 1, 2, 3]),
        ("  ", [0, 1, 2, 3]),
        ("ERROR", [0, 1]),
        ("error", []),
        ("ERR", [0, 1]),
        ("ERROR BAD", [0]),
        ("BAD ERROR", [0]),
        ('"BAD REQUEST"', [0]),
        ('"all is"', [3]),
        ('"[INFO]"', [3]),
        ("?WARN ?INFO", [2, 3]),
        ("ERROR -BAD", [1]),
        ("-ERROR", [2, 3]),
        ('-"BAD REQUEST" -INFO', [1, 2]),
        ("REQUEST ?WARN", [0, 1]),
    ],
)
def test_terms_decide_what_passes(pattern, shown):
    assert passing(pattern) == shown


def test_quotes_hold_quotes_and_backslashes():
    matches = compile_pattern(r'"say \"hi\" \\o/"').matches
    assert matches('I say "hi" \\o/ to you')
    assert not matches("I say hi")


@pytest.mark.parametrize(
    ("pattern", "term"),
    [("request-id", "request-id"), ("a b:c d", "b:c"), ('"no end', '"no end')],
)
def test_what_is_no_term_is_named(pattern, term):
    with pytest.raises(InvalidParameter) as refusal:
        compile_pattern(pattern)
    assert refusal.value.message == f"Invalid character(s) in term '{term}'"


def test_regular_expressions_are_refused_in_plain_words():
    with pytest.raises(InvalidParameter, match="does not serve regular expressions"):
        compile_pattern("%AUTH.*%")
    with pytest.raises(InvalidParameter, match="does not serve regular expressions"):
        compile_pattern("{ $.a = %AUTH.*% }")
