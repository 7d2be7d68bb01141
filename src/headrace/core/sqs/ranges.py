"""Message numbers as ranges: [first, count, first, count, ...], ascending."""

from collections.abc import Iterable, Iterator, Sequence


def ranges_of(numbers: Iterable[int]) -> list[int]:
    """Return the ranges that cover `numbers`, which ascend and do not repeat."""
    numbers = list(numbers)
    if numbers and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return [numbers[0], len(numbers)]  # as is usual
    ranges: list[int] = []
    expected = -1
    for number in numbers:
        if number == expected:
            ranges[-1] += 1
        else:
            ranges += (number, 1)
        expected = number + 1
    return ranges


def numbers_of(ranges: Sequence[int]) -> Iterator[int]:
    """Yield the numbers that `ranges` cover, ascending."""
    for place in range(0, len(ranges), 2):
        first = ranges[place]
        yield from range(first, first + ranges[place + 1])
