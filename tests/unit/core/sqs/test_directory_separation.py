"""Accounts and regions know nothing of each other (spec/sqs.md 1.5)."""

import pytest

from headrace.core.sqs import commands
from headrace.core.sqs.errors import (
    InvalidParameterValue,
    QueueDoesNotExist,
    ReceiptHandleIsInvalid,
    ResourceNotFound,
)
from tests.unit.core.sqs.bench import ACCOUNT, REGION, Bench, redrive_to

#: Beside the bench's own (ACCOUNT, REGION).
OTHERS = [("222222222222", REGION), (ACCOUNT, "eu-west-1"), ("222222222222", "eu-west-1")]


@pytest.fixture
def bench():
    return Bench()


def create(bench, account, region, name="orders", **attributes):
    return bench.ask(commands.CreateQueue(account, region, name, attributes, {})).queue


@pytest.mark.parametrize(("account", "region"), OTHERS)
def test_queues_of_one_name_are_different_queues(bench, account, region):
    own = bench.create()
    with pytest.raises(QueueDoesNotExist):
        bench.room.find(account, region, "orders")
    other = create(bench, account, region, DelaySeconds="5")
    assert other != own
    assert bench.room.describe(other).arn != bench.room.describe(own).arn
    bench.send(own)
    (message,) = bench.receive(own)
    assert bench.receive(other) == ()
    (refusal,) = bench.delete(other, [message])
    assert isinstance(refusal, ReceiptHandleIsInvalid)
    bench.ask(commands.TagQueue(own, {"a": "b"}))
    assert bench.ask(commands.ListQueueTags(other)).tags == {}


@pytest.mark.parametrize(("account", "region"), OTHERS)
def test_lists_hold_ones_own(bench, account, region):
    bench.create("a")
    create(bench, account, region, "b")
    assert bench.ask(commands.ListQueues(ACCOUNT, REGION)).names == ("a",)
    assert bench.ask(commands.ListQueues(account, region)).names == ("b",)


@pytest.mark.parametrize(("account", "region"), OTHERS)
def test_a_deleted_name_is_free_elsewhere(bench, account, region):
    bench.ask(commands.DeleteQueue(bench.create()))
    assert create(bench, account, region)


@pytest.mark.parametrize(("account", "region"), OTHERS)
def test_dead_letters_stay_in_their_account_and_region(bench, account, region):
    dead = bench.create("dead")
    with pytest.raises(InvalidParameterValue, match="target"):
        create(bench, account, region, RedrivePolicy=redrive_to("dead"))
    bench.create(RedrivePolicy=redrive_to("dead"))
    other = create(bench, account, region, "dead")
    assert bench.ask(commands.ListSourceQueues(dead)).names == ("orders",)
    assert bench.ask(commands.ListSourceQueues(other)).names == ()


def test_move_tasks_know_the_queues_of_the_callers_region_only(bench):
    bench.create("dead")
    arn = bench.room.describe(bench.room.find(ACCOUNT, REGION, "dead")).arn
    for command in (
        commands.StartMoveTask("eu-west-1", arn, None, None, b""),
        commands.ListMoveTasks("eu-west-1", arn, 1),
        commands.CancelMoveTask("eu-west-1", arn, "task"),
    ):
        with pytest.raises(ResourceNotFound, match="SourceArn"):
            bench.ask(command)
