"""JSON patterns: selectors, comparisons, and what joins them."""

import pytest

from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.patterns.pattern import compile_pattern

EVENT = """{
  "level": "ERROR", "took": 12.5, "count": 3, "ok": true, "off": false, "none": null,
  "user": {"id": "42", "first name": "Ann", "roles": ["admin", "dev"]},
  "items": [{"id": 1}, {"id": 2, "flag": true}], "path": "/a/b.html", "code": 404, "big": 1e30
}"""


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.level = "ERROR" }',
        "{ $.level = ERROR }",
        '{$.level="ERROR"}',
        '{ $.level != "INFO" }',
        '{ $.user.id = "42" }',
        "{ $.user.id = 42 }",
        "{ $.took > 12 }",
        "{ $.took >= 12.5 }",
        "{ $.took < 1.3e1 }",
        "{ $.count = 3.0 }",
        "{ $.big = 1e30 }",
        "{ $.code = 4* }",
        '{ $.path = "*.html" }',
        '{ $.path = "/a*b*" }',
        "{ $.ok IS TRUE }",
        "{ $.off IS FALSE }",
        "{ $.none IS NULL }",
        "{ $.missing NOT EXISTS }",
        "{ $.level EXISTS }",
        '{ $.user.roles[0] = "admin" }',
        '{ $.user.roles[*] = "dev" }',
        "{ $.items[1].id = 2 }",
        "{ $.items[*].flag IS TRUE }",
        "{ $.user['first name'] = \"Ann\" }",
        '{ ($.level = "INFO") || ($.took > 1 && $.count = 3) }',
        '{ $.level = "INFO" && $.count = 3 || $.ok IS TRUE }',
    ],
)
def test_it_passes(pattern):
    assert compile_pattern(pattern).matches(EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.level = "error" }',
        '{ $.level != "ERROR" }',
        '{ $.missing = "x" }',
        '{ $.missing != "x" }',
        "{ $.level > 1 }",
        "{ $.took < 12.5 }",
        "{ $.user.roles[2] EXISTS }",
        "{ $.user.roles.id EXISTS }",
        "{ $.items[9].id = 1 }",
        "{ $.ok IS FALSE }",
        "{ $.level IS NULL }",
        "{ $.missing IS NULL }",
        '{ $.path = "*.htm" }',
        '{ $.path = "/a/b.html*/a/b.html" }',
        '{ $.level = "INFO" && ($.ok IS TRUE || $.count = 3) }',
    ],
)
def test_it_does_not_pass(pattern):
    assert not compile_pattern(pattern).matches(EVENT)


@pytest.mark.parametrize(
    "message", ["", "plain text", "[1]", '{"level": "ERROR"', '"level"', '{"n": 1e99999999999999}']
)
def test_what_is_no_object_never_passes(message):
    assert not compile_pattern('{ $.level != "x" }').matches(message)


@pytest.mark.parametrize(
    "pattern",
    [
        "{ }",
        "{ level = 1 }",
        "{ $ = 1 }",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a > text }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{ $.a = 1 $.b = 2 }",
        "{ $.a[x] = 1 }",
        "{" + "(" * 30 + "$.a = 1" + ")" * 30 + "}",
    ],
)
def test_what_cannot_be_read_is_refused(pattern):
    with pytest.raises(InvalidParameter):
        compile_pattern(pattern)


def test_a_wildcard_takes_no_more_than_a_look_at_each_part():
    matches = compile_pattern('{ $.a = "' + "a*" * 200 + '" }').matches
    assert not matches('{"a": "' + "a" * 150 + "b" * 100_000 + '"}')
