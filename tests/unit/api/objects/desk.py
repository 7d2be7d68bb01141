"""A desk at which operations of S3 are asked of a real room, without any bytes."""

from types import SimpleNamespace

from headrace.api.context import Context
from headrace.api.objects.table import OPERATIONS
from headrace.api.operation import Prepared
from headrace.core.machine import Reply
from tests.unit.core.objects.bench import NOW, OWNER, Bench


class Desk:
    """Asks operations; the bucket `bbb` is there."""

    def __init__(self):
        self.bench = Bench()
        self.rooms = SimpleNamespace(buckets=self.bench.room)
        self.requests = 0

    def call(self, operation, account=OWNER.account, **parameters):
        """Return the answer's members, without those that are None."""
        self.requests += 1
        seed = self.requests.to_bytes(16)
        context = Context(account, OWNER.region, "r", seed, NOW, 1, "http://h", "s")
        parameters = {"Bucket": "bbb"} | parameters
        row = OPERATIONS[operation]
        command = row.command(parameters, context, self.rooms)
        answer, reply = row.answer, None
        if isinstance(command, Prepared):
            command, answer = command
        if command is not None:
            *_, effect = self.bench.room.apply(command, NOW, 1)
            assert isinstance(effect, Reply)
            reply = effect.value
        return without_none(answer(parameters, context, reply, {}))


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(inner) for key, inner in value.items() if inner is not None}
    return [without_none(one) for one in value] if isinstance(value, list) else value
