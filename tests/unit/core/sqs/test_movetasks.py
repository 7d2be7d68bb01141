"""Message move tasks, row by row (spec/sqs.md 7.4, 14.3, 11 rows 24 and 25)."""

import pytest

from headrace.core.machine import Remember
from headrace.core.sqs import commands
from headrace.core.sqs.errors import InvalidParameterValue, OverLimit, ResourceNotFound
from headrace.core.sqs.records import (
    MessagesArrived,
    MessagesDeparted,
    MessagesReceived,
    MessagesReturned,
    MoveTaskProgressed,
    MoveTaskTurned,
)
from tests.unit.core.sqs.bench import REGION, Bench, arn_of, redrive_to


class TaskBench(Bench):
    """A bench with a dead-letter queue, two sources of it, and another queue."""

    def __init__(self):
        super().__init__()
        self.dead = self.create("dead")
        attributes = {"RedrivePolicy": redrive_to("dead"), "VisibilityTimeout": "0"}
        self.one = self.create("one", **attributes)
        self.two = self.create("two", **attributes)
        self.other = self.create("other")

    def bury(self, queue, count=1):
        """Let messages go through a queue into the dead-letter queue."""
        self.send(queue, count)
        while self.receive(queue):
            pass

    def start(self, source="dead", to=None, rate=None):
        destination = None if to is None else arn_of(to)
        return self.ask(
            commands.StartMoveTask(REGION, arn_of(source), destination, rate, b"s" * 16)
        )

    def tasks(self, source="dead", at_most=10):
        return self.ask(commands.ListMoveTasks(REGION, arn_of(source), at_most)).tasks

    def task(self):
        return self.tasks()[0]

    def cancel(self, task, source="dead"):
        return self.ask(commands.CancelMoveTask(REGION, arn_of(source), task.task_id))

    def visible(self, queue):
        return int(self.attributes(queue, "All")["ApproximateNumberOfMessages"])


@pytest.fixture
def bench():
    return TaskBench()


def test_each_message_goes_back_to_its_own_source(bench):
    """Row 24."""
    bench.bury(bench.one, 3)
    bench.bury(bench.two, 2)
    begun = bench.start()
    assert (begun.status, begun.moved, begun.to_move) == ("RUNNING", 0, 5)
    bench.wake_up()
    assert (bench.visible(bench.one), bench.visible(bench.two)) == (3, 2)
    done = bench.task()
    assert (done.status, done.moved, done.to_move) == ("COMPLETED", 5, 5)
    assert (done.destination_arn, done.rate, done.failure_reason) == ("", 0, "")
    assert done.started_at == begun.started_at


def test_a_moved_message_is_a_new_one(bench):
    """Row 25: new id, time and count; the same body."""
    bench.send(bench.one)
    (before,) = bench.receive(bench.one)
    bench.receive(bench.one)
    bench.now += 5_000
    bench.start()
    bench.wake_up()
    (after,) = bench.receive(bench.one)
    assert after.address == before.address
    assert after.message_id != before.message_id
    assert (after.sent_at, after.first_received_at) == (bench.now, bench.now)
    assert (after.receive_count, after.dead_letter_source_arn) == (1, "")


def test_a_new_message_keeps_its_new_id_on_further_ways(bench):
    bench.bury(bench.one)
    bench.start()
    bench.wake_up()
    (moved,) = bench.receive(bench.one)
    assert bench.receive(bench.one) == ()
    (dead,) = bench.receive(bench.dead, visibility_ms=0)
    assert dead.message_id == moved.message_id
    assert (dead.receive_count, dead.dead_letter_source_arn) == (2, arn_of("one"))
    assert dead.sent_at == moved.sent_at
    bench.start(to="other")
    bench.wake_up()
    (third,) = bench.receive(bench.other)
    assert third.message_id not in (moved.message_id, bench.send(bench.other)[0].message_id)
    bench.delete(bench.other, [third])
    assert bench.forgets() == [(1, 1)], "it is still the body that was sent first"


def test_departure_and_arrival_stand_in_one_block(bench):
    bench.bury(bench.one)
    bench.bury(bench.two)
    bench.start()
    kinds = [type(e.record) for e in bench.wake_up() if isinstance(e, Remember)]
    assert kinds == [
        MessagesReceived,
        MessagesDeparted,
        MessagesArrived,
        MessagesArrived,
        MoveTaskProgressed,
        MoveTaskTurned,
    ]
    assert bench.forgets() == []


def test_messages_without_a_source_make_it_fail_and_stay(bench):
    bench.bury(bench.one)
    bench.send(bench.dead)
    bench.bury(bench.two)
    bench.start()
    kinds = [type(e.record) for e in bench.wake_up() if isinstance(e, Remember)]
    assert MessagesReturned in kinds
    task = bench.task()
    assert (task.status, task.failure_reason) == ("FAILED", "CouldNotDetermineMessageSource")
    assert (task.moved, bench.visible(bench.dead)) == (1, 2)
    (sent, _) = bench.receive(bench.dead)
    assert (sent.receive_count, sent.first_received_at) == (1, bench.now), "nobody had it before"


