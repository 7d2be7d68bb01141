"""Stories from a queue through a mapping into a function, in virtual time (spec/esm.md 10.2)."""

import pytest

from headrace.core.mapping.commands import (
    DeleteMapping,
    GetMapping,
    NotInvoked,
    Succeeded,
    UpdateMapping,
)
from headrace.core.sqs.commands import DeleteQueue, SetQueueAttributes
from headrace.core.sqs.content import Attribute
from headrace.testing.pipeline import (
    START,
    Pipeline,
    Result,
    arn_of_queue,
    fail,
    report,
    succeed,
    throttle,
)

MINUTE = 60_000


def redrive(name, max_receives):
    return f'{{"deadLetterTargetArn":"{arn_of_queue(name)}","maxReceiveCount":{max_receives}}}'


def in_turn(*results):
    """A function that gives these results one after the other, then succeeds."""
    waiting = list(results)

    def function(call):
        if not waiting:
            return succeed(call)
        result = waiting.pop(0)
        return result(call) if callable(result) else result

    return function


def when(call):
    """Milliseconds from the start of the story to a call."""
    return call.at - START


def test_14_success_deletes_all_and_each_message_was_received_once():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    pipe.create_mapping(queue)
    ids = pipe.send(queue, *"abcdefg")
    pipe.advance(1)
    assert pipe.deleted == set(ids)
    assert pipe.left(queue) == 0
    assert [count for call in pipe.calls for count in call.receive_counts] == [1] * 7


def test_messages_that_waited_before_the_mapping_are_delivered_ten_at_a_time():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    pipe.send(queue, *map(str, range(25)))
    pipe.create_mapping(queue)
    pipe.advance(1)
    assert [len(call.records) for call in pipe.calls] == [10, 10, 5]
    assert pipe.left(queue) == 0


def test_an_arriving_message_starts_the_function_at_that_very_instant_also_after_days():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    pipe.create_mapping(queue)
    pipe.advance(10 * 24 * 60 * MINUTE)
    pipe.send(queue, "late")
    assert pipe.calls[0].at == pipe.now
    pipe.send(queue, "later", delay_s=7)
    pipe.advance(7_000)
    assert pipe.calls[1].at == pipe.now


def test_nothing_happens_in_an_idle_hour():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    pipe.create_mapping(queue)
    pipe.send(queue, "a")
    pipe.advance(1_000)
    records = len(pipe.records)
    assert pipe.mappings.next_deadline() is None
    assert pipe.next_event() > pipe.now + 60 * MINUTE  # the retention of a message that was there
    pipe.advance(60 * MINUTE)
    assert len(pipe.records) == records


def test_15_after_an_error_the_message_comes_back_at_its_visibility_timeout():
    pipe = Pipeline(in_turn(fail(250)))
    queue = pipe.create_queue("orders", VisibilityTimeout=60)
    pipe.create_mapping(queue)
    (message_id,) = pipe.send(queue, "a")
    pipe.advance(59_999)
    assert len(pipe.calls) == 1
    pipe.advance(1)
    first, second = pipe.calls
    assert second.at == first.at + 60_000
    assert first.ids == second.ids == [message_id]
    assert (first.receive_counts, second.receive_counts) == ([1], [2])
    assert first.records[0]["receiptHandle"] != second.records[0]["receiptHandle"]
    assert pipe.left(queue) == 0


def test_16_a_message_that_always_fails_goes_to_the_dead_letter_queue():
    pipe = Pipeline(lambda call: fail(100))
    dead = pipe.create_queue("dead")
    queue = pipe.create_queue("orders", VisibilityTimeout=10, RedrivePolicy=redrive("dead", 2))
    pipe.create_mapping(queue)
    (message_id,) = pipe.send(queue, "poison")
    pipe.advance(MINUTE)
    assert [call.receive_counts for call in pipe.calls] == [[1], [2]]
    assert (pipe.left(queue), pipe.left(dead)) == (0, 1)
    pipe.function = succeed
    pipe.create_mapping(dead, "inspect")
    pipe.advance(1)
    last = pipe.calls[-1]
    assert last.ids == [message_id]
    assert last.bodies == ["poison"]
    assert last.records[0]["attributes"]["DeadLetterQueueSourceArn"] == arn_of_queue("orders")


