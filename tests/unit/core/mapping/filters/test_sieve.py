"""Records against patterns: bodies of both kinds, arrays, paths, choices; spec/esm.md 2.1, T20."""

import json

import pytest

from headrace.core.mapping.filters.pattern import Seen
from headrace.core.mapping.filters.sieve import Sieve


def record(body):
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "messageId": "id",
        "body": text,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {"kind": {"stringValue": "a", "dataType": "String"}},
    }


def passes(pattern, body="x"):
    return Sieve([json.dumps(pattern)]).passes(record(body))


def passes_body(pattern, body):
    return passes({"body": pattern}, body)


@pytest.mark.parametrize(
    ("body", "pattern", "passing"),
    [
        ("x", {"body": ["x"]}, True),
        ("x", {"body": ["y"]}, False),
        ("x", {"body": [{"prefix": "x"}]}, True),
        ("x", {"body": {"a": ["x"]}}, False),
        ("x", {"body": {"a": [{"exists": False}]}}, False),
        ("x", {"messageId": ["id"]}, True),
        ("x", {"messageId": ["other"]}, False),
        ('{"a":"x"}', {"body": ['{"a":"x"}']}, False),
        ('{"a":"x"}', {"body": [{"prefix": "{"}]}, False),
        ('{"a":"x"}', {"body": [{"exists": False}]}, False),
        ('{"a":"x"}', {"body": {"a": ["x"]}}, True),
        ('{"a":"x"}', {"body": {"a": ["y"]}}, False),
        ('{"a":"x"}', {"messageId": ["id"]}, True),
        ("42", {"body": ["42"]}, False),  # a scalar that JSON knows is JSON
        ("42", {"body": {"a": [{"exists": False}]}}, True),
        (r'{"a":"x","cut":"\ud83d"}', {"body": {"a": ["x"]}}, True),
        (r'{"a":"x","cut":"\ud83d"}', {"body": {"a": ["y"]}}, False),
        (r'{"a":"x","cut":"\ud83d"', {"body": {"a": ["x"]}}, False),
        ("", {"body": [""]}, True),
        ("[" * 5000, {"body": [{"prefix": "["}]}, True),  # no parser reads that deep
        ("1" * 5000, {"body": [{"prefix": "1"}]}, True),
        ("1e99999999999999999999", {"body": [{"prefix": "1e"}]}, True),
    ],
)
def test_20_text_and_json_bodies(body, pattern, passing):
    """spec/esm.md 2.1, 10.2 T20: each row of the table."""
    assert passes(pattern, body) is passing


def test_the_table_of_bodies_holds_inside_or_as_well():
    """spec/esm.md 2.1."""
    choice = {"$or": [{"body": ["x"]}, {"body": {"a": [1]}}]}
    assert passes(choice, "x")
    assert passes(choice, {"a": 1})
    assert not passes(choice, {"a": 2})
    assert not passes({"$or": [{"body": ['{"a":1}']}, {"body": ["y"]}]}, '{"a":1}')


def test_metadata_is_seen_and_its_values_are_texts():
    """spec/esm.md 2.1: attributes never fit a numeric rule."""
    assert passes({"messageAttributes": {"kind": {"stringValue": ["a"]}}})
    assert passes({"attributes": {"ApproximateReceiveCount": ["1"]}})
    assert not passes({"attributes": {"ApproximateReceiveCount": [{"numeric": ["=", 1]}]}})


def test_without_filters_everything_passes_and_of_several_one_must_fit():
    """spec/esm.md 2.2: filters are OR-ed, fields AND-ed."""
    assert Sieve([]).passes(record("x"))
    patterns = ['{"body":{"a":[1],"b":[2]}}', '{"body":{"c":[3]}}']
    assert Sieve(patterns).passes(record({"c": 3}))
    assert Sieve(patterns).passes(record({"a": 1, "b": 2}))
    assert not Sieve(patterns).passes(record({"a": 1}))


