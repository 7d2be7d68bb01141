"""What must be true of dead letters: each message in one place, and every move told once.

A message lives in the source until it was received too often, goes on in the dead-letter queue as
what it is, and begins another life with a new id when a move task takes it from there: back to the
source, or to a queue for the rescued, where it stays.
"""

from tests.crash.history import broken
from tests.crash.model import Message, Model
from tests.crash.move_tasks_model import MoveTasksModel

SOURCE, DEAD, RESCUED = "source", "dead", "rescued"


class Life:
    """A message under one id."""

    def __init__(self, message_id, is_rescued=False):
        self.message_id = message_id
        self.is_rescued = is_rescued  #: It began with a move to the rescued.
        self.seen_at = None  #: When somebody first got it under this id.
        self.last_seen_at = 0.0
        self.dead_at = None  #: When somebody first got it from the dead-letter queue.


class Letter(Message):
    """What is known of one message in all its lives."""

    def __init__(self, token, size):
        super().__init__(token, size)
        self.lives = []


class LettersModel(Model):
    """All messages of a source, its dead-letter queue, and the queue for the rescued."""

    kind = Letter

    def __init__(self, max_receive_count):
        super().__init__()
        self.max_receive_count = max_receive_count
        self.tasks = MoveTasksModel(self.server)
        self.rescued = set()  #: Letters that somebody got from the queue for the rescued.
        self.returned = 0  #: Lives that began with a move back to the source, since a census.
        self.unheard = 0  #: Receives whose answer never came, since a census.

    def identify(self, message, message_id):
        """Compare the id that a send was answered with: it begins the first life."""
        message.message_id = message_id
        if not message.lives:
            message.lives.append(Life(message_id))
        elif message.lives[0].message_id != message_id:
            raise self.broken(message, f"changed its id to {message_id}")

    def received_from(self, place, source_arn, answer, asked_at, answered_at, lease_s):
        """The server handed out a message of this place; return what is known of it."""
        letter = self.message_of(answer["Body"])
        attributes = answer["Attributes"]
        count = int(attributes["ApproximateReceiveCount"])
        message_id = answer["MessageId"]
        letter.note(
            f"{letter.token}: received from {place}, id {message_id}, count {count}, {lease_s} s"
        )
        life = self.life_of(letter, place, message_id, asked_at, answered_at)
        if life is not letter.lives[-1]:
            if asked_at > letter.lives[-1].seen_at:
                raise self.broken(letter, "is in two places: it came back under an old id")
            return letter
        self.check_place(letter, life, place, count, asked_at)
        if attributes.get("DeadLetterQueueSourceArn") != (source_arn if place == DEAD else None):
            raise self.broken(letter, f"comes from elsewhere: {attributes}")
        self.seen(letter, count, asked_at, answered_at, lease_s)
        if life.seen_at is None:
            life.seen_at = answered_at
        life.last_seen_at = max(life.last_seen_at, answered_at)
        if place == DEAD and life.dead_at is None:
            life.dead_at = answered_at
        if place == RESCUED:
            self.rescued.add(letter)
        return letter

    def life_of(self, letter, place, message_id, asked_at, answered_at):
        """Return the life with this id; a new one needs a move task that may have begun it."""
        for life in letter.lives:
            if life.message_id == message_id:
                return life
        if letter.lives:
            self.check_life(letter, asked_at)
            since = letter.lives[-1].last_seen_at
            is_rescue = place == RESCUED
            if letter in self.rescued:
                raise self.broken(letter, f"left the rescued under a new id {message_id}")
            if not self.tasks.may_have_moved(is_rescue, since, answered_at):
                raise self.broken(letter, f"has a new id {message_id}, and nothing moved it")
            if not is_rescue:
                self.returned += 1
        elif place == RESCUED and not self.tasks.may_have_moved(True, 0.0, answered_at):
            # Otherwise it was sent and moved, and nobody heard of either.
            raise self.broken(letter, "is rescued, and nothing moved it")
        letter.message_id = message_id
        life = Life(message_id, place == RESCUED)
        letter.lives.append(life)
        letter.receives = []  # they are counted anew
        return life

    def check_place(self, letter, life, place, count, asked_at):
        """A life goes from the source to the dead-letter queue, and never back."""
        if place == SOURCE and count > self.max_receive_count:
            raise self.broken(letter, f"was received too often: {count} times")
        if place == DEAD and count <= self.max_receive_count:
            raise self.broken(letter, f"is dead too early: received {count} times with this")
        if place == SOURCE and life.dead_at is not None and life.dead_at < asked_at:
            raise self.broken(letter, "is in both queues: it came back from the dead")
        if life.is_rescued != (place == RESCUED):
            raise self.broken(letter, f"is in both queues: rescued or not, and in {place}")

    def deleted_by(self, letter, leased_until, answered_at):
        """The server said that what this handle named is gone.

        Only while the lease ran is that the message: later it may have gone to another queue.
        """
        if answered_at < leased_until:
            self.deleted(letter, answered_at)
        else:
            self.answers += 1
            letter.note(f"{letter.token}: deleted, or gone from there before")

    def check_moves(self):
        """All is seen and no task runs: what the tasks say that they moved is what was moved."""
        moved = self.tasks.moved(is_rescue=True)
        # Those that were rescued and deleted had been seen; the others have been seen now.
        if moved != len(self.rescued):
            promise = f"the tasks moved {moved} to the rescued, which got {len(self.rescued)}"
            raise broken(promise, self.server)
        moved = self.tasks.moved(is_rescue=False) - self.tasks.moved_back_before
        # Without a witness a message dies again only by receives that nobody heard of.
        most = self.returned + 10 * self.unheard // self.max_receive_count
        if not self.returned <= moved <= most:
            promise = f"the tasks moved {moved} back, and {self.returned} to {most} came"
            raise broken(promise, self.server)
        self.tasks.moved_back_before += moved
        self.returned = self.unheard = 0
