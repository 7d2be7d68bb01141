"""A room with one function and its asynchronous invokes; the test plays the shell's part."""

from headrace.core.functions.commands import (
    AcceptEvent,
    DeleteFunction,
    EventEnded,
    SetInvokeConfig,
)
from headrace.core.functions.effects import RunEvent
from headrace.core.functions.eventbody import Envelope, encode_body, key_of
from headrace.core.functions.functions import Functions
from headrace.core.functions.replies import EventTaken, Invoked
from headrace.core.machine import Numbers
from tests.unit.core.functions.bench import PYTHON, REQUEST_ID, Bench, creation, reference

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:results"
GOOD = Invoked(REQUEST_ID, "$LATEST", b"1")
BAD = Invoked(REQUEST_ID, "$LATEST", b'{"errorMessage":"no"}', "Unhandled")


class EventBench(Bench):
    """A bench whose function is 16."""

    def __init__(self, on_success="", on_failure="", retries=None, age_s=None, **settings):
        super().__init__()
        self.handed_out = []
        self.ask(creation(**settings))
        if on_success or on_failure or retries is not None or age_s is not None:
            self.ask(
                SetInvokeConfig(reference(), retries, age_s, on_success, on_failure, merges=False)
            )

    def take(self, effects):
        super().take(effects)
        self.handed_out += self.of(RunEvent)

    def accept(self, qualifier=None, block=5):
        """Accept an event; return what it brought."""
        body = encode_body(Envelope(REQUEST_ID, b"{}"))
        answer = self.ask(
            AcceptEvent(reference(qualifier=qualifier), block, body, key_of(REQUEST_ID))
        )
        assert answer == EventTaken()
        return self.effects

    def end(self, value=GOOD, event=None):
        """Say how the event handed out last, or this one, ended."""
        number = self.handed_out[-1].event if event is None else event
        return self.ask(EventEnded(16, number, 6, value))

    def delete(self):
        """Delete the function."""
        return self.ask(DeleteFunction(reference()))

    def reload(self):
        """Go on with a room that was loaded from a snapshot."""
        room = Functions(Numbers(), interpreters=[PYTHON])
        room.load(16, self.room.snapshot(16))
        self.room = room
        room.resume(self.now)
        self.handed_out = []
        self.sleep(0)
