"""A room of log groups under a hand-moved clock."""

from headrace.base.errors import ServiceError
from headrace.base.instant import Instant
from headrace.core.logs.commands import CreateLogGroup, GroupPlace
from headrace.core.logs.groups import LogGroups
from headrace.core.machine import Numbers, Remember, Reply

ACCOUNT = "123456789012"
REGION = "eu-central-1"
EPOCH = Instant(1_795_000_000_000)


def place(name="/aws/lambda/f", account=ACCOUNT, region=REGION):
    """Return where a group is."""
    return GroupPlace(account, region, name)


class Bench:
    """A room, its time, and what it has asked for."""

    def __init__(self):
        self.room = LogGroups(Numbers())
        self.now = EPOCH
        self.records = []
        self.effects = []

    def ask(self, command):
        """Apply a command; return the reply or the refusal."""
        try:
            effects = self.room.apply(command, self.now, 1)
        except ServiceError as refusal:
            return refusal
        self.take(effects)
        (reply,) = (effect for effect in effects if isinstance(effect, Reply))
        return reply.value

    def take(self, effects):
        """Remember records; the room's own effects of the last step are in `effects`."""
        self.records += [effect.record for effect in effects if isinstance(effect, Remember)]
        self.effects = [one for one in effects if not isinstance(one, (Remember, Reply))]

    def sleep(self, wait_ms):
        """Let time pass."""
        self.now = Instant(self.now + wait_ms)
        self.take(self.room.wake(self.now, 1_000))

    def create(self, name="/aws/lambda/f", **changes):
        """Make a group."""
        return self.ask(CreateLogGroup(place(name), **changes))

    def names(self, after="", account=ACCOUNT, region=REGION):
        """Return the groups behind a name."""
        return [group.name for group in self.room.behind(account, region, after)]
