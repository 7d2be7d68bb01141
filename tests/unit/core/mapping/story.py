"""A mapping room that tells its effects, for tests: no queue, no function."""

from headrace.core.machine import Numbers, Remember, Reply
from headrace.core.mapping.commands import (
    BatchFinished,
    CreateMapping,
    Polled,
    PolledMessage,
    PollFailed,
    Source,
    Succeeded,
    Target,
)
from headrace.core.mapping.decisions import Told
from headrace.core.mapping.effects import InvokeBatch, Poll
from headrace.core.mapping.mappings import Mappings
from headrace.core.mapping.settings import Settings

ACCOUNT = "123456789012"
REGION = "eu-central-1"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:handle"
SETTLE_MS = 100


def create(
    seed=1, queue=QUEUE, function=FUNCTION, visibility_s=30, timeout_s=3, enabled=True, **settings
):
    return CreateMapping(
        seed=bytes([seed]) * 16,
        account=ACCOUNT,
        region=REGION,
        source=Source(queue, visibility_s),
        target=Target(function, "handle", timeout_s),
        settings=Settings(function, **settings),
        enabled=enabled,
    )


def message(name="m", body="hello"):
    return PolledMessage(
        message_id=f"id-{name}",
        receipt_handle=f"handle-{name}",
        body=body,
        sender_id="AIDA",
        sent_at=1,
        first_received_at=2,
        receive_count=1,
    )


def messages(*names):
    return tuple(message(str(name)) for name in names)


class Story:
    """Commands and time in, effects out; records are kept, replies and what is told are set aside."""

    def __init__(self, now=1_000_000):
        self.now = now
        self.room = Mappings(Numbers(), SETTLE_MS)
        self.records = []
        self.effects = []
        self.decisions = []
        self.values = {}
        self.ticket = 0
        self.poll = None
        self.batches = {}

    def _sort(self, effects):
        told = []
        for effect in effects:
            if isinstance(effect, Remember):
                self.records.append(effect.record)
            elif isinstance(effect, Reply):
                self.values[effect.ticket] = effect.value
            elif isinstance(effect, Told):
                self.decisions.append(effect.decision)
            else:
                told.append(effect)
            if isinstance(effect, Poll):
                self.poll = effect
            if isinstance(effect, InvokeBatch):
                self.batches[effect.batch] = effect
        self.effects += told
        return told

    def ask(self, command):
        """Apply a command and return the value of its reply; effects go to `effects`."""
        self.ticket += 1
        self._sort(self.room.apply(command, self.now, self.ticket))
        return self.values[self.ticket]

    def tell(self, command):
        """Apply a command and return its effects."""
        self.ticket += 1
        return self._sort(self.room.apply(command, self.now, self.ticket))

    def pass_time(self, milliseconds):
        """Let time pass through each deadline; return the effects."""
        end = self.now + milliseconds
        told = []
        while (due := self.room.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            told += self._sort(self.room.wake(self.now, 1))
        self.now = end
        return told

    def create(self, **values):
        """Create a mapping and let it settle; return its number."""
        found = self.ask(create(**values))
        self.pass_time(SETTLE_MS)
        return self.room.find(ACCOUNT, REGION, found.uuid)

    def arrive(self, *names, lease_ms=30_000):
        """The newest receive brings messages; return the effects."""
        assert self.poll is not None
        return self.tell(
            Polled(self.poll.mapping, self.poll.poll, messages(*names), self.now + lease_ms)
        )

    def fail_poll(self):
        return self.tell(PollFailed(self.poll.mapping, self.poll.poll))

    def finish(self, batch, outcome=None):
        """A batch ends, well unless said otherwise; return the effects."""
        mapping = self.batches[batch].mapping
        return self.tell(BatchFinished(mapping, batch, outcome or Succeeded(b"null")))
