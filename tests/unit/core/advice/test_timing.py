"""Rules about time, each with what it finds and what it leaves alone; spec/esm.md 8.2."""

import pytest

from tests.unit.core.advice.bench import durations, found, measured


@pytest.mark.parametrize(
    ("rule", "severity", "bad", "good"),
    [
        ("E-01", "error", {"queue": {"visibility_s": 29}}, {"queue": {"visibility_s": 30}}),
        ("E-02", "warning", {"queue": {"visibility_s": 179}}, {"queue": {"visibility_s": 180}}),
        ("E-02", "warning", {"mapping": {"window_s": 1}}, {"queue": {"visibility_s": 29}}),
        (
            "E-03",
            "warning",
            {"function": {"duration_us": durations(24_500)}},
            {"function": {"duration_us": durations(9_000)}},
        ),
        (
            "E-03",
            "warning",
            {"function": {"duration_us": durations(9_000)}, "queue": {"visibility_s": 9}},
            {"function": {"duration_us": durations(9_000)}, "queue": {"visibility_s": 10}},
        ),
        (
            "E-04",
            "warning",
            {"function": {"duration_us": durations(9_000)}, "mapping": {"measured": measured()}},
            {"function": {"duration_us": durations(900)}, "mapping": {"measured": measured()}},
        ),
        ("E-12", "warning", {"queue": {"max_receive_count": 4}}, {}),
        ("E-21", "info", {"mapping": {"window_s": 1}}, {}),
        ("E-24", "info", {"function": {"timeout_s": 3}}, {"function": {"timeout_s": 4}}),
        ("E-24", "info", {"function": {"timeout_s": 900}}, {}),
        ("E-26", "warning", {"queue": {"is_fifo": True}}, {}),
        ("E-36", "warning", {"queue": {"retention_s": 899}}, {"queue": {"retention_s": 900}}),
        ("E-39", "info", {"queue": {"wait_s": 20}}, {}),
        (
            "E-39",
            "info",
            {"queue": {"delay_s": 60, "retention_s": 60}},
            {"queue": {"delay_s": 60, "retention_s": 61}},
        ),
    ],
)
def test_a_rule_finds_what_it_is_for_and_nothing_else(rule, severity, bad, good):
    assert found(rule, **bad) == [severity]
    assert found(rule, **good) == []


def test_what_is_not_known_is_not_judged():
    nowhere = {"mapping": {"function": "unknown", "queue": "unknown"}}
    for rule in ("E-01", "E-02", "E-05", "E-24"):
        assert found(rule, **nowhere) == []
