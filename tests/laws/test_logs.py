"""The laws of core/machine.py, tried on log groups with random stories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.logs.commands import (
    CreateLogGroup,
    DeleteLogGroup,
    GroupPlace,
    NoteLogGroup,
    SetRetention,
    TagLogGroup,
    UntagLogGroup,
)
from headrace.core.logs.groups import LogGroups
from headrace.core.machine import Numbers
from tests.laws.harness import Laws

pytestmark = pytest.mark.slow

small = st.integers(0, 3)
steps = st.one_of(
    st.tuples(st.just("create"), small),
    st.tuples(st.just("note"), small),
    st.tuples(st.just("delete"), small),
    st.tuples(st.just("keep"), small, st.sampled_from([1, 2, 3, 14, None])),
    st.tuples(st.just("tag"), small, small),
    st.tuples(st.just("untag"), small, small),
)
waits = st.sampled_from([0, 1, 60_000, 86_399_999, 86_400_000, 300_000_000])
stories = st.lists(st.tuples(waits, st.one_of(st.none(), steps)), max_size=40)


def translate(step, life):
    """Make a command of a step."""
    if step is None:
        return None
    word, number, *more = step
    place = GroupPlace("123456789012", f"eu-central-{number % 2 + 1}", f"/g{number}")
    if word == "create":
        return CreateLogGroup(place, {"made": str(life.ticket)})
    if word == "note":
        return NoteLogGroup(place)
    if word == "delete":
        return DeleteLogGroup(place)
    if word == "keep":
        return SetRetention(place, more[0])
    if word == "tag":
        return TagLogGroup(place, {f"k{more[0]}": str(life.ticket)})
    return UntagLogGroup(place, (f"k{more[0]}", "made"))


laws = Laws(lambda: LogGroups(Numbers()), translate)


@given(stories)
def test_same_story_same_effects(story):
    laws.check_same_story_same_effects(story)


@given(stories)
def test_early_wake_does_nothing(story):
    laws.check_early_wake_does_nothing(story)


@given(stories)
def test_no_deadline_is_left(story):
    laws.check_no_deadline_is_left(story)


@given(stories)
def test_late_is_as_good_as_on_time(story):
    laws.check_late_is_as_good_as_on_time(story)


@given(stories)
def test_refusal_changes_nothing(story):
    laws.check_refusal_changes_nothing(story)


@given(stories, st.lists(st.integers(0, 42), max_size=3))
def test_rebuilt_equals_lived(story, cuts):
    laws.check_rebuilt_equals_lived(story, cuts)
