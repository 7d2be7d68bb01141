"""What of a batch is taken: in order, in time, not too large."""

import pytest

from headrace.core.logs.batches import sift
from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.limits import MS_PER_DAY

NOW = 1_795_000_000_000
HOUR = 3_600_000


def test_events_in_time_are_all_taken():
    events = [(NOW - 10, "a"), (NOW, "b"), (NOW + HOUR, "c")]
    batch = sift(events, NOW, 0)
    assert batch.events == tuple(events)
    assert (batch.too_old_end, batch.expired_end, batch.too_new_start) == (None, None, None)


def test_what_is_too_old_or_too_new_is_left_out_and_told():
    batch = sift([(NOW + HOUR, "a"), (NOW + 2 * HOUR, "b"), (NOW + 2 * HOUR + 1, "c")], NOW, 0)
    assert [text for _, text in batch.events] == ["a", "b"]
    assert batch.too_new_start == 2
    batch = sift([(NOW - 14 * MS_PER_DAY - 1, "a"), (NOW - 14 * MS_PER_DAY, "b")], NOW, 0)
    assert [text for _, text in batch.events] == ["b"]
    assert (batch.too_old_end, batch.expired_end) == (1, None)


def test_what_the_group_would_not_keep_is_left_out_and_told():
    batch = sift([(NOW - HOUR, "a"), (NOW, "b")], NOW, NOW - HOUR + 1)
    assert [text for _, text in batch.events] == ["b"]
    assert (batch.too_old_end, batch.expired_end) == (None, 1)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (
            [(NOW, "a"), (NOW - 1, "b")],
            "Log events in a single PutLogEvents request must be in chronological order.",
        ),
        (
            [(NOW - MS_PER_DAY - 1, "a"), (NOW, "b")],
            (
                "The batch of log events in a single PutLogEvents request cannot span more than "
                "24 hours."
            ),
        ),
        ([(NOW, "x" * 600_000)] * 2, "Upload too large: 1200052 bytes exceeds limit of 1048576"),
        (
            [(NOW, "x" * 1_048_577)],
            "Log event too large: 1048603 bytes exceeds limit of 1048576",
        ),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(events, sentence):
    with pytest.raises(InvalidParameter) as refusal:
        sift(events, NOW, 0)
    assert refusal.value.message == sentence
