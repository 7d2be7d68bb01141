"""Settings that change under what is in hand: nothing is deleted or given up for it."""

import json

from headrace.core.mapping.commands import Polled, Succeeded, Target, Throttled, UpdateMapping
from headrace.core.mapping.effects import DeleteBatch, InvokeBatch
from tests.unit.core.mapping.story import FUNCTION, QUEUE, SETTLE_MS, Story, messages


def of(kind, effects):
    return [effect for effect in effects if isinstance(effect, kind)]


def test_a_function_that_takes_over_a_throttled_batch_is_heard_about_failures():
    story = Story()
    mapping = story.create()
    story.arrive("a", "b")
    story.finish(1, Throttled())
    other = Target(f"{FUNCTION}-2", "handle-2", 3)
    story.tell(UpdateMapping(mapping, target=other, reports_failures=True))
    (invoke,) = of(InvokeBatch, story.pass_time(1_000))
    assert invoke.function_arn == other.arn
    report = json.dumps({"batchItemFailures": [{"itemIdentifier": "id-a"}]}).encode()
    assert story.finish(1, Succeeded(report)) == [DeleteBatch(mapping, QUEUE, ("handle-b",))]


def test_an_invoke_under_way_is_heard_as_its_function_was_when_it_began():
    story = Story()
    mapping = story.create(reports_failures=True)
    story.arrive("a", "b")
    story.tell(UpdateMapping(mapping, reports_failures=False))
    story.pass_time(SETTLE_MS)
    report = json.dumps({"batchItemFailures": [{"itemIdentifier": "id-a"}]}).encode()
    assert of(DeleteBatch, story.finish(1, Succeeded(report)))[0].receipt_handles == ("handle-b",)


def test_no_batch_collects_for_longer_than_its_lease_lasts():
    """A receive under the old window brings messages after a longer one came into force."""
    story = Story()
    mapping = story.create(window_s=1)
    late = story.poll
    story.tell(UpdateMapping(mapping, window_s=300))
    story.pass_time(SETTLE_MS)
    brought = Polled(mapping, late.poll, messages("a"), story.now + 30_000)
    assert len(of(InvokeBatch, story.tell(brought))) == 1
    assert of(InvokeBatch, story.arrive("b", lease_ms=333_000)) == []
    assert len(of(InvokeBatch, story.pass_time(300_000))) == 1
