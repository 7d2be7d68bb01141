"""Random stories of queues: what steps there are, and what command each one means."""

from hypothesis import strategies as st

from headrace.core.machine import Numbers
from headrace.core.sqs import commands
from headrace.core.sqs.errors import QueueDoesNotExist
from headrace.core.sqs.limits import Noise, QueueRules
from headrace.core.sqs.queues import Queues
from headrace.core.sqs.replies import Received
from tests.laws.harness import Laws

ACCOUNT, REGION = "111111111111", "us-east-1"
#: Small enough that a story of some dozen steps reaches every bound.
RULES = QueueRules(
    in_flight_max=7,
    moves_at_most=2,
    parked_max=4,
    noise=Noise(in_flight_min=2, share_percent=40, idle_ms=3_000),
)
#: The dead-letter queue comes before one source and behind the other.
NAMES = ("early", "dead", "late")
GONE = 9_999
SECRET = b"s" * 32


def arn_of(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def redrive_to(name, count):
    return f'{{"deadLetterTargetArn":"{arn_of(name)}","maxReceiveCount":{count}}}'


ATTRIBUTES = [
    {"VisibilityTimeout": "0"},
    {"VisibilityTimeout": "2"},
    {"VisibilityTimeout": "43200"},
    {"MessageRetentionPeriod": "60"},
    {"MessageRetentionPeriod": "100"},
    {"MessageRetentionPeriod": "345600"},
    {"DelaySeconds": "0"},
    {"DelaySeconds": "3"},
    {"RedrivePolicy": redrive_to("dead", 1)},
    {"RedrivePolicy": redrive_to("dead", 2)},
    {"RedrivePolicy": redrive_to("dead", 4)},
    {"RedrivePolicy": redrive_to("late", 1)},
    {"RedrivePolicy": ""},
    {"MaximumMessageSize": "1024", "Nonsense": "1"},
]

queues = st.sampled_from(("early", "early", "dead", "late", "late", "late"))
picks = st.integers(0, 30)
#: (delay, group): with a group only where the queue is fair by then (spec/sqs.md 6).
messages = st.tuples(
    st.sampled_from([None, None, None, 0, 1, 3, 60]), st.sampled_from([None, None, "A", "A", "B"])
)
sends = st.tuples(
    st.just("send"),
    queues,
    st.one_of(
        st.lists(messages, min_size=1, max_size=4),
        st.lists(st.tuples(st.sampled_from([None, None, 0, 1, 60]), st.none()), min_size=1),
    ),
)
receives = st.tuples(
    st.just("receive"),
    queues,
    st.sampled_from([1, 2, 10]),
    st.sampled_from([0, 0, 0, 2_000, 20_000, None]),
    st.sampled_from([None, None, 0, 1_000, 60_000]),
)
deletes = st.tuples(st.just("delete"), queues, st.lists(picks, min_size=1, max_size=4))
changes = st.tuples(
    st.just("change"),
    queues,
    st.lists(st.tuples(picks, st.sampled_from([0, 1, 30, 43_200, 43_201])), min_size=1, max_size=3),
)
others = st.one_of(
    st.tuples(st.just("withdraw"), queues, picks),
    st.tuples(st.just("return"), queues, picks),
    st.tuples(st.just("set"), queues, st.sampled_from(ATTRIBUTES)),
    st.tuples(st.just("move"), queues, picks),
    st.tuples(st.just("bury"), queues, st.lists(picks, min_size=1, max_size=4)),
    st.tuples(st.sampled_from(["purge", "get", "drop", "create", "forge"]), queues),
)
KINDS = {"send": sends, "receive": receives, "delete": deletes, "change": changes, "other": others}
# one_of would drop repeats, and with them the weights.
steps = st.sampled_from(
    ["send"] * 4 + ["receive"] * 7 + ["delete", "change", "change", "other", "other"]
).flatmap(KINDS.__getitem__)
waits = st.sampled_from([0, 0, 0, 0, 1, 500, 1_000, 1_999, 2_000, 2_000, 3_000, 30_000, 61_000])
FIRST_STEPS = (
    (0, ("create", "early")),
    (0, ("create", "dead")),
    (0, ("create", "late")),
    (0, ("set", "early", {"RedrivePolicy": redrive_to("dead", 1)})),
    (0, ("set", "late", {"RedrivePolicy": redrive_to("dead", 2)})),
    (0, ("set", "early", {"VisibilityTimeout": "2"})),
)
#: What is received often comes last, before it is moved.
PATIENT_STEPS = (
    *FIRST_STEPS,
    (0, ("set", "early", {"RedrivePolicy": redrive_to("dead", 4)})),
    (0, ("set", "early", {"VisibilityTimeout": "0"})),
)
stories = st.tuples(
    st.sampled_from([FIRST_STEPS, PATIENT_STEPS]),
    st.lists(st.tuples(waits, steps), min_size=20, max_size=60),
).map(lambda parts: [*parts[0], *parts[1]])


def make():
    """Return a room without queues."""
    return Queues(SECRET, Numbers(), RULES)


def number_of(room, name):
    try:
        return room.find(ACCOUNT, REGION, name)
    except QueueDoesNotExist:
        return GONE


def received(life):
    """Return every message that was handed out, newest first, with its ticket."""
    return [
        message
        for ticket in sorted(life.replies, reverse=True)
        if isinstance(life.replies[ticket], Received)
        for message in life.replies[ticket].messages
    ]


def pick_from(things, pick):
    return things[pick % len(things)] if things else None


def translate(step, life):
    """Return the command that a step means in this life; None when it means nothing."""
    if step is None:
        return None
    kind, name, *rest = step
    return TRANSLATIONS[kind](life, name, number_of(life.room, name), *rest)


def _send(life, name, queue, sent):
    messages = tuple(commands.OutgoingMessage(b"body", 4, *message) for message in sent)
    return commands.SendMessages(queue, life.next_block, messages)


def _receive(life, name, queue, at_most, wait_ms, visibility_ms):
    return commands.ReceiveMessages(queue, at_most, wait_ms, visibility_ms)


def _handles(life, picks):
    """Return handles, one for each pick; some are garbage."""
    messages = received(life)
    return [
        found.receipt_handle if (found := pick_from(messages, pick)) and pick < 30 else "garbage"
        for pick in picks
    ]


def _delete(life, name, queue, picks):
    return commands.DeleteMessages(queue, tuple(_handles(life, picks)))


def _bury(life, name, queue, picks):
    return commands.DeadLetterMessages(queue, tuple(_handles(life, picks)))


def _change(life, name, queue, changes):
    handles = _handles(life, [pick for pick, _ in changes])
    timeouts = [timeout for _, timeout in changes]
    return commands.ChangeVisibility(queue, tuple(zip(handles, timeouts, strict=True)))


def _withdraw(life, name, queue, pick):
    waiting = [ticket for ticket in range(1, life.ticket + 1) if ticket not in life.replies]
    return commands.WithdrawReceive(queue, pick_from(waiting, pick) or 0)


def _return(life, name, queue, pick):
    messages = received(life)[pick : pick + 3]
    return commands.ReturnMessages(
        queue, tuple((message.number, message.receive_count) for message in messages)
    )


def _set(life, name, queue, attributes):
    return commands.SetQueueAttributes(queue, attributes)


def _create(life, name, queue):
    return commands.CreateQueue(ACCOUNT, REGION, name, {}, {})


def _move(life, name, queue, pick):
    blocks = frozenset(block for block in life.alive if block % 3 == pick % 3)
    bodies = [
        (address.block, address.machine, address.number)
        for holder, address in life.room.relocate(blocks)
        if holder == queue
    ]
    # The last one has gone by now, as far as the queue knows.
    return commands.MoveBodies(queue, life.next_block, (*bodies, (1, GONE, 1)))


TRANSLATIONS = {
    "send": _send,
    "receive": _receive,
    "delete": _delete,
    "bury": _bury,
    "change": _change,
    "withdraw": _withdraw,
    "return": _return,
    "set": _set,
    "create": _create,
    "move": _move,
    "purge": lambda life, name, queue: commands.PurgeQueue(queue),
    "drop": lambda life, name, queue: commands.DeleteQueue(queue),
    "get": lambda life, name, queue: commands.GetQueueAttributes(queue, ("All",)),
    "forge": lambda life, name, queue: commands.DeleteMessages(queue, ("A" * 40,)),
}
LAWS = Laws(make, translate)
