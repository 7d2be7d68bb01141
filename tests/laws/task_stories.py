"""Random stories of queues among which move tasks carry messages back and forth."""

from hypothesis import strategies as st

from headrace.core.sqs import commands
from tests.laws import fifo_stories, queue_stories
from tests.laws.harness import Laws
from tests.laws.queue_stories import REGION, arn_of, make, redrive_to


def stories_with_tasks(kind, more_steps, end=""):
    """Return stories of a kind of queues, with move tasks and enough dead letters.

    `end` is what the names of these queues end in.
    """
    dead, late, early = f"dead{end}", f"late{end}", f"early{end}"
    starts = st.tuples(
        st.just("start"),
        st.sampled_from([dead, dead, dead, *kind.NAMES]),
        st.sampled_from([None, None, None, early, late, dead, "nowhere"]),
        st.sampled_from([None, 1, 1, 2, 7, 500, 501]),
    )
    task_steps = st.one_of(
        starts,
        starts,
        st.tuples(st.just("cancel"), kind.queues),
        st.tuples(st.just("list"), kind.queues),
        *more_steps,
    )
    steps = st.tuples(kind.waits, st.one_of(kind.steps, task_steps, task_steps))
    first = (*kind.FIRST_STEPS, (0, ("set", dead, {"RedrivePolicy": redrive_to(late, 2)})))
    return st.lists(steps, min_size=20, max_size=60).map(lambda later: [*first, *later])


soon_visible = st.sampled_from([None, 0, 0, 0])
stories = stories_with_tasks(
    queue_stories,
    [
        st.tuples(st.just("send"), st.just("dead"), st.just([(None, None)] * 3)),
        st.tuples(st.just("receive"), queue_stories.queues, st.just(10), st.just(0), soon_visible),
    ],
)
stories_of_fifo = stories_with_tasks(
    fifo_stories,
    [
        st.tuples(
            st.just("send"), st.just("dead.fifo"), st.just([("A", None), ("B", None), ("A", None)])
        ),
        st.tuples(
            st.just("receive"),
            fifo_stories.queues,
            st.just(10),
            st.just(0),
            soon_visible,
            st.none(),
        ),
    ],
    end=".fifo",
)


def _with_tasks(translate_queue_step):
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

    return translate


LAWS = Laws(make, _with_tasks(queue_stories.translate))
LAWS_OF_FIFO = Laws(make, _with_tasks(fifo_stories.translate))
