"""From receive to deletion: batches, slots, retries, back-off; spec/esm.md 4, 5 and tests 14 to 32."""

import json

import pytest

from headrace.core.mapping.commands import (
    BatchFinished,
    DeleteMapping,
    FunctionFailed,
    LeaseOver,
    Limit,
    NotInvoked,
    Polled,
    Succeeded,
    TagMapping,
    Target,
    Throttled,
    TooLarge,
    UntagMapping,
    UpdateMapping,
)
from headrace.core.mapping.effects import DeleteBatch, InvokeBatch, Poll, StopPolling
from headrace.core.mapping.limits import PAYLOAD_BYTES_MAX
from headrace.core.mapping.tags import BISECT
from tests.unit.core.mapping.story import FUNCTION, QUEUE, SETTLE_MS, Story, message, messages


def ids(effect):
    return [record["messageId"][3:] for record in json.loads(effect.payload)["Records"]]


def handles(*names):
    return tuple(f"handle-{name}" for name in names)


def of(kind, effects):
    return [effect for effect in effects if isinstance(effect, kind)]


def test_without_a_window_what_came_goes_at_once_and_the_next_receive_follows():
    story = Story()
    mapping = story.create()
    invoke, poll = story.arrive("a", "b")
    assert isinstance(invoke, InvokeBatch)
    assert ids(invoke) == ["a", "b"]
    assert invoke.expires_at == story.now + 30_000
    assert poll == Poll(mapping, 2, QUEUE, invoke.function_arn, 10, 0)
    assert story.finish(1) == [DeleteBatch(mapping, QUEUE, handles("a", "b"))]


def test_a_receive_asks_for_no_more_than_a_batch():
    story = Story()
    story.create(batch_size=3)
    assert story.poll.at_most == 3


def test_five_batches_at_once_then_none_is_received_until_one_ends():
    story = Story()
    story.create(batch_size=1)
    for name in "abcd":
        assert of(Poll, story.arrive(name))
    assert of(Poll, story.arrive("e")) == []
    assert len(of(Poll, story.finish(2))) == 1


def test_nothing_falls_due_while_a_mapping_is_idle():
    story = Story()
    story.create()
    assert story.room.next_deadline() is None
    story.arrive("a")
    story.finish(1)
    assert story.room.next_deadline() is None


def test_slots_grow_while_all_are_taken_and_work_waits():
    story = Story()
    story.create(batch_size=1)
    for name in "abcde":
        story.arrive(name)
    assert story.pass_time(199) == []
    assert len(of(Poll, story.pass_time(1))) == 1
    assert story.room.next_deadline() is None  # the receive is out: nobody waits for a slot
    assert of(Poll, story.arrive("f")) == []
    assert len(of(Poll, story.pass_time(200))) == 1


def test_maximum_concurrency_is_never_exceeded():
    story = Story()
    story.create(batch_size=1, maximum_concurrency=2)
    story.arrive("a")
    assert of(Poll, story.arrive("b")) == []
    assert story.room.next_deadline() is None
    assert len(of(Poll, story.finish(1))) == 1


def test_with_a_window_messages_collect_until_it_is_over():
    story = Story()
    mapping = story.create(window_s=5)
    assert story.arrive("a") == [Poll(mapping, 2, QUEUE, story.poll.function_arn, 9, 5_000)]
    story.pass_time(2_000)
    assert of(InvokeBatch, story.arrive("b")) == []
    assert of(InvokeBatch, story.pass_time(2_999)) == []
    (invoke,) = of(InvokeBatch, story.pass_time(1))
    assert ids(invoke) == ["a", "b"]


def test_with_a_window_a_full_batch_goes_at_once():
    story = Story()
    story.create(window_s=5, batch_size=3)
    assert story.arrive("a", "b")[-1].at_most == 1
    invoke, poll = story.arrive("c")
    assert ids(invoke) == ["a", "b", "c"]
    assert poll.at_most == 3
    assert story.room.next_deadline() is None


