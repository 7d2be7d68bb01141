"""A command is told until it is taken, and holds nothing afterwards."""

import asyncio
import gc
import weakref

import pytest

from headrace.base.errors import ServiceUnavailable
from headrace.shell import telling
from headrace.shell.telling import Telling


class Driver:
    """Answers what is submitted with what a test has laid ready."""

    def __init__(self, *answers):
        self.rooms = object()
        self.running = True
        self.submitted = []
        self._answers = list(answers)

    def submit(self, command, take):
        self.submitted.append(command)
        take(self._answers.pop(0))


class Story:
    def __init__(self, *answers):
        self.driver = Driver(*answers)
        self.made = 0
        self.taken = []
        self.dropped = 0

    def make(self):
        self.made += 1
        return self.made

    def drop(self):
        self.dropped += 1

    def tell(self):
        life = self.driver.rooms
        Telling(self.driver, life, self.make, self.taken.append, self.drop).submit()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(telling, "SUBMIT_AGAIN_S", 0)


def test_the_answer_is_taken_once():
    story = Story("done")
    story.tell()
    assert (story.driver.submitted, story.taken, story.dropped) == ([1], ["done"], 0)


def test_a_command_that_is_refused_for_load_is_made_and_submitted_again():
    async def wait():
        story = Story(ServiceUnavailable("busy"), ServiceUnavailable("busy"), "done")
        story.tell()
        while not story.taken:
            await asyncio.sleep(0)
        assert (story.driver.submitted, story.taken, story.dropped) == ([1, 2, 3], ["done"], 0)

    asyncio.run(wait())


@pytest.mark.parametrize("end", ["rooms", "running"])
def test_what_belongs_to_rooms_that_are_gone_is_dropped(end):
    async def wait():
        story = Story(ServiceUnavailable("busy"))
        story.tell()
        setattr(story.driver, end, None)
        while not story.dropped:
            await asyncio.sleep(0)
        assert (story.driver.submitted, story.taken, story.dropped) == ([1], [], 1)

    asyncio.run(wait())


def test_nothing_of_it_waits_for_the_garbage_collector():
    """The server lets it look for old circles hardly ever: each would stay for good."""
    gc.disable()
    try:
        story = Story("done")
        story.tell()
        gone = weakref.ref(story)
        del story
        assert gone() is None
    finally:
        gc.enable()
