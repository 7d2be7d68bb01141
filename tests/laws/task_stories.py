"""Random stories of queues among which move tasks carry messages back and forth."""

from hypothesis import strategies as st

from headrace.core.sqs import commands
from tests.laws.harness import Laws
from tests.laws.queue_stories import (
    FIRST_STEPS,
    NAMES,
    REGION,
    arn_of,
    make,
    queues,
    redrive_to,
    steps,
    waits,
)
from tests.laws.queue_stories import translate as translate_queue_step

starts = st.tuples(
    st.just("start"),
    st.sampled_from(["dead", "dead", "dead", *NAMES]),
    st.sampled_from([None, None, None, "early", "late", "dead", "nowhere"]),
    st.sampled_from([None, 1, 1, 2, 7, 500, 501]),
)
task_steps = st.one_of(
    starts,
    starts,
    st.tuples(st.just("cancel"), queues),
    st.tuples(st.just("list"), queues),
    # Enough of them come to rest in the dead-letter queue.
    st.tuples(st.just("send"), st.just("dead"), st.just([None] * 3)),
    st.tuples(
        st.just("receive"), queues, st.just(10), st.just(0), st.sampled_from([None, 0, 0, 0])
    ),
)
stories = st.lists(
    st.tuples(waits, st.one_of(steps, task_steps, task_steps)), min_size=20, max_size=60
).map(
    lambda later: [
        *FIRST_STEPS,
        (0, ("set", "dead", {"RedrivePolicy": redrive_to("late", 2)})),
        *later,
    ]
)


def translate(step, life):
    """Return the command that a step means in this life; None when it means nothing."""
    kind = step[0] if step is not None else ""
    if kind == "start":
        _, source, to, rate = step
        destination = None if to is None else arn_of(to)
        seed = life.ticket.to_bytes(16, "big")
        return commands.StartMoveTask(REGION, arn_of(source), destination, rate, seed)
    if kind == "list":
        return commands.ListMoveTasks(REGION, arn_of(step[1]), 10)
    if kind == "cancel":
        for queue in life.room.directory.queues.values():
            if queue.identity.name == step[1] and queue.tasks:
                return commands.CancelMoveTask(REGION, queue.arn, queue.tasks[-1].task_id)
        return commands.CancelMoveTask(REGION, arn_of(step[1]), "unknown")
    return translate_queue_step(step, life)


LAWS = Laws(make, translate)
