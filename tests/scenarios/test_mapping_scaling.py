"""How many batches at once, and what the filters leave of them, in virtual time (esm.md 4, 5.3)."""

import pytest

from headrace.testing.pipeline import Pipeline, arn_of_queue, succeed, throttle

MINUTE = 60_000


def slowly(milliseconds):
    return lambda call: succeed(call, milliseconds)


@pytest.mark.slow
def test_32_a_backlog_of_100_000_makes_concurrency_grow_from_5_to_305_in_a_minute():
    """esm.md 4.1: one more each 200 ms, to the number, and nothing is received twice."""
    most = {}  # running, by milliseconds since the first call

    def function(call):
        at = call.at - pipe.calls[0].at if pipe.calls else 0
        most[at] = max(call.running + 1, most.get(at, 0))
        return succeed(call, 1_000)

    pipe = Pipeline(function)
    queue = pipe.create_queue("orders")
    ids = pipe.send(queue, *["x"] * 100_000)
    pipe.create_mapping(queue, batch_size=10)
    pipe.advance(MINUTE)
    assert [most[step] for step in range(0, MINUTE + 1, 200)] == list(range(5, 306))
    assert max(most.values()) == 305
    pipe.advance(MINUTE)
    assert pipe.left(queue) == 0
    assert pipe.deleted == set(ids)
    assert {count for call in pipe.calls for count in call.receive_counts} == {1}


@pytest.mark.slow
def test_32_a_backlog_makes_concurrency_grow_to_1250_and_no_further():
    """esm.md 4.1: 1,245 more are there after 249 s, and stay."""
    pipe = Pipeline(slowly(10 * MINUTE))
    queue = pipe.create_queue("orders", VisibilityTimeout=3_600)
    pipe.send(queue, *["x"] * 1_300)
    pipe.create_mapping(queue, batch_size=1, timeout_s=600)
    pipe.advance(4 * MINUTE + 8_900)
    assert pipe.running == 1_249
    pipe.advance(100)
    assert pipe.running == 1_250
    pipe.advance(5 * MINUTE)
    assert pipe.running == 1_250
    pipe.advance(20 * MINUTE)
    assert len(pipe.deleted) == len(pipe.calls) == 1_300


def story_without_room(max_receives):
    """Reserved concurrency 1, no MaximumConcurrency, a handler almost as slow as the lease."""

    def function(call):
        return throttle() if call.running else succeed(call, 55_000)

    pipe = Pipeline(function)
    dead = pipe.create_queue("dead")
    target = arn_of_queue("dead")
    redrive = f'{{"deadLetterTargetArn":"{target}","maxReceiveCount":{max_receives}}}'
    queue = pipe.create_queue("orders", VisibilityTimeout=60, RedrivePolicy=redrive)
    pipe.create_mapping(queue, batch_size=1)
    ids = pipe.send(queue, *map(str, range(30)))
    pipe.advance(60 * MINUTE)
    assert len(pipe.deleted) + pipe.left(dead) == len(ids)
    return pipe.left(dead)


def test_26_without_room_for_the_pollers_valid_messages_die_without_ever_having_run():
    """esm.md 10.2 T26, 4.3: the trap. Two batches are always in hand, and one of them waits."""
    assert story_without_room(max_receives=3) > 0


def test_26_more_receives_let_all_of_them_run():
    """esm.md 8.2, E-06 and E-09: what helps."""
    assert story_without_room(max_receives=20) == 0


def test_a_fifo_queues_groups_run_at_once_without_growth():
    """esm.md 4.1: as many at once as there are groups, up to MaximumConcurrency."""
    for settings, at_once in (({}, 40), ({"maximum_concurrency": 7}, 7)):
        pipe = Pipeline(slowly(10_000))
        queue = pipe.create_queue("orders.fifo", FifoQueue="true")
        pipe.create_mapping(queue, batch_size=1, **settings)
        for group in range(40):
            pipe.send(queue, "a", "b", group=f"g{group}")
        pipe.advance(0)
        assert pipe.running_most == at_once
        pipe.advance(20_000 * 40)
        assert pipe.left(queue) == 0
        assert pipe.running_most == at_once


def test_provisioned_pollers_start_with_ten_each_and_grow_by_a_thousand_a_minute():
    """esm.md 4.1."""
    pipe = Pipeline(slowly(10 * MINUTE))
    queue = pipe.create_queue("orders", VisibilityTimeout=900)
    pipe.send(queue, *map(str, range(1_200)))
    pipe.create_mapping(queue, batch_size=1, minimum_pollers=2, maximum_pollers=100)
    pipe.advance(1)
    assert pipe.running_most == 20
    pipe.advance(30_000)
    assert 515 <= pipe.running_most <= 525
    pipe.advance(5 * MINUTE)
    assert pipe.running_most == 1_000


def test_a_quiet_mapping_begins_with_two_and_one_with_a_maximum_with_five():
    """esm.md 4.1: the floor after five minutes without a message."""
    for settings, at_once in (({}, 2), ({"maximum_concurrency": 8}, 5)):
        pipe = Pipeline(slowly(10_000))
        queue = pipe.create_queue("orders")
        pipe.create_mapping(queue, batch_size=1, **settings)
        pipe.advance(5 * MINUTE)
        pipe.send(queue, *map(str, range(9)))
        pipe.advance(1)
        assert pipe.running_most == at_once
        pipe.advance(600)
        assert pipe.running_most == at_once + 3


def test_filtered_messages_are_deleted_count_and_never_reach_the_dead_letter_queue():
    """esm.md 5.3: polled 3, filtered 2, invoked 1, deleted 3."""
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    mapping = pipe.create_mapping(queue, filters=('{"body":{"kind":["order"]}}',))
    ids = pipe.send(queue, '{"kind":"order"}', '{"kind":"other"}', "plain")
    pipe.advance(1)
    assert (pipe.deleted, pipe.filtered) == ({ids[0]}, set(ids[1:]))
    assert pipe.left(queue) == 0
    tally = pipe.mappings.tally(mapping)
    assert (tally.polled, tally.filtered, tally.invoked, tally.deleted) == (3, 2, 1, 3)


def test_a_filtered_message_holds_its_group_up_no_longer():
    """esm.md 4.4, 5.3: the next of the group follows, in order."""
    pipe = Pipeline()
    attributes = {"FifoQueue": "true", "VisibilityTimeout": 30}
    queue = pipe.create_queue("orders.fifo", **attributes)
    pipe.create_mapping(queue, batch_size=1, filters=('{"body":[{"anything-but":"skip"}]}',))
    pipe.send(queue, "a", "skip", "b", "skip", "c", group="g")
    pipe.advance(10)
    assert [body for call in pipe.calls for body in call.bodies] == ["a", "b", "c"]
    assert pipe.left(queue) == 0
