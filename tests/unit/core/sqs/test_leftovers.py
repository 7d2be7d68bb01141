"""Dead bodies are added up by block, in slices."""

from array import array

from headrace.core.machine import Forget
from headrace.core.sqs.leftovers import RUNS_PER_ENTRY, RUNS_PER_SLOT, Leftovers


def test_counts_come_by_block_in_slices():
    leftovers = Leftovers()
    leftovers.add(array("Q", [5, 6, 5]), array("I", [2, 1, 3]))
    leftovers.add(array("Q", [6]), array("I", [4]))
    leftovers.add(array("Q"), array("I"))
    assert leftovers.take(2) == [Forget(5, 2), Forget(6, 1)]
    assert leftovers
    assert leftovers.take(9) == [Forget(5, 3), Forget(6, 4)]
    assert not leftovers
    assert leftovers.take(9) == []


def test_clear_forgets_them():
    leftovers = Leftovers()
    leftovers.add(array("Q", [5, 6]), array("I", [2, 1]))
    leftovers.take(1)
    leftovers.clear()
    assert not leftovers


class Stub:
    block = 5


def test_touched_messages_are_counted_in_slices_too():
    leftovers = Leftovers()
    slots = dict.fromkeys(range(10), Stub)
    leftovers.add_slots(slots)
    assert leftovers.take(3 * RUNS_PER_SLOT) == [Forget(5, 3)]
    assert len(slots) == 7
    assert leftovers.take(99) == [Forget(5, 7)]
    assert not leftovers


def test_structures_are_taken_apart_bit_by_bit():
    leftovers = Leftovers()
    heap, groups = list(range(10)), dict.fromkeys(range(10))
    leftovers.add_structures([], heap, groups)
    assert leftovers.take(4 * RUNS_PER_ENTRY) == []
    assert len(heap) == 5
    while leftovers:
        leftovers.take(1)
    assert not heap
    assert not groups
