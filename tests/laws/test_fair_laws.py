"""The laws of core/machine.py, and the model, on random stories of queues with group ids."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.fair_stories import stories
from tests.laws.harness import Life
from tests.laws.queue_model import Model, outcome_of, places_in
from tests.laws.queue_stories import LAWS, make, number_of, translate

pytestmark = pytest.mark.slow


@given(stories)
@settings(max_examples=60)
def test_late_is_as_good_as_on_time(story):
    LAWS.check_late_is_as_good_as_on_time(story)


@given(stories, st.lists(st.integers(3, 40), max_size=4))
@settings(max_examples=80)
def test_rebuilt_equals_lived(story, cuts):
    """Also: who is noisy, and since when nothing of it is in flight."""
    LAWS.check_rebuilt_equals_lived(story, cuts)


@given(stories)
@settings(max_examples=40)
def test_bodies_are_counted_exactly(story):
    LAWS.check_bodies_are_counted(story)


@given(stories)
@settings(max_examples=150)
def test_fair_queues_do_what_the_model_does(story):
    """The same messages in the same order as plain lists, searched and counted, give (6)."""
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


@given(stories)
@settings(max_examples=60)
def test_a_reloaded_queue_has_the_same_turns(story):
    """A snapshot tells which message comes next, at once and as time passes."""
    life = LAWS.live(story)
    other = make()
    for machine in life.room.machines():
        other.load(machine, life.room.snapshot(machine))
    number = number_of(life.room, "late")
    queues = [room.directory.queues.get(number) for room in (life.room, other)]
    if None in queues:
        return
    for queue in queues:
        queue.now = life.now
    for wait_ms in (0, 1_000, 2_999, 3_000):
        lived, loaded = (queue.backlog.first(life.now + wait_ms) for queue in queues)
        assert lived == loaded
