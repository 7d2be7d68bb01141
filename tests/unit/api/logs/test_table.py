"""What the shell has found is the answer."""

from headrace.api.logs.table import ANSWER, OPERATIONS
from tests.unit.api.logs.desk import context


def test_an_answer_that_was_found_is_given():
    prepared = OPERATIONS["FilterLogEvents"].command({ANSWER: {"events": []}}, context(), None)
    assert prepared.command is None
    assert prepared.answer({}, context(), None, {}) == {"events": []}


def test_a_change_has_nothing_to_tell():
    assert OPERATIONS["CreateLogGroup"].answer({}, context(), None, {}) == {}
