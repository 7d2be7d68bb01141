"""Random stories of FIFO queues: groups, deduplication ids and attempts besides what queues do."""

from hypothesis import strategies as st

from headrace.core.sqs import commands
from tests.laws import queue_stories
from tests.laws.harness import Laws
from tests.laws.queue_stories import ACCOUNT, REGION, make, number_of, picks, redrive_to

NAMES = ("early.fifo", "dead.fifo", "late.fifo")
ATTRIBUTES = [
    {"VisibilityTimeout": "0"},
    {"VisibilityTimeout": "2"},
    {"VisibilityTimeout": "43200"},
    {"MessageRetentionPeriod": "60"},
    {"MessageRetentionPeriod": "400"},
    {"MessageRetentionPeriod": "345600"},
    {"DelaySeconds": "0"},
    {"DelaySeconds": "3"},
    {"DeduplicationScope": "messageGroup"},
    {"DeduplicationScope": "queue"},
    {"RedrivePolicy": redrive_to("dead.fifo", 1)},
    {"RedrivePolicy": redrive_to("dead.fifo", 2)},
    {"RedrivePolicy": redrive_to("late.fifo", 1)},
    {"RedrivePolicy": ""},
    {"MaximumMessageSize": "1024", "Nonsense": "1"},
]

queues = st.sampled_from(("early.fifo", "dead.fifo", "late.fifo", "late.fifo", "late.fifo"))
#: (group, deduplication id; None: one that nobody had).
messages = st.tuples(st.sampled_from("AABC"), st.sampled_from([None, None, "1", "2"]))
sends = st.tuples(st.just("send"), queues, st.lists(messages, min_size=1, max_size=5))
receives = st.tuples(
    st.just("receive"),
    queues,
    st.sampled_from([1, 2, 10]),
    st.sampled_from([0, 0, 0, 2_000, None]),
    st.sampled_from([None, None, 0, 1_000, 60_000]),
    st.sampled_from([None, None, "x", "y"]),
)
deletes = st.tuples(st.just("delete"), queues, st.lists(picks, min_size=1, max_size=4))
changes = st.tuples(
    st.just("change"),
    queues,
    st.lists(st.tuples(picks, st.sampled_from([0, 1, 30, 43_201])), min_size=1, max_size=3),
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
steps = st.sampled_from(
    ["send"] * 4 + ["receive"] * 7 + ["delete", "delete", "change", "change", "other", "other"]
).flatmap(KINDS.__getitem__)
waits = st.sampled_from(
    [0, 0, 0, 0, 1, 500, 1_000, 1_999, 2_000, 2_000, 3_000, 30_000, 61_000, 299_999, 300_000]
)
FIRST_STEPS = (
    *((0, ("create", name)) for name in NAMES),
    (0, ("set", "early.fifo", {"RedrivePolicy": redrive_to("dead.fifo", 1)})),
    (0, ("set", "late.fifo", {"RedrivePolicy": redrive_to("dead.fifo", 2)})),
    (0, ("set", "early.fifo", {"VisibilityTimeout": "2"})),
)
stories = st.lists(st.tuples(waits, steps), min_size=20, max_size=60).map(
    lambda later: [*FIRST_STEPS, *later]
)


def translate(step, life):
    """Return the command that a step means in this life; None when it means nothing."""
    if step is None:
        return None
    kind, name, *rest = step
    return TRANSLATIONS[kind](life, name, number_of(life.room, name), *rest)


def _send(life, name, queue, messages):
    outgoing = tuple(
        commands.OutgoingMessage(
            b"body", 4, None, group, deduplication_id or f"{life.ticket}.{place}"
        )
        for place, (group, deduplication_id) in enumerate(messages)
    )
    return commands.SendMessages(queue, life.next_block, outgoing)


def _receive(life, name, queue, at_most, wait_ms, visibility_ms, attempt_id):
    return commands.ReceiveMessages(queue, at_most, wait_ms, visibility_ms, attempt_id)


def _create(life, name, queue):
    return commands.CreateQueue(ACCOUNT, REGION, name, {"FifoQueue": "true"}, {})


TRANSLATIONS = queue_stories.TRANSLATIONS | {
    "send": _send,
    "receive": _receive,
    "create": _create,
}
LAWS = Laws(make, translate)
