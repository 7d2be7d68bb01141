"""The room: one machine, from the first use on."""

import pytest

from headrace.core.access.access import Access
from headrace.core.access.decision import ACCESS
from tests.unit.core.access.bench import NOW, Bench


def test_unused_it_costs_nothing():
    room = Access()
    assert list(room.machines()) == []
    assert room.next_deadline() is None
    assert room.wake(NOW, 1) == room.resume(NOW) == room.relocate(frozenset({1})) == []
    assert room.count_bodies() == {}


def test_a_snapshot_holds_everything():
    bench = Bench()
    bench.create_role()
    bench.create_policy()
    assert list(bench.room.machines()) == [ACCESS]
    other = Access()
    other.load(ACCESS, bench.room.snapshot(ACCESS))
    assert other.snapshot(ACCESS) == bench.room.snapshot(ACCESS)
    assert list(other.machines()) == [ACCESS]


def test_facts_are_replayed():
    bench = Bench()
    bench.create_role()
    other = Access()
    for record in bench.records:
        other.replay(record, 1)
    assert other.snapshot(ACCESS) == bench.room.snapshot(ACCESS)


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="unknown format"):
        Access().load(ACCESS, b"\x09")
