"""Rules about concurrency, size and cost, with what they leave alone; spec/esm.md 8.2."""

import pytest

from headrace.core.advice.advise import advise
from tests.unit.core.advice.bench import durations, found, measured, setup_of

FIFO = {"is_fifo": True}


@pytest.mark.parametrize(
    ("rule", "severity", "bad", "good"),
    [
        (
            "E-09",
            "warning",
            {"function": {"reserved": 1_249}},
            {"function": {"reserved": 10}, "mapping": {"maximum_concurrency": 10}},
        ),
        ("E-09", "warning", {"function": {"reserved": 0}}, {"function": {"reserved": 1_250}}),
        (
            "E-10",
            "error",
            {"function": {"reserved": 10}, "mapping": {"maximum_concurrency": 11}},
            {"function": {"reserved": 11}, "mapping": {"maximum_concurrency": 11}},
        ),
        (
            "E-10",
            "error",
            {
                "function": {"reserved": 10},
                "mapping": {"maximum_concurrency": 6},
                "others": [{"queue": "dead"}],
            },
            {"mapping": {"maximum_concurrency": 6}, "others": [{"queue": "dead"}]},
        ),
        ("E-11", "warning", {"function": {"reserved": 4}}, {"function": {"reserved": 5}}),
        (
            "E-11",
            "warning",
            {"function": {"reserved": 9}, "queue": {**FIFO, "groups": 10}},
            {"function": {"reserved": 10}, "queue": {**FIFO, "groups": 10}},
        ),
        (
            "E-22",
            "info",
            {"mapping": {"batch_size": 100, "measured": measured()}},
            {"mapping": {"batch_size": 100, "measured": measured(handed=1_000)}},
        ),
        (
            "E-23",
            "info",
            {"mapping": {"measured": measured(body_bytes=60_000_000)}},
            {"mapping": {"measured": measured(body_bytes=50_000_000)}},
        ),
        (
            "E-25",
            "warning",
            {"queue": FIFO, "mapping": {"reports_failures": False}},
            {"queue": FIFO},
        ),
        (
            "E-25",
            "warning",
            {"queue": {**FIFO, "groups": 2, "backlog": 100, "largest_group": 96}},
            {"queue": {**FIFO, "groups": 2, "backlog": 100, "largest_group": 95}},
        ),
        (
            "E-25",
            "warning",
            {"queue": {**FIFO, "groups": 96, "backlog": 100, "largest_group": 2}},
            {"queue": {"groups": 96, "backlog": 100, "largest_group": 2}},
        ),
        ("E-31", "error", {"queue": {"region": "other"}}, {"queue": {"region": ""}}),
        ("E-31", "error", {"queue": FIFO, "mapping": {"window_s": 1}}, {"queue": FIFO}),
        ("E-31", "error", {"queue": FIFO, "mapping": {"batch_size": 11}}, {}),
        (
            "E-31",
            "error",
            {"mapping": {"batch_size": 11}},
            {"mapping": {"batch_size": 11, "window_s": 1}},
        ),
        (
            "E-32",
            "error",
            {"mapping": {"minimum_pollers": 2, "maximum_concurrency": 5}},
            {"mapping": {"minimum_pollers": 2}},
        ),
        (
            "E-32",
            "warning",
            {"mapping": {"minimum_pollers": 2}, "function": {"reserved": 19}},
            {"mapping": {"minimum_pollers": 2}, "function": {"reserved": 20}},
        ),
        (
            "E-33",
            "info",
            {"mapping": {"minimum_pollers": 100, "measured": measured()}},
            {"mapping": {"minimum_pollers": 2, "measured": measured()}},
        ),
        ("E-34", "info", {"mapping": {"has_event_count": False}}, {}),
        (
            "E-35",
            "info",
            {"others": [{"queue": "dead"}] * 3},
            {"others": [{"queue": "dead"}] * 2},
        ),
        (
            "E-37",
            "warning",
            {
                "queue": {"backlog": 10_000_000, "retention_s": 3_600},
                "function": {"duration_us": durations(9_000), "reserved": 10},
                "mapping": {"measured": measured()},
            },
            {
                "queue": {"backlog": 1_000, "retention_s": 3_600},
                "function": {"duration_us": durations(9_000), "reserved": 10},
                "mapping": {"measured": measured()},
            },
        ),
        ("E-42", "info", {"mapping": {"is_weighted": True}}, {}),
    ],
)
def test_a_rule_finds_what_it_is_for_and_nothing_else(rule, severity, bad, good):
    assert found(rule, **bad) == [severity]
    assert found(rule, **good) == []


def test_the_pollers_that_traffic_needs_follow_the_published_formula():
    """spec/esm.md 4.1: batches of 10, 3 KiB, 0.1 s: 100 a second for one poller."""

    counts = measured(seconds=100, polled=100_000, body_bytes=307_200_000)
    setup = setup_of(
        function={"duration_us": durations(90)},
        mapping={"minimum_pollers": 2, "measured": counts},
    )
    (fix,) = [one.fix for one in advise(setup).findings if one.rule == "E-33"]
    assert fix == "set MinimumPollers to 10"


@pytest.mark.parametrize(
    ("minimum", "is_found"), [(4, True), (5, False), (10, False), (15, False), (16, True)]
)
def test_pollers_fit_when_they_are_half_as_many_more_or_less(minimum, is_found):
    counts = measured(seconds=100, polled=100_000, body_bytes=307_200_000)  # ten are needed
    rules = found(
        "E-33",
        function={"duration_us": durations(90)},
        mapping={"minimum_pollers": minimum, "measured": counts},
    )
    assert bool(rules) is is_found


@pytest.mark.parametrize(
    ("reserved", "fix"),
    [
        (7, "set ScalingConfig.MaximumConcurrency to 7 or less"),
        (1, "reserve 2 or more, and set MaximumConcurrency to as many"),
    ],
)
def test_the_fix_of_the_throttle_trap_is_no_other_mistake(reserved, fix):
    findings = advise(setup_of(function={"reserved": reserved})).findings
    assert [one.fix for one in findings if one.rule == "E-09"] == [fix]
