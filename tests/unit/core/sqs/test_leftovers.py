"""Dead bodies are added up by block, in slices."""

from array import array

from headrace.core.machine import Forget
from headrace.core.sqs.leftovers import Leftovers


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
