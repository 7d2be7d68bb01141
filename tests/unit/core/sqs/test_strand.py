"""Numbers of one group: at the end they come, from the front they go, in little memory."""

from headrace.core.sqs.strand import SLACK, Strand


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