def test_the_receive_that_is_out_when_a_window_ends_fills_the_next_batch():
    story = Story()
    story.create(window_s=5)
    story.arrive("a")
    assert len(story.pass_time(5_000)) == 1  # the invoke; the receive stays
    assert of(InvokeBatch, story.arrive("b")) == []
    (invoke,) = of(InvokeBatch, story.pass_time(5_000))
    assert ids(invoke) == ["b"]


def test_the_receive_ends_when_the_last_slot_goes_to_a_batch_whose_window_is_over():
    story = Story()
    mapping = story.create(window_s=1, maximum_concurrency=1)
    story.arrive("a")
    invoke, stop = story.pass_time(1_000)
    assert isinstance(invoke, InvokeBatch)
    assert stop == StopPolling(mapping, 2)
    # What it had received all the same waits for the slot, and is not lost.
    assert story.arrive("b") == []
    assert story.pass_time(1_000) == []
    effects = story.finish(1)
    assert [ids(effect) for effect in of(InvokeBatch, effects)] == [["b"]]


def test_a_batch_that_waited_longer_than_its_lease_is_let_go():
    story = Story()
    story.create(window_s=1, maximum_concurrency=1)
    story.arrive("a")
    story.pass_time(1_000)
    story.arrive("b", lease_ms=20_000)
    story.pass_time(21_000)
    effects = story.finish(1)
    assert of(InvokeBatch, effects) == []
    assert len(of(Poll, effects)) == 1


def test_an_event_stays_below_six_megabytes():
    story = Story()
    mapping = story.create(window_s=1, batch_size=100)
    for half in ("ab", "cd", "ef", "gh", "ij", "kl"):
        heavy = tuple(message(name, "x" * 614_400) for name in half)
        story.tell(Polled(mapping, story.poll.poll, heavy, story.now + 30_000))
    story.pass_time(1_000)
    sizes = [len(batch.payload) for batch in story.batches.values()]
    assert all(size < PAYLOAD_BYTES_MAX for size in sizes)
    assert [ids(batch) for batch in story.batches.values()] == [list("abcdefghij"), list("kl")]


def test_escapes_count_into_the_weight():
    story = Story()
    mapping = story.create(batch_size=10)
    heavy = tuple(message(name, "\x01" * 900_000) for name in "abc")  # six bytes each
    story.tell(Polled(mapping, 1, heavy, story.now + 30_000))
    assert [ids(batch) for batch in story.batches.values()] == [["a"], ["b"], ["c"]]


def test_a_message_that_is_too_heavy_alone_is_never_deleted_and_stops_nobody():
    story = Story()
    mapping = story.create()
    giant = (message("a"), message("b", "\x01" * 1_048_576), message("c"))
    story.tell(Polled(mapping, 1, giant, story.now + 30_000))
    assert [ids(batch) for batch in story.batches.values()] == [["a", "c"]]
    assert story.finish(1)[0].receipt_handles == handles("a", "c")
    assert story.room.tally(mapping).failed == 1


@pytest.mark.parametrize("outcome", [FunctionFailed(), TooLarge(), LeaseOver()])
def test_a_failure_deletes_nothing_and_is_not_tried_again(outcome):
    story = Story()
    story.create()
    story.arrive("a")
    assert story.finish(1, outcome) == []
    assert story.pass_time(3_600_000) == []


def test_reported_failures_stay_and_the_others_are_deleted():
    story = Story()
    mapping = story.create(reports_failures=True)
    story.arrive("a", "b", "c")
    report = b'{"batchItemFailures":[{"itemIdentifier":"id-b"}]}'
    assert story.finish(1, Succeeded(report)) == [DeleteBatch(mapping, QUEUE, handles("a", "c"))]
    tally = story.room.tally(mapping)
    assert (tally.polled, tally.invoked, tally.failed, tally.deleted) == (3, 3, 1, 2)


def test_a_malformed_report_deletes_nothing():
    story = Story()
    story.create(reports_failures=True)
    story.arrive("a", "b")
    assert story.finish(1, Succeeded(b'{"batchItemFailures":[{"foo":"x"}]}')) == []


