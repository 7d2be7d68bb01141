"""What a server that lost nothing must know: each acknowledged answer, and what follows from it.

A request whose answer never came may or may not have happened; then the model allows both.
"""

import contextlib
import itertools
import time


class Violation(AssertionError):
    """The server broke a promise."""


class Message:
    """What is known of one message."""

    def __init__(self, body):
        self.body = body
        self.message_id = None  #: None: nobody knows whether it was taken.
        self.deleted_at = None  #: When a delete was acknowledged.
        self.may_be_deleted = False  #: A delete was asked for.
        self.receives = []  #: (answered at, receive count), in order of the answers.
        self.leased_until = 0.0  #: Nobody else may get it before; 0: nothing is known.
        self.changes = 0  #: Changes of its visibility timeout under way.
        self.changed_at = 0.0  #: When the last of them ended.

    @property
    def must_be_there(self):
        return self.message_id is not None and not self.may_be_deleted


class Model:
    """All messages of one queue, by the token at the beginning of their bodies.

    Times are those of the test's own monotonic clock, in seconds.
    """

    def __init__(self):
        self.messages = {}
        self.tokens = itertools.count(1)
        self.answers = 0  #: Acknowledged requests.

    def new_body(self, padding):
        """Return a body that nobody has sent."""
        token = f"{next(self.tokens)}"
        body = f"{token}:{padding}"
        self.messages[token] = Message(body)
        return body

    def message_of(self, body):
        """Return what is known of the message with this body."""
        message = self.messages.get(body.partition(":")[0])
        if message is None or message.body != body:
            raise Violation(f"a message that nobody sent: {body[:80]!r}")
        return message

    def sent(self, body, message_id):
        """The server said that it has the message."""
        self.answers += 1
        message = self.message_of(body)
        if message.message_id not in {None, message_id}:
            raise Violation(f"{body[:20]!r} changed its id")
        message.message_id = message_id

    def received(self, answer, asked_at, answered_at, lease_s):
        """The server handed out a message; return what is known of it."""
        self.answers += 1
        message = self.message_of(answer["Body"])
        name = message.body[:20]
        if message.message_id is None:
            message.message_id = answer["MessageId"]
        elif message.message_id != answer["MessageId"]:
            raise Violation(f"{name!r} changed its id")
        if message.deleted_at is not None and message.deleted_at < asked_at:
            raise Violation(f"{name!r} came back after its deletion was acknowledged")
        count = int(answer["Attributes"]["ApproximateReceiveCount"])
        earlier = [seen for at, seen in message.receives if at < asked_at]
        if earlier and count <= max(earlier):
            raise Violation(f"{name!r}: receive count {count} after {max(earlier)}")
        # Answers of two connections may be read in another order than they were given.
        is_newest = all(count > seen for _, seen in message.receives)
        if is_newest and answered_at < message.leased_until:
            raise Violation(f"{name!r} was handed out while its visibility timeout ran")
        message.receives.append((answered_at, count))
        if is_newest:
            is_sure = not message.changes and message.changed_at < asked_at
            message.leased_until = asked_at + lease_s if is_sure else 0.0
        return message

    @contextlib.contextmanager
    def changing_visibility(self, messages):
        """While this lasts nobody knows which visibility timeout holds."""
        for message in messages:
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

    def delete_asked(self, message):
        """Somebody asked for a deletion."""
        message.may_be_deleted = True

    def deleted(self, message, answered_at):
        """The server said that the message is gone."""
        self.answers += 1
        if message.deleted_at is None:
            message.deleted_at = answered_at

    def living(self):
        """Return the messages that must be there."""
        return [message for message in self.messages.values() if message.must_be_there]

    def possible(self):
        """Return how many messages there may be at most."""
        return sum(message.deleted_at is None for message in self.messages.values())
