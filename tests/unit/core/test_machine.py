"""Numbers are never handed out twice, and a refusal is raised where a value is wanted."""

import pytest

from headrace.core.machine import Numbers, answer_of
from headrace.core.sqs.errors import QueueDoesNotExist


def test_a_number_is_never_used_again():
    numbers = Numbers()
    assert [numbers.take(), numbers.take()] == [16, 17]
    numbers.saw(40)
    numbers.saw(3)
    assert numbers.take() == 41


def test_an_answer_is_returned_or_raised():
    assert answer_of("value") == "value"
    with pytest.raises(QueueDoesNotExist):
        answer_of(QueueDoesNotExist("gone"))
