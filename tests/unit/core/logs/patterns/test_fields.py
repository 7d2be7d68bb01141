"""Space-delimited patterns: as many fields, each as its condition says."""

import pytest

from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.patterns.fields import split_fields
from headrace.core.logs.patterns.pattern import compile_pattern

LINE = '127.0.0.1 ann [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534\n'


def test_quotes_and_brackets_hold_a_field_together():
    assert list(split_fields(LINE)) == [
        "127.0.0.1",
        "ann",
        "10/Oct/2000:13:25:15 -0700",
        "GET /index.html HTTP/1.0",
        "404",
        "1534",
    ]


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("[a b] [c", ["a b", "[c"]),
        ("[a [b] [c d", ["a [b", "[c", "d"]),
        ('a] [b "c d" [e', ["a]", "[b", "c d", "[e"]),
        ('[a "b] c" d', ['a "b', 'c"', "d"]),
        ("[a]", ["a"]),
        ("", []),
    ],
)
def test_a_bracket_that_does_not_end_is_a_letter(message, fields):
    assert list(split_fields(message)) == fields


def test_brackets_that_do_not_end_are_looked_for_once():
    assert len(list(split_fields("[ " * 20_000))) == 20_000
    assert len(list(split_fields("[ " * 20_000 + "]" + " [" * 20_000))) == 20_001


def test_of_a_message_no_more_fields_are_read_than_a_pattern_has(monkeypatch):
    read = []
    monkeypatch.setattr(
        "headrace.core.logs.patterns.fields.split_fields",
        lambda message: (read.append(field) or field for field in split_fields(message)),
    )
    assert not compile_pattern("[a, b]").matches("x " * 1_000)
    assert len(read) == 3


@pytest.mark.parametrize(
    ("pattern", "passes"),
    [
        ("[ip, user, time, request, code, bytes]", True),
        ("[ip, user, time, request, code]", False),
        ("[ip, user, time, request, code = 404, bytes]", True),
        ("[ip, user, time, request, code = 4*, bytes > 1500]", True),
        ("[ip, user, time, request, code = 4*, bytes > 2000]", False),
        ("[ip, user, time, request = *html*, code, bytes]", True),
        ("[..., code = 404, bytes]", True),
        ("[ip, ..., bytes]", True),
        ("[ip, ...]", True),
        ('[ip, user = "bob" || user = "ann", ...]', True),
        ('[ip, user != "bob" && user != "ann", ...]', False),
        ("[a, b, c, d, e, f, ..., g]", False),
    ],
)
def test_fields_decide_what_passes(pattern, passes):
    assert compile_pattern(pattern).matches(LINE) is passes


@pytest.mark.parametrize(
    "pattern", ["[]", "[a, ]", "[..., a, ...]", "[a = 1, b = ]", "[a != b = c]"]
)
def test_what_cannot_be_read_is_refused(pattern):
    with pytest.raises(InvalidParameter):
        compile_pattern(pattern)
