"""Rules about filters, each with what it finds and what it leaves alone; spec/esm.md 8.2."""

import pytest

from tests.unit.core.advice.bench import found, measured

BODY = '{"body":{"kind":["a"]}}'


@pytest.mark.parametrize(
    ("rule", "severity", "bad", "good"),
    [
        ("E-17", "error", {"mapping": {"filters": (BODY,)}, "others": [{"function": "g"}]}, {}),
        (
            "E-17",
            "error",
            {"others": [{"filters": (BODY,)}]},
            {"mapping": {"filters": (BODY,)}, "others": [{"queue": "dead"}]},
        ),
        (
            "E-18",
            "warning",
            {"mapping": {"measured": measured(mismatched=1)}},
            {"mapping": {"measured": measured()}},
        ),
        (
            "E-19",
            "warning",
            {"mapping": {"filters": (BODY,), "measured": measured(polled=1_000, filtered=991)}},
            {"mapping": {"filters": (BODY,), "measured": measured(polled=1_000, filtered=990)}},
        ),
        (
            "E-20",
            "warning",
            {"mapping": {"filters": ('{"body":{"a":[{"wildcard":"x*"}]}}',)}},
            {"mapping": {"filters": ('{"body":{"a":[{"prefix":"x"},1,null]}}',)}},
        ),
        (
            "E-20",
            "warning",
            {"mapping": {"filters": ('{"body":{"a":[{"anything-but":{"prefix":"x"}}]}}',)}},
            {"mapping": {"filters": ('{"body":{"a":[{"anything-but":["x"]}]}}',)}},
        ),
        (
            "E-20",
            "warning",
            {"mapping": {"filters": ('{"$or":[{"body":{"a":[{"cidr":"1.0.0.0/8"}]}}]}',)}},
            {"mapping": {"filters": ('{"$or":[{"body":{"a":[1]}},{"body":{"b":[1]}}]}',)}},
        ),
        ("E-20", "warning", {"mapping": {"filters": ('{"messageId":["x"]}',)}}, {}),
        ("E-20", "error", {"mapping": {"filters": ("no JSON",)}}, {}),
        ("E-20", "error", {"mapping": {"filters": ("[]",)}}, {}),
        (
            "E-41",
            "warning",
            {"queue": {"is_sns_wrapped": True}, "mapping": {"filters": (BODY,)}},
            {"mapping": {"filters": (BODY,)}},
        ),
        (
            "E-41",
            "warning",
            {"queue": {"is_sns_wrapped": True}, "mapping": {"filters": (BODY, "x")}},
            {
                "queue": {"is_sns_wrapped": True},
                "mapping": {"filters": ('{"body":{"Type":["Notification"]}}', "x")},
            },
        ),
    ],
)
def test_a_rule_finds_what_it_is_for_and_nothing_else(rule, severity, bad, good):
    assert found(rule, **bad) == [severity]
    assert found(rule, **good) == []