@pytest.mark.parametrize(
    ("pattern", "body", "passing"),
    [
        ({"a": [1]}, {"a": [3, 1]}, True),
        ({"a": [1]}, {"a": [[3], [[1]]]}, True),
        ({"a": [1]}, {"a": []}, False),
        ({"a": [1]}, [{"a": 2}, {"a": 1}], True),
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 2}]}, True),
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1}, {"c": 2}]}, False),
        ({"a": [{"anything-but": "x"}]}, {"a": ["x", "y"]}, True),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"a": [{"anything-but": "x"}]}, {"a": {"b": 1}}, False),
        ({"A": [1]}, {"a": 1}, False),
        ({"a.b": [1]}, {"a": {"b": 1}}, True),
        ({"a": {"b": [1]}}, {"a.b": 1}, True),
        ({"a": {"b": [1], "c": [2]}}, {"a": {"b": 1}, "a.c": 2}, True),
        ({"a": {"b": [2]}}, {"a": {"b": 1}, "a.b": 2}, True),
        ({"a": {"b": [1]}}, {"a": {"b": 1}, "a.b": 2}, True),
        ({"a.b": [1], "a": [2]}, {"a": [2, {"b": 1}]}, True),
        ({"a.b": [1], "a": [2]}, {"a": 2, "a.b": 1}, True),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": [300]}, '{"a":300.0}', True),
        ({"a": [300]}, '{"a":3.0e2}', True),
        ({"a": [0.1]}, '{"a":0.1}', True),
        ({"a": [9007199254740993]}, '{"a":9007199254740992.0}', False),
    ],
)
def test_arrays_paths_and_numbers(pattern, body, passing):
    """spec/esm.md 2.2: semantics to test."""
    assert passes_body(pattern, body) is passing


@pytest.mark.parametrize(
    ("pattern", "body", "passing"),
    [
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
        ({"a": [{"exists": True}]}, {"a": []}, False),
        ({"a": [{"exists": True}]}, {"a": [0]}, True),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": {"b": 1}}, True),
        ({"a": [{"exists": False}]}, {"a": []}, True),
        ({"a": [{"exists": False}]}, {"a": 1}, False),
        ({"a": [{"exists": False}, 2]}, {"a": 2}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a": 1}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a": [{"b": 1}, {"c": 2}]}, False),
        ({"a": {"b": [{"exists": False}], "c": [2]}}, {"a": [{"c": 2}]}, True),
    ],
)
def test_what_exists(pattern, body, passing):
    """spec/esm.md 2.2: leaves only, and absent from the whole message."""
    assert passes_body(pattern, body) is passing


@pytest.mark.parametrize(
    ("pattern", "body", "passing"),
    [
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 1}, False),
        ({"c": [3], "$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, False),
        ({"c": [3], "$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2, "c": 3}, True),
        (
            {"$or": [{"a": [1], "$or": [{"b": [2]}, {"c": [3]}]}, {"d": [4]}]},
            {"a": 1, "c": 3},
            True,
        ),
        ({"$or": [{"a": [1], "$or": [{"b": [2]}, {"c": [3]}]}, {"d": [4]}]}, {"a": 1}, False),
        ({"x": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"x": [{"a": 0}, {"b": 2}]}, True),
        ({"$or": [{"prefix": "a"}, {"suffix": "b"}]}, {"$or": "xb"}, True),  # a plain field
        ({"$or": ["a"]}, {"$or": "a"}, True),
        ({"$or": {"a": [1]}}, {"$or": {"a": 1}}, True),
    ],
)
def test_choices(pattern, body, passing):
    """spec/esm.md 2.2: $or, beside other fields, nested, and as a plain name."""
    assert passes_body(pattern, body) is passing


def test_of_a_long_body_it_is_not_said_why():
    sieve = Sieve(['{"body": {"a": ["x"]}}'])
    short, long = (json.dumps({"a": ["y"] * count}) for count in (10, 20_000))
    assert sieve.why_not({"body": short}) == "filter 1: body.a is 'y' and others"
    assert not sieve.passes({"body": long})
    assert sieve.why_not({"body": long}) == (
        f"no filter fits, and of so long a body it is not said why ({len(long):,} characters)"
    )


def test_a_record_is_looked_through_once_for_a_path_however_many_elements_ask(monkeypatch):
    """A body of 100,000 objects held the loop for more than ten minutes."""
    looked = []
    members = Seen.members

    def counted(seen, value, name):
        looked.append(name)
        return members(seen, value, name)

    monkeypatch.setattr(Seen, "members", counted)
    sieve = Sieve(('{"body":{"a":{"b":["order",{"exists":false}]}}}',))
    body = json.dumps([{"a": {"b": 1}}] * 1_000)
    assert not sieve.passes(record(body))
    assert len(looked) <= 5 * 1_000