def test_an_explicit_destination_takes_all(bench):
    bench.bury(bench.one)
    bench.send(bench.dead, 2)
    bench.start(to="other")
    bench.wake_up()
    task = bench.task()
    assert (task.status, task.moved, task.destination_arn) == ("COMPLETED", 3, arn_of("other"))
    assert bench.visible(bench.other) == 3


def test_the_rate_is_kept_and_the_first_comes_at_once(bench):
    """S-A12."""
    bench.send(bench.dead, 4)
    bench.start(to="other", rate=1)
    for moved in (1, 2, 3, 4):
        bench.wake_up()
        assert (bench.visible(bench.other), bench.task().moved) == (moved, moved)
        assert bench.task().status == ("COMPLETED" if moved == 4 else "RUNNING")
        bench.wake_up(999)
        assert bench.visible(bench.other) == moved
        bench.now += 1


def test_without_a_rate_it_is_500_a_second(bench):
    for _ in range(15):
        bench.send(bench.dead, 100)
    bench.start(to="other")
    bench.wake_up(1_000)
    assert bench.visible(bench.other) == 550, "11 steps of 50"
    bench.wake_up(2_000)
    assert bench.task().status == "COMPLETED"


def test_oldest_first(bench):
    first = bench.send(bench.dead)[0]
    bench.send(bench.dead, 2)
    bench.start(to="other", rate=1)
    bench.wake_up()
    assert [m.number for m in bench.receive(bench.dead)] == [first.number + 1, first.number + 2]


def test_a_destination_that_goes_away_makes_it_fail(bench):
    """S-A11."""
    bench.send(bench.dead, 10)
    bench.start(to="other", rate=1)
    bench.wake_up(2_000)
    bench.ask(commands.DeleteQueue(bench.other))
    bench.wake_up(1_000)
    task = bench.task()
    assert (task.status, task.moved, task.to_move, task.rate) == ("FAILED", 3, 10, 1)
    assert task.failure_reason == "AWS.SimpleQueueService.NonExistentQueue"
    assert len(bench.receive(bench.dead)) == 7


def test_a_source_of_messages_that_goes_away_makes_it_fail(bench):
    bench.bury(bench.one)
    bench.bury(bench.two)
    bench.ask(commands.DeleteQueue(bench.two))
    bench.start()
    bench.wake_up()
    task = bench.task()
    assert (task.status, task.moved) == ("FAILED", 1)
    assert task.failure_reason == "AWS.SimpleQueueService.NonExistentQueue"


def test_cancelling_takes_until_the_next_step(bench):
    """S-A9, S-A10."""
    bench.send(bench.dead, 5)
    begun = bench.start(to="other", rate=1)
    bench.wake_up()
    cancelled = bench.cancel(begun)
    assert (cancelled.status, cancelled.moved) == ("CANCELLING", 1)
    with pytest.raises(ResourceNotFound, match="Task does not exist"):
        bench.cancel(begun)
    with pytest.raises(InvalidParameterValue, match="already a task running"):
        bench.start()
    bench.wake_up(1_000)
    task = bench.task()
    assert (task.status, task.moved, task.to_move) == ("CANCELLED", 1, 5)
    assert len(bench.receive(bench.dead)) == 4
    assert bench.start().status == "RUNNING"


def test_an_empty_source_is_done_at_once(bench):
    bench.start()
    bench.wake_up()
    task = bench.task()
    assert (task.status, task.moved, task.to_move) == ("COMPLETED", 0, 0)
    assert bench.room.next_deadline() is None


def test_what_comes_while_it_runs_is_moved_too(bench):
    bench.send(bench.dead, 2)
    bench.start(to="other", rate=1)
    bench.wake_up()
    bench.send(bench.dead)
    bench.wake_up(5_000)
    task = bench.task()
    assert (task.moved, task.to_move) == (3, 2)


def test_in_flight_messages_stay(bench):
    bench.send(bench.dead, 2)
    (held,) = bench.receive(bench.dead, at_most=1)
    bench.start(to="other")
    bench.wake_up()
    assert (bench.task().status, bench.task().moved) == ("COMPLETED", 1)
    assert bench.delete(bench.dead, [held]) == (None,)


def test_a_parked_receive_at_the_destination_is_answered(bench):
    bench.bury(bench.one)
    assert bench.receive(bench.one, wait_ms=20_000) is None
    ticket = bench.ticket
    bench.start()
    bench.wake_up()
    assert len(bench.replies[ticket].messages) == 1


def test_a_task_ends_after_36_hours(bench):
    bench.ask(commands.SetQueueAttributes(bench.dead, {"MessageRetentionPeriod": "1209600"}))
    for _ in range(1_300):
        bench.send(bench.dead, 100)
    bench.start(to="other", rate=1)
    queue = bench.queue(bench.dead)
    queue.tasks[-1].next_at = bench.now + 36 * 3_600_000
    bench.room.resume(bench.now)
    bench.wake_up(1)
    bench.wake_up(36 * 3_600_000)
    assert (bench.task().status, bench.task().failure_reason) == ("FAILED", "TaskTimedOut")


