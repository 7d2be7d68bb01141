"""A mapping, its queue and its function change at random under traffic: nothing is lost or overtaken."""

import json
import random

import pytest

from headrace.base.errors import ServiceError
from headrace.core.mapping.commands import (
    DeleteMapping,
    Limit,
    NotInvoked,
    Succeeded,
    Target,
    UpdateMapping,
)
from headrace.core.sqs.commands import SetQueueAttributes
from headrace.testing.pipeline import (
    Pipeline,
    Result,
    arn_of_queue,
    fail,
    function_arn,
    report,
    succeed,
    throttle,
)

STEPS = 60
HOUR = 3_600_000
FILTERS = ('{"body":{"for":["me"]}}',)
UNKNOWN_ID = b'{"batchItemFailures":[{"itemIdentifier":"none"}]}'


class Seen(set):
    """Takes nothing in: under another filter a message may go that was handed over before."""

    def update(self, *others):
        pass


class Story:
    """Traffic of one queue through one mapping at a time."""

    def __init__(self, seed, kind):
        self.random = random.Random(seed)
        self.end = ".fifo" if kind == "FIFO" else ""
        self.pipe = Pipeline(self.call)
        self.pipe._seen = Seen()
        self.sent = {}  # group to (number, id) in order
        self.count = 0
        fifo = {"FifoQueue": "true"} if self.end else {}
        self.dead = self.pipe.create_queue(f"dead{self.end}", **fifo)
        policy = {"deadLetterTargetArn": arn_of_queue(f"dead{self.end}"), "maxReceiveCount": 2}
        self.redrives = self.random.random() < 0.5
        redrive = {"RedrivePolicy": json.dumps(policy)} if self.redrives else {}
        self.queue = self.pipe.create_queue(
            f"orders{self.end}", VisibilityTimeout=60, **fifo, **redrive
        )
        self.reports = self.random.random() < 0.6
        self.create()

    def create(self):
        settings = {"batch_size": self.random.choice([1, 3, 10]), "reports_failures": self.reports}
        if not self.end and self.random.random() < 0.5:
            settings["window_s"] = self.random.choice([1, 40, 300])
        self.mapping = self.pipe.create_mapping(self.queue, timeout_s=20, **settings)
        self.is_enabled = True

    def call(self, call):
        self.check_order(call)
        chance, duration_ms = self.random.random(), self.random.choice([0, 500, 20_000])
        if chance < 0.15:
            return throttle(self.random.choice([Limit.ACCOUNT, Limit.FUNCTION]))
        if chance < 0.2:
            return Result(NotInvoked(), frees=Limit.NONE)
        if chance < 0.35:
            return fail(duration_ms)
        if self.reports and chance < 0.4:
            return Result(Succeeded(UNKNOWN_ID), duration_ms)
        if self.reports and chance < 0.7:
            return report(call, self.failing(call), duration_ms)
        return succeed(call, duration_ms)

    def failing(self, call):
        """Of each group the first that fails, and all behind it."""
        stopped = set()
        for record in call.records:
            group = record["attributes"].get("MessageGroupId", record["messageId"])
            if group in stopped or self.random.random() < 0.3:
                stopped.add(group)
                yield record["messageId"]

    def check_order(self, call):
        """All that was sent before a message of its group is over, or before it in this event."""
        if not self.end or self.redrives:  # a dead letter lets others pass
            return
        over = self.pipe._handled | self.pipe.filtered
        for place, record in enumerate(call.records):
            number = json.loads(record["body"])["number"]
            before = over.union(call.ids[:place])
            for other, message_id in self.sent.get(record["attributes"]["MessageGroupId"], ()):
                assert other >= number or message_id in before, "overtaken"

    def send(self):
        for _ in range(self.random.choice([1, 3, 12])):
            self.count += 1
            group = self.random.choice("abc") if self.end else None
            body = {"number": self.count, "for": self.random.choice(["me", "me", "others"])}
            (message_id,) = self.pipe.send(self.queue, json.dumps(body), group=group)
            self.sent.setdefault(group, []).append((self.count, message_id))

    def change(self):
        choose = self.random.choice
        function = f"handle-{choose('xy')}"
        command = choose(
            [
                UpdateMapping(self.mapping, enabled=not self.is_enabled),
                UpdateMapping(self.mapping, batch_size=choose([1, 2, 10])),
                UpdateMapping(self.mapping, filters=choose([(), FILTERS])),
                UpdateMapping(self.mapping, maximum_concurrency=choose([0, 2, 4])),
                UpdateMapping(self.mapping, window_s=0 if self.end else choose([1, 300])),
                UpdateMapping(self.mapping, target=Target(function_arn(function), function, 20)),
                SetQueueAttributes(self.queue, {"VisibilityTimeout": choose(["40", "300"])}),
                DeleteMapping(self.mapping),
            ]
        )
        try:
            self.pipe.ask(command)
        except ServiceError:
            return  # it is in use, or does not fit what is set
        if isinstance(command, DeleteMapping):
            self.pipe.advance(200)
            self.create()
        elif isinstance(command, UpdateMapping) and command.enabled is not None:
            self.is_enabled = command.enabled
        self.pipe.advance(choose([0, 100]))

    def step(self):
        pauses = [1, 1_000, 30_000, 130_000]
        self.random.choice(
            [
                self.send,
                self.send,
                self.change,
                lambda: self.pipe.advance(self.random.choice(pauses)),
            ]
        )()

    def come_to_rest(self):
        self.pipe.advance(200)
        if not self.is_enabled:
            self.pipe.ask(UpdateMapping(self.mapping, enabled=True))
        self.pipe.function = succeed
        self.pipe.advance(4 * HOUR)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["standard", "FIFO"])
@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_lost_or_overtaken_whatever_changes(kind, seed):
    story = Story(seed, kind)
    for _ in range(STEPS):
        story.step()
    story.come_to_rest()
    pipe = story.pipe
    ids = {message_id for some in story.sent.values() for _, message_id in some}
    assert pipe.left(story.queue) == 0
    assert len(ids - pipe.deleted - pipe.filtered) <= pipe.left(story.dead)
    assert [batch.ids for _, _, batch in pipe.mappings.in_hand()] == []
    assert not pipe.mappings.has_waiting
