"""A desk at which operations of IAM and STS are asked of a real room, without any bytes."""

from headrace.api.access import sessions, table
from headrace.api.context import Context
from headrace.core.access.access import Access
from headrace.core.machine import Reply
from tests.unit.core.access.bench import ACCOUNT, NOW


class Desk:
    def __init__(self):
        self.room = Access()
        self.requests = 0

    def call(self, operation, **parameters):
        """Return the answer's members, without those that are None."""
        self.requests += 1
        seed = self.requests.to_bytes(16)
        context = Context(ACCOUNT, "us-east-1", "r", seed, NOW, 1, "http://h", "s")
        row = table.OPERATIONS.get(operation) or sessions.OPERATIONS[operation]
        command = row.command(parameters, context, None)
        reply = None
        if command is not None:
            *_, effect = self.room.apply(command, NOW, 1)
            assert isinstance(effect, Reply)
            reply = effect.value
        return without_none(row.answer(parameters, context, reply, {}))


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value
