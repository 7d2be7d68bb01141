"""A caller's surroundings, and rooms with log groups."""

import types

from headrace.api.context import Context
from tests.unit.core.logs.bench import ACCOUNT, EPOCH, REGION, Bench


def context(account=ACCOUNT, region=REGION):
    """Return the surroundings of a request."""
    return Context(account, region, "request", bytes(16), EPOCH, 1, "http://localhost", "sender")


class Desk:
    """A room of groups, asked as the service asks."""

    def __init__(self):
        self.bench = Bench()
        self.rooms = types.SimpleNamespace(logs=self.bench.room)

    def group(self, name="/aws/lambda/f"):
        """Return a new group."""
        self.bench.create(name)
        return next(one for one in self.bench.room.behind(ACCOUNT, REGION, "") if one.name == name)
