"""A large body, gone through field by field, fits what it fits object by object."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.mapping.filters import pattern, rules, sieve
from headrace.core.mapping.filters.sieve import Sieve

NAMES = st.sampled_from(["a", "b", "c", "a.b", "b.c.a"])
VALUES = st.sampled_from([None, True, False, 0, 1, 2, 1.5, "x", "xy", "1", ""])
RULES = st.lists(
    st.one_of(
        VALUES,
        st.builds(lambda is_there: {"exists": is_there}, st.booleans()),
        st.just({"prefix": "x"}),
        st.just({"numeric": [">", 0, "<=", 1.5]}),
        st.just({"anything-but": [1, 2]}),
        st.just({"anything-but": "x"}),
    ),
    min_size=1,
    max_size=3,
)
PATTERNS = st.recursive(
    st.dictionaries(NAMES, RULES, min_size=1, max_size=3),
    lambda inner: st.one_of(
        st.dictionaries(NAMES, st.one_of(RULES, inner), min_size=1, max_size=3),
        st.builds(
            lambda fields, choices: {**fields, "$or": choices},
            st.dictionaries(NAMES, RULES, max_size=2),
            st.lists(inner, min_size=2, max_size=3),
        ),
    ),
    max_leaves=6,
)
BODIES = st.recursive(
    VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=20,
)


def verdicts(patterns, body, monkeypatch):
    """Return what is said of a body by objects, and by columns."""
    record = {"body": json.dumps(body), "messageId": "m"}
    said = []
    for large_body in (1 << 30, -1):
        monkeypatch.setattr(sieve, "LARGE_BODY", large_body)
        said.append(Sieve([json.dumps(one) for one in patterns]).passes(record))
    return said


@pytest.mark.slow
@given(BODIES, st.lists(PATTERNS, min_size=1, max_size=3))
def test_both_ways_say_the_same(body, inside):
    with pytest.MonkeyPatch.context() as monkeypatch:
        by_objects, by_columns = verdicts([{"body": one} for one in inside], body, monkeypatch)
    assert by_objects == by_columns


@pytest.mark.parametrize(
    ("inside", "body", "passing"),
    [
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1}, {"c": 2}]}, False),
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1}, {"b": 1, "c": 2}]}, True),
        ({"a": {"b": [1]}}, {"a": [{"b": True}, {"b": "1"}]}, False),
        ({"a": {"b": [1, {"prefix": "x"}]}}, {"a": [{"b": True}, {"b": "yx"}]}, False),
        ({"a": {"b": [1, {"prefix": "x"}]}}, {"a": [{"b": True}, {"b": "xy"}]}, True),
        ({"a": {"b": [{"exists": False}], "c": [2]}}, {"a": [{"c": 2}, {"b": 1}]}, False),
        ({"a": {"b": [{"exists": False}], "c": [2]}}, {"a": [{"c": 2}, {"b": {}}]}, True),
        ({"a": {"b": {"c": [{"exists": False}]}}}, {"a": [1, {"b": 1}]}, True),
        ({"a": {"b": {"c": [1]}}}, {"a": [{"b": [[{"c": [2, 1]}]]}]}, True),
        ({"a": [1], "b": {"c": [1]}}, [{"a": 1}, {"b": {"c": 1}}], False),
        ({"$or": [{"a": [1]}, {"b": [1]}], "c": [1]}, [{"a": 1}, {"b": 1, "c": 1}], True),
        ({"$or": [{"a": [1]}, {"b": [1]}], "c": [1]}, [{"a": 1}, {"c": 1}], False),
    ],
)
def test_fields_of_one_object_must_fit_the_same_element(inside, body, passing, monkeypatch):
    assert verdicts([{"body": inside}], body, monkeypatch) == [passing, passing]


def counted(monkeypatch):
    """Count how often a value is held against a rule, and an object asked for a field."""
    counts = {"rules": 0, "members": 0}
    members, is_number = pattern.Seen.members, rules.is_number

    def count_members(self, value, name):
        counts["members"] += 1
        return members(self, value, name)

    def count_rule(value):
        counts["rules"] += 1
        return is_number(value)

    monkeypatch.setattr(pattern.Seen, "members", count_members)
    monkeypatch.setattr(rules, "is_number", count_rule)
    return counts


OBJECTS = 3_000


def test_a_hundred_absent_fields_are_looked_for_once_not_in_each_object(monkeypatch):
    inside = {f"f{number}": [{"exists": False}] for number in range(100)}
    sieve_ = Sieve([json.dumps({"body": {"x": {**inside, "z": ["no"]}}})])
    counts = counted(monkeypatch)
    assert not sieve_.passes({"body": json.dumps({"x": [{"a": 1}] * OBJECTS})})
    assert counts["members"] == 0


def test_a_value_that_stands_in_many_objects_is_held_against_a_rule_once(monkeypatch):
    bounds = [{"numeric": [">", bound]} for bound in range(5, 55)]
    sieve_ = Sieve([json.dumps({"body": {"x": {"a": bounds}}})])
    counts = counted(monkeypatch)
    assert not sieve_.passes({"body": json.dumps({"x": [{"a": 1}] * OBJECTS})})
    assert counts["rules"] == len(bounds)


def test_the_reason_too_asks_no_object_for_what_is_nowhere(monkeypatch):
    inside = {f"f{number}": [{"exists": False}] for number in range(100)}
    sieve_ = Sieve([json.dumps({"body": {"x": {**inside, "a": [2]}}})])
    counts = counted(monkeypatch)
    record = {"body": json.dumps({"x": [{"a": 1}] * OBJECTS})}
    assert len(record["body"]) < sieve.REASON_BODY_MAX
    assert sieve_.why_not(record) == "filter 1: body.x.a is '1' and others"
    assert counts["members"] < 2 * OBJECTS + 200
