"""Rules about failures, each with what it finds and what it leaves alone; spec/esm.md 8.2."""

import pytest

from headrace.core.advice.advise import advise
from headrace.core.advice.failures import POLLER_ACTIONS
from tests.unit.core.advice.bench import found, measured, setup_of


def odd(kind):
    return {"mapping": {"measured": measured(oddities={kind: 3})}}


CALM = {"mapping": {"measured": measured()}}


@pytest.mark.parametrize(
    ("rule", "severity", "bad", "good"),
    [
        ("E-05", "error", {"queue": {"max_receive_count": 0}}, {}),
        (
            "E-05",
            "error",
            {"queue": {"max_receive_count": 0}},
            {"queue": {"max_receive_count": 0, "has_redrive": True}},
        ),
        ("E-06", "error", {"queue": {"max_receive_count": 1}}, {}),
        ("E-06", "warning", {"queue": {"max_receive_count": 4}}, {}),
        (
            "E-06",
            "info",
            {"queue": {"max_receive_count": 21}},
            {"queue": {"max_receive_count": 20}},
        ),
        ("E-07", "warning", {"dead": {"retention_s": 345_599}}, {"dead": {"retention_s": 345_600}}),
        ("E-07", "error", {"dead": {"is_fifo": True}}, {"queue": {"dead_letter_queue": "other"}}),
        ("E-08", "warning", {"function": {"has_dead_letters": True}}, {}),
        ("E-08", "warning", {"function": {"has_destinations": True}}, {}),
        (
            "E-13",
            "warning",
            {"mapping": {"reports_failures": False}},
            {"mapping": {"reports_failures": False, "batch_size": 1}},
        ),
        ("E-14", "warning", odd("no report"), CALM),
        ("E-15", "error", odd("ignored report"), CALM),
        ("E-16", "error", odd("malformed"), CALM),
        ("E-27", "error", odd("gap"), CALM),
        ("E-28", "warning", odd("repeat"), CALM),
        (
            "E-29",
            "warning",
            {"function": {"variables": ("x", "http://127.0.0.1:4566/000000000000/orders")}},
            {"function": {"variables": ("http://127.0.0.1:4566/000000000000/orders-done",)}},
        ),
        (
            "E-29",
            "warning",
            {"function": {"variables": ("arn:aws:sqs:r:0:orders",)}},
            {"function": {"variables": ("${Other}",)}},
        ),
        ("E-29", "warning", {"function": {"variables": ("${orders.QueueName}",)}}, {}),
        ("E-29", "error", {"mapping": {"measured": measured(looping=1)}}, CALM),
        (
            "E-30",
            "error",
            {"function": {"actions": ("sqs:receivemessage",)}},
            {"function": {"actions": POLLER_ACTIONS}},
        ),
        (
            "E-30",
            "error",
            {"function": {"actions": POLLER_ACTIONS}, "queue": {"has_key": True}},
            {"function": {"actions": (*POLLER_ACTIONS, "kms:*")}, "queue": {"has_key": True}},
        ),
        ("E-30", "warning", {"function": {"actions": ("sqs:*",)}}, {}),
        (
            "E-38",
            "warning",
            {"mapping": {"measured": measured(again=6)}},
            {"mapping": {"measured": measured(again=5)}},
        ),
        ("E-40", "info", odd("own deletion"), CALM),
    ],
)
def test_a_rule_finds_what_it_is_for_and_nothing_else(rule, severity, bad, good):
    assert found(rule, **bad) == [severity]
    assert found(rule, **good) == []


def test_what_is_not_known_of_retention_is_not_said():
    open_ = frozenset({"retention_s"})
    lasting = {"retention_s": 1_209_600}
    assert found("E-07", dead={"retention_s": 60}) == ["warning"]
    assert found("E-07", dead={"retention_s": 60, "unknown": open_}) == []
    assert found("E-07", queue=lasting | {"unknown": open_}, dead={"retention_s": 60}) == []
    none = {"max_receive_count": 0, "dead_letter_queue": ""}
    assert "after 345600 s" in meaning("E-05", queue=none)
    assert " s, and is lost" not in meaning("E-05", queue=none | {"unknown": open_})


def meaning(rule, **changes):
    """Return what a rule says of what it finds."""
    (finding,) = [one for one in advise(setup_of(**changes)).findings if one.rule == rule]
    return finding.meaning
