"""The laws of core/machine.py, on random stories of queues with move tasks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.core.sqs.records import MessagesArrived, MessagesDeparted, MoveTaskProgressed
from tests.laws.harness import Life
from tests.laws.queue_stories import make
from tests.laws.task_stories import LAWS, stories

pytestmark = pytest.mark.slow


@given(stories)
@settings(max_examples=30)
def test_same_story_has_same_effects(story):
    LAWS.check_same_story_same_effects(story)


@given(stories)
@settings(max_examples=30)
def test_early_wake_does_nothing(story):
    LAWS.check_early_wake_does_nothing(story)


@given(stories)
@settings(max_examples=30)
def test_no_deadline_is_left_however_little_a_wake_does(story):
    LAWS.check_no_deadline_is_left(story)


@given(stories)
@settings(max_examples=100)
def test_late_is_as_good_as_on_time(story):
    LAWS.check_late_is_as_good_as_on_time(story)


@given(stories)
@settings(max_examples=40)
def test_refusal_changes_nothing(story):
    LAWS.check_refusal_changes_nothing(story)


@given(stories, st.lists(st.integers(3, 40), max_size=4))
@settings(max_examples=100)
def test_rebuilt_equals_lived(story, cuts):
    LAWS.check_rebuilt_equals_lived(story, cuts)


@given(stories)
@settings(max_examples=60)
def test_bodies_are_counted(story):
    LAWS.check_bodies_are_counted(story)


@given(stories)
@settings(max_examples=60)
def test_what_departs_arrives_in_the_same_block(story):
    """No message is lost or doubled, wherever a restart cuts; and each task counts what it moved."""
    life = Life(make())
    for wait_ms, step in story:
        LAWS.play(life, wait_ms, step)
    departed, arrived, counted, gone = {}, {}, 0, 0
    for block, record in life.written:
        if isinstance(record, MessagesDeparted):
            departed[block] = departed.get(block, 0) + len(record.numbers)
        elif isinstance(record, MessagesArrived):
            arrived[block] = arrived.get(block, 0) + len(record.messages)
            gone += sum(
                message.id_number == number and not record.source_arn
                for number, message in enumerate(record.messages, record.first)
            )
        elif isinstance(record, MoveTaskProgressed):
            counted += record.moved
    assert departed == arrived
    assert counted == gone
