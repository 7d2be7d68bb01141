"""Ask SQS operations of a real room, without driver, wire or server."""

from types import SimpleNamespace

from headrace.api.context import Context
from headrace.api.operation import Prepared
from headrace.api.sqs.table import OPERATIONS
from headrace.core.machine import Numbers, Remember, Reply, answer_of
from headrace.core.sqs.queues import Queues

ACCOUNT = "000000000000"
BASE = "http://127.0.0.1:4566"


class Desk:
    """One caller: `ask` makes a command, applies it and returns AWS's answer."""

    def __init__(self):
        self.rooms = SimpleNamespace(queues=Queues(b"secret".ljust(32), Numbers()))
        self.now = 1_800_000_000_000
        self.bodies = {}
        self.trace_header = None
        self._ticket = 0
        self._block = 1

    def ask(self, operation, **parameters):
        self._ticket += 1
        self._block += 1
        command_of, answer = OPERATIONS[operation]
        context = Context(
            account=ACCOUNT,
            region="us-east-1",
            request_id="r",
            seed=bytes(16),
            now=self.now,
            block=self._block,
            base_url=BASE,
            sender_id="AIDATEST",
            trace_header=self.trace_header,
        )
        command = command_of(parameters, context, self.rooms)
        if isinstance(command, Prepared):
            command, answer = command
        reply = None if command is None else self._apply(command)
        return answer(parameters, context, reply, self.bodies)

    def _apply(self, command):
        replies = {}
        for effect in self.rooms.queues.apply(command, self.now, self._ticket):
            if isinstance(effect, Remember):
                for number, body in enumerate(effect.bodies, effect.first):
                    self.bodies[self._block, effect.record.machine, number] = body
            elif isinstance(effect, Reply):
                replies[effect.ticket] = effect.value
        reply = answer_of(replies[self._ticket])
        for message in getattr(reply, "messages", ()):
            at = message.address
            self.bodies[at] = self.bodies[at.block, at.machine, at.number]
        return reply

    def queue(self, name="q", **attributes):
        return self.ask("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]

    def receive(self, url, **parameters):
        given = {"MaxNumberOfMessages": 10} | parameters
        return self.ask("ReceiveMessage", QueueUrl=url, **given).get("Messages", [])
