"""How much a receive asks for: more batches while messages keep coming, some ahead of the slots."""

import json

import msgspec
import pytest

from headrace.core.mapping.commands import (
    FunctionFailed,
    MessageAttribute,
    NotInvoked,
    Polled,
    TagMapping,
    Throttled,
    UpdateMapping,
)
from headrace.core.mapping.effects import GiveBack, InvokeBatch, Poll, StopPolling
from headrace.core.mapping.limits import QUICK_MS, RECEIVE_LENGTH_EXPECTED
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
    story.pass_time(QUICK_MS)
    assert [poll.at_most for poll in of(Poll, story.finish(2))] == [3]


def test_while_the_function_is_quick_batches_are_received_ahead_and_begin_as_slots_come_free():
    story = Story()
    story.create(batch_size=1)
    asked_after_full_receives(story)
    assert [poll.at_most for poll in of(Poll, story.finish(1))] == [6]  # one slot, five ahead
    (begun,) = story.arrive("a", "b", "c", "d", "e", "f")
    assert ids(begun) == ["a"]
    told = story.finish(2)  # a receive for one batch more is not worth a wait for the disk
    assert (ids(*of(InvokeBatch, told)), of(Poll, told)) == (["b"], [])
    told = story.finish(3)
    assert ids(*of(InvokeBatch, told)) == ["c"]
    assert [poll.at_most for poll in of(Poll, told)] == [2]


def test_when_the_function_is_quick_no_more_batches_have_begun_than_there_are_slots():
    story = Story()
    story.create(batch_size=1)
    asked_after_full_receives(story)
    story.finish(1)
    running, last = {2, 3, 4, 5}, 0
    for turn in range(100):
        running |= {
            batch.batch for batch in of(InvokeBatch, story.arrive(f"{turn}-a", f"{turn}-b"))
        }
        running |= {batch.batch for batch in of(InvokeBatch, story.finish(running.pop()))}
        assert len(running) <= 5
        last = max(last, *running)
    assert last > 50


def test_what_waits_for_a_slot_that_does_not_come_free_goes_back_as_never_received():
    story = Story()
    story.create(batch_size=2)
    asked_after_full_receives(story)
    story.finish(1)
    story.arrive("a", "b", "c", "d", "e", "f")
    assert not of(GiveBack, story.pass_time(QUICK_MS - 1))
    assert ids(*of(InvokeBatch, story.finish(2))) == ["c", "d"]  # the wait begins anew
    assert not of(GiveBack, story.pass_time(QUICK_MS - 1))
    told = story.pass_time(1)
    assert [back.receipt_handles for back in of(GiveBack, told)] == [("handle-e", "handle-f")]
    assert story.decisions[-1].ids == ["id-e", "id-f"]
    ended = [type(effect) for effect in told if isinstance(effect, StopPolling | GiveBack)]
    assert ended == [StopPolling, GiveBack]  # the receive does not have at once what goes back
    story.arrive()
    assert [poll.at_most for poll in of(Poll, story.finish(3))] == [2]  # nothing ahead: it was slow


def test_what_is_ahead_is_handed_over_when_the_mapping_is_switched_off():
    story = Story()
    mapping = story.create(batch_size=1)
    asked_after_full_receives(story)
    story.finish(1)
    story.arrive("a", "b", "c", "d", "e", "f")
    story.ask(UpdateMapping(mapping, enabled=False))
    assert [ids(batch) for batch in of(InvokeBatch, story.finish(2))] == [["b"]]
    assert not of(Poll, story.finish(3))


def test_nothing_is_received_ahead_of_an_invoke_that_failed():
    story = Story()
    story.create(batch_size=1)
    asked_after_full_receives(story)
    assert not of(Poll, story.finish(1, FunctionFailed()))  # one slot less


@pytest.mark.parametrize("outcome", [Throttled(), NotInvoked()])
def test_nothing_is_received_ahead_while_a_batch_waits_for_its_next_try(outcome):
    story = Story()
    story.create(batch_size=1)
    asked_after_full_receives(story)
    assert not of(Poll, story.finish(1, outcome))  # one slot less
    assert not of(Poll, story.finish(2))
    assert [poll.at_most for poll in of(Poll, story.finish(3))] == [1]


def test_a_receive_that_emptied_the_queue_is_followed_by_one_for_one_batch():
    story = Story()
    story.create(batch_size=2)
    story.arrive("a", "b")
    assert story.poll.at_most == 4
    story.arrive("c", "d", "e")
    assert story.poll.at_most == 2
    assert [ids(batch) for batch in story.batches.values()] == [["a", "b"], ["c", "d"], ["e"]]


def test_halves_of_a_batch_that_was_tried_wait_for_their_slot_however_long():
    story = Story()
    mapping = story.create(batch_size=2)
    story.ask(TagMapping(mapping, {"headrace:bisect": "true"}))
    asked_after_full_receives(story)
    story.finish(1)
    story.arrive(*"abcdefgh")
    assert ids(*of(InvokeBatch, story.finish(2, FunctionFailed()))) == ["1-0"]
    told = story.pass_time(QUICK_MS)
    assert {one for back in of(GiveBack, told) for one in back.receipt_handles} == {
        f"handle-{name}" for name in "cdefgh"
    }
    assert ids(*of(InvokeBatch, story.finish(3)))


@pytest.mark.parametrize("settings", [{"window_s": 1}, {"queue": f"{QUEUE}.fifo"}])
def test_with_a_window_or_in_order_a_receive_brings_one_batch(settings):
    story = Story()
    story.create(batch_size=2, **settings)
    assert set(asked_after_full_receives(story, 3)) == {2}
    assert {poll.at_most for poll in of(Poll, story.finish(1))} <= {2}


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