def test_17_one_of_three_reported_two_are_deleted_and_one_comes_back():
    def function(call):
        bad = [i for i, body in zip(call.ids, call.bodies, strict=True) if body == "b"]
        return report(call, bad if call.receive_counts == [1, 1, 1] else [])

    pipe = Pipeline(function)
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    mapping = pipe.create_mapping(queue, reports_failures=True)
    pipe.send(queue, "a", "b", "c")
    pipe.advance(1)
    assert pipe.left(queue) == 1
    pipe.advance(30_000)
    assert [call.bodies for call in pipe.calls] == [["a", "b", "c"], ["b"]]
    assert pipe.left(queue) == 0
    tally = pipe.mappings.tally(mapping)
    assert (tally.polled, tally.invoked, tally.failed, tally.deleted) == (4, 4, 1, 3)


def test_18_a_malformed_report_brings_the_whole_batch_back():
    malformed = Result(Succeeded(b'{"batchItemFailures":[{"itemIdentifier":"unknown"}]}'))
    pipe = Pipeline(in_turn(malformed))
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    pipe.create_mapping(queue, reports_failures=True)
    pipe.send(queue, "a", "b")
    pipe.advance(30_000)
    assert [call.receive_counts for call in pipe.calls] == [[1, 1], [2, 2]]


def test_19_a_report_that_is_not_configured_deletes_everything():
    def function(call):
        result = report(call, call.ids)
        return Result(result.outcome, 0, frozenset(call.ids))

    pipe = Pipeline(function)
    queue = pipe.create_queue("orders")
    pipe.create_mapping(queue)
    pipe.send(queue, "a", "b")
    pipe.advance(1)
    assert pipe.left(queue) == 0


def test_22_attributes_arrive_as_aws_writes_them():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    pipe.create_mapping(queue)
    sent = {
        "Author": Attribute("String", "John Grisham"),
        "Title": Attribute("String", "The Whistler"),
        "WeeksOn": Attribute("Number", "6"),
    }
    pipe.send(queue, "a", attributes=sent)
    (record,) = pipe.calls[0].records
    assert record["md5OfMessageAttributes"] == "d25a6aea97eb8f585bfa92d314504a92"
    assert record["messageAttributes"]["WeeksOn"] == {
        "stringValue": "6",
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "Number",
    }


def test_23_a_window_collects_for_five_seconds_and_the_lease_covers_it():
    pipe = Pipeline(in_turn(fail()))
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    pipe.create_mapping(queue, timeout_s=30, window_s=5)
    began = pipe.now
    pipe.send(queue, "a")
    pipe.advance(2_000)
    pipe.send(queue, "b", "c")
    pipe.advance(3_000)
    (call,) = pipe.calls
    assert call.at == began + 5_000
    assert call.bodies == ["a", "b", "c"]
    # Not after the queue's 30 s but after window + timeout + 30 s, and another window.
    pipe.advance(64_999)
    assert len(pipe.calls) == 1
    pipe.advance(10_000)
    assert pipe.calls[1].receive_counts == [2, 2, 2]


def test_24_heavy_messages_make_several_events_below_six_megabytes():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    pipe.create_mapping(queue, batch_size=100, window_s=1)
    for name in "abcdefghijkl":
        pipe.send(queue, name * 614_400)
    pipe.advance(2_000)
    assert sum(len(call.records) for call in pipe.calls) == 12
    assert len(pipe.calls) >= 2
    assert all(sum(map(len, call.bodies)) < 6_291_456 for call in pipe.calls)
    assert pipe.left(queue) == 0


