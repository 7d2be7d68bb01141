"""When a rule can judge."""

from headrace.core.advice.rule import ERROR, Rule
from headrace.core.advice.setup import Case, Crowd, Function, Mapping, Queue


def case(*unknown, knows_queue=True):
    mapping = Mapping(name="m", queue="q", function="f", unknown=frozenset(unknown))
    return Case(
        mapping, Queue(name="q"), Function(name="f"), None, Crowd([mapping]), knows_queue, True
    )


def test_a_rule_judges_what_was_measured_and_is_known():
    rule = Rule("E-00", ERROR, "a title", lambda case: None, reads=("batch_size", "window_s"))
    assert rule.judges(case("maximum_concurrency"))
    assert not rule.judges(case("window_s"))
    assert not rule._replace(can_judge=lambda case: False).judges(case())


def test_of_a_queue_that_is_not_here_nothing_is_known():
    rule = Rule("E-00", ERROR, "a title", lambda case: None, reads=("batch_size", "wait_s"))
    assert rule.judges(case())
    assert not rule.judges(case(knows_queue=False))
    assert rule._replace(reads=("batch_size",)).judges(case(knows_queue=False))
