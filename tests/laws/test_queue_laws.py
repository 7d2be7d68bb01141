"""The laws of core/machine.py, on random stories of queues."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.harness import Life
from tests.laws.queue_model import Model, outcome_of, places_in
from tests.laws.queue_stories import LAWS, make, stories, translate

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
@settings(max_examples=20)
def test_time_does_not_go_back(story):
    LAWS.check_time_does_not_go_back(story)


@given(stories)
@settings(max_examples=80)
def test_late_is_as_good_as_on_time(story):
    LAWS.check_late_is_as_good_as_on_time(story)


@given(stories)
@settings(max_examples=40)
def test_refusal_changes_nothing(story):
    LAWS.check_refusal_changes_nothing(story)


@given(stories, st.lists(st.integers(3, 40), max_size=4))
@settings(max_examples=80)
def test_rebuilt_equals_lived(story, cuts):
    LAWS.check_rebuilt_equals_lived(story, cuts)


@given(stories)
@settings(max_examples=40)
def test_bodies_are_counted_exactly(story):
    LAWS.check_bodies_are_counted(story)


@given(stories)
@settings(max_examples=150)
def test_queues_do_what_the_model_does(story):
    """The same answers as plain lists give, and every message where they have it."""
    life, model = Life(make()), Model()
    for wait_ms, step in story:
        life.pass_time(wait_ms)
        model.pass_time(life.now)
        command = translate(step, life)
        refusal = life.ask(command)
        expected = model.ask(command, life.now, life.ticket)
        assert (type(refusal).__name__ if refusal else None) == expected
        found = {ticket: outcome_of(value) for ticket, value in life.replies.items()}
        assert found == model.replies
        assert places_in(life.room, life.now) == model.places(life.now)