def test_25_maximum_concurrency_two_never_runs_three_and_no_receive_count_grows():
    pipe = Pipeline(lambda call: succeed(call, 10_000))
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    pipe.create_mapping(queue, timeout_s=30, batch_size=1, maximum_concurrency=2)
    pipe.send(queue, *map(str, range(50)))
    pipe.advance(10 * MINUTE)
    assert pipe.running_most == 2
    assert len(pipe.calls) == 50
    assert {count for call in pipe.calls for count in call.receive_counts} == {1}


def test_30_messages_batch_20_window_1_two_at_once_make_two_invocations():
    """Recorded on AWS (spec/esm.md 12.3, E-A10)."""
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    pipe.send(queue, *map(str, range(30)))
    pipe.create_mapping(queue, batch_size=20, window_s=1, maximum_concurrency=2)
    pipe.advance(MINUTE)
    assert [len(call.records) for call in pipe.calls] == [20, 10]
    assert {count for call in pipe.calls for count in call.receive_counts} == {1}


def test_27_a_throttle_that_clears_within_the_lease_costs_no_receive():
    pipe = Pipeline(in_turn(throttle(), throttle()))
    queue = pipe.create_queue("orders", VisibilityTimeout=120)
    mapping = pipe.create_mapping(queue)
    pipe.send(queue, "a")
    pipe.advance(10_000)
    assert [call.at - pipe.calls[0].at for call in pipe.calls] == [0, 1_000, 3_000]
    assert pipe.calls[-1].receive_counts == [1]
    handles = {call.records[0]["receiptHandle"] for call in pipe.calls}
    assert len(handles) == 1
    tally = pipe.mappings.tally(mapping)
    assert (tally.invoked, tally.failed, tally.deleted) == (3, 2, 1)


def test_28_a_throttle_that_outlasts_the_lease_brings_a_new_receipt():
    free_at = 33_000

    def function(call):
        return succeed(call) if call.at - began >= free_at else throttle()

    pipe = Pipeline(function)
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    pipe.create_mapping(queue)
    began = pipe.now
    pipe.send(queue, "a")
    pipe.advance(MINUTE)
    last = pipe.calls[-1]
    assert last.at - began >= free_at
    assert last.receive_counts == [2]
    assert last.records[0]["receiptHandle"] != pipe.calls[0].records[0]["receiptHandle"]
    assert pipe.left(queue) == 0


def test_without_any_capacity_the_count_climbs_once_a_lease_until_the_dead_letter_queue():
    pipe = Pipeline(lambda call: throttle())
    dead = pipe.create_queue("dead")
    queue = pipe.create_queue("orders", VisibilityTimeout=30, RedrivePolicy=redrive("dead", 3))
    pipe.create_mapping(queue)
    pipe.send(queue, "a")
    pipe.advance(89_999)
    assert pipe.left(queue) == 1
    pipe.advance(1)
    assert (pipe.left(queue), pipe.left(dead)) == (0, 1)
    counts = [call.receive_counts[0] for call in pipe.calls]
    assert sorted(set(counts)) == [1, 2, 3]


def test_31_switched_off_during_an_invoke_it_ends_and_deletes_then_nothing_is_received():
    pipe = Pipeline(lambda call: succeed(call, 10_000))
    queue = pipe.create_queue("orders")
    mapping = pipe.create_mapping(queue, timeout_s=30)
    pipe.send(queue, "a")
    pipe.advance(1_000)
    pipe.ask(UpdateMapping(mapping, enabled=False))
    pipe.send(queue, "b")
    pipe.advance(60 * MINUTE)
    assert [call.bodies for call in pipe.calls] == [["a"]]
    assert pipe.left(queue) == 1
    assert pipe.ask(GetMapping(mapping)).state == "Disabled"
    pipe.ask(UpdateMapping(mapping, enabled=True))
    pipe.advance(MINUTE)
    assert pipe.calls[-1].bodies == ["b"]
    assert pipe.calls[-1].receive_counts == [1]


