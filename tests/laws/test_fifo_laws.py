"""The laws of core/machine.py, on random stories of FIFO queues, and the order of groups."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.core.sqs.replies import Received
from tests.laws.fifo_model import FifoModel
from tests.laws.fifo_stories import LAWS, NAMES, make, stories, translate
from tests.laws.harness import Life
from tests.laws.queue_model import outcome_of, places_in
from tests.laws.queue_stories import number_of

pytestmark = pytest.mark.slow


@given(stories)
@settings(max_examples=40)
def test_same_story_has_same_effects(story):
    LAWS.check_same_story_same_effects(story)


@given(stories)
@settings(max_examples=40)
def test_early_wake_does_nothing(story):
    LAWS.check_early_wake_does_nothing(story)


@given(stories)
@settings(max_examples=40)
def test_no_deadline_is_left_however_little_a_wake_does(story):
    LAWS.check_no_deadline_is_left(story)


@given(stories)
@settings(max_examples=80)
def test_late_is_as_good_as_on_time(story):
    LAWS.check_late_is_as_good_as_on_time(story)


@given(stories)
@settings(max_examples=40)
def test_refusal_changes_nothing(story):
    LAWS.check_refusal_changes_nothing(story)


@given(stories, st.lists(st.integers(3, 40), max_size=4))
@settings(max_examples=100)
def test_rebuilt_equals_lived(story, cuts):
    """Also: the window of deduplication ids is in the snapshot, byte for byte."""
    LAWS.check_rebuilt_equals_lived(story, cuts)


@given(stories)
@settings(max_examples=40)
def test_bodies_are_counted_exactly(story):
    LAWS.check_bodies_are_counted(story)


@given(stories)
@settings(max_examples=200)
def test_fifo_queues_do_what_the_model_does(story):
    """The same answers as plain lists give, and every message where they have it."""
    life, model = Life(make()), FifoModel()
    for wait_ms, step in story:
        life.pass_time(wait_ms)
        model.pass_time(life.now)
        command = translate(step, life)
        refusal = life.ask(command)
        expected = model.ask(command, life.now, life.ticket)
        assert (type(refusal).__name__ if refusal else None) == expected
        found = {ticket: outcome_of(value) for ticket, value in life.replies.items()}
        assert found == model.replies
        assert places_in(life.room, life.now, NAMES) == model.places(life.now)


@given(stories)
@settings(max_examples=60)
def test_no_message_overtakes_its_group(story):
    """In each answer a group's messages ascend, and those that are here before them are in it."""
    life = Life(make())
    for wait_ms, step in story:
        LAWS.play(life, wait_ms, step)
        if step is None or step[0] != "receive" or life.ticket not in life.replies:
            continue
        reply = life.replies[life.ticket]
        queue = life.room.directory.queues.get(number_of(life.room, step[1]))
        if queue is None or not isinstance(reply, Received):
            continue
        handed = [queue.touched.slots.get(message.number) for message in reply.messages]
        for slot in filter(None, handed):
            group = queue.backlog._groups[slot.group]
            before = [number for number in group.touched if number < slot.number]
            ahead = [other.number for other in handed[: handed.index(slot)] if other is not None]
            assert set(before) <= set(ahead)
            assert not group.untouched or group.untouched.first() > slot.number
