"""What is no pattern, and patterns and records at random against a matcher that goes another way."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.mapping.filters.pattern import Seen, compile_pattern, decode_json, fits
from headrace.core.mapping.filters.rules import BadPattern


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("text", "not valid JSON"),
        ("null", "not an object"),
        ('["a"]', "not an object"),
        ("{}", "empty objects"),
        ('{"a":{}}', "empty objects"),
        ('{"a":[]}', "empty arrays"),
        ('{"a":"b"}', "must be an object or an array"),
        ('{"a":null}', "must be an object or an array"),
        ('{"a":1}', "must be an object or an array"),
        ('{"a":[["b"]]}', "cannot be an array"),
        ('{"a":[{"b":1}]}', "unrecognized match type b"),
        ('{"a":[{"exists":"yes"}]}', "true or false"),
        ('{"a":[{"exists":true,"prefix":"a"}]}', "exactly one"),
        ('{"$or":[{"a":[1]}]}', "unrecognized match type a"),
        ('{"$or":[{"a":[1]},{}]}', "unrecognized match type a"),
        ('{"$or":[{"a":[1]},{"b":2}]}', "must be an object or an array"),
        ('{"a":' * 200 + "[1]" + "}" * 200, "nested too deeply"),
        ('{"' + "a." * 200 + 'a":[1]}', "nested too deeply"),
        ('{"$or":[{"a":[1]},' * 200 + '{"a":[1]}' + "]}" * 200, "nested too deeply"),
    ],
)
def test_what_is_no_pattern(text, reason):
    """spec/esm.md 2.2: each refusal and its reason."""
    with pytest.raises(BadPattern, match=reason):
        compile_pattern(text)


# --- a slow matcher: all paths of the record, all alternatives of the pattern, all pairs ---------


def leaves(value, path=(), places=()):
    """Yield (path, value, places): each value, and in which element of which array it stands."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key), places)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, path, (*places, ((path, len(places)), index)))
    else:
        yield path, value, places


def alternatives(pattern, path=()):
    """Return lists of (path, rules): one list must fit as a whole."""
    found = [[]]
    for key, value in pattern.items():
        if key == "$or":
            these = [one for choice in value for one in alternatives(choice, path)]
        elif isinstance(value, dict):
            these = alternatives(value, (*path, key))
        else:
            these = [[((*path, key), value)]]
        found = [left + right for left in found for right in these]
    return found


def one_fits(rule, value):
    if not isinstance(rule, dict):
        return value == rule and isinstance(value, bool) == isinstance(rule, bool)
    ((name, argument),) = rule.items()
    number = isinstance(value, int) and not isinstance(value, bool)
    match name:
        case "exists":
            return argument
        case "prefix":
            return isinstance(value, str) and value[: len(argument)] == argument
        case "anything-but":
            return not any(one_fits(one, value) for one in argument)
        case "numeric":
            return number and argument[1] <= value < argument[3]
    raise AssertionError(name)


def consistent(chosen):
    """No array may be in two of its elements at once."""
    seen = {}
    return all(
        seen.setdefault(array, index) == index for places in chosen for array, index in places
    )


def slowly(pattern, record):
    found = list(leaves(record))
    for conditions in alternatives(pattern):
        options = []
        for path, rules in conditions:
            here = [(value, places) for where, value, places in found if where == path]
            fitting = [
                places for value, places in here if any(one_fits(rule, value) for rule in rules)
            ]
            if not here and {"exists": False} in rules:
                fitting.append(())
            options.append(fitting)
        if any(consistent(chosen) for chosen in itertools.product(*options)):
            return True
    return False


scalars = st.sampled_from([None, True, False, 0, 1, 2, "", "a", "ab", "b"])
rules = (
    scalars
    | st.booleans().map(lambda flag: {"exists": flag})
    | st.sampled_from(["", "a", "ab"]).map(lambda text: {"prefix": text})
    | st.sampled_from([["a"], ["a", "b"], [1], [0, 2]]).map(lambda some: {"anything-but": some})
    | st.sampled_from([[">=", 0, "<", 1], [">=", 1, "<", 3]]).map(lambda some: {"numeric": some})
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abxy"), inner, max_size=3)
    ),
    max_leaves=8,
)
records = st.dictionaries(st.sampled_from("abxy"), values, max_size=4)


def objects(inner):
    """Objects of a pattern; a choice speaks of other fields than those beside it."""
    return st.dictionaries(st.sampled_from("ab"), inner, min_size=1, max_size=2)


leaf = st.lists(rules, min_size=1, max_size=2)
plain = st.recursive(objects(leaf), lambda inner: objects(inner | leaf), max_leaves=4)
choices = st.lists(
    st.dictionaries(st.sampled_from("xy"), leaf | plain, min_size=1, max_size=2),
    min_size=2,
    max_size=3,
)
patterns = st.tuples(plain, st.none() | choices).map(
    lambda parts: parts[0] if parts[1] is None else {**parts[0], "$or": parts[1]}
)


@given(pattern=patterns, record=records)
def test_a_slow_matcher_agrees(pattern, record):
    """spec/esm.md 2.2: the semantics, derived twice."""
    seen = decode_json(json.dumps(record))
    assert fits(compile_pattern(json.dumps(pattern)), seen, Seen(seen)) is slowly(pattern, record)


def near(pattern):
    """Return a record that has the pattern's fields, so that agreement is not only in a no."""

    def value_of(node):
        if isinstance(node, dict):
            inner = {key: value_of(one) for key, one in node.items() if key != "$or"}
            for choice in node.get("$or", [])[:1]:
                inner.update(value_of(choice))
            return inner
        first = node[0]
        return first if not isinstance(first, dict) else "ab"

    return value_of(pattern)


@given(pattern=patterns)
def test_a_slow_matcher_agrees_on_records_that_are_near(pattern):
    """spec/esm.md 2.2: mostly a yes."""
    record = near(pattern)
    assert fits(compile_pattern(json.dumps(pattern)), record, Seen(record)) is slowly(
        pattern, record
    )


@given(data=st.data())
def test_a_pattern_of_the_values_of_a_record_fits_it(data):
    """Whatever stands in a record fits the pattern that names its leaves."""
    record = data.draw(records)
    found = [(path, value) for path, value, _ in leaves(record)]
    if not found:
        return
    path, value = data.draw(st.sampled_from(found))
    pattern = [value]
    for name in reversed(path):
        pattern = {name: pattern}
    assert fits(compile_pattern(json.dumps(pattern)), record, Seen(record))


class Counted(dict):
    """An object that counts how often somebody goes through it."""

    times = 0

    def items(self):
        self.times += 1
        return super().items()


def test_an_object_is_gone_through_once_however_much_is_asked_of_it():
    record = Counted({f"k{number}": 1 for number in range(9)})
    pattern = {f"f{number}": ["x", {"exists": False}] for number in range(20)}
    assert fits(compile_pattern(json.dumps(pattern)), record, Seen(record))
    assert record.times == 1
