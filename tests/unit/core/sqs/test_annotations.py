"""Tags and permissions of a queue: what changes, and what does not (spec/sqs.md 8.1, 8.2, Q21)."""

import pytest

from headrace.core.sqs import commands
from headrace.core.sqs.errors import (
    InvalidParameterValue,
    OverLimit,
    QueueDoesNotExist,
)
from tests.unit.core.sqs.bench import Bench


@pytest.fixture
def bench():
    return Bench()


def tags_of(bench, queue):
    return bench.ask(commands.ListQueueTags(queue)).tags


def permit(queue, label="L", actions=("*",)):
    return commands.AddPermission(queue, label, ("111111111111",), actions)


def test_tags_are_overwritten_kept_apart_by_case_and_removed(bench):
    queue = bench.create()
    bench.ask(commands.TagQueue(queue, {"a": "1", "A": "2", "b": ""}))
    bench.ask(commands.TagQueue(queue, {"a": "3"}))
    assert tags_of(bench, queue) == {"a": "3", "A": "2", "b": ""}
    bench.ask(commands.UntagQueue(queue, ("A", "absent")))
    assert tags_of(bench, queue) == {"a": "3", "b": ""}
    assert tags_of(bench, bench.create("other")) == {}
    assert bench.reload().directory.queues[queue].tags == {"a": "3", "b": ""}


def test_removing_what_is_not_there_is_no_fact(bench):
    queue = bench.create()
    bench.ask(commands.UntagQueue(queue, ("absent",)))
    assert bench.records() == []


def test_a_refused_tag_changes_nothing(bench):
    queue = bench.create()
    bench.ask(commands.TagQueue(queue, {str(number): "" for number in range(49)}))
    with pytest.raises(InvalidParameterValue, match="Too many tags"):
        bench.ask(commands.TagQueue(queue, {"0": "new", "50": "", "51": ""}))
    assert tags_of(bench, queue)["0"] == ""
    with pytest.raises(InvalidParameterValue, match="between 1 and 128"):
        bench.ask(commands.UntagQueue(queue, ()))


def test_permissions_change_the_time_of_modification_and_tags_do_not(bench):
    queue = bench.create()
    created = bench.attributes(queue, "All")["LastModifiedTimestamp"]
    bench.now += 5_000
    bench.ask(commands.TagQueue(queue, {"a": "1"}))
    assert bench.attributes(queue, "All")["LastModifiedTimestamp"] == created
    bench.ask(permit(queue))
    assert int(bench.attributes(queue, "All")["LastModifiedTimestamp"]) == int(created) + 5


def test_the_last_removal_takes_the_policy_away(bench):
    """Row 49."""
    queue = bench.create()
    bench.ask(permit(queue))
    assert "SQSDefaultPolicy" in bench.attributes(queue, "Policy")["Policy"]
    with pytest.raises(InvalidParameterValue, match="Already exists"):
        bench.ask(permit(queue))
    bench.ask(commands.RemovePermission(queue, "L"))
    assert bench.attributes(queue, "All").keys().isdisjoint({"Policy"})
    with pytest.raises(InvalidParameterValue, match="can't find label"):
        bench.ask(commands.RemovePermission(queue, "L"))


def test_a_policy_has_its_bounds_however_it_grows(bench):
    """3.5: at most 20 statements."""
    queue = bench.create()
    for number in range(20):
        bench.ask(permit(queue, f"L{number}"))
    with pytest.raises(OverLimit, match="21 statements were found"):
        bench.ask(permit(queue, "L20"))


@pytest.mark.parametrize(
    "command",
    [
        commands.TagQueue(99, {"a": "b"}),
        commands.UntagQueue(99, ("a",)),
        commands.ListQueueTags(99),
        permit(99),
        commands.RemovePermission(99, "L"),
    ],
)
def test_an_unknown_queue_is_said_to_be(bench, command):
    with pytest.raises(QueueDoesNotExist):
        bench.ask(command)
