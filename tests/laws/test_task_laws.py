"""The laws of core/machine.py, on random stories of both types of queues with move tasks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.core.sqs.records import MessagesArrived, MessagesDeparted, MoveTaskProgressed
from tests.laws.harness import Life
from tests.laws.queue_stories import make
from tests.laws.task_stories import LAWS, LAWS_OF_FIFO, stories, stories_of_fifo

pytestmark = pytest.mark.slow

#: Laws, and a story that they are tried on.
tried = st.one_of(
    st.tuples(st.just(LAWS), stories), st.tuples(st.just(LAWS_OF_FIFO), stories_of_fifo)
)


@given(tried)
@settings(max_examples=40)
def test_same_story_has_same_effects(laws_and_story):
    laws, story = laws_and_story
    laws.check_same_story_same_effects(story)


@given(tried)
@settings(max_examples=40)
def test_early_wake_does_nothing(laws_and_story):
    laws, story = laws_and_story
    laws.check_early_wake_does_nothing(story)


@given(tried)
@settings(max_examples=40)
def test_no_deadline_is_left_however_little_a_wake_does(laws_and_story):
    laws, story = laws_and_story
    laws.check_no_deadline_is_left(story)


@given(tried)
@settings(max_examples=120)
def test_late_is_as_good_as_on_time(laws_and_story):
    laws, story = laws_and_story
    laws.check_late_is_as_good_as_on_time(story)


@given(tried)
@settings(max_examples=50)
def test_refusal_changes_nothing(laws_and_story):
    laws, story = laws_and_story
    laws.check_refusal_changes_nothing(story)


@given(tried, st.lists(st.integers(3, 40), max_size=4))
@settings(max_examples=120)
def test_rebuilt_equals_lived(laws_and_story, cuts):
    laws, story = laws_and_story
    laws.check_rebuilt_equals_lived(story, cuts)


@given(tried)
@settings(max_examples=80)
def test_bodies_are_counted(laws_and_story):
    laws, story = laws_and_story
    laws.check_bodies_are_counted(story)


@given(tried)
@settings(max_examples=80)
def test_what_departs_arrives_in_the_same_block(laws_and_story):
    """No message is lost or doubled, wherever a restart cuts; and each task counts what it moved."""
    laws, story = laws_and_story
    life = Life(make())
    for wait_ms, step in story:
        laws.play(life, wait_ms, step)
    departed, arrived, counted, renewed = {}, {}, 0, 0
    for block, record in life.written:
        if isinstance(record, MessagesDeparted):
            departed[block] = departed.get(block, 0) + len(record.numbers)
        elif isinstance(record, MessagesArrived):
            arrived[block] = arrived.get(block, 0) + len(record.messages)
            if not record.source_arn:
                renewed += len(record.messages)
        elif isinstance(record, MoveTaskProgressed):
            counted += record.moved
    assert departed == arrived
    assert counted == renewed