def test_what_passes_no_filter_is_deleted_and_counted_and_never_handed_over():
    story = Story()
    mapping = story.create(filters=('{"body":["hello"]}',))
    mixed = (message("a"), message("b", "other"), message("c"), message("d", '{"a":1}'))
    delete, invoke, poll = story.tell(Polled(mapping, 1, mixed, story.now + 30_000))
    assert delete == DeleteBatch(mapping, QUEUE, handles("b", "d"), filtered=True)
    assert ids(invoke) == ["a", "c"]
    assert isinstance(poll, Poll)
    assert story.finish(1) == [DeleteBatch(mapping, QUEUE, handles("a", "c"))]
    tally = story.room.tally(mapping)
    assert (tally.polled, tally.filtered, tally.invoked, tally.deleted) == (4, 2, 2, 4)


def test_where_nothing_passes_nothing_is_invoked_and_the_next_receive_follows():
    story = Story()
    mapping = story.create(filters=('{"body":["other"]}',), window_s=5)
    delete, poll = story.arrive("a", "b")
    assert delete == DeleteBatch(mapping, QUEUE, handles("a", "b"), filtered=True)
    assert isinstance(poll, Poll)
    assert story.pass_time(10_000) == []


def test_other_filters_rule_when_the_update_has_settled():
    story = Story()
    mapping = story.create(filters=('{"body":["other"]}',))
    story.tell(UpdateMapping(mapping, filters=()))
    assert of(InvokeBatch, story.arrive("a")) == []
    story.pass_time(SETTLE_MS)
    story.tell(Polled(mapping, story.poll.poll - 1, (), story.now))
    assert len(of(InvokeBatch, story.arrive("b"))) == 1


def test_provisioned_pollers_start_with_ten_batches_each():
    story = Story()
    story.create(batch_size=1, minimum_pollers=2, maximum_pollers=3)
    for name in range(19):
        assert of(Poll, story.arrive(name))
    assert of(Poll, story.arrive(19)) == []
    assert of(Poll, story.pass_time(59)) == []
    assert len(of(Poll, story.pass_time(1))) == 1


def test_a_report_that_was_not_asked_for_is_ignored():
    story = Story()
    mapping = story.create()
    story.arrive("a", "b")
    report = b'{"batchItemFailures":[{"itemIdentifier":"id-b"}]}'
    assert story.finish(1, Succeeded(report)) == [DeleteBatch(mapping, QUEUE, handles("a", "b"))]
    assert story.room.tally(mapping).oddities == {"ignored report": 1}


@pytest.mark.parametrize("outcome", [Throttled(), NotInvoked()])
def test_a_batch_that_was_not_run_is_tried_again_with_the_same_receipts(outcome):
    story = Story()
    mapping = story.create()
    story.arrive("a")
    first = story.batches[1]
    began = story.now
    tried_at = []
    for _ in range(4):
        story.finish(1, outcome)
        while not of(InvokeBatch, effects := story.pass_time(1_000)):
            assert story.now - began < 30_000
        assert of(InvokeBatch, effects) == [first]
        tried_at.append(story.now - began)
    assert tried_at == [1_000, 3_000, 7_000, 15_000]
    assert story.finish(1)[0] == DeleteBatch(mapping, QUEUE, handles("a"))
    tally = story.room.tally(mapping)
    assert (tally.polled, tally.invoked, tally.failed, tally.deleted) == (1, 5, 4, 1)


def test_no_try_comes_after_the_lease_and_the_slot_is_free_again_then():
    story = Story()
    story.create(batch_size=1, maximum_concurrency=1)
    story.arrive("a", lease_ms=5_000)
    story.finish(1, Throttled())
    story.pass_time(1_000)
    story.finish(1, Throttled())
    story.pass_time(2_000)
    assert story.finish(1, Throttled()) == []  # the next try would come at 7 s
    assert story.pass_time(1_999) == []
    assert of(Poll, story.pass_time(1)) == [story.poll]
    assert story.pass_time(60_000) == []


