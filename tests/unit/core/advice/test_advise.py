"""All rules together: what is there, in which order, and what could not be judged."""

from headrace.core.advice.advise import RULES, advise
from headrace.core.advice.setup import Function, Mapping, Queue, Setup
from tests.unit.core.advice.bench import durations, measured, setup_of


def test_there_are_the_rules_of_the_specification():
    assert [rule.id for rule in RULES] == [f"E-{number:02}" for number in range(1, 43)]


def test_a_good_setup_has_no_findings_and_says_what_was_not_measured():
    advice = advise(setup_of())
    assert (advice.findings, advice.worst, advice.mappings) == ([], "info", 1)
    needing = {rule.id for rule in RULES if rule.needs}
    assert {one.rule for one in advice.unjudged} == needing
    assert all(one.needs for one in advice.unjudged)


def test_what_was_measured_is_judged():
    advice = advise(
        setup_of(
            function={"duration_us": durations(5), "actions": ("sqs:*",)},
            mapping={"measured": measured(polled=1_000, oddities={"repeat": 0, "own deletion": 0})},
        )
    )
    assert advice.unjudged == []


def test_the_worst_comes_first_and_what_two_mappings_share_once():
    advice = advise(
        setup_of(queue={"max_receive_count": 1, "wait_s": 20}, others=[{"function": "other"}])
    )
    severities = [one.severity for one in advice.findings]
    assert severities == sorted(severities, key=("error", "warning", "info").index)
    assert [one.rule for one in advice.findings].count("E-06") == 1
    assert advice.worst == "error"
    (wait,) = [one for one in advice.findings if one.rule == "E-39"]
    assert (wait.subject, wait.severity) == ("orders", "info")
    assert wait.fix


def test_a_rule_says_nothing_where_it_does_not_know_what_it_reads():
    bad = {"visibility_s": 5, "unknown": frozenset({"visibility_s"})}
    advice = advise(setup_of(queue=bad))
    assert [one.rule for one in advice.findings] == []
    (unjudged,) = [one for one in advice.unjudged if one.rule == "E-01"]
    assert unjudged.needs == (
        "to know visibility_s and timeout_s of a mapping, which the source leaves open"
    )
    assert [one.rule for one in advise(setup_of(queue=bad | {"unknown": frozenset()})).findings]


def test_each_member_that_a_rule_reads_is_one():
    known = {*Queue.__struct_fields__, *Function.__struct_fields__, *Mapping.__struct_fields__}
    assert {member for rule in RULES for member in rule.reads} <= known


def test_an_empty_setup_has_nothing_to_say():
    assert advise(Setup()).findings == []
