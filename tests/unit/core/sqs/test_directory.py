"""Queues by name: creation, comparison, listing, deletion (spec/sqs.md 2.1 to 2.6, 3.2, 8.1)."""

import pytest

from headrace.core.sqs import commands
from headrace.core.sqs.errors import (
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidParameterValue,
    QueueDeletedRecently,
    QueueDoesNotExist,
    QueueNameExists,
)
from headrace.core.sqs.replies import Done
from tests.unit.core.sqs.bench import ACCOUNT, REGION, Bench, arn_of, redrive_to


@pytest.fixture
def bench():
    return Bench()


def refused(bench, error, command):
    before = {machine: bench.room.snapshot(machine) for machine in bench.room.machines()}
    with pytest.raises(error) as refusal:
        bench.ask(command)
    after = {machine: bench.room.snapshot(machine) for machine in bench.room.machines()}
    assert after == before
    return refusal.value.message


def create(name, attributes=None, tags=None):
    return commands.CreateQueue(ACCOUNT, REGION, name, attributes or {}, tags or {})


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a.b", "x.fifo", "x" * 81, "\u00e9", "a\n"])
def test_bad_names_are_refused(bench, name):
    assert refused(bench, InvalidParameterValue, create(name)) == (
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    )


@pytest.mark.parametrize("name", ["x", ".fifo", "a.b.fifo", "x" * 76 + ".fifo"])
def test_bad_fifo_names_are_refused(bench, name):
    message = refused(bench, InvalidParameterValue, create(name, {"FifoQueue": "true"}))
    assert message.startswith("The name of a FIFO queue can only include")


def test_a_fifo_queue_has_four_attributes_more(bench):
    """3.2, and 2.1: compared when it is created again, booleans whatever their case."""
    name = "x" * 75 + ".fifo"
    queue = bench.create(name, FifoQueue="True")
    found = bench.attributes(queue, "All")
    assert len(found) == 16
    assert {key: found[key] for key in found if "Fifo" in key or "Dedup" in key} == {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
    }
    assert bench.room.describe(queue).is_fifo
    assert bench.create(name, FifoQueue="TRUE", ContentBasedDeduplication="False") == queue
    again = create(name, {"FifoQueue": "true", "DeduplicationScope": "messageGroup"})
    assert "attribute DeduplicationScope" in refused(bench, QueueNameExists, again)
    assert bench.ask(commands.SetQueueAttributes(queue, {"FifoQueue": "true"})) == Done()
    message = refused(
        bench, InvalidAttributeValue, commands.SetQueueAttributes(queue, {"FifoQueue": "false"})
    )
    assert message == (
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    )


def test_a_dead_letter_queue_is_of_its_sources_type(bench):
    """3.3, 7.3."""
    bench.create("dead")
    bench.create("dead.fifo", FifoQueue="true")
    for name, target in (("q", "dead.fifo"), ("q.fifo", "dead")):
        attributes = {"RedrivePolicy": redrive_to(target)}
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        message = refused(bench, InvalidParameterValue, create(name, attributes))
        assert message.endswith("Dead-letter queue must be same type of queue as the source..")
    bench.create("q.fifo", FifoQueue="true", RedrivePolicy=redrive_to("dead.fifo"))


def test_good_names_are_taken(bench):
    for name in ("a", "A-_9", "x" * 80):
        assert bench.room.find(ACCOUNT, REGION, name) if bench.create(name) else None
    assert bench.room.names(ACCOUNT, REGION) == ("A-_9", "a", "x" * 80)
    assert bench.room.names(ACCOUNT, "eu-west-1") == ()


def test_creating_again_finds_the_queue_or_tells_what_differs(bench):
    queue = bench.create("q", VisibilityTimeout="5")
    assert bench.create("q") == queue
    assert bench.create("q", VisibilityTimeout="5", DelaySeconds="0") == queue
    assert bench.records() == []
    message = refused(bench, QueueNameExists, create("q", {"VisibilityTimeout": "6"}))
    assert message == (
        "A queue already exists with the same name and a different value "
        "for attribute VisibilityTimeout"
    )


