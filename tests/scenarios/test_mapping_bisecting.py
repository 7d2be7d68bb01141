"""Poison batches that are halved, for mappings that ask for it by a tag (docs/ARCHITECTURE.md, Mappings).

AWS has nothing like it for queues: without the tag a batch that failed waits for its lease to end.
"""

import pytest

from headrace.core.mapping.commands import Succeeded, TagMapping, UntagMapping
from headrace.core.mapping.tags import BISECT
from headrace.testing.pipeline import Pipeline, arn_of_queue, fail, succeed

SECOND = 1_000


def poisoned(duration_ms=0):
    """A function that raises when it meets a body with "bad" in it."""
    return lambda call: (
        fail(duration_ms) if any("bad" in body for body in call.bodies) else succeed(call)
    )


def story(bodies, function, *, tag="true", **attributes):
    pipe = Pipeline(function)
    dead = pipe.create_queue("dead")
    target = arn_of_queue("dead")
    redrive = f'{{"deadLetterTargetArn":"{target}","maxReceiveCount":2}}'
    queue = pipe.create_queue("orders", VisibilityTimeout=30, RedrivePolicy=redrive, **attributes)
    mapping = pipe.create_mapping(queue)
    pipe.ask(TagMapping(mapping, {BISECT: tag}))
    pipe.send(queue, *bodies)
    return pipe, queue, dead, mapping


BODIES = ("a", "b", "c", "d", "bad", "e", "f", "g", "h", "i")


def test_nine_good_messages_are_handled_at_once_and_the_bad_one_dies_alone():
    pipe, queue, dead, mapping = story(BODIES, poisoned())
    pipe.advance(1)
    assert sorted(body for call in pipe.calls[:1] for body in call.bodies) == sorted(BODIES)
    assert pipe.left(queue) == 1
    assert [len(call.bodies) for call in pipe.calls] == [10, 5, 5, 3, 2, 1, 1]
    # One receive for all tries: what was halved costs no receive count.
    assert {count for call in pipe.calls for count in call.receive_counts} == {1}
    pipe.advance(60 * SECOND)
    assert [call.bodies for call in pipe.calls[7:]] == [["bad"]]  # its second receive
    assert (pipe.left(queue), pipe.left(dead)) == (0, 1)
    tally = pipe.mappings.tally(mapping)
    assert (tally.polled, tally.deleted) == (11, 9)
    assert tally.invoked == 10 + 5 + 5 + 3 + 2 + 1 + 1 + 1
    assert tally.failed == 10 + 5 + 2 + 1 + 1


@pytest.mark.parametrize("tag", ["false", ""])
def test_without_the_tag_the_whole_batch_waits_for_its_lease_and_dies_together_as_on_aws(tag):
    pipe, queue, dead, _ = story(BODIES, poisoned(), tag=tag)
    pipe.advance(90 * SECOND)
    assert [call.receive_counts[0] for call in pipe.calls] == [1, 2]
    assert (pipe.left(queue), pipe.left(dead)) == (0, 10)


def test_the_tag_rules_from_the_next_end_of_a_batch_on_and_its_removal_too():
    pipe, queue, _, mapping = story(["bad", "good"], poisoned(5 * SECOND))
    pipe.advance(1_000)
    pipe.ask(UntagMapping(mapping, (BISECT,)))
    pipe.advance(20 * SECOND)
    assert len(pipe.calls) == 1
    assert pipe.left(queue) == 2


def test_halves_are_not_tried_after_the_lease():
    pipe, queue, dead, _ = story(["bad", "good"], poisoned(29 * SECOND))
    pipe.advance(29 * SECOND)
    assert [call.bodies for call in pipe.calls] == [["bad", "good"], ["bad"], ["good"]]
    pipe, queue, dead, _ = story(["bad 1", "bad 2", "good"], poisoned(16 * SECOND))
    pipe.advance(29 * SECOND)
    # 16 s for all, then ["bad 1", "bad 2"] until 32 s, and ["good"] at once.
    assert [call.bodies for call in pipe.calls][1:] == [["bad 1", "bad 2"], ["good"]]
    pipe.advance(1_000)
    assert pipe.calls[3].receive_counts == [2, 2]
    assert pipe.calls[3].at - pipe.calls[0].at == 30 * SECOND
    assert pipe.left(queue) + pipe.left(dead) == 2


def test_in_a_fifo_queue_halves_run_one_after_the_other_and_nothing_overtakes():
    pipe = Pipeline(poisoned())
    queue = pipe.create_queue("orders.fifo", FifoQueue="true", VisibilityTimeout=30)
    mapping = pipe.create_mapping(queue)
    pipe.ask(TagMapping(mapping, {BISECT: "true"}))
    pipe.send(queue, "a1", "a2", "bad", "a4", group="a")
    pipe.send(queue, "b1", "b2", group="b")
    pipe.advance(1)
    well = [call for call in pipe.calls if isinstance(call.outcome, Succeeded)]
    handled = [body for call in well for body in call.bodies]
    assert [body for body in handled if body.startswith("a")] == ["a1", "a2"]
    assert {"b1", "b2"} <= set(handled)
    assert pipe.left(queue) == 2
    pipe.function = succeed
    pipe.advance(30 * SECOND)
    late = [body for call in pipe.calls[-2:] for body in call.bodies]
    assert late[-2:] == ["bad", "a4"]
    assert pipe.left(queue) == 0
