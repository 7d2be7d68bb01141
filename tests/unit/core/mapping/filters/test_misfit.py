"""Which part of a pattern a record does not fit, in words."""

import json

import pytest

from headrace.core.mapping.filters.sieve import Sieve


def reason(*patterns, body="x"):
    record = {"messageId": "id", "body": body, "attributes": {"SenderId": "AIDA"}}
    sieve = Sieve([json.dumps(pattern) for pattern in patterns])
    assert not sieve.passes(record)
    return sieve.why_not(record)


@pytest.mark.parametrize(
    ("pattern", "body", "expected"),
    [
        ({"body": ["y"]}, "x", "filter 1: body is 'x'"),
        ({"messageId": ["y"]}, "x", "filter 1: messageId is 'id'"),
        ({"attributes": {"SenderId": ["B"]}}, "x", "filter 1: attributes.SenderId is 'AIDA'"),
        ({"body": {"a": {"b": [1]}}}, '{"a":{"b":2}}', "filter 1: body.a.b is '2'"),
        ({"body": {"a": {"b": [1]}}}, '{"a":{}}', "filter 1: body.a.b is not there"),
        ({"body": {"a": [1]}}, '{"a":[2,3]}', "filter 1: body.a is '2' and others"),
        ({"body": {"a": [1], "b": [1]}}, '{"a":1,"b":2}', "filter 1: body.b is '2'"),
        (
            {"body": {"$or": [{"a": [1]}, {"b": [1]}]}},
            '{"a":2}',
            "filter 1: none of the alternatives of $or fits body",
        ),
        (
            {"body": {"a": [1]}},
            "x",
            "filter 1: it asks for fields of the body, and the body is no JSON object",
        ),
        (
            {"body": ["x"]},
            '{"a":1}',
            "filter 1: it asks for the body's text, and the body is JSON",
        ),
        (
            {"body": {"a": {"b": [1], "c": [1]}}},
            '{"a":[{"b":1,"c":2},{"b":2,"c":1}]}',
            "filter 1: body.a has no one element that fits all of it",
        ),
    ],
)
def test_the_first_misfit_is_named(pattern, body, expected):
    assert reason(pattern, body=body) == expected


def test_each_filter_has_its_reason():
    assert reason({"body": ["y"]}, {"body": ["z"]}) == (
        "filter 1: body is 'x'; filter 2: body is 'x'"
    )


def test_a_long_value_is_cut():
    assert reason({"body": ["y"]}, body="x" * 99) == f"filter 1: body is {'x' * 40!r}"
