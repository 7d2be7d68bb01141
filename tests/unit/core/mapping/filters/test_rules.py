"""Each operator of a pattern: what fits, what does not, and what is no rule (spec/esm.md 2.2)."""

from decimal import Decimal

import pytest

from headrace.core.mapping.filters.rules import BadPattern, rule_of, rules_of

#: A rule, values that fit, values that do not.
CASES = [
    ("a", ["a"], ["A", "", "ab", 1, None, True]),
    ("", [""], ["a", None]),
    (None, [None], ["", "null", 0, False]),
    (True, [True], [1, "true", False]),
    (1, [1, Decimal("1.0")], [True, "1", 2]),
    (Decimal("0.1"), [Decimal("0.10")], [0, "0.1"]),
    ({"prefix": "ab"}, ["ab", "abc"], ["AB", "cab", 1, None]),
    ({"prefix": ""}, ["", "x"], [1, None]),
    ({"prefix": {"equals-ignore-case": "aB"}}, ["ABC", "abc"], ["cab", 1]),
    ({"suffix": "ab"}, ["ab", "cab"], ["abc", 1]),
    ({"suffix": {"equals-ignore-case": "aB"}}, ["cAB"], ["abc", None]),
    ({"equals-ignore-case": "aB"}, ["ab", "AB"], ["abc", 1]),
    ({"anything-but": "a"}, ["b", 1, None, True], ["a"]),
    ({"anything-but": 1}, [2, "1", True, None], [1, Decimal("1.0")]),
    ({"anything-but": ["a", "b"]}, ["c", 1], ["a", "b"]),
    ({"anything-but": [1, 2]}, [3, "1"], [1, 2]),
    ({"anything-but": {"prefix": "a"}}, ["b", 1, None], ["a", "ab"]),
    ({"anything-but": {"prefix": ["a", "b"]}}, ["c"], ["ax", "bx"]),
    ({"anything-but": {"suffix": "a"}}, ["ab"], ["ba"]),
    ({"anything-but": {"equals-ignore-case": ["a", "B"]}}, ["c", 1], ["A", "b"]),
    ({"anything-but": {"wildcard": "a*b"}}, ["abc", 1], ["ab", "axb"]),
    ({"numeric": ["=", 300]}, [300, Decimal("3.0e2")], ["300", None, True, 301]),
    ({"numeric": [">", 100]}, [101, Decimal("100.1")], [100, "101"]),
    ({"numeric": ["<", 100]}, [99, -1], [100]),
    ({"numeric": [">=", 100, "<", 200]}, [100, 199], [99, 200]),
    ({"numeric": [">", 0, "<=", 5]}, [1, 5], [0, 6]),
    ({"wildcard": "a*c*e"}, ["ace", "abcde", "acce"], ["ac", "aec", "bace", 1]),
    ({"wildcard": "a*a"}, ["aa", "aba"], ["a"]),
    ({"wildcard": "*"}, ["", "x"], [1, None]),
    ({"wildcard": "ab"}, ["ab"], ["abc"]),
    ({"wildcard": "a\\*b\\\\*"}, ["a*b\\", "a*b\\x"], ["axb\\", "a*b"]),
    ({"cidr": "10.0.0.0/8"}, ["10.0.0.1", "10.255.0.0"], ["11.0.0.1", "::1", "x", 1, "10.0.0.0/8"]),
    ({"cidr": "2001:db8::/32"}, ["2001:db8::1"], ["2001:db9::1", "10.0.0.1"]),
]


@pytest.mark.parametrize(("rule", "fitting", "others"), CASES)
def test_what_fits_a_rule(rule, fitting, others):
    """spec/esm.md 2.2, 10.2 T21: every operator."""
    compiled = rule_of(rule)
    assert [value for value in fitting if not compiled(value)] == []
    assert [value for value in others if compiled(value)] == []


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ([], "array"),
        ({}, "exactly one"),
        ({"prefix": "a", "suffix": "b"}, "exactly one"),
        ({"EXISTS": True}, "unrecognized match type EXISTS"),
        ({"prefix": 1}, "must be a string"),
        ({"prefix": {"wildcard": "a"}}, "must be a string"),
        ({"suffix": None}, "must be a string"),
        ({"suffix": {"equals-ignore-case": 1}}, "must be a string"),
        ({"equals-ignore-case": ["a"]}, "must be a string"),
        ({"anything-but": True}, "must be an array or single"),
        ({"anything-but": [None]}, "must be an array or single"),
        ({"anything-but": ["a", 1]}, "must be an array or single"),
        ({"anything-but": []}, "empty arrays"),
        ({"anything-but": {}}, "one operator"),
        ({"anything-but": {"prefix": ""}}, "null prefix"),
        ({"anything-but": {"suffix": ["a", ""]}}, "null prefix"),
        ({"anything-but": {"prefix": []}}, "empty arrays"),
        ({"anything-but": {"prefix": {"equals-ignore-case": "a"}}}, "must be a string"),
        ({"anything-but": {"numeric": ["=", 1]}}, "unsupported anything-but"),
        ({"numeric": "1"}, "must be an array"),
        ({"numeric": []}, "one or two"),
        ({"numeric": ["="]}, "one or two"),
        ({"numeric": ["!", 1]}, "unrecognized numeric"),
        ({"numeric": [1, 1]}, "unrecognized numeric"),
        ({"numeric": ["<", "1"]}, "must be numeric"),
        ({"numeric": ["<", True]}, "must be numeric"),
        ({"numeric": ["<", 5, ">", 1]}, "bad numeric range"),
        ({"numeric": [">", 5, "<", 5]}, "bottom must be less"),
        ({"numeric": ["=", 5, "<", 6]}, "bad numeric range"),
        ({"wildcard": "a**b"}, "pos 1"),
        ({"wildcard": "a\\b"}, "invalid escape"),
        ({"wildcard": "a\\"}, "invalid escape"),
        ({"cidr": "10.0.0.0"}, "one '/' required"),
        ({"cidr": "10.0.0/8"}, "nonstandard IP"),
        ({"cidr": "10.0.0.0/33"}, "nonstandard IP"),
        ({"cidr": "fe80::1%1/8"}, "one '/' required"),
        ({"cidr": "10.0.0.0/255.0.0.0"}, "one '/' required"),
    ],
)
def test_what_is_no_rule(rule, reason):
    """spec/esm.md 2.2: each refusal and its reason, which goes to the log."""
    with pytest.raises(BadPattern, match=reason):
        rule_of(rule)


def test_prefixes_together_are_one_rule_and_so_are_suffixes():
    """A value is held against hundreds of them at once, and a message has hundreds of thousands."""
    items = [
        {"prefix": "a"},
        {"suffix": "z"},
        {"prefix": "b"},
        {"prefix": {"equals-ignore-case": "C"}},
    ]
    rules = rules_of(items)
    assert len(rules) == 3
    fitting = ["ax", "bx", "xz", "cx", "CX"]
    assert [
        value for value in [*fitting, "xa", "zx", 1, None] if any(r(value) for r in rules)
    ] == fitting
    with pytest.raises(BadPattern):
        rules_of([{"prefix": 1}])
