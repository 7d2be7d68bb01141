"""What fits into a batch, and how long its messages stay invisible."""

import msgspec
import pytest

from headrace.core.mapping.batch import Batch, fits_alone, visibility_timeout_ms
from headrace.core.mapping.limits import PAYLOAD_BYTES_MAX
from tests.unit.core.mapping.story import message


def test_the_size_is_that_of_the_encoded_event():
    batch = Batch(1, reports=False)
    for number in range(3):
        batch.add([(message(str(number)), b'{"a":%d}' % number)], 10)
    assert batch.payload() == b'{"Records":[{"a":0},{"a":1},{"a":2}]}'
    assert batch.size == len(batch.payload())
    assert len(batch) == 3


def test_the_event_stays_below_six_megabytes():
    batch = Batch(1, reports=False)
    batch.add([(message(), b"x" * 3_000_000)], 10)
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
        batch.add([(message(), b"{}")], lease_end)
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


def test_a_batch_continues_the_chain_of_the_message_with_the_most_turns():
    batch = Batch(1, reports=False)
    for name, turns in (("a", 0), ("b", 3), ("c", 1)):
        sent = msgspec.structs.replace(message(name), turns=turns, trace_header=f"header {name}")
        batch.add([(sent, b"{}")], 10)
    assert (batch.turns, batch.trace_header) == (3, "header b")


def test_two_messages_can_be_divided_while_their_lease_lasts():
    batch = Batch(1, reports=False)
    batch.add([(message("a"), b"{}")], 10)
    assert not batch.is_divisible(9)
    batch.add([(message("b"), b"{}")], 10)
    assert batch.is_divisible(9)
    assert not batch.is_divisible(10)


def test_messages_that_come_together_weigh_and_look_as_if_they_had_come_one_by_one():
    sent = [
        msgspec.structs.replace(message(str(number)), trace_header=header, turns=turns)
        for number, (header, turns) in enumerate([("", 0), ("b", 1), ("c", 3), ("d", 2), ("", 0)])
    ]
    wanted = [(one, b'{"a":%d}' % number) for number, one in enumerate(sent)]
    together, apart = Batch(1, reports=False), Batch(1, reports=False)
    together.add(wanted[:2], 20)
    together.add(wanted[2:], 10)
    for number, one in enumerate(wanted):
        apart.add([one], 20 if number < 2 else 10)
    assert (together.turns, together.trace_header) == (3, "c")
    assert {name: getattr(together, name) for name in Batch.__slots__} == {
        name: getattr(apart, name) for name in Batch.__slots__
    }
    assert together.size == len(together.payload())
