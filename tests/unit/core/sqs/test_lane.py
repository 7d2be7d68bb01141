"""Runs in columns: order, merging, removal, expiry, counting (against a plain list)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.core.sqs import lane as module
from headrace.core.sqs.lane import Lane
from headrace.core.sqs.leftovers import Leftovers
from tests.unit.core.sqs.bench import written

FAR = 1 << 60


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks of three runs, so that every test crosses their borders."""
    monkeypatch.setattr(module, "CHUNK_RUNS", 3)


def numbers_in(lane):
    return [number for first, count, _, _ in lane.runs() for number in range(first, first + count)]


def filled(*runs):
    lane = Lane(0)
    for run in runs:
        lane.append(*run)
    return lane


def test_sends_that_go_on_make_one_run():
    lane = filled((1, 2, 7, 100), (3, 1, 7, 100), (4, 1, 8, 100), (5, 1, 8, 101))
    assert list(lane.runs()) == [(1, 3, 7, 100), (4, 1, 8, 100), (5, 1, 8, 101)]


def test_take_stops_at_each_of_its_bounds():
    lane = filled((1, 5, 7, 100), (6, 5, 8, 200))
    assert lane.take(2, FAR, FAR) == [(1, 2, 7, 100)]
    assert lane.take(9, 5, FAR) == [(3, 2, 7, 100)]
    assert lane.take(9, FAR, 199) == [(5, 1, 7, 100)]
    assert lane.take(9, FAR, 199) == []
    assert lane.take(9, FAR, 200) == [(6, 5, 8, 200)]
    assert lane.count == 0


def test_an_emptied_lane_does_not_go_on_where_it_ended():
    lane = filled((1, 2, 7, 100))
    lane.take(2, FAR, FAR)
    lane.append(3, 1, 7, 100)
    assert list(lane.runs()) == [(3, 1, 7, 100)]


def test_expiry_drops_the_front_and_hands_the_bodies_over():
    lane = filled(*[(number, 1, number, 100 + number) for number in range(1, 9)])
    lane.take(1, FAR, FAR)
    leftovers = Leftovers()
    lane.drop_sent_by(105, leftovers)
    assert numbers_in(lane) == [6, 7, 8]
    assert [forget.block for forget in leftovers.take(9)] == [2, 3, 4, 5]


def test_bodies_of_a_part_of_a_run_move_and_join_again():
    lane = filled((1, 5, 7, 100))
    assert lane.move_bodies(2, 2, 9, 7) == (2, 7)
    assert list(lane.runs()) == [(1, 1, 7, 100), (2, 2, 9, 100), (4, 2, 7, 100)]
    assert lane.move_bodies(4, 9, 9, 8) == (0, 0), "they lie elsewhere"
    assert lane.move_bodies(4, 9, 9, 7) == (2, 7)
    assert list(lane.runs()) == [(1, 1, 7, 100), (2, 4, 9, 100)]
    assert lane.move_bodies(9, 1, 9, 7) == (0, 0)


runs = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2), st.integers(0, 2)), max_size=12)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(1, 6)),
        st.tuples(st.just("remove"), st.integers(1, 45)),
        st.tuples(st.just("move"), st.integers(1, 45)),
        st.tuples(st.just("expire"), st.integers(0, 20)),
        st.tuples(st.just("send"), st.integers(1, 3)),
    ),
    max_size=12,
)


@given(runs, actions)
@settings(max_examples=200)
def test_lane_equals_a_plain_list(sent, story):
    module.CHUNK_RUNS = 3
    lane, plain = Lane(0), []
    number, block, now = 1, 1, 0

    def send(count):
        nonlocal number
        lane.append(number, count, block, now)
        plain.extend([n, block, now] for n in range(number, number + count))
        number += count

    for count, blocks, ms in sent:
        block, now = block + blocks, now + ms
        send(count)
    for kind, value in story:
        if kind == "take":
            taken = [
                n
                for first, count, _, _ in lane.take(value, FAR, FAR)
                for n in range(first, first + count)
            ]
            assert taken == [entry[0] for entry in plain[:value]]
            del plain[:value]
        elif kind == "remove":
            found = lane.remove(value)
            entry = next((entry for entry in plain if entry[0] == value), None)
            assert found == (entry and (entry[0], 1, entry[1], entry[2]))
            plain[:] = [entry for entry in plain if entry[0] != value]
        elif kind == "move":
            lane.move_bodies(value, 1, 99, None)
            for entry in plain:
                entry[1] = 99 if entry[0] == value else entry[1]
        elif kind == "expire":
            lane.drop_sent_by(value, Leftovers())
            plain[:] = [entry for entry in plain if entry[2] > value]
        else:
            send(value)
        expected = [tuple(entry) for entry in plain]
        assert [
            (n, b, at) for first, count, b, at in lane.runs() for n in range(first, first + count)
        ] == expected
        assert lane.count == len(plain) == sum(chunk.live for chunk in lane.chunks)
        for at in range(0, 25, 3):
            assert lane.count_sent_by(at) == sum(entry[2] <= at for entry in plain)
        copy = Lane(0)
        copy.decode(written(lane.encode()))
        assert list(copy.runs()) == list(lane.runs())
        if plain:
            assert (lane.first_number(), lane.first_sent_at()) == (plain[0][0], plain[0][2])
        near = [block for _, _, blocks in lane.columns(2, 4) for block in blocks]
        every = [run[2] for run in lane.runs()]
        assert near.count(3) == every.count(3)
        assert [block for _, _, blocks in lane.columns(0, FAR) for block in blocks] == every


def test_runs_after_a_number_begin_where_it_ends():
    lane = filled(*((first, 4, first, first) for first in range(1, 40, 5)))
    numbers = numbers_in(lane)
    for after in range(45):
        found = [
            number
            for first, count, block, sent in lane.runs_after(after)
            for number in range(first, first + count)
            if block == sent
        ]
        assert found == [number for number in numbers if number > after]
    lane.take(9, FAR, FAR)
    assert next(lane.runs_after(0))[0] == numbers[9]
