"""What fits into a batch, and how long its messages stay invisible."""

import pytest

from headrace.core.mapping.batch import Batch, fits_alone, visibility_timeout_ms
from headrace.core.mapping.limits import PAYLOAD_BYTES_MAX


def test_the_size_is_that_of_the_encoded_event():
    batch = Batch(1, reports=False)
    for number in range(3):
        batch.add(f"id{number}", f"handle{number}", b'{"a":%d}' % number, 10)
    assert batch.payload() == b'{"Records":[{"a":0},{"a":1},{"a":2}]}'
    assert batch.size == len(batch.payload())
    assert len(batch) == 3


def test_the_event_stays_below_six_megabytes():
    batch = Batch(1, reports=False)
    batch.add("id", "handle", b"x" * 3_000_000, 10)
    room = PAYLOAD_BYTES_MAX - batch.size - 1  # one for the comma
    assert batch.takes(b"x" * (room - 1))
    assert not batch.takes(b"x" * room)


def test_one_record_can_be_too_heavy_for_any_event():
    frame = len(b'{"Records":[]}')
    assert fits_alone(b"x" * (PAYLOAD_BYTES_MAX - frame - 1))
    assert not fits_alone(b"x" * (PAYLOAD_BYTES_MAX - frame))


def test_the_lease_ends_with_the_first_message_that_is_visible_again():
    batch = Batch(1, reports=False)
    for lease_end in (30, 20, 40):
        batch.add("id", "handle", b"{}", lease_end)
    assert batch.lease_end == 20


@pytest.mark.parametrize(
    ("window_ms", "function_s", "queue_s", "expected"),
    [
        (0, 900, 30, None),
        (0, 900, 0, 1_000),
        (1_000, 3, 0, 34_000),
        (5_000, 25, 30, None),
        (5_000, 26, 30, 61_000),
        (300_000, 900, 30, 1_230_000),
    ],
)
def test_with_a_window_the_lease_covers_window_and_function(
    window_ms, function_s, queue_s, expected
):
    assert visibility_timeout_ms(window_ms, function_s, queue_s) == expected
