"""What a server that lost nothing must know: each acknowledged answer, and what follows from it.

A request whose answer never came may or may not have happened; then the model allows both, until
somebody sees which it was. This module has what holds for the messages of every queue, and is all
there is to say of a standard one.
"""

import contextlib
import itertools
import time

from tests.crash.history import History, Violation, broken

#: Seconds by which a lease may seem to end early: the server counts whole milliseconds.
CLOCK_S = 0.002


class Message(History):
    """What is known of one message."""

    def __init__(self, token, size):
        super().__init__()
        self.token = token
        self.size = size  #: Of the padding behind the token.
        self.message_id = None  #: None: nobody knows whether it was taken.
        self.deleted_at = None  #: When a delete was acknowledged.
        self.doubts = 0  #: Deletes that were asked for, and nobody knows what came of them.
        self.deletes = 0  #: Those of them that are under way.
        self.doubted_at = 0.0  #: When the last of them ended.
        self.receives = []  #: (answered at, receive count), in order of the answers.
        self.leased_until = 0.0  #: Nobody else may get it before; 0: nothing is known.
        self.changes = 0  #: Changes of its visibility timeout under way.
        self.changed_at = 0.0  #: When the last of them ended.

    @property
    def body(self):
        return f"{self.token}:{'x' * self.size}"

    @property
    def must_be_there(self):
        return self.message_id is not None and self.deleted_at is None and not self.doubts

    def is_body(self, body):
        """Tell whether this is what was sent."""
        return body == self.body


class Model:
    """All messages of one test, by the token at the beginning of their bodies.

    Times are those of the test's own monotonic clock, in seconds.
    """

    kind = Message

    def __init__(self):
        self.messages = {}
        self.tokens = itertools.count(1)
        self.answers = 0  #: Acknowledged requests.
        self.server = History()  #: What happened to all: kills.

    def new_message(self, size):
        """Return a message that nobody has sent."""
        token = f"{next(self.tokens)}"
        message = self.messages[token] = self.kind(token, size)
        message.note(f"{token}: asked to send it")
        return message

    def message_of(self, body):
        """Return what is known of the message with this body."""
        message = self.messages.get(body.partition(":")[0])
        if message is None or not message.is_body(body):
            raise Violation(f"a message that nobody sent: {body[:80]!r} of {len(body)} characters")
        return message

    def broken(self, message, promise, *others):
        """Return the violation of a promise about a message."""
        return broken(f"{message.token!r} {promise}", self.server, message, *others)

    def sent(self, message, answer):
        """The server said that it has the message."""
        self.answers += 1
        message.note(f"{message.token}: sent, id {answer['MessageId']}")
        self.identify(message, answer["MessageId"])

    def identify(self, message, message_id):
        """Compare a message's id with the one that is known."""
        if message.message_id is None:
            message.message_id = message_id
        elif message.message_id != message_id:
            raise self.broken(message, f"changed its id to {message_id}")

    def received(self, answer, asked_at, answered_at, lease_s):
        """The server handed out a message; return what is known of it."""
        message = self.message_of(answer["Body"])
        count = int(answer["Attributes"]["ApproximateReceiveCount"])
        message.note(f"{message.token}: received, count {count}, for {lease_s} s")
        self.identify(message, answer["MessageId"])
        self.seen(message, count, asked_at, answered_at, lease_s)
        return message

    def seen(self, message, count, asked_at, answered_at, lease_s):
        """Check what holds for every message that is handed out, and note that it was."""
        self.answers += 1
        self.check_life(message, asked_at)
        earlier = [known for at, known in message.receives if at < asked_at]
        if earlier and count <= max(earlier):
            raise self.broken(message, f"has receive count {count} after {max(earlier)}")
        # Answers of two connections may be read in another order than they were given.
        is_newest = all(count > known for _, known in message.receives)
        if is_newest and answered_at < message.leased_until - CLOCK_S:
            raise self.broken(message, "was handed out while its visibility timeout ran")
        message.receives.append((answered_at, count))
        if is_newest:
            is_sure = not message.changes and message.changed_at < asked_at
            message.leased_until = asked_at + lease_s if is_sure else 0.0

    def check_life(self, message, asked_at):
        """See that a message which was asked for then may be there; then no old delete took it."""
        if message.deleted_at is not None and message.deleted_at < asked_at:
            raise self.broken(message, "came back after its deletion was acknowledged")
        if not message.deletes and message.doubted_at < asked_at:
            message.doubts = 0

    @contextlib.contextmanager
    def changing_visibility(self, messages):
        """While this lasts nobody knows which visibility timeout holds."""
        for message in messages:
            message.note(f"{message.token}: asked to change its visibility")
            message.leased_until = 0.0
            message.changes += 1
        try:
            yield
            self.answers += 1
        finally:
            for message in messages:
                message.changes -= 1
                message.changed_at = time.monotonic()
                message.leased_until = 0.0
                message.note(f"{message.token}: the change is over")

    @contextlib.contextmanager
    def deleting(self, messages):
        """While this lasts nobody knows whether they are there, nor later if there is no word."""
        for message in messages:
            message.note(f"{message.token}: asked to delete it")
            message.doubts += 1
            message.deletes += 1
        try:
            yield
        finally:
            for message in messages:
                message.deletes -= 1
                message.doubted_at = time.monotonic()

    def deleted(self, message, answered_at):
        """The server said that the message is gone."""
        self.answers += 1
        message.note(f"{message.token}: deleted")
        if message.deleted_at is None:
            message.deleted_at = answered_at

    def kept(self, message):
        """The server said that it did not delete the message."""
        self.answers += 1
        message.note(f"{message.token}: not deleted")
        message.doubts = max(0, message.doubts - 1)

    def living(self):
        """Return the messages that must be there."""
        return [message for message in self.messages.values() if message.must_be_there]

    def possible(self):
        """Return how many messages there may be at most."""
        return sum(message.deleted_at is None for message in self.messages.values())