def test_deleted_during_an_invoke_it_ends_and_deletes():
    pipe = Pipeline(lambda call: succeed(call, 10_000))
    queue = pipe.create_queue("orders")
    mapping = pipe.create_mapping(queue, timeout_s=30)
    pipe.send(queue, "a")
    pipe.advance(1_000)
    pipe.ask(DeleteMapping(mapping))
    pipe.advance(MINUTE)
    assert pipe.left(queue) == 0
    assert list(pipe.mappings.machines()) == []


@pytest.mark.parametrize("outcome", [throttle(), Result(NotInvoked())])
def test_13_a_function_that_is_missing_for_a_while_is_found_again(outcome):
    pipe = Pipeline(lambda call: outcome)
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    mapping = pipe.create_mapping(queue)
    pipe.send(queue, "a")
    pipe.advance(5 * MINUTE)
    assert pipe.ask(GetMapping(mapping)).state == "Enabled"
    assert pipe.left(queue) == 1
    pipe.function = succeed
    pipe.advance(32_000)
    assert pipe.left(queue) == 0


def test_a_queue_that_is_deleted_and_made_anew_is_found_again():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    mapping = pipe.create_mapping(queue)
    pipe.ask(DeleteQueue(queue))
    pipe.advance(10 * MINUTE)
    assert pipe.ask(GetMapping(mapping)).state == "Enabled"
    again = pipe.create_queue("orders")
    pipe.send(again, "a")
    pipe.advance(MINUTE)
    assert pipe.calls[-1].bodies == ["a"]
    assert pipe.left(again) == 0


def test_two_functions_on_one_queue_compete_and_each_message_goes_to_one():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    pipe.create_mapping(queue, "one", batch_size=1)
    pipe.create_mapping(queue, "two", batch_size=1)
    ids = pipe.send(queue, *map(str, range(20)))
    pipe.advance(1)
    delivered = [message_id for call in pipe.calls for message_id in call.ids]
    assert sorted(delivered) == sorted(ids)
    assert len({call.function_arn for call in pipe.calls}) == 2


def test_a_later_visibility_timeout_of_the_queue_holds_for_the_next_receive():
    pipe = Pipeline(in_turn(fail()))
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    pipe.create_mapping(queue)
    pipe.ask(SetQueueAttributes(queue, {"VisibilityTimeout": "5"}))
    pipe.send(queue, "a")
    pipe.advance(5_000)
    assert len(pipe.calls) == 2


def test_a_longer_visibility_timeout_holds_for_a_receive_that_waited_with_one_of_its_own():
    pipe = Pipeline(in_turn(fail()))
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    pipe.create_mapping(queue, timeout_s=30, window_s=5)  # it asks for 65 s
    pipe.ask(SetQueueAttributes(queue, {"VisibilityTimeout": "180"}))
    pipe.send(queue, "a")
    pipe.advance(180_000)
    assert len(pipe.calls) == 1
    pipe.advance(5_000)
    assert [call.receive_counts for call in pipe.calls] == [[1], [2]]


def test_a_visibility_timeout_of_zero_does_not_make_the_mapping_spin():
    pipe = Pipeline(in_turn(fail()))
    queue = pipe.create_queue("orders", VisibilityTimeout=30)
    pipe.create_mapping(queue)
    pipe.ask(SetQueueAttributes(queue, {"VisibilityTimeout": "0"}))
    pipe.send(queue, "a")
    pipe.advance(5_000)
    assert len(pipe.calls) == 2
    assert pipe.left(queue) == 0


def test_35_the_digest_of_no_attributes_is_absent_or_null():
    for window_s, there in ((0, False), (1, True)):
        pipe = Pipeline()
        queue = pipe.create_queue("orders")
        pipe.create_mapping(queue, window_s=window_s)
        pipe.send(queue, "a")
        pipe.advance(1_000)
        (record,) = pipe.calls[0].records
        assert ("md5OfMessageAttributes" in record) is there
        assert record.get("md5OfMessageAttributes") is None
