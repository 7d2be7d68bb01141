"""Each story in tests/scenarios/queues, woken on time and woken late."""

from pathlib import Path

import pytest

from headrace.testing.scenario import Scenario

STORIES = sorted((Path(__file__).parent / "queues").glob("*.txt"))


@pytest.mark.parametrize("is_punctual", [True, False], ids=["on time", "late"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_story_comes_true(story, is_punctual):
    assert Scenario(is_punctual=is_punctual).play(story.read_text(encoding="utf-8")) > 5
