"""How much a receive asks for: more batches while messages keep coming, as far as there are slots."""

import json

import msgspec
import pytest

from headrace.core.mapping.commands import MessageAttribute, Polled, UpdateMapping
from headrace.core.mapping.effects import Poll
from headrace.core.mapping.limits import RECEIVE_LENGTH_EXPECTED
from tests.unit.core.mapping.story import QUEUE, SETTLE_MS, Story, message


def ids(effect):
    return [record["messageId"][3:] for record in json.loads(effect.payload)["Records"]]


def of(kind, effects):
    return [effect for effect in effects if isinstance(effect, kind)]


def asked_after_full_receives(story, count=4):
    """Return how many messages each receive asks for while each brings all of them."""
    asked = [story.poll.at_most]
    for number in range(count):
        names = [f"{number}-{place}" for place in range(story.poll.at_most)]
        polls = of(Poll, story.arrive(*names))
        asked += [poll.at_most for poll in polls]
        if not polls:
            break
    return asked


def test_while_messages_keep_coming_a_receive_brings_more_batches_but_no_more_than_have_a_slot():
    story = Story()
    story.create(batch_size=3)
    assert asked_after_full_receives(story) == [3, 6, 6]  # 1, 2 and 2 batches: five slots
    assert [len(ids(batch)) for batch in story.batches.values()] == [3] * 5
    assert [poll.at_most for poll in of(Poll, story.finish(2))] == [3]


def test_a_receive_that_emptied_the_queue_is_followed_by_one_for_one_batch():
    story = Story()
    story.create(batch_size=2)
    story.arrive("a", "b")
    assert story.poll.at_most == 4
    story.arrive("c", "d", "e")
    assert story.poll.at_most == 2
    assert [ids(batch) for batch in story.batches.values()] == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize("settings", [{"window_s": 1}, {"queue": f"{QUEUE}.fifo"}])
def test_with_a_window_or_in_order_a_receive_brings_one_batch(settings):
    story = Story()
    story.create(batch_size=2, **settings)
    assert set(asked_after_full_receives(story, 3)) == {2}


@pytest.mark.parametrize("heavy", ["body", "attribute"])
def test_heavy_messages_are_received_a_batch_at_a_time(heavy):
    story = Story()
    story.create(batch_size=1)
    value = "x" * (RECEIVE_LENGTH_EXPECTED // 2 + 1)
    sent = message("a", value if heavy == "body" else "light")
    if heavy == "attribute":
        attribute = MessageAttribute("weight", "String", value)
        sent = msgspec.structs.replace(sent, attributes=(attribute,))
    story.tell(Polled(story.poll.mapping, story.poll.poll, (sent,), story.now + 30_000))
    assert story.poll.at_most == 1
    story.arrive("light")
    assert story.poll.at_most == 2


def test_a_mapping_that_was_stopped_begins_with_one_batch_again():
    story = Story()
    mapping = story.create(batch_size=2)
    story.arrive("a", "b")
    assert story.poll.at_most == 4
    story.ask(UpdateMapping(mapping, enabled=False))
    story.arrive()
    story.pass_time(SETTLE_MS)
    story.ask(UpdateMapping(mapping, enabled=True))
    story.pass_time(SETTLE_MS)
    assert story.poll.at_most == 2