def test_ten_are_listed_newest_first(bench):
    for number in range(12):
        bench.send(bench.dead, number)
        bench.start(to="other")
        bench.wake_up(10)
    assert [task.moved for task in bench.tasks()] == list(range(11, 1, -1))
    assert [task.moved for task in bench.tasks(at_most=1)] == [11]
    assert bench.tasks("other") == ()


def test_a_running_task_goes_on_after_a_restart(bench):
    """In the middle, from snapshots: nothing lost, nothing doubled, the pause not made up for."""
    bench.bury(bench.one, 5)
    bench.start(rate=1)
    bench.wake_up(1_000)
    bench.now += 3_600_000
    bench.room = bench.reload()
    bench.wake_up()
    assert (bench.visible(bench.one), bench.visible(bench.dead)) == (3, 2)
    bench.wake_up(2_000)
    assert (bench.task().status, bench.task().moved) == ("COMPLETED", 5)
    ids = [message.message_id for message in bench.receive(bench.one)]
    assert len(set(ids)) == 5


def test_a_task_ends_with_its_source(bench):
    bench.send(bench.dead, 3)
    task = bench.start(to="other", rate=1)
    bench.ask(commands.DeleteQueue(bench.dead))
    assert bench.room.next_deadline() is None
    with pytest.raises(ResourceNotFound, match="SourceArn"):
        bench.cancel(task)
    with pytest.raises(ResourceNotFound, match="SourceArn"):
        bench.tasks()


def test_a_queue_that_is_its_own_dead_letter_queue_does_not_spin(bench):
    bench.ask(commands.SetQueueAttributes(bench.dead, {"RedrivePolicy": redrive_to("dead")}))
    bench.send(bench.dead)
    bench.receive(bench.dead, visibility_ms=0)
    bench.receive(bench.dead, at_most=1, visibility_ms=0)
    bench.start()
    bench.wake_up(10_000)
    assert bench.task().status in ("COMPLETED", "FAILED")
    assert bench.visible(bench.dead) == 1


def refused(bench, error, **given):
    before = {machine: bench.room.snapshot(machine) for machine in bench.room.machines()}
    given = {"source_arn": arn_of("dead"), "destination_arn": None, "rate": None} | given
    with pytest.raises(error) as refusal:
        bench.ask(commands.StartMoveTask(REGION, **given, seed=b""))
    assert {machine: bench.room.snapshot(machine) for machine in bench.room.machines()} == before
    return refusal.value.message


def test_what_a_task_cannot_begin_with(bench):
    """The table of 7.4."""
    formatted = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
    assert refused(bench, InvalidParameterValue, source_arn=arn_of("one")) == (
        "Source queue must be configured as a Dead Letter Queue."
    )
    gone = "The resource that you specified for the {} parameter doesn't exist."
    missing = arn_of("missing")
    elsewhere = arn_of("dead").replace("us-east-1", "eu-west-1")
    for arn in (missing, elsewhere, "arn:aws:sns:us-east-1:111111111111:topic"):
        assert refused(bench, ResourceNotFound, source_arn=arn) == gone.format("SourceArn")
    assert refused(bench, ResourceNotFound, destination_arn=missing) == (
        gone.format("DestinationArn")
    )
    for arn in ("", "dead"):
        assert refused(bench, InvalidParameterValue, source_arn=arn) == (
            f"You must use this format to specify the SourceArn: {formatted}"
        )
        assert refused(bench, InvalidParameterValue, destination_arn=arn) == (
            f"You must use this format to specify the DestinationArn: {formatted}"
        )
    assert refused(bench, InvalidParameterValue, destination_arn=arn_of("dead")) == (
        "Source queue arn and destination queue arn cannot be the same."
    )
    for rate in (0, -1, 501):
        assert refused(bench, InvalidParameterValue, rate=rate) == (
            "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: "
            "You must enter a number that's between 1 and 500."
        )
    bench.start()
    assert refused(bench, InvalidParameterValue) == (
        "There is already a task running. Only one active task is allowed for a source "
        "queue arn at a given time."
    )


def test_a_hundred_active_tasks_are_the_most_of_an_account(bench):
    for number in range(100):
        bench.create(f"dead-{number}")
        bench.create(f"source-{number}", RedrivePolicy=redrive_to(f"dead-{number}"))
        bench.start(f"dead-{number}")
    assert refused(bench, OverLimit).startswith("There are 100 active message move tasks")
    bench.wake_up()
    assert bench.start().status == "RUNNING"


def test_what_cannot_be_cancelled(bench):
    begun = bench.start()
    bench.wake_up()
    with pytest.raises(ResourceNotFound, match="Task does not exist"):
        bench.cancel(begun)
    with pytest.raises(ResourceNotFound, match="SourceArn"):
        bench.cancel(begun, "missing")
