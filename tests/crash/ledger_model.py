"""What must be true of a FIFO queue: the order in each group, and one message for each id.

A message is delivered only when no earlier one of its group is there, or in the same answer before
it. Earlier means a smaller sequence number; those ascend with the sends. A send may be repeated
with its deduplication id (the token); each attempt has a body of its own.
"""

from collections import defaultdict

from tests.crash.model import Message, Model


class Entry(Message):
    """One deduplication id, and the one message that there may be of it."""

    def __init__(self, token, size):
        super().__init__(token, size)
        self.group = ""
        self.sequence = None  #: None: nobody knows whether it was taken.
        self.floor = 0  #: The highest sequence number known when it was first sent.
        self.attempts = []  #: Bodies, one of which the message has.
        self.asked = 0  #: Sends, repeated ones included.
        self.first_asked_at = None


class Group:
    """One message group."""

    def __init__(self):
        self.present = {}  #: sequence number -> entry that is surely there, as far as deletes go.
        self.delivered = 0  #: The highest sequence number that somebody got.


class LedgerModel(Model):
    """All messages of one FIFO queue."""

    kind = Entry

    def __init__(self):
        super().__init__()
        self.groups = defaultdict(Group)
        self.by_sequence = {}
        self.highest = 0  #: The highest sequence number that was told.

    def new_entry(self, size, group):
        """Return an entry that nobody has sent."""
        entry = self.new_message(size)
        entry.group = group
        return entry

    def attempt(self, entry, asked_at):
        """Return the body of one more send of an entry."""
        entry.asked += 1
        entry.note(f"{entry.token}: send {entry.asked} in group {entry.group}")
        if entry.first_asked_at is None:
            entry.first_asked_at = asked_at
            entry.floor = self.highest
        body = f"{entry.token}:{entry.asked}:{'x' * entry.size}"
        if entry.sequence is None:
            entry.attempts.append(body)
        return body

    def message_of(self, body):
        """Return what is known of the message with this body; it has no other from now on."""
        token, _, rest = body.partition(":")
        entry = self.messages.get(token)
        if entry is not None and body not in entry.attempts:
            promise = f"has the body of send {rest[:10]}, which was a repeat, or of none"
            raise self.broken(entry, promise)
        if entry is None:
            return super().message_of(body)
        entry.attempts = [body]
        return entry

    def sent(self, message, answer):
        """The server said that it has the message, by this send or an earlier one."""
        super().sent(message, answer)
        self.place(message, int(answer["SequenceNumber"]))

    def place(self, entry, sequence):
        """Compare an entry's sequence number with what is known, or learn it."""
        entry.note(f"{entry.token}: has sequence number {sequence} in group {entry.group}")
        if entry.sequence is not None:
            if entry.sequence != sequence:
                raise self.broken(entry, f"has another sequence number: {sequence}")
            return
        other = self.by_sequence.setdefault(sequence, entry)
        if other is not entry:
            raise self.broken(entry, f"has the sequence number of {other.token!r}", other)
        if sequence <= entry.floor:
            floor = self.by_sequence[entry.floor]
            raise self.broken(entry, f"has a number below that of {floor.token!r}", floor)
        entry.sequence = sequence
        self.highest = max(self.highest, sequence)
        group = self.groups[entry.group]
        # Nobody had a handle to delete it with before it was delivered.
        if sequence < group.delivered:
            later = self.by_sequence[group.delivered]
            raise self.broken(entry, f"was overtaken by {later.token!r} and is new", later)
        group.present[sequence] = entry

    def received_all(self, answer, asked_at, answered_at, lease_s):
        """The server handed out messages in this order; return their entries."""
        taken = []
        for found in answer:
            entry = self.received(found, asked_at, answered_at, lease_s)
            attributes = found["Attributes"]
            told = attributes["MessageGroupId"], attributes["MessageDeduplicationId"]
            if told != (entry.group, entry.token):
                raise self.broken(entry, f"has another group or deduplication id: {told}")
            if entry in taken:
                raise self.broken(entry, "stands twice in one answer")
            self.place(entry, int(attributes["SequenceNumber"]))
            self.check_order(entry, taken)
            taken.append(entry)
        return taken

    def check_order(self, entry, taken):
        """No earlier message of the group may be anywhere but before it in the same answer."""
        group = self.groups[entry.group]
        if not entry.doubts and entry.deleted_at is None:
            group.present[entry.sequence] = entry
        for sequence, earlier in list(group.present.items()):
            if not earlier.must_be_there:
                del group.present[sequence]
            elif sequence < entry.sequence and earlier not in taken:
                raise self.broken(entry, f"overtook {earlier.token!r}", earlier)
        group.delivered = max(group.delivered, entry.sequence)

    def kept(self, message):
        """The server said that it did not delete the message: it still bars its group."""
        super().kept(message)
        if message.must_be_there:
            self.groups[message.group].present[message.sequence] = message
