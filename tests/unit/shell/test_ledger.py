"""The ledger of blocks: living bodies, dead blocks, groups worth moving."""

from headrace.shell.ledger import Ledger, ledger_of
from headrace.shell.limits import (
    BLOCKS_LOOKED_AT,
    COMPACTED_BLOCKS,
    COMPACTED_BLOCKS_MIN,
    COMPACTED_BODIES,
    MIB,
    TINY_BLOCK_BYTES,
)


def groups(ledger, last=1 << 40):
    return [group for group in ledger.groups_to_compact(last) if group]


def test_a_block_dies_with_its_last_body():
    ledger = Ledger()
    ledger.add(1, size=100, count=3, living=3)
    assert not ledger.forget(1, 2)
    assert ledger.living_in(1) == 1
    assert ledger.dead_up_to(9) == []
    assert ledger.forget(1, 1)
    assert ledger.dead_up_to(9) == [1]
    assert ledger.dead_up_to(0) == []
    assert ledger.dead_bytes == 100
    ledger.remove(1)
    assert (len(ledger), ledger.dead_bytes, ledger.size_of(1)) == (0, 0, 0)


def test_bodies_of_unknown_blocks_may_die():
    assert not Ledger().forget(7, 1)


def test_what_a_load_found_may_name_blocks_that_are_gone():
    ledger = ledger_of({2: (100, 5), 3: (50, 0), 4: (70, 1)}, {1: 9, 2: 2, 4: 3})
    assert len(ledger) == 3
    assert ledger.living_in(1) == 0
    assert ledger.living_in(2) == 2
    assert ledger.dead_up_to(9) == [3]


def test_tiny_blocks_are_grouped_when_there_are_enough():
    ledger = Ledger()
    for block in range(1, COMPACTED_BLOCKS_MIN):
        ledger.add(block, size=100, count=1, living=1)
    assert groups(ledger) == []
    ledger.add(100, size=100, count=1, living=1)
    assert groups(ledger) == [[*range(1, COMPACTED_BLOCKS_MIN), 100]]
    assert groups(ledger, last=99) == []


def test_nearly_empty_blocks_are_grouped_and_full_ones_are_not():
    ledger = Ledger()
    ledger.add(1, size=4 * MIB, count=100, living=100)
    ledger.add(2, size=4 * MIB, count=100, living=25)
    ledger.add(3, size=4 * MIB, count=100, living=26)
    assert groups(ledger) == [[2]]


def test_a_group_is_bounded():
    ledger = Ledger()
    for block in range(3 * COMPACTED_BLOCKS):
        ledger.add(block, size=10, count=1, living=1)
    found = groups(ledger)
    assert max(map(len, found)) == min(COMPACTED_BLOCKS, COMPACTED_BODIES)
    assert [block for group in found for block in group] == list(range(3 * COMPACTED_BLOCKS))
    large = Ledger()
    for block in range(400):
        large.add(block, size=TINY_BLOCK_BYTES, count=10, living=10)
    assert max(len(group) for group in groups(large)) * TINY_BLOCK_BYTES <= 2 * MIB


def test_bodies_may_die_while_the_groups_are_made_and_the_caller_may_pause():
    ledger = Ledger()
    count = BLOCKS_LOOKED_AT + 1_000
    for block in range(count):
        ledger.add(block, size=TINY_BLOCK_BYTES + 1, count=1, living=1)
    pauses = 0
    for group in ledger.groups_to_compact(count):
        assert group == []
        pauses += 1
        for block in range(BLOCKS_LOOKED_AT, count):
            ledger.forget(block, 1)
    assert pauses == 1
