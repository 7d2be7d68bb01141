"""Each acceptance test of event source mappings (spec/esm.md 10.2) is there under its number.

A test says by its name which it is: `test_17_...`, `test_1_and_2_...`, `test_5_to_8_...`.
"""

import re

from tests.house.tree import files_of_tests

NUMBERS = range(1, 36)
#: Numbers without a test of that name, with the reason.
EXCUSED: dict[int, str] = {}
FOLDERS = ("tests/contract/esm/", "tests/scenarios/", "tests/clients/test_powertools.py")
_NAME = re.compile(r"test_(\d+)(?:_(and|to)_(\d+))?_")


def numbers_of(name):
    """Return the numbers that a test's name says."""
    match = _NAME.match(name)
    if match is None:
        return set()
    first, how, last = match.groups()
    if how == "to":
        return set(range(int(first), int(last) + 1))
    return {int(first), int(last or first)}


def test_names_are_read():
    assert numbers_of("test_17_one_of_three") == {17}
    assert numbers_of("test_1_and_2_every_member") == {1, 2}
    assert numbers_of("test_5_to_8_what") == {5, 6, 7, 8}
    assert numbers_of("test_a_window") == set()


def test_each_acceptance_test_of_the_specification_is_there():
    found = {
        number
        for file in files_of_tests()
        if file.name.startswith(FOLDERS)
        for function in file.functions()
        for number in numbers_of(function.name)
    }
    assert sorted(set(NUMBERS) - found - EXCUSED.keys()) == []
    assert EXCUSED.keys() & found == set()
