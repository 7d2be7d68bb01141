"""Numbers of one group: at the end they come, from the front they go, in little memory."""

from array import array
from collections import deque

import pytest

from headrace.core.sqs.strand import SLACK, DeepStrand, Strand


def test_consecutive_numbers_are_one_range():
    strand = Strand()
    for number in (3, 4, 5, 9):
        strand.append(number, 1)
    strand.append(10, 2)
    assert list(strand._ranges) == [3, 3, 9, 3]
    found = []
    while strand:
        found.append(strand.first())
        strand.drop(1)
    assert found == [3, 4, 5, 9, 10, 11]
    assert not strand._ranges


def test_many_are_dropped_at_once_across_ranges():
    strand = Strand()
    strand.append(1, 2)
    strand.append(5, 4)
    strand.drop(3)
    assert strand.first() == 6


def test_used_up_ranges_go():
    strand = Strand()
    for number in range(0, 20 * SLACK, 2):
        strand.append(number, 1)
        if number >= 8:
            strand.drop(1)
    assert len(strand._ranges) <= 2 * SLACK + 8


def test_a_number_is_removed_wherever_it_stands():
    strand = Strand()
    strand.append(1, 5)
    strand.append(9, 1)
    for number in (3, 9, 5, 1):
        strand.remove(number)
    assert list(strand._ranges) == [2, 1, 4, 1]
    strand.append(5, 1)
    assert list(strand._ranges) == [2, 1, 4, 2]


def deep():
    """Return 1 to 3, 7 to 9, 11 and 12, 20 in three columns."""
    columns = [([1, 7], [3, 3]), ([11], [2]), ([20], [1])]
    return DeepStrand(deque((array("Q", firsts), array("I", counts)) for firsts, counts in columns))


def plain():
    strand = Strand()
    for first, count in ((1, 3), (7, 3), (11, 2), (20, 1)):
        strand.append(first, count)
    return strand


def rest_of(strand):
    found = []
    while strand:
        found.append(strand.first())
        strand.drop(1)
    return found


NUMBERS = [1, 2, 3, 7, 8, 9, 11, 12, 20]


@pytest.mark.parametrize("make", [plain, deep])
def test_numbers_below_another_are_counted_and_dropped(make):
    for number in range(22):
        strand = make()
        below = [each for each in NUMBERS if each < number]
        assert strand.count_below(number) == len(below)
        assert strand.last() == 20
        assert strand.drop_below(number) == len(below)
        assert rest_of(strand) == NUMBERS[len(below) :]


def test_columns_are_read_one_at_a_time():
    strand = deep()
    strand.append(21, 2)
    assert (strand.first(), strand.last(), list(strand._ranges)) == (1, 22, [1, 3, 7, 3])
    strand.drop(5)
    assert list(strand._columns[0][0]) == [11]
    strand.remove(12)
    strand.remove(21)
    assert rest_of(strand) == [9, 11, 20, 22]
    strand.append(30, 1)
    assert rest_of(strand) == [30]


def test_whole_columns_are_dropped_unread():
    strand = deep()
    reads = []
    read, strand_type = DeepStrand._read, type(strand)
    try:
        strand_type._read = lambda self: reads.append(1) or read(self)
        assert strand.drop_below(20) == 8
    finally:
        strand_type._read = read
    assert len(reads) == 1
    assert rest_of(strand) == [20]