def test_a_deleted_name_waits_a_minute_unless_the_rules_say_otherwise(bench):
    bench.ask(commands.DeleteQueue(bench.create("q")))
    message = refused(bench, QueueDeletedRecently, create("q"))
    assert message == (
        "You must wait 60 seconds after deleting a queue before you can create another with the "
        "same name."
    )
    bench.now += 60_000
    assert bench.create("q") == 17, "a new machine"
    quick = Bench(create_after_delete_ms=0)
    quick.ask(commands.DeleteQueue(quick.create("q")))
    assert quick.create("q") == 17


def test_a_queue_that_is_gone_does_not_exist(bench):
    queue = bench.create("q")
    bench.ask(commands.DeleteQueue(queue))
    for command in (
        commands.DeleteQueue(queue),
        commands.PurgeQueue(queue),
        commands.GetQueueAttributes(queue, ("All",)),
        commands.SetQueueAttributes(queue, {}),
        commands.SendMessages(queue, 1, ()),
        commands.ReceiveMessages(queue, 1),
        commands.DeleteMessages(queue, ("garbage",)),
        commands.ChangeVisibility(queue, (("garbage", 1),)),
        commands.FindQueue(ACCOUNT, REGION, "q"),
    ):
        assert refused(bench, QueueDoesNotExist, command) == "The specified queue does not exist."
    for look_up in (
        lambda: bench.room.find(ACCOUNT, REGION, "q"),
        lambda: bench.room.find_arn(arn_of("q")),
        lambda: bench.room.find_arn("dummy"),
        lambda: bench.room.describe(queue),
    ):
        with pytest.raises(QueueDoesNotExist):
            look_up()


def test_look_ups_find_a_queue_and_show_its_settings(bench):
    queue = bench.create("q", VisibilityTimeout="5", ReceiveMessageWaitTimeSeconds="7")
    assert bench.room.find_arn(arn_of("q")) == queue
    with pytest.raises(QueueDoesNotExist):
        bench.room.find_arn(arn_of("q").replace("aws", "aws-cn"))
    view = bench.room.describe(queue)
    assert (view.queue, view.name, view.arn, view.is_fifo) == (queue, "q", arn_of("q"), False)
    assert (view.visibility_timeout_s, view.receive_message_wait_time_s) == (5, 7)
    assert (view.maximum_message_size, view.delay_s) == (1_048_576, 0)
    bench.ask(commands.SetQueueAttributes(queue, {"VisibilityTimeout": "6"}))
    assert bench.room.describe(queue).visibility_timeout_s == 6
    found = bench.ask(commands.FindQueue(ACCOUNT, REGION, "q"))
    assert (found.queue, found.name) == (queue, "q")


def test_names_are_listed_in_order_page_by_page(bench):
    for name in ("b2", "a1", "b1", "B0", "b3", "c"):
        bench.create(name)

    def page(**more):
        found = bench.ask(commands.ListQueues(ACCOUNT, REGION, **more))
        return found.names, found.more

    assert page() == (("B0", "a1", "b1", "b2", "b3", "c"), False)
    assert page(prefix="b") == (("b1", "b2", "b3"), False)
    assert page(prefix="b", at_most=2) == (("b1", "b2"), True)
    assert page(prefix="b", at_most=2, after="b2") == (("b3",), False)
    assert page(prefix="z") == ((), False)
    assert page(at_most=6) == (("B0", "a1", "b1", "b2", "b3", "c"), False)


def test_all_attributes_of_a_new_queue(bench):
    assert set(bench.attributes(bench.create("q"), "All")) == {
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "DelaySeconds",
        "LastModifiedTimestamp",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "QueueArn",
        "ReceiveMessageWaitTimeSeconds",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
    }


def test_setting_is_all_or_nothing_and_modifies_the_stamp(bench):
    queue = bench.create("q")
    bench.now += 5_000
    given = {"DelaySeconds": "5", "VisibilityTimeout": "-1"}
    with pytest.raises(Exception, match="VisibilityTimeout"):
        bench.ask(commands.SetQueueAttributes(queue, given))
    found = bench.attributes(queue, "DelaySeconds", "LastModifiedTimestamp", "CreatedTimestamp")
    assert found["DelaySeconds"] == "0"
    assert found["LastModifiedTimestamp"] == found["CreatedTimestamp"] == "1700000000"
    bench.ask(commands.SetQueueAttributes(queue, {"DelaySeconds": "5"}))
    found = bench.attributes(queue, "DelaySeconds", "LastModifiedTimestamp", "CreatedTimestamp")
    assert found == {
        "DelaySeconds": "5",
        "LastModifiedTimestamp": "1700000005",
        "CreatedTimestamp": "1700000000",
    }
    refused(bench, InvalidAttributeName, commands.SetQueueAttributes(queue, {"X": "1"}))