def test_throttles_take_slots_away_and_work_brings_them_back():
    story = Story()
    story.create(batch_size=1)
    for name in "abcde":
        story.arrive(name)
    for batch in (1, 2, 3):
        story.finish(batch, Throttled())
    assert of(Poll, story.finish(4)) == []  # four in hand, two slots
    assert of(Poll, story.pass_time(900)) == []  # and none is added while batches are throttled
    story.pass_time(100)
    for batch in (1, 2, 3):
        story.finish(batch)
    assert len(of(Poll, story.effects[-3:])) == 1


def test_completions_of_what_does_not_run_are_dropped():
    story = Story()
    mapping = story.create()
    story.arrive("a")
    story.finish(1)
    assert story.finish(1) == []
    story.arrive("b")
    story.finish(2, Throttled())
    assert story.finish(2) == []
    assert story.tell(Polled(mapping, 1, (message("c"),), story.now + 1)) == []


def test_failed_receives_are_repeated_with_growing_pauses_up_to_a_minute():
    story = Story()
    story.create()
    pauses = []
    for _ in range(8):
        assert story.fail_poll() == []
        began = story.now
        while not story.pass_time(500):
            pass
        pauses.append(story.now - began)
    assert pauses == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]


def test_a_receive_that_ends_empty_unasked_is_one_that_failed():
    story = Story()
    story.create()
    assert story.arrive() == []
    assert len(of(Poll, story.pass_time(1_000))) == 1


def test_pauses_start_again_once_messages_came_or_a_receive_held_for_a_minute():
    story = Story()
    story.create()
    for _ in range(3):
        story.fail_poll()
        story.pass_time(60_000)
    story.arrive("a")
    story.fail_poll()
    assert len(of(Poll, story.pass_time(1_000))) == 1
    story.fail_poll()
    story.pass_time(2_000)
    story.pass_time(60_000)
    story.fail_poll()
    assert len(of(Poll, story.pass_time(1_000))) == 1


def test_switched_off_a_batch_in_flight_ends_and_is_deleted_and_nothing_more_is_received():
    story = Story()
    mapping = story.create()
    story.arrive("a")
    assert story.tell(UpdateMapping(mapping, enabled=False)) == [StopPolling(mapping, 2)]
    story.pass_time(SETTLE_MS)
    assert story.finish(1) == [DeleteBatch(mapping, QUEUE, handles("a"))]
    assert story.arrive() == []
    assert story.pass_time(3_600_000) == []


def test_switched_off_what_was_received_is_delivered_at_once():
    story = Story()
    mapping = story.create(window_s=300)
    story.arrive("a", lease_ms=333_000)
    stop, invoke = story.tell(UpdateMapping(mapping, enabled=False))
    assert isinstance(stop, StopPolling)
    assert ids(invoke) == ["a"]
    assert [ids(effect) for effect in of(InvokeBatch, story.arrive("b"))] == [["b"]]


def test_deleted_a_batch_in_flight_still_ends_well():
    story = Story()
    mapping = story.create()
    story.arrive("a")
    story.tell(DeleteMapping(mapping))
    story.pass_time(10_000)
    assert list(story.room.machines()) == []
    assert story.finish(1) == [DeleteBatch(mapping, QUEUE, handles("a"))]
    assert story.arrive() == []
    assert story.room._deliveries.by_mapping == {}


def test_a_new_function_takes_over_when_the_update_has_settled():
    story = Story()
    mapping = story.create()
    old = story.poll.function_arn
    command = UpdateMapping(mapping, target=Target(old + ":2", "handle", 3))
    assert story.ask(command).settings.function_arn == old + ":2"
    assert story.arrive("a")[0].function_arn == old
    story.pass_time(SETTLE_MS)
    assert story.arrive("b")[0].function_arn == old + ":2"


def test_much_in_hand_stops_receiving_until_batches_end(monkeypatch):
    monkeypatch.setattr("headrace.core.mapping.hand.IN_HAND_BYTES_MAX", 40_000)
    story = Story()
    mapping = story.create()
    polls = []
    for _ in range(3):
        heavy = tuple(message(str(number), "x" * 1_000) for number in range(10))
        effects = story.tell(Polled(mapping, story.poll.poll, heavy, story.now + 30_000))
        polls.append(len(of(Poll, effects)))
    assert polls == [1, 1, 0]
    assert len(of(Poll, story.finish(1))) == 1


