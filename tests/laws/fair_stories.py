"""Random stories of standard queues with group ids: few groups, many messages in flight."""

from hypothesis import strategies as st

from tests.laws import queue_stories

messages = st.tuples(
    st.sampled_from([None, None, None, 1]), st.sampled_from(["A", "A", "A", "B", "C", None])
)
sends = st.tuples(st.just("send"), st.just("late"), st.lists(messages, min_size=1, max_size=5))
receives = st.tuples(
    st.just("receive"),
    st.sampled_from(["late", "late", "late", "dead"]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([0, 0, 0, 2_000]),
    st.sampled_from([2_000, 5_000, 60_000, 60_000, 0]),
)
KINDS = queue_stories.KINDS | {"send": sends, "receive": receives}
steps = st.sampled_from(
    ["send"] * 4 + ["receive"] * 7 + ["delete", "delete", "change", "other"]
).flatmap(KINDS.__getitem__)
waits = st.sampled_from([0, 0, 0, 0, 0, 1, 1_000, 2_000, 2_999, 3_000])
stories = st.lists(st.tuples(waits, steps), min_size=20, max_size=60).map(
    lambda later: [*queue_stories.FIRST_STEPS, *later]
)
