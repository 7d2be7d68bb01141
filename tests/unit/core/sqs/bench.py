"""A room of queues on the bench: ask it, move time, look at what comes out."""

from headrace.core.machine import Forget, Numbers, Remember, Reply
from headrace.core.sqs import commands
from headrace.core.sqs.limits import QueueRules
from headrace.core.sqs.queues import Queues

ACCOUNT, REGION = "111111111111", "us-east-1"
START = 1_700_000_000_000


def arn_of(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def redrive_to(name, count=1):
    return f'{{"deadLetterTargetArn":"{arn_of(name)}","maxReceiveCount":{count}}}'


class Bench:
    def __init__(self, **rules):
        self.rules = QueueRules(**rules)
        self.room = Queues(b"s" * 32, Numbers(), self.rules)
        self.now = START
        self.ticket = 0
        self.effects = []
        self.replies = {}
        self.block = 0

    def take(self, effects):
        self.effects = effects
        for effect in effects:
            if isinstance(effect, Reply):
                self.replies[effect.ticket] = effect.value

    def ask(self, command):
        """Apply a command in a block of its own; return its reply, or None while it is parked."""
        self.ticket += 1
        self.take(self.room.apply(command, self.now, self.ticket))
        return self.replies.get(self.ticket)

    def wake(self, wait_ms=0, at_most=1_000_000):
        self.now += wait_ms
        self.take(self.room.wake(self.now, at_most))
        return self.effects

    def wake_up(self, wait_ms=0, at_most=1_000_000):
        """Wake until nothing is due; return all effects."""
        self.now += wait_ms
        effects = []
        while (due := self.room.next_deadline()) is not None and due <= self.now:
            effects += self.wake(0, at_most)
        return effects

    def create(self, name="orders", **attributes):
        return self.ask(commands.CreateQueue(ACCOUNT, REGION, name, attributes, {})).queue

    def send(self, queue, count=1, delay_s=None, size=4, **more):
        self.block += 1
        message = commands.OutgoingMessage(b"body", size, delay_s, **more)
        return self.ask(commands.SendMessages(queue, self.block, (message,) * count)).results

    def receive(self, queue, at_most=10, wait_ms=0, visibility_ms=None):
        reply = self.ask(commands.ReceiveMessages(queue, at_most, wait_ms, visibility_ms))
        return None if reply is None else reply.messages

    def delete(self, queue, messages):
        handles = tuple(message.receipt_handle for message in messages)
        return self.ask(commands.DeleteMessages(queue, handles)).results

    def attributes(self, queue, *names):
        return self.ask(commands.GetQueueAttributes(queue, names)).attributes

    def queue(self, number):
        return self.room.directory.queues[number]

    def records(self):
        return [effect.record for effect in self.effects if isinstance(effect, Remember)]

    def forgets(self, effects=None):
        found = self.effects if effects is None else effects
        return [(e.block, e.count) for e in found if isinstance(e, Forget)]

    def reload(self):
        """Return another room, made of this one's snapshots."""
        other = Queues(b"s" * 32, Numbers(), self.rules)
        for machine in self.room.machines():
            other.load(machine, self.room.snapshot(machine))
        other.resume(self.now)
        return other


def written(columns):
    """Return the columns of a lane as a snapshot holds them."""
    return [b"".join(column) for column in columns]


def written_lanes(backlog):
    return [(delay_ms, written(columns)) for delay_ms, columns in backlog.encode()]