def two_mappings(story, **settings):
    """Two mappings of two functions; return each one's number and receive."""
    found = []
    for seed, name in ((1, "one"), (2, "two")):
        queue, function = f"{QUEUE}-{name}", f"{FUNCTION}-{name}"
        number = story.create(seed=seed, queue=queue, function=function, **settings)
        found.append((number, story.poll))
    return found


def bring(story, poll, *names):
    lease_end = story.now + 30_000
    return story.tell(Polled(poll.mapping, poll.poll, messages(*names), lease_end))


def end(story, mapping, batch, outcome, frees=Limit.NONE):
    return story.tell(BatchFinished(mapping, batch, outcome, frees))


def test_a_place_that_comes_free_goes_to_the_other_mapping_that_waits_before_all_else():
    story = Story()
    (busy, busy_poll), (quiet, quiet_poll) = two_mappings(story)
    bring(story, busy_poll, "a")
    bring(story, quiet_poll, "b")
    assert of(InvokeBatch, end(story, quiet, 1, Throttled())) == []
    given, deleted = end(story, busy, 1, Succeeded(b"null"), Limit.ACCOUNT)
    assert (type(given), given.mapping, ids(given)) == (InvokeBatch, quiet, ["b"])
    assert isinstance(deleted, DeleteBatch)
    assert story.pass_time(60_000) == []  # its next try by time is off


@pytest.mark.parametrize("frees", [Limit.NONE, Limit.FUNCTION])
def test_a_place_under_another_limit_is_not_given(frees):
    story = Story()
    (busy, busy_poll), (quiet, quiet_poll) = two_mappings(story)
    bring(story, busy_poll, "a")
    bring(story, quiet_poll, "b")
    end(story, quiet, 1, Throttled())
    assert of(InvokeBatch, end(story, busy, 1, Succeeded(b"null"), frees)) == []


def test_a_stale_end_gives_no_place_away():
    story = Story()
    (busy, _), (quiet, quiet_poll) = two_mappings(story)
    bring(story, quiet_poll, "b")
    end(story, quiet, 1, Throttled())
    assert end(story, busy, 7, Succeeded(b"null"), Limit.ACCOUNT) == []
    assert end(story, quiet, 1, Succeeded(b"null"), Limit.ACCOUNT) == []  # it does not run


def test_a_turn_goes_on_to_the_next_batch_when_the_lease_of_the_first_is_over():
    story = Story()
    (busy, busy_poll), (quiet, quiet_poll) = two_mappings(story, batch_size=1)
    bring(story, busy_poll, "a")
    early = Polled(quiet, quiet_poll.poll, messages("b"), story.now + 500)
    story.tell(early)
    bring(story, story.poll, "c")
    end(story, quiet, 1, Throttled())
    end(story, quiet, 2, Throttled())
    story.now += 500  # the first is to be let go of at this very instant
    given = of(InvokeBatch, end(story, busy, 1, Succeeded(b"null"), Limit.ACCOUNT))
    assert [ids(effect) for effect in given] == [["c"]]


def test_a_failed_batch_is_halved_only_for_who_asked_for_it():
    story = Story()
    mapping = story.create()
    story.tell(TagMapping(mapping, {BISECT: "true"}))
    story.arrive("a", "b", "c")
    halves = of(InvokeBatch, story.finish(1, FunctionFailed()))
    assert [ids(half) for half in halves] == [["a", "b"], ["c"]]
    assert of(InvokeBatch, story.finish(3, FunctionFailed())) == []  # one message is no two
    assert of(InvokeBatch, story.finish(2, TooLarge())) == []
    story.tell(UntagMapping(mapping, (BISECT,)))
    story.arrive("d", "e")
    assert of(InvokeBatch, story.finish(4, FunctionFailed())) == []