def reason(message):
    return message.partition(" Reason: ")[2]


def test_a_dead_letter_queue_must_be_there_and_let_the_source_in(bench):
    queue = bench.create("q")

    def refusal(text):
        command = commands.SetQueueAttributes(queue, {"RedrivePolicy": text})
        return reason(refused(bench, InvalidParameterValue, command))

    assert refusal(redrive_to("dead")) == "Dead letter target does not exist."
    assert (
        reason(
            refused(
                bench, InvalidParameterValue, create("new", {"RedrivePolicy": redrive_to("dead")})
            )
        )
        == "Dead letter target does not exist."
    )
    other = redrive_to("dead").replace(ACCOUNT, "2" * 12)
    assert refusal(other) == "Dead-letter target owner should be same as the source."
    far = redrive_to("far").replace(REGION, "eu-west-1")
    bench.ask(commands.CreateQueue(ACCOUNT, "eu-west-1", "far", {}, {}))
    assert refusal(far) == "Dead letter target does not exist."
    dead = bench.create("dead", RedriveAllowPolicy='{"redrivePermission":"denyAll"}')
    assert "does not allow" in refusal(redrive_to("dead"))
    allow = f'{{"redrivePermission":"byQueue","sourceQueueArns":["{arn_of("q")}"]}}'
    bench.ask(commands.SetQueueAttributes(dead, {"RedriveAllowPolicy": allow}))
    bench.ask(commands.SetQueueAttributes(queue, {"RedrivePolicy": redrive_to("dead", 3)}))
    assert bench.attributes(queue, "RedrivePolicy") == {"RedrivePolicy": redrive_to("dead", 3)}
    bench.ask(commands.SetQueueAttributes(queue, {"RedrivePolicy": redrive_to("dead", 4)}))
    message = refused(
        bench, InvalidParameterValue, create("new", {"RedrivePolicy": redrive_to("dead")})
    )
    assert "does not allow" in message


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({str(number): "" for number in range(51)}, "Too many tags added for queue q."),
        ({"": "v"}, "Tag keys must be between 1 and 128 characters in length."),
        ({"k" * 129: "v"}, "Tag keys must be between 1 and 128 characters in length."),
        ({"k": "v" * 257}, "Tag values must be between 0 and 256 characters in length."),
    ],
)
def test_tags_have_limits(bench, tags, sentence):
    assert refused(bench, InvalidParameterValue, create("q", tags=tags)) == sentence


def test_tags_are_kept(bench):
    bench.ask(create("q", tags={"k": "v", "K": ""}))
    assert bench.queue(16).tags == {"k": "v", "K": ""}
    assert bench.reload().directory.queues[16].tags == {"k": "v", "K": ""}


def test_freed_names_survive_a_restart(bench):
    bench.ask(commands.DeleteQueue(bench.create("q")))
    with pytest.raises(QueueDeletedRecently):
        bench.reload().apply(create("q"), bench.now, 1)


def test_the_sources_of_a_dead_letter_queue_are_listed_in_pages(bench):
    """2.13."""
    dead = bench.create("dead")
    assert bench.ask(commands.ListSourceQueues(dead)).names == ()
    assert not bench.room.directory.is_dead_letter_queue(bench.queue(dead))
    for name in ("c", "a", "b", "other"):
        bench.create(name, **({} if name == "other" else {"RedrivePolicy": redrive_to("dead")}))
    assert bench.room.directory.is_dead_letter_queue(bench.queue(dead))
    page = bench.ask(commands.ListSourceQueues(dead, at_most=2))
    assert (page.names, page.more) == (("a", "b"), True)
    page = bench.ask(commands.ListSourceQueues(dead, after="b", at_most=2))
    assert (page.names, page.more) == (("c",), False)
